//! The SQL of claims and of units that are enrolled.

use apis_protocol::{KeyId, Sha256Digest, SiteId, UnitId};

use crate::clock::UnixMs;
use crate::db::{CorruptRow, DbError, FromRow, Row, Tx};
use crate::ids::{ClaimId, TenantId};

/// A claim as it is stored, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredClaim {
    /// Its name.
    pub id: ClaimId,
    /// The site its unit will be at.
    pub site: Option<SiteId>,
    /// When it was made.
    pub created_at: UnixMs,
    /// Until when it can be used.
    pub expires_at: UnixMs,
    /// When it was used.
    pub used_at: Option<UnixMs>,
    /// The key that used it.
    pub used_by: Option<KeyId>,
    /// The unit that it became.
    pub unit: Option<UnitId>,
}

impl FromRow for StoredClaim {
    fn from_row(row: &mut Row<'_>) -> Result<StoredClaim, CorruptRow> {
        Ok(StoredClaim {
            id: row.take()?,
            site: row.take()?,
            created_at: row.take()?,
            expires_at: row.take()?,
            used_at: row.take()?,
            used_by: row.take()?,
            unit: row.take()?,
        })
    }
}

/// Adds a claim under the hash of its secret.
///
/// Errors: refused by the foreign key without such a tenant or site.
pub async fn add_claim(
    tx: &mut Tx,
    tenant: TenantId,
    claim: &StoredClaim,
    secret_hash: Sha256Digest,
    created_by: &str,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO claim (tenant_id, id, site_id, secret_hash, created_by, created_at_ms,
                            expires_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        (tenant, claim.id, claim.site, secret_hash, created_by, claim.created_at, claim.expires_at),
    )
    .await?;
    tx.execute(
        "INSERT INTO claim_directory (secret_hash, tenant_id, claim_id)
         VALUES ($1, $2, $3)",
        (secret_hash, tenant, claim.id),
    )
    .await?;
    Ok(())
}

/// Whose claim has this secret.
pub async fn find_owner(
    tx: &mut Tx,
    secret_hash: Sha256Digest,
) -> Result<Option<(TenantId, ClaimId)>, DbError> {
    tx.optional(
        "SELECT tenant_id, claim_id
         FROM claim_directory
         WHERE secret_hash = $1",
        (secret_hash,),
    )
    .await
}

/// A claim by its name.
pub async fn find_claim(
    tx: &mut Tx,
    tenant: TenantId,
    id: ClaimId,
) -> Result<Option<StoredClaim>, DbError> {
    tx.optional(
        "SELECT id, site_id, created_at_ms, expires_at_ms, used_at_ms, used_by_key_id, unit_id
         FROM claim
         WHERE tenant_id = $1 AND id = $2",
        (tenant, id),
    )
    .await
}

/// Claims after `after`, by id.
pub async fn list_claims(
    tx: &mut Tx,
    tenant: TenantId,
    after: Option<ClaimId>,
    row_count: i64,
) -> Result<Vec<StoredClaim>, DbError> {
    tx.all(
        "SELECT id, site_id, created_at_ms, expires_at_ms, used_at_ms, used_by_key_id, unit_id
         FROM claim
         WHERE tenant_id = $1 AND $2 < id
         ORDER BY id
         LIMIT $3",
        (tenant, after.map_or_else(String::new, |id| id.to_string()), row_count),
    )
    .await
}

/// Uses a claim up. Returns whether this was the first use.
pub async fn use_claim(
    tx: &mut Tx,
    tenant: TenantId,
    id: ClaimId,
    (key_id, unit): (KeyId, UnitId),
    now: UnixMs,
) -> Result<bool, DbError> {
    let changed = tx
        .execute(
            "UPDATE claim
             SET used_at_ms = $3, used_by_key_id = $4, unit_id = $5
             WHERE tenant_id = $1 AND id = $2 AND used_at_ms IS NULL AND $3 <= expires_at_ms",
            (tenant, id, now, key_id, unit),
        )
        .await?;
    Ok(changed == 1)
}
