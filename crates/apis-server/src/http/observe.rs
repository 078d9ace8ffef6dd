//! Every request is numbered, timed, counted and, when it fails, logged.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use super::error::ProblemCode;
use crate::random;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Middleware of both doors; `door` is its label in the metrics.
pub(super) async fn observe(door: &'static str, request: Request, next: Next) -> Response {
    let id = random::bytes::<8>().map(|byte| format!("{byte:02x}")).concat();
    let method = request.method().as_str().to_owned();
    // The route, not the path: a path holds ids, and a label's values must stay few.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!("request", request.id = id, door, method, route);

    let begun = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let seconds = begun.elapsed().as_secs_f64();

    let status = response.status().as_u16().to_string();
    let labels = [("door", door.to_owned()), ("route", route), ("method", method)];
    metrics::histogram!("apis_http_request_seconds", &labels).record(seconds);
    let [door_label, route_label, method_label] = labels;
    metrics::counter!(
        "apis_http_requests_total",
        &[door_label, route_label, method_label, ("status", status.clone())]
    )
    .increment(1);
    if let Some(ProblemCode(code)) = response.extensions().get::<ProblemCode>() {
        metrics::counter!("apis_http_problems_total", "door" => door, "code" => *code).increment(1);
        span.in_scope(|| tracing::debug!(status, code, "a request was refused"));
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}
