//! The floor under every operation: answers, callers, routes.
//!
//! [`Routes`] is the only way a handler becomes a route, and takes only handlers whose first
//! argument (after [`App`], if that is taken) is a caller.

pub mod error;
pub mod caller;
pub mod routes;
pub mod body;
pub mod etag;
pub mod page;
pub mod query;
pub mod origin;
pub mod address;
pub mod observe;
pub mod connection;
pub mod door;
pub mod unit_caller;
pub mod signed_body;

#[cfg(test)]
mod tests;

pub use body::JsonBody;
pub use caller::{AsMember, Caller, CallerKind, MemberCaller, Public};
pub use error::ApiError;
pub use etag::{ETag, IfMatch};
pub use page::PageQuery;
pub use query::QueryOf;
pub use routes::Routes;
pub use signed_body::{SignedBody, SignedMessage};
pub use unit_caller::{NewUnitCaller, UnitCaller};

use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use crate::app::App;
use apis_server_api::problem::Code;

/// The id in a route's path. One that is none names nothing: `404 not_found`.
#[derive(Debug, Clone, Copy)]
pub struct PathId<T>(pub T);

impl<T: FromStr + Send> FromRequestParts<App> for PathId<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<PathId<T>, ApiError> {
        let Path(text) = Path::<String>::from_request_parts(parts, app)
            .await
            .map_err(|_| ApiError::new(Code::NotFound))?;
        text.parse().map(PathId).map_err(|_| ApiError::new(Code::NotFound))
    }
}
