//! The audit: who did what, written in the transaction of what was done.
//!
//! Each record's hash covers the record and the hash before it, so a changed or missing record
//! shows. The application may add and read records, never change or remove them (by grant on
//! PostgreSQL). A tenant's writers take turns at its `audit_head` row: an operation appends its
//! records last, after every other row it writes, so that two operations cannot wait for each
//! other. A daily job signs where each chain stands.

pub mod model;
pub(crate) mod store;

#[cfg(test)]
mod checkpoint_tests;
#[cfg(test)]
mod tests;
pub mod checkpoint;
pub mod list;
pub mod prune;
pub mod verify;

pub use model::{Actor, Entry};

use crate::clock::UnixMs;
use crate::db::{DbError, Tx};
use crate::http::Routes;
use crate::ids::{AuditId, NewId as _, TenantId};

use model::{Link, START_HASH};

/// Appends a record to the tenant's chain. Call it last before the commit.
pub async fn append(
    tx: &mut Tx,
    tenant: TenantId,
    entry: Entry,
    now: UnixMs,
) -> Result<(), DbError> {
    let (sequence, previous_hash) = store::take_turn(tx, tenant, START_HASH).await?;
    let detail = entry.detail.to_string();
    let link = Link {
        tenant,
        sequence,
        at: now,
        actor: entry.actor.text(),
        action: entry.action.to_owned(),
        subject: entry.subject,
        detail,
        previous_hash,
    };
    let hash = link.hash();
    store::insert(tx, AuditId::new_at(now), &link, &hash).await?;
    store::set_head(tx, tenant, &hash).await
}

/// The slice's routes.
pub fn routes() -> Routes {
    Routes::new().add(list::__path_list, list::list)
}
