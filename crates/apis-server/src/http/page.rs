//! Which page of a list is asked for. Pages go by key, so that a row added meanwhile moves none.

use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use apis_server_api::page::PageQuery as Asked;
use apis_server_api::problem::Code;

use super::{ApiError, QueryOf};
use crate::app::App;

/// Items of a page when the caller names no number.
const LIMIT_DEFAULT: u32 = 50;

/// Most items of a page: a dense table's screenful several times over, and still one short answer.
const LIMIT_MAX: u32 = 200;

/// The page asked for, its cursor understood.
#[derive(Debug, Clone, Copy)]
pub struct PageQuery<K> {
    /// The last key of the page before; `None` for the first page.
    pub after: Option<K>,
    /// Most items.
    pub limit: u32,
}

impl<K> PageQuery<K> {
    /// Rows to ask the database for: one more than the page, which tells whether another follows.
    pub fn row_count(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// Cuts `rows` to the page and returns the cursor of the next, if there is one.
    pub fn cut<T>(&self, rows: &mut Vec<T>, key: impl FnOnce(&T) -> String) -> Option<String> {
        let limit = self.limit as usize;
        if rows.len() <= limit {
            return None;
        }
        rows.truncate(limit);
        rows.last().map(key)
    }
}

impl<K: FromStr + Send> FromRequestParts<App> for PageQuery<K> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<PageQuery<K>, ApiError> {
        let QueryOf(asked) = QueryOf::<Asked>::from_request_parts(parts, app).await?;
        let after = asked
            .cursor
            .map(|text| text.parse::<K>())
            .transpose()
            .map_err(|_| ApiError::new(Code::Malformed).detail("cursor"))?;
        match asked.limit.unwrap_or(LIMIT_DEFAULT) {
            limit @ 1..=LIMIT_MAX => Ok(PageQuery { after, limit }),
            _ => Err(ApiError::new(Code::InvalidValue).detail("limit")),
        }
    }
}
