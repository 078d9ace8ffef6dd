//! The SQL of units.

use apis_protocol::{KeyId, SiteId, UnitId};
use apis_server_api::units::UnitRecord;

use crate::clock::UnixMs;
use crate::db::{CorruptRow, DbError, FromRow, Row, Sql, Tx};
use crate::ids::TenantId;
use crate::sync::{self, Changed, Span};

/// A unit that is being enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUnit {
    /// Its name in every table.
    pub id: UnitId,
    /// The site that its claim named.
    pub site: Option<SiteId>,
    /// Its board's serial number.
    pub serial: String,
    /// Its board's kind.
    pub hardware: String,
    /// Its key's name.
    pub key_id: KeyId,
}

/// A unit as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its name in every table.
    pub id: UnitId,
    /// Where it stands.
    pub site: Option<SiteId>,
    /// What people call it.
    pub name: String,
    /// Its board's serial number.
    pub serial: String,
    /// Its board's kind.
    pub hardware: String,
    /// When it was enrolled.
    pub enrolled_at: UnixMs,
    /// When its tenant let it go.
    pub released_at: Option<UnixMs>,
    /// How often people changed it.
    pub version: i64,
}

/// The columns of a unit, as they are read.
const COLUMNS: &str =
    "id, site_id, name, serial, hardware, enrolled_at_ms, released_at_ms, version";

impl FromRow for Unit {
    fn from_row(row: &mut Row<'_>) -> Result<Unit, CorruptRow> {
        Ok(Unit {
            id: row.take()?,
            site: row.take()?,
            name: row.take()?,
            serial: row.take()?,
            hardware: row.take()?,
            enrolled_at: row.take()?,
            released_at: row.take()?,
            version: row.take()?,
        })
    }
}

impl From<Unit> for UnitRecord {
    fn from(unit: Unit) -> UnitRecord {
        UnitRecord {
            id: unit.id.to_string(),
            site_id: unit.site.map(|site| site.to_string()),
            name: unit.name,
            serial: unit.serial,
            hardware: unit.hardware,
            enrolled_at: unit.enrolled_at.rfc3339(),
            released_at: unit.released_at.map(UnixMs::rfc3339),
            version: unit.version,
        }
    }
}

/// What a unit is called that told no serial number.
const UNNAMED: &str = "Unit";

/// Adds a unit; people call it by its serial number until they think of something better.
pub async fn add(
    tx: &mut Tx,
    tenant: TenantId,
    unit: &NewUnit,
    change_seq: i64,
    now: UnixMs,
) -> Result<(), DbError> {
    let name = if unit.serial.is_empty() { UNNAMED } else { &unit.serial };
    tx.execute(
        "INSERT INTO unit (tenant_id, id, site_id, name, serial, hardware, key_id, enrolled_at_ms,
                           version, change_seq)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9)",
        (
            tenant,
            unit.id,
            unit.site,
            name,
            unit.serial.as_str(),
            unit.hardware.as_str(),
            unit.key_id,
            now,
            change_seq,
        ),
    )
    .await?;
    Ok(())
}

/// A unit by its id.
pub async fn find(tx: &mut Tx, tenant: TenantId, id: UnitId) -> Result<Option<Unit>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS}
         FROM unit
         WHERE tenant_id = $1 AND id = $2"
    );
    tx.optional(Sql::built(sql), (tenant, id)).await
}

/// What people call the tenant's units, those that were let go as well.
pub async fn names(tx: &mut Tx, tenant: TenantId) -> Result<Vec<(UnitId, String)>, DbError> {
    tx.all("SELECT id, name FROM unit WHERE tenant_id = $1", (tenant,)).await
}

/// Whether the tenant has this unit and has not let it go.
pub async fn is_let_in(tx: &mut Tx, tenant: TenantId, id: UnitId) -> Result<bool, DbError> {
    let row = tx
        .optional::<(UnitId,)>(
            "SELECT id
             FROM unit
             WHERE tenant_id = $1 AND id = $2 AND released_at_ms IS NULL",
            (tenant, id),
        )
        .await?;
    Ok(row.is_some())
}

/// Units after `after`, by id.
pub async fn list_after(
    tx: &mut Tx,
    tenant: TenantId,
    after: Option<UnitId>,
    row_count: i64,
) -> Result<Vec<Unit>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS}
         FROM unit
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

/// Gives a unit its new name and version.
pub async fn change(
    tx: &mut Tx,
    tenant: TenantId,
    unit: &Unit,
    change_seq: i64,
) -> Result<(), DbError> {
    tx.execute(
        "UPDATE unit
         SET name = $3, site_id = $4, version = $5, change_seq = $6
         WHERE tenant_id = $1 AND id = $2",
        (tenant, unit.id, unit.name.as_str(), unit.site, unit.version, change_seq),
    )
    .await?;
    Ok(())
}

/// Marks a unit as released. Returns whether it was not before.
pub async fn release(
    tx: &mut Tx,
    tenant: TenantId,
    id: UnitId,
    change_seq: i64,
    now: UnixMs,
) -> Result<bool, DbError> {
    let changed = tx
        .execute(
            "UPDATE unit
             SET released_at_ms = $3, version = version + 1, change_seq = $4
             WHERE tenant_id = $1 AND id = $2 AND released_at_ms IS NULL",
            (tenant, id, now, change_seq),
        )
        .await?;
    Ok(changed == 1)
}

/// What changed within a span, oldest first.
pub async fn changed(
    tx: &mut Tx,
    tenant: TenantId,
    span: Span,
) -> Result<Vec<Changed<Unit>>, DbError> {
    sync::store::changed(tx, tenant, ("unit", COLUMNS), span).await
}
