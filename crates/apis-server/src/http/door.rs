//! A door: routes with what every one of its requests passes through.

use std::any::Any;

use axum::extract::Request;
use axum::http::{
    Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, Version, header,
};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse as _, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use apis_server_api::problem::Code;

use super::{ApiError, Routes, observe, origin};
use crate::app::App;
use crate::web;

/// The people's door: cookies, so origins are checked; pages, so browsers are told to be strict.
pub fn people(app: &App, routes: Routes) -> axum::Router {
    let router = routes.into_router().layer(from_fn_with_state(app.clone(), origin::guard));
    // Tables of text for phones in the field. Pictures are small already, and live video waits for
    // no buffer.
    let router = router.layer(CompressionLayer::new().compress_when(is_json));
    // Around everything: what no route answers is strict too.
    let router = finished(app, router.fallback(web::serve), "people")
        .layer(map_response(with_strict_headers));
    if !app.people.first_origin().starts_with("https://") {
        return router;
    }
    router.layer(map_response(with_transport_security))
}

/// The units' door: signatures decide, no cookie is read.
pub fn units(app: &App, routes: Routes) -> axum::Router {
    let router = routes.into_router().fallback(async || ApiError::new(Code::NotFound));
    finished(app, router, "units")
}

fn finished(app: &App, router: axum::Router<App>, door: &'static str) -> axum::Router {
    router
        .method_not_allowed_fallback(async || ApiError::new(Code::MethodNotAllowed))
        .layer(from_fn(refuse_nul_in_uri))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(move |request: Request, next: Next| observe::observe(door, request, next)))
        .with_state(app.clone())
}

/// U+0000 in a path or a query: PostgreSQL could not store it, SQLite would.
async fn refuse_nul_in_uri(request: Request, next: Next) -> Response {
    let holds_nul =
        |uri: &Uri| uri.path_and_query().is_some_and(|text| text.as_str().contains("%00"));
    if holds_nul(request.uri()) {
        return ApiError::new(Code::InvalidText).into_response();
    }
    next.run(request).await
}

/// A panic is a defect: it ends its request, is logged by the panic hook, and tells nothing.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    ApiError::new(Code::Internal).into_response()
}

/// A browser that was here by TLS comes by nothing else for a year. Not for the names below: they
/// are not this server's.
async fn with_transport_security(mut response: Response) -> Response {
    let year = HeaderValue::from_static("max-age=31536000");
    response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, year);
    response
}

fn is_json(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media_type.is_some_and(|media_type| media_type.starts_with("application/json"))
}

async fn with_strict_headers(mut response: Response) -> Response {
    const STRICT: [(HeaderName, &str); 6] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in STRICT {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
