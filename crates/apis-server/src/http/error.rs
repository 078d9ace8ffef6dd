//! The one envelope of everything refused: RFC 9457 `application/problem+json` with a stable code.
//!
//! Internal text never leaves: an internal error is logged here, once, and answered without it.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use apis_protocol::problem::Code as UnitCode;
use apis_server_api::problem::{Code, Problem, TenantChoice};

use crate::db::DbError;

/// When whoever met a full disk should ask again: a person has to make room first.
const FULL_WAIT: Duration = Duration::from_secs(10);

/// Why an operation was refused, as it is answered.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: String,
    tenants: Vec<TenantChoice>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl ApiError {
    /// A refusal of the people's door.
    pub fn new(code: Code) -> ApiError {
        ApiError::of(code.status(), code.as_str(), code.title())
    }

    /// A refusal of the units' door.
    pub fn unit(code: UnitCode) -> ApiError {
        ApiError::of(code.status(), code.as_str(), code.title())
    }

    /// Says what is special about this occurrence. Must hold nothing that the caller may not know.
    pub fn detail(mut self, detail: impl Into<String>) -> ApiError {
        self.detail = detail.into();
        self
    }

    /// Says which tenants the caller may choose from: the caller's own.
    pub fn tenants(mut self, tenants: Vec<TenantChoice>) -> ApiError {
        self.tenants = tenants;
        self
    }

    /// Adds a header to the answer.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> ApiError {
        self.headers.push((name, value));
        self
    }

    /// Tells the caller when to try again, in whole seconds and at least one.
    pub fn retry_after(self, wait: Duration) -> ApiError {
        let seconds = wait.as_millis().div_ceil(1_000).max(1);
        let value = HeaderValue::from_str(&seconds.to_string()).expect("digits are a header value");
        self.header(header::RETRY_AFTER, value)
    }

    /// The server failed. The cause is logged and not told.
    pub fn internal(cause: impl std::error::Error) -> ApiError {
        tracing::error!(error = chain(&cause), "an operation failed");
        ApiError::new(Code::Internal)
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    fn of(status: u16, code: &'static str, title: &'static str) -> ApiError {
        let status = StatusCode::from_u16(status).expect("every code's status is 400 to 599");
        let (detail, tenants, headers) = (String::new(), Vec::new(), Vec::new());
        ApiError { status, code, title, detail, tenants, headers }
    }
}

/// An error and its sources in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        line.push_str(": ");
        line.push_str(&cause.to_string());
        source = cause.source();
    }
    line
}

impl From<Code> for ApiError {
    fn from(code: Code) -> ApiError {
        ApiError::new(code)
    }
}

impl From<UnitCode> for ApiError {
    fn from(code: UnitCode) -> ApiError {
        ApiError::unit(code)
    }
}

impl From<DbError> for ApiError {
    /// A constraint that an operation did not expect is our mistake; an engine that does not answer
    /// in time may answer later.
    fn from(error: DbError) -> ApiError {
        match error {
            DbError::Busy(_) | DbError::Ended => {
                tracing::warn!(error = chain(&error), "the database is busy");
                ApiError::new(Code::Overloaded).retry_after(Duration::from_secs(1))
            }
            DbError::Full(_) => {
                metrics::counter!("apis_database_full_total").increment(1);
                tracing::error!(error = chain(&error), "the disk under the database is full");
                let refusal = ApiError::new(Code::Overloaded).detail("the server's disk is full");
                refusal.retry_after(FULL_WAIT)
            }
            DbError::Refused { .. }
            | DbError::Corrupt(_)
            | DbError::Missing
            | DbError::Failed
            | DbError::Engine(_) => ApiError::internal(error),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let problem = Problem {
            kind: format!("urn:apis:problem:{}", self.code),
            title: self.title.to_owned(),
            status: self.status.as_u16(),
            code: self.code.to_owned(),
            detail: self.detail,
            tenants: self.tenants,
        };
        let body = serde_json::to_vec(&problem).expect("a problem is plain text and a number");
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for (name, value) in self.headers {
            headers.insert(name, value);
        }
        response.extensions_mut().insert(ProblemCode(self.code));
        response
    }
}

/// The code of a refused answer, for the metrics of the door.
#[derive(Debug, Clone, Copy)]
pub(super) struct ProblemCode(pub &'static str);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_that_both_doors_spell_has_one_status() {
        for code in Code::ALL {
            let twin = UnitCode::ALL.iter().find(|other| other.as_str() == code.as_str());
            assert!(twin.is_none_or(|twin| twin.status() == code.status()), "{code:?}");
        }
    }

    #[test]
    fn a_wait_is_never_zero_seconds() {
        let response =
            ApiError::new(Code::RateLimited).retry_after(Duration::from_millis(1)).into_response();
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
    }
}
