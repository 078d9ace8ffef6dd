//! The SQL of clips.

use apis_protocol::upload::UploadKind;
use apis_protocol::{Sha256Digest, UnitId, UploadId, VisitId};

use crate::clock::UnixMs;
use crate::db::{CorruptRow, DbError, FromRow, Row, Tx};
use crate::ids::TenantId;
use crate::uploads::Upload;

/// A clip as the check needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clip {
    /// Clip or sidecar.
    pub kind: UploadKind,
    /// Its hash, and so its place.
    pub sha256: Sha256Digest,
    /// Its bytes.
    pub bytes: i64,
    /// `expected`, `unverified`, `stored` or `rejected`.
    pub state: String,
    /// Why it was rejected.
    pub flaw: Option<String>,
}

/// Announces the clip that an upload will bring.
pub async fn expect(
    tx: &mut Tx,
    tenant: TenantId,
    upload: &Upload,
    now: UnixMs,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO clip (tenant_id, id, unit_id, visit_id, kind, sha256, bytes, state,
                           created_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'expected', $8)",
        (
            tenant,
            upload.id,
            upload.unit,
            upload.visit,
            upload.kind,
            upload.sha256,
            i64::try_from(upload.length).unwrap_or(i64::MAX),
            now,
        ),
    )
    .await?;
    Ok(())
}

/// Its bytes are all there; a look inside is due.
pub async fn mark_unverified(
    tx: &mut Tx,
    tenant: TenantId,
    id: UploadId,
    now: UnixMs,
) -> Result<(), DbError> {
    tx.execute(
        "UPDATE clip
         SET state = 'unverified', stored_at_ms = $3
         WHERE tenant_id = $1 AND id = $2 AND state = 'expected'",
        (tenant, id, now),
    )
    .await?;
    Ok(())
}

/// A look inside found what was promised. `facts` is JSON.
pub async fn mark_stored(
    tx: &mut Tx,
    tenant: TenantId,
    id: UploadId,
    facts: &str,
) -> Result<bool, DbError> {
    let changed = tx
        .execute(
            "UPDATE clip
             SET state = 'stored', facts = $3
             WHERE tenant_id = $1 AND id = $2 AND state = 'unverified'",
            (tenant, id, facts),
        )
        .await?;
    Ok(changed == 1)
}

/// A look inside found something else.
pub async fn mark_rejected(
    tx: &mut Tx,
    tenant: TenantId,
    id: UploadId,
    flaw: &str,
) -> Result<bool, DbError> {
    let changed = tx
        .execute(
            "UPDATE clip
             SET state = 'rejected', flaw = $3
             WHERE tenant_id = $1 AND id = $2 AND state = 'unverified'",
            (tenant, id, flaw),
        )
        .await?;
    Ok(changed == 1)
}

/// A clip by its name.
pub async fn find(tx: &mut Tx, tenant: TenantId, id: UploadId) -> Result<Option<Clip>, DbError> {
    let row = tx
        .optional::<(UploadKind, Sha256Digest, i64, String, Option<String>)>(
            "SELECT kind, sha256, bytes, state, flaw
             FROM clip
             WHERE tenant_id = $1 AND id = $2",
            (tenant, id),
        )
        .await?;
    Ok(row.map(|(kind, sha256, bytes, state, flaw)| Clip { kind, sha256, bytes, state, flaw }))
}

/// Forgets a clip whose bytes never all came. Returns its hash.
pub async fn forget(
    tx: &mut Tx,
    tenant: TenantId,
    id: UploadId,
) -> Result<Option<Sha256Digest>, DbError> {
    let row = tx
        .optional::<(Sha256Digest,)>(
            "DELETE FROM clip
             WHERE tenant_id = $1 AND id = $2 AND state = 'expected'
             RETURNING sha256",
            (tenant, id),
        )
        .await?;
    Ok(row.map(|(sha256,)| sha256))
}

/// How many rows of a tenant still need the object of this hash.
pub async fn holder_count(
    tx: &mut Tx,
    tenant: TenantId,
    sha256: Sha256Digest,
) -> Result<i64, DbError> {
    let (count,) = tx
        .one::<(i64,)>(
            "SELECT COUNT(*)
             FROM clip
             WHERE tenant_id = $1 AND sha256 = $2 AND state <> 'rejected'",
            (tenant, sha256),
        )
        .await?;
    Ok(count)
}

/// A clip or a sidecar as its visit shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitObject {
    /// Its name.
    pub id: UploadId,
    /// Clip or sidecar.
    pub kind: UploadKind,
    /// `expected`, `unverified`, `stored` or `rejected`.
    pub state: String,
    /// Why it was rejected.
    pub flaw: Option<String>,
    /// Its hash.
    pub sha256: Sha256Digest,
    /// Its bytes.
    pub bytes: i64,
}

impl FromRow for VisitObject {
    fn from_row(row: &mut Row<'_>) -> Result<VisitObject, CorruptRow> {
        Ok(VisitObject {
            id: row.take()?,
            kind: row.take()?,
            state: row.take()?,
            flaw: row.take()?,
            sha256: row.take()?,
            bytes: row.take()?,
        })
    }
}

/// What the unit of a visit sent or announced for it. Another unit's is not shown: it may name
/// any visit.
pub async fn of_visit(
    tx: &mut Tx,
    tenant: TenantId,
    unit: UnitId,
    visit: VisitId,
) -> Result<Vec<VisitObject>, DbError> {
    tx.all(
        "SELECT id, kind, state, flaw, sha256, bytes
         FROM clip
         WHERE tenant_id = $1 AND visit_id = $2 AND unit_id = $3
         ORDER BY id",
        (tenant, visit, unit),
    )
    .await
}
