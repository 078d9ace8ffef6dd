//! Removes old records behind a checkpoint.
//!
//! The application's role cannot (on PostgreSQL it may add and read, no more): this runs on the
//! owner's connection, by the operator's command. The record of the checkpoint stays as the first
//! one, so what is left can still be checked; that it was pruned is a record itself.

use serde_json::{Value, json};

use super::checkpoint::CheckpointKey;
use super::model::Link;
use super::store;
use super::verify::{Chain, verify};
use super::{Actor, Entry, append};
use crate::clock::UnixMs;
use crate::db::{Db, DbError};
use crate::ids::TenantId;

const ACTION: &str = "audit.prune";

/// Why nothing was pruned.
#[derive(Debug, thiserror::Error)]
pub enum PruneError {
    /// Pruning would remove what shows where it was changed.
    #[error("the audit of tenant {tenant} is broken at record {sequence}: nothing was pruned")]
    Broken {
        /// Whose.
        tenant: TenantId,
        /// Where.
        sequence: i64,
    },
    /// The database failed.
    #[error("could not prune the audit")]
    Db(#[from] DbError),
}

/// Removes a tenant's records behind its newest checkpoint that was signed before `before`. Returns
/// how many.
///
/// Errors: see [`PruneError`]; nothing was removed.
pub async fn prune(
    owner: &Db,
    key: &CheckpointKey,
    tenant: TenantId,
    before: UnixMs,
    now: UnixMs,
) -> Result<u64, PruneError> {
    let mut tx = owner.tenant_tx(tenant).await?;
    if let Chain::Broken { sequence } = verify(&mut tx, tenant, key).await? {
        return Err(PruneError::Broken { tenant, sequence });
    }
    let Some(checkpoint) = store::last_checkpoint_before(&mut tx, tenant, before).await? else {
        return Ok(0);
    };
    let count = store::delete_before(&mut tx, tenant, checkpoint.sequence).await?;
    if count == 0 {
        return Ok(0);
    }
    let entry = Entry {
        actor: Actor::Operator,
        action: ACTION,
        subject: format!("tenant:{tenant}"),
        detail: json!({ "count": count, "first": checkpoint.sequence }),
    };
    append(&mut tx, tenant, entry, now).await?;
    tx.commit().await?;
    Ok(count)
}

/// The first record that a pruning left, if this is the record of one; else 0.
pub(super) fn first_left_by(link: &Link) -> i64 {
    if link.action != ACTION {
        return 0;
    }
    let detail: Option<Value> = serde_json::from_str(&link.detail).ok();
    detail.and_then(|detail| detail["first"].as_i64()).unwrap_or(0)
}
