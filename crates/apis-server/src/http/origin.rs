//! Refuses what does not come from the server's own page.
//!
//! Every unsafe request of the people's door, and every WebSocket handshake, must name an origin of
//! the server; a browser that sends `Sec-Fetch-Site` must say `same-origin` with it; an unsafe
//! request also carries `X-Apis: 1`, which no other origin can add without asking.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use apis_server_api::problem::Code;

use super::ApiError;
use crate::app::App;

/// The header that the API's client adds to every unsafe request.
pub const CLIENT_HEADER: &str = "x-apis";

/// Middleware of the people's door.
pub(super) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let kind = if request.headers().contains_key(header::UPGRADE) {
        Kind::Handshake
    } else {
        match *request.method() {
            Method::GET | Method::HEAD | Method::OPTIONS => Kind::Safe,
            _ => Kind::Unsafe,
        }
    };
    match check(kind, request.headers(), &app.people.origins) {
        Ok(()) => next.run(request).await,
        Err(reason) => {
            metrics::counter!("apis_foreign_origin_total").increment(1);
            ApiError::new(Code::ForeignOrigin).detail(reason).into_response()
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Safe,
    Unsafe,
    Handshake,
}

fn check(kind: Kind, headers: &HeaderMap, origins: &[String]) -> Result<(), &'static str> {
    if kind == Kind::Safe {
        return Ok(());
    }
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let is_own = |origin: &str| origins.iter().any(|own| own == origin);
    match (text("sec-fetch-site"), text("origin")) {
        (Some("same-origin"), None) => {}
        (Some("same-origin") | None, Some(origin)) if is_own(origin) => {}
        (Some("same-origin") | None, Some(_)) => return Err("Origin"),
        (None, None) => return Err("Origin"),
        (Some(_), _) => return Err("Sec-Fetch-Site"),
    }
    if kind == Kind::Unsafe && text(CLIENT_HEADER) != Some("1") {
        return Err("X-Apis");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_case(kind: Kind, fields: &[(&'static str, &str)], expected: Result<(), &'static str>) {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.insert(*name, value.parse().unwrap());
        }
        let origins = ["https://bees.example".to_owned()];
        assert_eq!(check(kind, &headers, &origins), expected, "{kind:?} {fields:?}");
    }

    #[test]
    fn an_unsafe_request_comes_from_the_own_page_with_the_header() {
        let own = ("origin", "https://bees.example");
        let same = ("sec-fetch-site", "same-origin");
        let header = ("x-apis", "1");
        check_case(Kind::Unsafe, &[own, same, header], Ok(()));
        check_case(Kind::Unsafe, &[own, header], Ok(()));
        check_case(Kind::Unsafe, &[same, header], Ok(()));
        check_case(Kind::Unsafe, &[own, same], Err("X-Apis"));
        check_case(Kind::Unsafe, &[header], Err("Origin"));
        check_case(Kind::Unsafe, &[("origin", "null"), header], Err("Origin"));
        check_case(Kind::Unsafe, &[("origin", "http://bees.example"), header], Err("Origin"));
        check_case(
            Kind::Unsafe,
            &[("origin", "https://evil.example"), same, header],
            Err("Origin"),
        );
        for site in ["cross-site", "same-site", "none"] {
            check_case(
                Kind::Unsafe,
                &[own, header, ("sec-fetch-site", site)],
                Err("Sec-Fetch-Site"),
            );
        }
    }

    #[test]
    fn a_handshake_needs_the_origin_and_reading_needs_nothing() {
        check_case(Kind::Handshake, &[("origin", "https://bees.example")], Ok(()));
        check_case(Kind::Handshake, &[("origin", "https://evil.example")], Err("Origin"));
        check_case(Kind::Handshake, &[], Err("Origin"));
        check_case(Kind::Safe, &[("sec-fetch-site", "cross-site")], Ok(()));
    }
}
