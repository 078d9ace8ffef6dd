//! The SQL of the audit.

use crate::clock::UnixMs;
use crate::db::{CorruptRow, DbError, FromRow, Row, Tx};
use crate::ids::{AuditId, TenantId};

use super::checkpoint::Checkpoint;
use super::model::Link;

/// Takes the tenant's turn: the new record's place and the hash before it.
pub async fn take_turn(
    tx: &mut Tx,
    tenant: TenantId,
    start_hash: &str,
) -> Result<(i64, String), DbError> {
    tx.one(
        "INSERT INTO audit_head (tenant_id, last_sequence, last_hash)
         VALUES ($1, 1, $2)
         ON CONFLICT (tenant_id) DO UPDATE SET last_sequence = audit_head.last_sequence + 1
         RETURNING last_sequence, last_hash",
        (tenant, start_hash),
    )
    .await
}

pub async fn set_head(tx: &mut Tx, tenant: TenantId, hash: &str) -> Result<(), DbError> {
    tx.execute("UPDATE audit_head SET last_hash = $2 WHERE tenant_id = $1", (tenant, hash))
        .await
        .map(drop)
}

pub async fn insert(tx: &mut Tx, id: AuditId, link: &Link, hash: &str) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO audit (tenant_id, id, sequence, at_ms, actor, action, subject, detail,
             previous_hash, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        (
            link.tenant,
            id,
            link.sequence,
            link.at,
            link.actor.as_str(),
            link.action.as_str(),
            link.subject.as_str(),
            link.detail.as_str(),
            link.previous_hash.as_str(),
            hash,
        ),
    )
    .await
    .map(drop)
}

/// A stored record.
pub struct Stored {
    pub link: Link,
    pub hash: String,
}

impl FromRow for Stored {
    fn from_row(row: &mut Row<'_>) -> Result<Stored, CorruptRow> {
        let link = Link {
            tenant: row.take()?,
            sequence: row.take()?,
            at: row.take()?,
            actor: row.take()?,
            action: row.take()?,
            subject: row.take()?,
            detail: row.take()?,
            previous_hash: row.take()?,
        };
        Ok(Stored { link, hash: row.take()? })
    }
}

/// Records before `before`, the newest first.
pub async fn list_before(
    tx: &mut Tx,
    tenant: TenantId,
    before: i64,
    row_count: i64,
) -> Result<Vec<Stored>, DbError> {
    tx.all(
        "SELECT tenant_id, sequence, at_ms, actor, action, subject, detail, previous_hash, hash
         FROM audit
         WHERE tenant_id = $1 AND sequence < $2
         ORDER BY sequence DESC
         LIMIT $3",
        (tenant, before, row_count),
    )
    .await
}

/// Where the chain ends: the last place and hash. `None` for an empty chain.
pub async fn head(tx: &mut Tx, tenant: TenantId) -> Result<Option<(i64, String)>, DbError> {
    tx.optional("SELECT last_sequence, last_hash FROM audit_head WHERE tenant_id = $1", (tenant,))
        .await
}

impl FromRow for Checkpoint {
    fn from_row(row: &mut Row<'_>) -> Result<Checkpoint, CorruptRow> {
        Ok(Checkpoint {
            sequence: row.take()?,
            hash: row.take()?,
            at: row.take()?,
            signature: row.take()?,
        })
    }
}

/// Adds a checkpoint; one that another process made for the same place stays.
pub async fn add_checkpoint(
    tx: &mut Tx,
    tenant: TenantId,
    id: AuditId,
    checkpoint: &Checkpoint,
) -> Result<(), DbError> {
    let Checkpoint { sequence, hash, at, signature } = checkpoint;
    tx.execute(
        "INSERT INTO audit_checkpoint (tenant_id, id, sequence, hash, at_ms, signature)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (tenant_id, sequence) DO NOTHING",
        (tenant, id, *sequence, hash.as_str(), *at, signature.as_str()),
    )
    .await
    .map(drop)
}

/// The checkpoints from the place `since` on, the oldest first.
pub async fn checkpoints_since(
    tx: &mut Tx,
    tenant: TenantId,
    since: i64,
) -> Result<Vec<Checkpoint>, DbError> {
    tx.all(
        "SELECT sequence, hash, at_ms, signature
         FROM audit_checkpoint
         WHERE tenant_id = $1 AND $2 <= sequence
         ORDER BY sequence",
        (tenant, since),
    )
    .await
}

/// The newest checkpoint.
pub async fn last_checkpoint(tx: &mut Tx, tenant: TenantId) -> Result<Option<Checkpoint>, DbError> {
    last_checkpoint_before(tx, tenant, UnixMs(i64::MAX)).await
}

/// The newest checkpoint that was signed before `before`.
pub async fn last_checkpoint_before(
    tx: &mut Tx,
    tenant: TenantId,
    before: UnixMs,
) -> Result<Option<Checkpoint>, DbError> {
    tx.optional(
        "SELECT sequence, hash, at_ms, signature
         FROM audit_checkpoint
         WHERE tenant_id = $1 AND at_ms < $2
         ORDER BY sequence DESC
         LIMIT 1",
        (tenant, before),
    )
    .await
}

/// Removes the records before a place. The owner's role alone may.
pub async fn delete_before(tx: &mut Tx, tenant: TenantId, sequence: i64) -> Result<u64, DbError> {
    tx.execute("DELETE FROM audit WHERE tenant_id = $1 AND sequence < $2", (tenant, sequence)).await
}
