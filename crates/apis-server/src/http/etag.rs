//! Versions of records in HTTP: `ETag` in answers, `If-Match` in changes.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponseParts, ResponseParts};

use apis_server_api::problem::Code;

use super::ApiError;
use crate::app::App;

/// The version of the record in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ETag(pub i64);

impl ETag {
    fn value(self) -> HeaderValue {
        HeaderValue::from_str(&format!("\"{}\"", self.0)).expect("digits in quotes are a value")
    }

    /// The header, for a refused change that tells the present version.
    pub fn pair(self) -> (HeaderName, HeaderValue) {
        (header::ETAG, self.value())
    }
}

impl IntoResponseParts for ETag {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        parts.headers_mut().insert(header::ETAG, self.value());
        Ok(parts)
    }
}

/// The version that the caller's change was made on. Missing: `428 version_needed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub i64);

impl IfMatch {
    /// Refuses a change that was made on another version than the record now has.
    pub fn check(self, present: i64) -> Result<(), ApiError> {
        if self.0 == present {
            return Ok(());
        }
        let (name, value) = ETag(present).pair();
        Err(ApiError::new(Code::VersionMismatch).header(name, value))
    }
}

impl FromRequestParts<App> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<IfMatch, ApiError> {
        let value =
            parts.headers.get(header::IF_MATCH).ok_or(ApiError::new(Code::VersionNeeded))?;
        value
            .to_str()
            .ok()
            .and_then(|text| text.strip_prefix('"')?.strip_suffix('"')?.parse().ok())
            .map(IfMatch)
            .ok_or_else(|| ApiError::new(Code::Malformed).detail("If-Match"))
    }
}
