//! Sync: what a device keeps of its member's tenant.
//!
//! Every table that people work with has a `change_seq`, the place of a row's newest change in the
//! tenant's sequence of changes. A device asks for what changed since its cursor, page by page.

mod changes;
pub(crate) mod store;

#[cfg(test)]
mod tests;

use crate::db::{CorruptRow, FromRow, Row};
use crate::http::Routes;

/// The slice's routes.
pub fn routes() -> Routes {
    Routes::new().add(changes::__path_list, changes::list)
}

/// Which changes are asked for: after one place of the sequence, up to another, oldest first.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// The newest change that the device has.
    pub after: i64,
    /// The newest change there is.
    pub until: i64,
    /// Most rows.
    pub row_count: i64,
}

/// A row and the place of its newest change. The statement names `change_seq` first.
#[derive(Debug, Clone)]
pub struct Changed<T> {
    /// The place.
    pub change_seq: i64,
    /// The row as it is now.
    pub record: T,
}

impl<T: FromRow> FromRow for Changed<T> {
    fn from_row(row: &mut Row<'_>) -> Result<Changed<T>, CorruptRow> {
        Ok(Changed { change_seq: row.take()?, record: T::from_row(row)? })
    }
}
