//! The SQL of the audit.

use crate::db::{CorruptRow, DbError, FromRow, Row, Tx};
use crate::ids::{AuditId, TenantId};

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
