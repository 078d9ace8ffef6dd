//! The web app: files that `cargo xtask web` builds, kept in the program and served as they are.
//!
//! Nothing here knows who asks: the pages hold no data, what they show they ask of the API. A path
//! that is no file is a page of the app's own, which draws what the path names.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rust_embed::{EmbeddedFile, RustEmbed};

use apis_server_api::problem::Code;

use crate::http::ApiError;

#[cfg(test)]
mod tests;

/// What the last build of the web app left; empty when there was none.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[exclude = ".*"]
#[allow_missing = true]
struct Built;

/// The page that loads the app.
const PAGE: &str = "index.html";

/// Scripts and styles of the app's own files alone, no other origin, and markup made by Svelte
/// alone. Pictures may be made by the page itself.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; \
    worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types svelte-trusted-html apis-script-url";

/// The service worker fetches what it keeps, and does nothing else.
const WORKER: &str = "service-worker.js";
const WORKER_POLICY: &str = "default-src 'none'; connect-src 'self'";

/// What no page asks for yet, no script can.
const PERMISSIONS_POLICY: &str = "camera=(), microphone=(), geolocation=(), payment=(), usb=()";

/// Answers what no route of the people's door does.
pub async fn serve(request: Request) -> Response {
    let path = request.uri().path();
    let is_asked_for = matches!(*request.method(), Method::GET | Method::HEAD);
    if !is_asked_for || path.starts_with("/api/") {
        return ApiError::new(Code::NotFound).into_response();
    }
    let name = path.trim_start_matches('/');
    let is_page = name.is_empty() || !name.contains('.');
    match file(if is_page { PAGE } else { name }, request.headers()) {
        Some(response) => response,
        None if is_page => ApiError::new(Code::NotFound)
            .detail("this program was built without its pages: run `cargo xtask web`")
            .into_response(),
        None => ApiError::new(Code::NotFound).into_response(),
    }
}

/// A built file in the best encoding that the browser takes.
fn file(name: &str, headers: &HeaderMap) -> Option<Response> {
    let media_type = media_type(name)?;
    let (file, encoding) = encoded(name, headers)?;
    let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(file.metadata.sha256_hash()));
    // Names in `assets` hold a hash of what is in them; the others are asked for again.
    let is_for_ever = name.starts_with("assets/");
    let cache = if is_for_ever { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut answer = HeaderMap::new();
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    answer.insert(header::ETAG, HeaderValue::from_str(&etag).expect("base64url is a header"));
    if let Some(encoding) = encoding {
        answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    if name == PAGE {
        let policies = [
            (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
            (HeaderName::from_static("permissions-policy"), PERMISSIONS_POLICY),
        ];
        for (name, policy) in policies {
            answer.insert(name, HeaderValue::from_static(policy));
        }
    }
    if name == WORKER {
        let policy = HeaderValue::from_static(WORKER_POLICY);
        answer.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known.is_some_and(|known| known.split(',').any(|one| one.trim() == etag)) {
        return Some((StatusCode::NOT_MODIFIED, answer).into_response());
    }
    Some((answer, file.data).into_response())
}

fn encoded(name: &str, headers: &HeaderMap) -> Option<(EmbeddedFile, Option<&'static str>)> {
    for (encoding, ending) in [("br", "br"), ("gzip", "gz")] {
        if takes(headers, encoding)
            && let Some(file) = Built::get(&format!("{name}.{ending}"))
        {
            return Some((file, Some(encoding)));
        }
    }
    Built::get(name).map(|file| (file, None))
}

/// Whether the browser names an encoding, and does not refuse it by `q=0`.
fn takes(headers: &HeaderMap, encoding: &str) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter();
    let mut named = values.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(','));
    named.any(|one| {
        let (name, quality) = one.split_once(';').unwrap_or((one, ""));
        let is_refused = quality
            .trim()
            .strip_prefix("q=")
            .is_some_and(|share| share.trim().parse::<f32>().is_ok_and(|share| share <= 0.0));
        name.trim().eq_ignore_ascii_case(encoding) && !is_refused
    })
}

/// The media type of the files that a build makes; what is of another kind is not served.
fn media_type(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    Some(match ending {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webmanifest" => "application/manifest+json",
        _ => return None,
    })
}
