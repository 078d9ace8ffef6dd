//! What every operation on an upload needs: database, clock, folders, turns.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use apis_protocol::{UnitId, UploadId};
use tokio::task::spawn_blocking;

use super::model::Upload;
use super::store;
use super::turns::{Turn, Turns};
use crate::clock::{Clock, UnixMs};
use crate::db::{Db, DbError};
use crate::ids::TenantId;
use crate::media::Media;
use crate::media::durable::make_folder;
use crate::units;

/// How long an upload waits for its next byte, in milliseconds: a week, as long as a unit on a
/// mobile link may be without credit.
pub const IDLE_MS_MAX: i64 = 7 * 24 * 60 * 60 * 1_000;

/// Bounds that keep one unit from taking everything.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of the disk that uploads never take: the database and the logs live there too.
    pub free_bytes_min: u64,
    /// Uploads of one unit that may come in at once.
    pub unit_upload_count_max: i64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { free_bytes_min: 512 * 1024 * 1024, unit_upload_count_max: 64 }
    }
}

/// Why an upload's request was refused. One variant per answer.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// No such upload of this unit, or no longer.
    #[error("no such upload")]
    NotFound,
    /// The upload's time is over.
    #[error("the upload is over")]
    Gone,
    /// The request does not begin where the server stands.
    #[error("the server stands at {offset}")]
    OffsetConflict {
        /// Where it stands.
        offset: u64,
    },
    /// More bytes than the whole has.
    #[error("the request has more bytes than the whole")]
    TooLong,
    /// The request's bytes are not those that were signed; none was kept.
    #[error("the bytes do not match their digest")]
    DigestMismatch,
    /// The whole is not what was promised; the offset is back at 0.
    #[error("the whole does not match its digest")]
    ObjectMismatch,
    /// The connection ended before the body did; what came is kept.
    #[error("the body ended early")]
    Cut,
    /// A newer request for the same upload came.
    #[error("a newer request for the same upload came")]
    Superseded,
    /// The unit was released while its request ran; nothing more of it is taken.
    #[error("the unit was released")]
    Released,
    /// No room: the tenant's limit, or the disk.
    #[error("no room: {0}")]
    NoRoom(&'static str),
    /// The unit has too many uploads open.
    #[error("too many uploads of this unit are open")]
    TooMany,
    /// The same creation with another length.
    #[error("the upload exists with another length")]
    OtherLength,
    /// An object could not be deleted.
    #[error("the object's deletion failed")]
    Object(#[from] crate::clips::VerifyError),
    /// The disk failed.
    #[error("the disk failed")]
    Disk(#[from] io::Error),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl UploadError {
    /// The cause's name, for the metrics.
    #[must_use]
    pub const fn cause(&self) -> &'static str {
        match self {
            UploadError::NotFound => "not_found",
            UploadError::Gone => "gone",
            UploadError::OffsetConflict { .. } => "offset_conflict",
            UploadError::TooLong => "too_long",
            UploadError::DigestMismatch => "digest_mismatch",
            UploadError::ObjectMismatch => "object_mismatch",
            UploadError::Cut => "cut",
            UploadError::Superseded => "superseded",
            UploadError::Released => "released",
            UploadError::NoRoom(_) => "no_room",
            UploadError::TooMany => "too_many",
            UploadError::OtherLength => "other_length",
            UploadError::Object(_) | UploadError::Disk(_) => "disk",
            UploadError::Db(_) => "database",
        }
    }
}

/// The way to all uploads. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Uploads {
    pub(super) room: Arc<Room>,
}

#[derive(Debug)]
pub(super) struct Room {
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) media: Media,
    pub(super) limits: Limits,
    turns: Turns<UploadId>,
}

impl Uploads {
    /// Uploads into `media`.
    #[must_use]
    pub fn new(db: Db, clock: Clock, media: Media, limits: Limits) -> Uploads {
        let turns = Turns::default();
        Uploads { room: Arc::new(Room { db, clock, media, limits, turns }) }
    }
}

impl Room {
    /// Ends whatever runs on this upload and reads how it stands.
    ///
    /// Errors: `NotFound`, `Gone`, `Superseded`.
    pub(super) async fn take(
        &self,
        tenant: TenantId,
        unit: UnitId,
        id: UploadId,
    ) -> Result<(Turn, Upload), UploadError> {
        let turn = self.turns.take(&id).await.map_err(|_| UploadError::Superseded)?;
        let mut tx = self.db.tenant_read(tenant).await?;
        let upload = store::find(&mut tx, tenant, unit, id).await?;
        tx.rollback().await?;
        let upload = upload.ok_or(UploadError::NotFound)?;
        if upload.is_over(self.clock.now()) {
            return Err(UploadError::Gone);
        }
        Ok((turn, upload))
    }

    /// Whether the tenant still has this unit.
    pub(super) async fn is_let_in(&self, tenant: TenantId, unit: UnitId) -> Result<bool, DbError> {
        let mut tx = self.db.tenant_read(tenant).await?;
        let is_let_in = units::is_let_in(&mut tx, tenant, unit).await?;
        tx.rollback().await?;
        Ok(is_let_in)
    }

    /// A turn that nobody has to answer for: the sweep's.
    pub(super) async fn take_for_sweep(&self, id: UploadId) -> Result<Turn, UploadError> {
        self.turns.take(&id).await.map_err(|_| UploadError::Superseded)
    }

    /// Where a tenant's parts lie; made when absent.
    pub(super) async fn parts_of(&self, tenant: TenantId) -> io::Result<PathBuf> {
        let folder = self.media.incoming(&tenant.to_string());
        on_disk(move || make_folder(&folder).map(|()| folder)).await
    }

    /// When an upload that got a byte now is given up.
    pub(super) fn expires_at(&self) -> UnixMs {
        UnixMs(self.clock.now().0.saturating_add(IDLE_MS_MAX))
    }

    /// Whether the disk has room for this many more bytes and keeps its reserve.
    pub(super) async fn has_disk_for(&self, bytes: u64) -> io::Result<bool> {
        let media = self.media.clone();
        let free_bytes = on_disk(move || media.free_bytes()).await?;
        Ok(self.limits.free_bytes_min.saturating_add(bytes) <= free_bytes)
    }
}

/// Runs a step that blocks on the disk beside the tasks that must not.
pub(super) async fn on_disk<T: Send + 'static>(
    step: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    match spawn_blocking(step).await {
        Ok(result) => result,
        Err(stopped) => Err(io::Error::other(stopped)),
    }
}

/// A failure of the disk as an answer: one that is full may have room later.
pub(super) fn refused_by_disk(error: io::Error) -> UploadError {
    if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
        UploadError::NoRoom("the server's disk is full")
    } else {
        UploadError::Disk(error)
    }
}
