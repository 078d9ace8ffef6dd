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
    /// Since when its bytes are known to be gone.
    pub lost_at: Option<UnixMs>,
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

/// Its visit has lain in the bin since before `deleted_before`. Returns whether its bytes still
/// counted as used, if it is new: those of a lost one were given back when they were missed.
pub async fn mark_removed(
    tx: &mut Tx,
    tenant: TenantId,
    id: UploadId,
    deleted_before: UnixMs,
) -> Result<Option<bool>, DbError> {
    let row = tx
        .optional::<(Option<UnixMs>,)>(
            "UPDATE clip
             SET state = 'rejected', flaw = 'visit_deleted', play_state = NULL, play_facts = NULL
             WHERE tenant_id = $1 AND id = $2 AND state = 'stored' AND EXISTS (
                 SELECT 1
                 FROM visit
                 WHERE visit.tenant_id = $1 AND visit.id = clip.visit_id
                     AND visit.unit_id = clip.unit_id AND visit.deleted_at_ms < $3)
             RETURNING lost_at_ms",
            (tenant, id, deleted_before),
        )
        .await?;
    Ok(row.map(|(lost_at,)| lost_at.is_none()))
}

/// A clip by its name.
pub async fn find(tx: &mut Tx, tenant: TenantId, id: UploadId) -> Result<Option<Clip>, DbError> {
    let row = tx
        .optional::<(UploadKind, Sha256Digest, i64, String, Option<String>, Option<UnixMs>)>(
            "SELECT kind, sha256, bytes, state, flaw, lost_at_ms
             FROM clip
             WHERE tenant_id = $1 AND id = $2",
            (tenant, id),
        )
        .await?;
    Ok(row.map(|(kind, sha256, bytes, state, flaw, lost_at)| Clip {
        kind,
        sha256,
        bytes,
        state,
        flaw,
        lost_at,
    }))
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
    /// `expected`, `unverified`, `stored`, `rejected`, or `lost` when its bytes are gone.
    pub state: String,
    /// Why it was rejected.
    pub flaw: Option<String>,
    /// Its hash.
    pub sha256: Sha256Digest,
    /// Its bytes.
    pub bytes: i64,
    /// What was made of it to be played; `None` while it was not tried.
    pub play: Option<Play>,
}

/// What became of making a clip playable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Play {
    /// `made` or `set_aside`.
    pub state: String,
    /// Why it was set aside.
    pub flaw: Option<String>,
    /// What was made, as JSON.
    pub facts: Option<String>,
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
            play: match (row.take()?, row.take()?, row.take()?) {
                (Some(state), flaw, facts) => Some(Play { state, flaw, facts }),
                (None, _, _) => None,
            },
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
        "SELECT id, kind, CASE WHEN lost_at_ms IS NULL THEN state ELSE 'lost' END, flaw, sha256, bytes,
                play_state, play_flaw, play_facts
         FROM clip
         WHERE tenant_id = $1 AND visit_id = $2 AND unit_id = $3
         ORDER BY id",
        (tenant, visit, unit),
    )
    .await
}

/// A clip whose object should be in the folder, or soon will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Its name.
    pub id: UploadId,
    /// Its hash.
    pub sha256: Sha256Digest,
    /// Its bytes.
    pub bytes: i64,
    /// Whether its bytes have come.
    pub is_here: bool,
    /// Whether its bytes are known to be gone.
    pub is_lost: bool,
}

impl FromRow for Held {
    fn from_row(row: &mut Row<'_>) -> Result<Held, CorruptRow> {
        let (id, sha256, bytes) = (row.take()?, row.take()?, row.take()?);
        let state: String = row.take()?;
        let lost_at: Option<UnixMs> = row.take()?;
        let is_here = state != "expected";
        Ok(Held { id, sha256, bytes, is_here, is_lost: lost_at.is_some() })
    }
}

/// What a tenant holds and expects after the clip `after`, by id.
pub async fn held_after(
    tx: &mut Tx,
    tenant: TenantId,
    after: Option<UploadId>,
    row_count: i64,
) -> Result<Vec<Held>, DbError> {
    let after = after.map_or_else(String::new, |id| id.to_string());
    tx.all(
        "SELECT id, sha256, bytes, state, lost_at_ms
         FROM clip
         WHERE tenant_id = $1 AND id > $2 AND state <> 'rejected'
         ORDER BY id
         LIMIT $3",
        (tenant, after.as_str(), row_count),
    )
    .await
}

/// Its bytes are gone. Returns whether that is new.
pub async fn mark_lost(
    tx: &mut Tx,
    tenant: TenantId,
    id: UploadId,
    now: UnixMs,
) -> Result<bool, DbError> {
    let changed = tx
        .execute(
            "UPDATE clip
             SET lost_at_ms = $3
             WHERE tenant_id = $1 AND id = $2 AND lost_at_ms IS NULL
                 AND state IN ('unverified', 'stored')",
            (tenant, id, now),
        )
        .await?;
    Ok(changed == 1)
}

/// Its bytes are there again. Returns whether that is new.
pub async fn mark_found(tx: &mut Tx, tenant: TenantId, id: UploadId) -> Result<bool, DbError> {
    let changed = tx
        .execute(
            "UPDATE clip
             SET lost_at_ms = NULL
             WHERE tenant_id = $1 AND id = $2 AND lost_at_ms IS NOT NULL",
            (tenant, id),
        )
        .await?;
    Ok(changed == 1)
}

/// The epoch of the index, and when it was made.
pub async fn index_birth(tx: &mut Tx) -> Result<(String, UnixMs), DbError> {
    tx.one("SELECT epoch, created_at_ms FROM server_meta WHERE id = 1", ()).await
}

/// A clip that is to be made playable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Playable {
    /// Its hash.
    pub sha256: Sha256Digest,
    /// The hash of its sidecar, once that is stored.
    pub sidecar: Option<Sha256Digest>,
    /// What became of it before.
    pub play: Option<Play>,
}

/// A clip that is stored and here, with its sidecar.
pub async fn playable(
    tx: &mut Tx,
    tenant: TenantId,
    id: UploadId,
) -> Result<Option<Playable>, DbError> {
    type Columns =
        (Sha256Digest, Option<Sha256Digest>, Option<String>, Option<String>, Option<String>);
    let row = tx
        .optional::<Columns>(
            "SELECT clip.sha256,
                    (SELECT MIN(sidecar.sha256)
                     FROM clip AS sidecar
                     WHERE sidecar.tenant_id = $1 AND sidecar.visit_id = clip.visit_id
                         AND sidecar.unit_id = clip.unit_id AND sidecar.kind = 'sidecar'
                         AND sidecar.state = 'stored' AND sidecar.lost_at_ms IS NULL),
                    clip.play_state, clip.play_flaw, clip.play_facts
             FROM clip
             WHERE clip.tenant_id = $1 AND clip.id = $2 AND clip.kind = 'clip'
                 AND clip.state = 'stored' AND clip.lost_at_ms IS NULL",
            (tenant, id),
        )
        .await?;
    Ok(row.map(|(sha256, sidecar, state, flaw, facts)| Playable {
        sha256,
        sidecar,
        play: state.map(|state| Play { state, flaw, facts }),
    }))
}

/// The stored clips of the visit that this clip or sidecar is of.
pub async fn clips_beside(
    tx: &mut Tx,
    tenant: TenantId,
    id: UploadId,
) -> Result<Vec<(UploadId,)>, DbError> {
    tx.all(
        "SELECT clip.id
         FROM clip
         JOIN clip AS own ON own.tenant_id = $1 AND own.visit_id = clip.visit_id
             AND own.unit_id = clip.unit_id
         WHERE clip.tenant_id = $1 AND own.id = $2 AND clip.kind = 'clip'
             AND clip.state = 'stored'",
        (tenant, id),
    )
    .await
}

/// Says what became of making a clip playable; `false` when the clip is gone meanwhile.
pub async fn mark_play(
    tx: &mut Tx,
    tenant: TenantId,
    id: UploadId,
    play: &Play,
) -> Result<bool, DbError> {
    let changed = tx
        .execute(
            "UPDATE clip
             SET play_state = $3, play_flaw = $4, play_facts = $5
             WHERE tenant_id = $1 AND id = $2 AND state = 'stored'",
            (tenant, id, play.state.as_str(), play.flaw.clone(), play.facts.clone()),
        )
        .await?;
    Ok(changed == 1)
}
