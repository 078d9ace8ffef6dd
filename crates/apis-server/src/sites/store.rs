//! The SQL of sites.

use crate::clock::UnixMs;
use crate::db::{CorruptRow, DbError, FromRow, Row, Sql, Tx};
use crate::ids::{SiteId, TenantId};
use crate::sync::{self, Changed, Span};
use crate::versions::FieldVersions;

use super::model::{Draft, FIELDS, Site};

/// The columns of a site, as they are read.
const COLUMNS: &str = "id, name, latitude, longitude, time_zone, version, created_at_ms";

impl FromRow for Site {
    fn from_row(row: &mut Row<'_>) -> Result<Site, CorruptRow> {
        let (id, name) = (row.take()?, row.take()?);
        let place = match (row.take()?, row.take()?) {
            (None, None) => None,
            (Some(north), Some(east)) => Some((north, east)),
            (Some(_), None) | (None, Some(_)) => return Err(row.corrupt("half a place")),
        };
        let draft = Draft { id, name, place, time_zone: row.take()? };
        Ok(Site { draft, version: row.take()?, created_at: row.take()? })
    }
}

/// Whether the site is new; `false` when its id is there already.
pub async fn insert(
    tx: &mut Tx,
    tenant: TenantId,
    draft: &Draft,
    change_seq: i64,
    now: UnixMs,
) -> Result<bool, DbError> {
    let (latitude, longitude) = draft.place.unzip();
    let inserted = tx
        .execute(
            "INSERT INTO site (tenant_id, id, name, latitude, longitude, time_zone, version,
                 field_versions, change_seq, created_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9)
             ON CONFLICT (tenant_id, id) DO NOTHING",
            (
                tenant,
                draft.id,
                draft.name.as_str(),
                latitude,
                longitude,
                draft.time_zone.as_str(),
                FieldVersions::first(&FIELDS).text(),
                change_seq,
                now,
            ),
        )
        .await?;
    Ok(inserted == 1)
}

pub async fn find(tx: &mut Tx, tenant: TenantId, site: SiteId) -> Result<Option<Site>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS}
         FROM site
         WHERE tenant_id = $1 AND id = $2"
    );
    tx.optional(Sql::built(sql), (tenant, site)).await
}

/// What people call the tenant's sites.
pub async fn names(tx: &mut Tx, tenant: TenantId) -> Result<Vec<(SiteId, String)>, DbError> {
    tx.all("SELECT id, name FROM site WHERE tenant_id = $1", (tenant,)).await
}

/// Sites after `after`, by id.
pub async fn list_after(
    tx: &mut Tx,
    tenant: TenantId,
    after: Option<SiteId>,
    row_count: i64,
) -> Result<Vec<Site>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS}
         FROM site
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
    site: SiteId,
) -> Result<String, DbError> {
    let (text,) = tx
        .one("SELECT field_versions FROM site WHERE tenant_id = $1 AND id = $2", (tenant, site))
        .await?;
    Ok(text)
}

pub async fn change(
    tx: &mut Tx,
    tenant: TenantId,
    site: &Site,
    field_versions: &FieldVersions,
    change_seq: i64,
) -> Result<(), DbError> {
    let (latitude, longitude) = site.draft.place.unzip();
    tx.execute(
        "UPDATE site
         SET name = $3, latitude = $4, longitude = $5, time_zone = $6, version = $7,
             field_versions = $8, change_seq = $9
         WHERE tenant_id = $1 AND id = $2",
        (
            tenant,
            site.draft.id,
            site.draft.name.as_str(),
            latitude,
            longitude,
            site.draft.time_zone.as_str(),
            site.version,
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
) -> Result<Vec<Changed<Site>>, DbError> {
    sync::store::changed(tx, tenant, ("site", COLUMNS), span).await
}
