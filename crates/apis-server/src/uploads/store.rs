//! The SQL of uploads.

use apis_protocol::upload::UploadKind;
use apis_protocol::{Sha256Digest, UnitId, UploadId, VisitId};

use super::model::{Stage, Upload};
use crate::clock::UnixMs;
use crate::db::{Column, CorruptRow, DbError, FromRow, IntoValue, Row, Tx, Value};
use crate::ids::TenantId;

/// The state of the row in `clip` tells how an upload ended; the upload's own row says whether
/// bytes are still coming in.
const COLUMNS: &str = "u.id, u.unit_id, u.visit_id, u.kind, u.sha256, u.length_bytes,
    u.offset_bytes, u.stage, u.expires_at_ms, c.state, c.flaw";

impl IntoValue for UploadKind {
    fn into_value(self) -> Value {
        self.as_str().into_value()
    }

    fn null() -> Value {
        Value::Text(None)
    }
}

impl Column for UploadKind {
    fn read(row: &mut Row<'_>) -> Result<UploadKind, CorruptRow> {
        let text: String = row.take()?;
        match text.as_str() {
            "clip" => Ok(UploadKind::Clip),
            "sidecar" => Ok(UploadKind::Sidecar),
            _ => Err(row.corrupt("not a kind of upload")),
        }
    }
}

impl FromRow for Upload {
    fn from_row(row: &mut Row<'_>) -> Result<Upload, CorruptRow> {
        let id = row.take()?;
        let unit = row.take()?;
        let visit = row.take()?;
        let kind = row.take()?;
        let sha256 = row.take()?;
        let length: i64 = row.take()?;
        let offset: i64 = row.take()?;
        let stage: String = row.take()?;
        let expires_at = row.take()?;
        let clip_state: Option<String> = row.take()?;
        let flaw = row.take()?;
        let bytes = |row: &Row<'_>, count: i64| {
            u64::try_from(count).map_err(|_| row.corrupt("a negative count of bytes"))
        };
        let (length, offset) = (bytes(row, length)?, bytes(row, offset)?);
        let stage = match (stage.as_str(), clip_state.as_deref()) {
            ("receiving", Some("expected")) => Stage::Receiving { offset },
            ("placed", Some("unverified")) => Stage::Placed,
            ("placed", Some("stored")) => Stage::Stored,
            ("placed", Some("rejected")) => Stage::Rejected,
            _ => return Err(row.corrupt("the upload and its clip disagree")),
        };
        Ok(Upload { id, unit, visit, kind, sha256, length, stage, expires_at, flaw })
    }
}

/// An upload of this unit by its name.
pub async fn find(
    tx: &mut Tx,
    tenant: TenantId,
    unit: UnitId,
    id: UploadId,
) -> Result<Option<Upload>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS}
         FROM upload u
         LEFT JOIN clip c ON c.tenant_id = u.tenant_id AND c.id = u.id
         WHERE u.tenant_id = $1 AND u.unit_id = $2 AND u.id = $3"
    );
    tx.optional(crate::db::Sql::built(sql), (tenant, unit, id)).await
}

/// An upload of this unit by what it brings.
pub async fn find_same(
    tx: &mut Tx,
    tenant: TenantId,
    unit: UnitId,
    (visit, kind, sha256): (VisitId, UploadKind, Sha256Digest),
) -> Result<Option<Upload>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS}
         FROM upload u
         LEFT JOIN clip c ON c.tenant_id = u.tenant_id AND c.id = u.id
         WHERE u.tenant_id = $1 AND u.unit_id = $2
           AND u.visit_id = $3 AND u.kind = $4 AND u.sha256 = $5"
    );
    tx.optional(crate::db::Sql::built(sql), (tenant, unit, visit, kind, sha256)).await
}

/// How many uploads of a unit are still coming in.
pub async fn receiving_count(tx: &mut Tx, tenant: TenantId, unit: UnitId) -> Result<i64, DbError> {
    let (count,) = tx
        .one::<(i64,)>(
            "SELECT COUNT(*)
             FROM upload
             WHERE tenant_id = $1 AND unit_id = $2 AND stage = 'receiving'",
            (tenant, unit),
        )
        .await?;
    Ok(count)
}

/// Adds an upload with no bytes yet. Returns whether it is new: another request may have been
/// faster, and then nothing is added.
pub async fn add(
    tx: &mut Tx,
    tenant: TenantId,
    upload: &Upload,
    now: UnixMs,
) -> Result<bool, DbError> {
    let added = tx
        .execute(
            "INSERT INTO upload (tenant_id, id, unit_id, visit_id, kind, sha256, length_bytes,
                                 offset_bytes, stage, created_at_ms, expires_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 'receiving', $8, $9)
             ON CONFLICT (tenant_id, unit_id, visit_id, kind, sha256) DO NOTHING",
            (
                tenant,
                upload.id,
                upload.unit,
                upload.visit,
                upload.kind,
                upload.sha256,
                stored(upload.length),
                now,
                upload.expires_at,
            ),
        )
        .await?;
    Ok(added == 1)
}

/// Remembers that bytes up to `offset` are safe, and gives the upload more time.
pub async fn keep_offset(
    tx: &mut Tx,
    tenant: TenantId,
    id: UploadId,
    offset: u64,
    expires_at: UnixMs,
) -> Result<(), DbError> {
    tx.execute(
        "UPDATE upload
         SET offset_bytes = $3, expires_at_ms = $4
         WHERE tenant_id = $1 AND id = $2 AND stage = 'receiving'",
        (tenant, id, stored(offset), expires_at),
    )
    .await?;
    Ok(())
}

/// Marks all bytes as placed. Returns whether they were not before.
pub async fn mark_placed(tx: &mut Tx, tenant: TenantId, id: UploadId) -> Result<bool, DbError> {
    let changed = tx
        .execute(
            "UPDATE upload
             SET stage = 'placed'
             WHERE tenant_id = $1 AND id = $2 AND stage = 'receiving'",
            (tenant, id),
        )
        .await?;
    Ok(changed == 1)
}

/// Deletes an upload that is still coming in, if it expired before `due` (or whenever it does).
/// Returns the bytes that were reserved for it.
pub async fn delete_receiving(
    tx: &mut Tx,
    tenant: TenantId,
    id: UploadId,
    due: Option<UnixMs>,
) -> Result<Option<i64>, DbError> {
    let row = tx
        .optional::<(i64,)>(
            "DELETE FROM upload
             WHERE tenant_id = $1 AND id = $2 AND stage = 'receiving' AND expires_at_ms < $3
             RETURNING length_bytes",
            (tenant, id, due.unwrap_or(UnixMs(i64::MAX))),
        )
        .await?;
    Ok(row.map(|(length,)| length))
}

/// Uploads of a tenant that are still coming in and whose time was over before `now`.
pub async fn expired(tx: &mut Tx, tenant: TenantId, now: UnixMs) -> Result<Vec<UploadId>, DbError> {
    let rows = tx
        .all::<(UploadId,)>(
            "SELECT id
             FROM upload
             WHERE tenant_id = $1 AND stage = 'receiving' AND expires_at_ms < $2
             ORDER BY id",
            (tenant, now),
        )
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Uploads of a tenant that are still coming in.
pub async fn receiving(tx: &mut Tx, tenant: TenantId) -> Result<Vec<UploadId>, DbError> {
    let rows = tx
        .all::<(UploadId,)>(
            "SELECT id
             FROM upload
             WHERE tenant_id = $1 AND stage = 'receiving'
             ORDER BY id",
            (tenant,),
        )
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// A count of bytes as its column stores it. The protocol bounds every length far below.
pub(super) fn stored(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
