//! The query of a request, as a type; what is none is `400 malformed`.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use apis_server_api::problem::Code;

use super::ApiError;
use crate::app::App;

/// The query that an operation takes.
#[derive(Debug, Clone, Copy)]
pub struct QueryOf<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<App> for QueryOf<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<QueryOf<T>, ApiError> {
        let Query(asked) = Query::<T>::from_request_parts(parts, app)
            .await
            .map_err(|error| ApiError::new(Code::Malformed).detail(error.body_text()))?;
        Ok(QueryOf(asked))
    }
}
