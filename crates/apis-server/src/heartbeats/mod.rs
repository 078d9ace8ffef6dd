//! Heartbeats: how each unit is, kept in memory and written behind; what it must know, answered.
//!
//! A heartbeat is perishable. The newest one of each unit is written at most once a second, all of
//! a tenant's in one transaction; a crash loses at most that second.

mod record;
mod state;
mod store;

#[cfg(test)]
mod tests;

pub use state::{Beat, Heartbeats};
pub(crate) use store::stored_beat;

use crate::http::Routes;

/// The slice's routes, for the units' door.
pub fn routes() -> Routes {
    Routes::new().add(record::__path_record, record::record)
}
