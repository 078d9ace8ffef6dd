//! Jobs: work that its cause's transaction enqueues and that is done later, at least once.
//!
//! A job is leased by one guarded statement; a process that dies loses its lease when that ends, and
//! the job runs again. So every job is idempotent. A job that fails waits longer each time, and
//! after its last attempt stays in the table, failed, for the operator to see.

pub mod model;
pub mod recurring;
pub mod runner;
pub mod sweep;
pub(crate) mod store;

#[cfg(test)]
mod tests;

pub use model::{ATTEMPT_COUNT_MAX, Job, JobKind, NewJob};

use crate::clock::UnixMs;
use crate::db::{DbError, Tx};

/// Enqueues a job in the transaction of its cause.
pub async fn enqueue(tx: &mut Tx, job: NewJob, now: UnixMs) -> Result<(), DbError> {
    store::insert(tx, job, now).await
}
