//! The SQL of hives.

use crate::clock::UnixMs;
use crate::db::{CorruptRow, DbError, FromRow, Row, Sql, Tx};
use crate::ids::{HiveId, TenantId};
use crate::sync::{self, Changed, Span};
use crate::versions::FieldVersions;

use super::model::{Draft, FIELDS, Hive};

/// The columns of a hive, as they are read.
const COLUMNS: &str = "id, site_id, name, version, created_at_ms";

impl FromRow for Hive {
    fn from_row(row: &mut Row<'_>) -> Result<Hive, CorruptRow> {
        let draft = Draft { id: row.take()?, site: row.take()?, name: row.take()? };
        Ok(Hive { draft, version: row.take()?, created_at: row.take()? })
    }
}

/// Whether the hive is new; `false` when its id is there already.
///
/// Errors: refused by the foreign key when the tenant has no such site.
pub async fn insert(
    tx: &mut Tx,
    tenant: TenantId,
    draft: &Draft,
    change_seq: i64,
    now: UnixMs,
) -> Result<bool, DbError> {
    let inserted = tx
        .execute(
            "INSERT INTO hive (tenant_id, id, site_id, name, version, field_versions, change_seq,
                 created_at_ms)
             VALUES ($1, $2, $3, $4, 1, $5, $6, $7)
             ON CONFLICT (tenant_id, id) DO NOTHING",
            (
                tenant,
                draft.id,
                draft.site,
                draft.name.as_str(),
                FieldVersions::first(&FIELDS).text(),
                change_seq,
                now,
            ),
        )
        .await?;
    Ok(inserted == 1)
}

pub async fn find(tx: &mut Tx, tenant: TenantId, hive: HiveId) -> Result<Option<Hive>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS}
         FROM hive
         WHERE tenant_id = $1 AND id = $2"
    );
    tx.optional(Sql::built(sql), (tenant, hive)).await
}

/// Hives after `after`, by id.
pub async fn list_after(
    tx: &mut Tx,
    tenant: TenantId,
    after: Option<HiveId>,
    row_count: i64,
) -> Result<Vec<Hive>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS}
         FROM hive
         WHERE tenant_id = $1 AND $2 < id
         ORDER BY id
         LIMIT $3"
    );
    tx.all(
        Sql::built(sql),
        (tenant, after.map_or_else(String::new, |id| id.to_string()), row_count),
    )
    .await
}

pub async fn field_versions(
    tx: &mut Tx,
    tenant: TenantId,
    hive: HiveId,
) -> Result<String, DbError> {
    let (text,) = tx
        .one("SELECT field_versions FROM hive WHERE tenant_id = $1 AND id = $2", (tenant, hive))
        .await?;
    Ok(text)
}

pub async fn rename(
    tx: &mut Tx,
    tenant: TenantId,
    hive: &Hive,
    field_versions: &FieldVersions,
    change_seq: i64,
) -> Result<(), DbError> {
    tx.execute(
        "UPDATE hive
         SET name = $3, version = $4, field_versions = $5, change_seq = $6
         WHERE tenant_id = $1 AND id = $2",
        (
            tenant,
            hive.draft.id,
            hive.draft.name.as_str(),
            hive.version,
            field_versions.text(),
            change_seq,
        ),
    )
    .await
    .map(drop)
}

/// What changed within a span, oldest first.
pub async fn changed(
    tx: &mut Tx,
    tenant: TenantId,
    span: Span,
) -> Result<Vec<Changed<Hive>>, DbError> {
    sync::store::changed(tx, tenant, ("hive", COLUMNS), span).await
}
