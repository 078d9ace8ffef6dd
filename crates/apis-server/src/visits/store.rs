//! The SQL of records and visits.

use apis_protocol::records::{Record, RecordPlace, VisitKind};
use apis_protocol::{Sha256Digest, SiteId, UnitId, UploadId, VisitId};

use super::model::Judged;
use crate::clock::UnixMs;
use crate::db::{CorruptRow, DbError, FromRow, Row, Sql, Tx};
use crate::ids::TenantId;
use crate::sync::{Changed, Span};

/// What is known of a record that is stored already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredRecord {
    /// The hash of its bytes.
    pub hash: Sha256Digest,
    /// What its unit was told.
    pub is_time_suspect: bool,
}

/// The record in this place.
pub async fn find_record(
    tx: &mut Tx,
    tenant: TenantId,
    unit: UnitId,
    place: RecordPlace,
) -> Result<Option<StoredRecord>, DbError> {
    let row = tx
        .optional::<(Sha256Digest, bool)>(
            "SELECT hash, is_time_suspect
             FROM record
             WHERE tenant_id = $1 AND unit_id = $2 AND boot = $3 AND sequence = $4",
            (tenant, unit, place.boot, place.sequence),
        )
        .await?;
    Ok(row.map(|(hash, is_time_suspect)| StoredRecord { hash, is_time_suspect }))
}

/// The uptime of the last record before this place that was made in the given boot.
pub async fn uptime_before(
    tx: &mut Tx,
    tenant: TenantId,
    unit: UnitId,
    place: RecordPlace,
) -> Result<Option<u64>, DbError> {
    let row = tx
        .optional::<(i64,)>(
            "SELECT uptime_us
             FROM record
             WHERE tenant_id = $1 AND unit_id = $2 AND boot = $3 AND made_in_boot = $3
               AND sequence < $4
             ORDER BY sequence DESC
             LIMIT 1",
            (tenant, unit, place.boot, place.sequence),
        )
        .await?;
    Ok(row.and_then(|(uptime_us,)| u64::try_from(uptime_us).ok()))
}

/// Adds a record. `text` are the bytes that were hashed.
///
/// Returns whether it is new: another request of the same unit may have been faster.
pub async fn add_record(
    tx: &mut Tx,
    (tenant, unit): (TenantId, UnitId),
    (record, text): (&Record, &str),
    judged: Judged,
    now: UnixMs,
) -> Result<bool, DbError> {
    let place = record.place();
    let added = tx
        .execute(
            "INSERT INTO record (tenant_id, id, unit_id, boot, sequence, kind, hash, made_in_boot,
                                 uptime_us, wall_ms, wall_error_ms, at_ms, is_time_suspect, body,
                                 received_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
             ON CONFLICT (tenant_id, unit_id, boot, sequence) DO NOTHING",
            (
                tenant,
                format!("{unit}/{}/{}", place.boot, place.sequence),
                unit,
                place.boot,
                place.sequence,
                record.fact.kind(),
                Sha256Digest::of(text.as_bytes()),
                record.at.boot,
                i64::try_from(record.at.uptime.micros()).unwrap_or(i64::MAX),
                record.at.wall.map(|wall| wall.ms),
                record.at.wall.map(|wall| wall.error_ms),
                judged.at,
                judged.is_suspect,
                text,
                now,
            ),
        )
        .await?;
    Ok(added == 1)
}

/// One visit as it is stored. A half that has not come is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// Its name.
    pub id: VisitId,
    /// The unit that saw it.
    pub unit: UnitId,
    /// Where the unit stood when it came.
    pub site: Option<SiteId>,
    /// Which hive it was at, if somebody said.
    pub hive: Option<String>,
    /// Why it is kept.
    pub kind: String,
    /// When its hornet was first seen.
    pub opened_at: UnixMs,
    /// The fact that opened it, as JSON.
    pub opened: Option<String>,
    /// When its hornet was last seen.
    pub closed_at: Option<UnixMs>,
    /// The fact that closed it, as JSON.
    pub closed: Option<String>,
    /// A time of it cannot be right.
    pub is_time_suspect: bool,
    /// How often it changed.
    pub version: i64,
    /// Since when it lies in the bin.
    pub deleted_at: Option<UnixMs>,
}

const COLUMNS: &str = "id, unit_id, site_id, hive_id, kind, opened_at_ms, opened, closed_at_ms,
    closed, is_time_suspect, version, deleted_at_ms";

impl FromRow for Visit {
    fn from_row(row: &mut Row<'_>) -> Result<Visit, CorruptRow> {
        Ok(Visit {
            id: row.take()?,
            unit: row.take()?,
            site: row.take()?,
            hive: row.take()?,
            kind: row.take()?,
            opened_at: row.take()?,
            opened: row.take()?,
            closed_at: row.take()?,
            closed: row.take()?,
            is_time_suspect: row.take()?,
            version: row.take()?,
            deleted_at: row.take()?,
        })
    }
}

/// A visit by its name.
pub async fn find(tx: &mut Tx, tenant: TenantId, id: VisitId) -> Result<Option<Visit>, DbError> {
    let sql = format!("SELECT {COLUMNS} FROM visit WHERE tenant_id = $1 AND id = $2");
    tx.optional(crate::db::Sql::built(sql), (tenant, id)).await
}

/// Which visits, or which watching.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Within {
    /// From then on.
    pub from: UnixMs,
    /// Before then.
    pub until: UnixMs,
    /// Of this unit alone.
    pub unit: Option<UnitId>,
    /// Of these kinds.
    pub kinds: Kinds,
}

/// Which kinds of visits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kinds {
    /// Of this kind alone.
    Only(VisitKind),
    /// All.
    All,
}

impl Kinds {
    /// The kinds that are asked for by a word: what counts, unless it says otherwise.
    pub fn of(asked: Option<&str>) -> Option<Kinds> {
        Some(match asked {
            None | Some("verdict") => Kinds::Only(VisitKind::Verdict),
            Some("near_miss") => Kinds::Only(VisitKind::NearMiss),
            Some("sample") => Kinds::Only(VisitKind::Sample),
            Some("all") => Kinds::All,
            Some(_) => return None,
        })
    }

    fn word(self) -> &'static str {
        match self {
            Kinds::Only(kind) => kind.word(),
            Kinds::All => "",
        }
    }
}

impl Within {
    /// Everything.
    pub const ALL: Within =
        Within { from: UnixMs(i64::MIN), until: UnixMs(i64::MAX), unit: None, kinds: Kinds::All };

    fn unit_text(&self) -> String {
        self.unit.map(|unit| unit.to_string()).unwrap_or_default()
    }
}

/// Visits within that do not lie in the bin, before `before`, newest first: their names begin with
/// the time.
pub async fn list(
    tx: &mut Tx,
    tenant: TenantId,
    within: &Within,
    before: Option<VisitId>,
    row_count: i64,
) -> Result<Vec<Visit>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS}
         FROM visit
         WHERE tenant_id = $1 AND id < $2 AND deleted_at_ms IS NULL
             AND $3 <= opened_at_ms AND opened_at_ms < $4 AND ($5 = '' OR unit_id = $5)
             AND ($6 = '' OR kind = $6)
         ORDER BY id DESC
         LIMIT $7"
    );
    // Every id begins with a hexadecimal digit, so it sorts before `g`.
    let before = before.map_or_else(|| "g".to_owned(), |id| id.to_string());
    let unit = within.unit_text();
    let kind = within.kinds.word();
    let asked = (tenant, before, within.from, within.until, unit, kind, row_count);
    tx.all(crate::db::Sql::built(sql), asked).await
}

/// Visits that lie in the bin since `since` or later, before `before`, newest first.
pub async fn list_deleted(
    tx: &mut Tx,
    tenant: TenantId,
    since: UnixMs,
    before: Option<VisitId>,
    row_count: i64,
) -> Result<Vec<Visit>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS}
         FROM visit
         WHERE tenant_id = $1 AND id < $2 AND $3 <= deleted_at_ms
         ORDER BY id DESC
         LIMIT $4"
    );
    let before = before.map_or_else(|| "g".to_owned(), |id| id.to_string());
    tx.all(crate::db::Sql::built(sql), (tenant, before, since, row_count)).await
}

/// A record of watching as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredWatch {
    /// Its name.
    pub id: String,
    /// Whose it is.
    pub unit: UnitId,
    /// When it was made.
    pub at: UnixMs,
    /// Its time cannot be right.
    pub is_time_suspect: bool,
    /// The record, as its unit sent it.
    pub body: String,
}

impl FromRow for StoredWatch {
    fn from_row(row: &mut Row<'_>) -> Result<StoredWatch, CorruptRow> {
        Ok(StoredWatch {
            id: row.take()?,
            unit: row.take()?,
            at: row.take()?,
            is_time_suspect: row.take()?,
            body: row.take()?,
        })
    }
}

/// Records of watching within, after the one named `after`, by name.
pub async fn watched_within(
    tx: &mut Tx,
    tenant: TenantId,
    within: &Within,
    after: &str,
    row_count: i64,
) -> Result<Vec<StoredWatch>, DbError> {
    tx.all(
        "SELECT id, unit_id, at_ms, is_time_suspect, body
         FROM record
         WHERE tenant_id = $1 AND kind = 'watch' AND $2 < id
             AND $3 <= at_ms AND at_ms < $4 AND ($5 = '' OR unit_id = $5)
         ORDER BY id
         LIMIT $6",
        (tenant, after, within.from, within.until, within.unit_text(), row_count),
    )
    .await
}

/// Adds a visit with the half that came first.
pub async fn add(
    tx: &mut Tx,
    (tenant, unit, site): (TenantId, UnitId, Option<SiteId>),
    visit: &Visit,
    change_seq: i64,
    now: UnixMs,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO visit (tenant_id, id, unit_id, site_id, kind, opened_at_ms, opened,
                            closed_at_ms, closed, is_time_suspect, received_at_ms, version,
                            change_seq)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12)",
        (
            tenant,
            visit.id,
            unit,
            site,
            visit.kind.as_str(),
            visit.opened_at,
            visit.opened.clone(),
            visit.closed_at,
            visit.closed.clone(),
            visit.is_time_suspect,
            now,
            change_seq,
        ),
    )
    .await?;
    Ok(())
}

/// Stores a visit that got its other half.
pub async fn change(
    tx: &mut Tx,
    tenant: TenantId,
    visit: &Visit,
    change_seq: i64,
) -> Result<(), DbError> {
    tx.execute(
        "UPDATE visit
         SET opened_at_ms = $3, opened = $4, closed_at_ms = $5, closed = $6, is_time_suspect = $7,
             version = version + 1, change_seq = $8
         WHERE tenant_id = $1 AND id = $2",
        (
            tenant,
            visit.id,
            visit.opened_at,
            visit.opened.clone(),
            visit.closed_at,
            visit.closed.clone(),
            visit.is_time_suspect,
            change_seq,
        ),
    )
    .await?;
    Ok(())
}

/// What changed within a span of visits that were opened at `from` or later, oldest change first.
pub async fn changed(
    tx: &mut Tx,
    tenant: TenantId,
    span: Span,
    from: UnixMs,
) -> Result<Vec<Changed<Visit>>, DbError> {
    let sql = format!(
        "SELECT change_seq, {COLUMNS}
         FROM visit
         WHERE tenant_id = $1 AND $2 < change_seq AND change_seq <= $3 AND $5 <= opened_at_ms
         ORDER BY change_seq
         LIMIT $4"
    );
    tx.all(Sql::built(sql), (tenant, span.after, span.until, span.row_count, from)).await
}

/// Says that something became of a clip of a visit, if the visit has come.
pub async fn clip_changed(
    tx: &mut Tx,
    tenant: TenantId,
    clip: UploadId,
    change_seq: i64,
) -> Result<(), DbError> {
    tx.execute(
        "UPDATE visit
         SET version = version + 1, change_seq = $3
         WHERE tenant_id = $1 AND EXISTS (
             SELECT 1
             FROM clip
             WHERE clip.tenant_id = $1 AND clip.id = $2 AND clip.visit_id = visit.id
                 AND clip.unit_id = visit.unit_id)",
        (tenant, clip, change_seq),
    )
    .await?;
    Ok(())
}

/// Says that something about a visit changed that stands in rows of its own.
pub async fn touch(
    tx: &mut Tx,
    tenant: TenantId,
    visit: VisitId,
    change_seq: i64,
) -> Result<(), DbError> {
    tx.execute(
        "UPDATE visit
         SET version = version + 1, change_seq = $3
         WHERE tenant_id = $1 AND id = $2",
        (tenant, visit, change_seq),
    )
    .await?;
    Ok(())
}

/// Puts a visit into the bin. Returns whether it was not there.
pub async fn delete(
    tx: &mut Tx,
    tenant: TenantId,
    visit: VisitId,
    now: UnixMs,
    change_seq: i64,
) -> Result<bool, DbError> {
    let changed = tx
        .execute(
            "UPDATE visit
             SET deleted_at_ms = $3, version = version + 1, change_seq = $4
             WHERE tenant_id = $1 AND id = $2 AND deleted_at_ms IS NULL",
            (tenant, visit, now, change_seq),
        )
        .await?;
    Ok(changed == 1)
}

/// Takes a visit out of the bin. Returns whether it was there.
pub async fn restore(
    tx: &mut Tx,
    tenant: TenantId,
    visit: VisitId,
    change_seq: i64,
) -> Result<bool, DbError> {
    let changed = tx
        .execute(
            "UPDATE visit
             SET deleted_at_ms = NULL, version = version + 1, change_seq = $3
             WHERE tenant_id = $1 AND id = $2 AND deleted_at_ms IS NOT NULL",
            (tenant, visit, change_seq),
        )
        .await?;
    Ok(changed == 1)
}

/// Visits that have lain in the bin since before `before` and whose clips still hold bytes.
pub async fn to_empty(
    tx: &mut Tx,
    tenant: TenantId,
    before: UnixMs,
    row_count: i64,
) -> Result<Vec<(VisitId, UnitId)>, DbError> {
    tx.all(
        "SELECT id, unit_id
         FROM visit
         WHERE tenant_id = $1 AND deleted_at_ms < $2 AND EXISTS (
             SELECT 1
             FROM clip
             WHERE clip.tenant_id = $1 AND clip.visit_id = visit.id
                 AND clip.unit_id = visit.unit_id AND clip.state = 'stored')
         LIMIT $3",
        (tenant, before, row_count),
    )
    .await
}
