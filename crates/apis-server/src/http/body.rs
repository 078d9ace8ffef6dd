//! A JSON body: bounded, of the right type, and without text that a database cannot store.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use http_body_util::LengthLimitError;
use serde::de::DeserializeOwned;
use serde_json::Value;

use apis_server_api::problem::Code;

use super::ApiError;
use crate::app::App;

/// Bytes of a body when its operation names no other bound: many times the longest form.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// The body, read as `T`; longer than `MAX` bytes it is refused before the rest is read.
#[derive(Debug, Clone)]
pub struct JsonBody<T, const MAX: usize = BODY_BYTES_MAX>(pub T);

impl<T: DeserializeOwned, const MAX: usize> FromRequest<App> for JsonBody<T, MAX> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &App) -> Result<JsonBody<T, MAX>, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::new(Code::MediaTypeUnsupported).detail("application/json"));
        }
        let bytes = read_whole(request.into_body(), MAX).await.map_err(|why| match why {
            Unread::TooLarge => {
                ApiError::new(Code::BodyTooLarge).detail(format!("{MAX} bytes at most"))
            }
            Unread::BrokenOff => ApiError::new(Code::Malformed).detail(BROKEN_OFF),
        })?;
        let malformed =
            |error: serde_json::Error| ApiError::new(Code::Malformed).detail(error.to_string());
        let value: Value = serde_json::from_slice(&bytes).map_err(malformed)?;
        if holds_nul(&value) {
            return Err(ApiError::new(Code::InvalidText));
        }
        serde_json::from_value(value).map(JsonBody).map_err(malformed)
    }
}

/// What whoever sent half a body is told, if anybody still listens.
pub(super) const BROKEN_OFF: &str = "the body broke off";

/// Why a body could not be read whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is longer than it may be.
    TooLarge,
    /// Its sender stopped, or the connection did, before its end.
    BrokenOff,
}

/// Every byte of a body, `bytes_max` at most.
pub(super) async fn read_whole(body: Body, bytes_max: usize) -> Result<Bytes, Unread> {
    to_bytes(body, bytes_max).await.map_err(|error| {
        let is_too_large = error.into_inner().is::<LengthLimitError>();
        if is_too_large { Unread::TooLarge } else { Unread::BrokenOff }
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// Whether any text holds U+0000: PostgreSQL refuses it, SQLite would keep it.
fn holds_nul(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(fields) => {
            fields.iter().any(|(name, value)| name.contains('\0') || holds_nul(value))
        }
    }
}
