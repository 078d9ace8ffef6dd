//! How a list is cut into pages.

use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

/// Which page of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `next_cursor` of the page before; without it the first page.
    pub cursor: Option<String>,
    /// Most items of the page, 1 to 200; 50 without it.
    pub limit: Option<u32>,
}
