//! `PATCH /api/v1/unit/uploads/{id}`: bytes are written as they come and safe before the answer.

use std::io;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use apis_protocol::digest::Hasher;
use apis_protocol::{Sha256Digest, UnitId, UploadId};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use tokio::time::Instant;

use super::finish::{finish, judge};
use super::model::{Stage, Upload};
use super::part::Part;
use super::room::{Room, UploadError, Uploads, on_disk, refused_by_disk};
use super::store;
use super::turns::Turn;
use crate::hold;
use crate::ids::TenantId;
use crate::units;

/// Bytes collected before they are written: fewer trips to the disk's thread.
const WRITE_BYTES: usize = 256 * 1024;

/// Longest silence of a body. A newer request ends it earlier; this ends one that nobody follows.
const SILENCE: Duration = Duration::from_secs(60);

/// How often a body that goes on coming is held against its unit's release.
const LOOK: Duration = Duration::from_secs(1);

/// One request's bytes, as it was signed.
#[derive(Debug, Clone, Copy)]
pub struct Patch {
    /// Where they begin in the whole.
    pub offset: u64,
    /// How many they are.
    pub length: u64,
    /// What they hash to.
    pub digest: Sha256Digest,
}

/// How a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Complete,
    Cut,
    TakenOver,
    Released,
}

impl Uploads {
    /// Takes the bytes of one request and says how the upload stands once they are safe.
    ///
    /// Errors: `OffsetConflict`, `TooLong` before the body is read; `DigestMismatch` when the
    /// request is back at its start; `ObjectMismatch` when the whole is back at 0; `Cut` and
    /// `Superseded` when what came is kept; `NoRoom` when the disk is full; `Released` when the
    /// unit was let go meanwhile.
    pub async fn receive<E: Send + 'static>(
        &self,
        tenant: TenantId,
        unit: UnitId,
        id: UploadId,
        patch: Patch,
        body: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
    ) -> Result<Upload, UploadError> {
        let room = self.room.clone();
        // In a task of its own: the bytes of a connection that dies are still kept.
        let receiving = async move { receive(&room, tenant, unit, id, patch, body).await };
        tokio::spawn(receiving).await.map_err(|_| UploadError::Cut)?
    }

    /// Ends a request that is running on this upload and says how it stands: what a HEAD asks.
    ///
    /// Errors: `NotFound`, `Gone`, `Superseded`; `ObjectMismatch` when the last bytes had been
    /// kept without the whole being checked, and it is not what was promised.
    pub async fn stand(
        &self,
        tenant: TenantId,
        unit: UnitId,
        id: UploadId,
    ) -> Result<Upload, UploadError> {
        let (_turn, upload) = self.room.take(tenant, unit, id).await?;
        match upload.stage {
            // A stop after the last byte left the whole unchecked.
            Stage::Receiving { offset } if offset == upload.length => {
                let part = open(&self.room, tenant, &upload).await?;
                finish(&self.room, tenant, upload, part).await
            }
            Stage::Placed => judge(&self.room, tenant, upload).await,
            Stage::Receiving { .. } | Stage::Stored | Stage::Rejected | Stage::Gone => Ok(upload),
        }
    }
}

async fn receive<E>(
    room: &Room,
    tenant: TenantId,
    unit: UnitId,
    id: UploadId,
    patch: Patch,
    body: impl Stream<Item = Result<Bytes, E>>,
) -> Result<Upload, UploadError> {
    let (mut turn, upload) = room.take(tenant, unit, id).await?;
    if !upload.is_receiving() || patch.offset != upload.offset() {
        return Err(UploadError::OffsetConflict { offset: upload.offset() });
    }
    if upload.length - patch.offset < patch.length {
        return Err(UploadError::TooLong);
    }
    let part = open(room, tenant, &upload).await?;
    let (mut part, ending) = take_body(room, (tenant, unit), part, &mut turn, patch, body).await?;
    if ending == Ending::Released {
        return Err(UploadError::Released);
    }
    if ending == Ending::Complete && part.digest != patch.digest {
        // Nothing of it was acknowledged, so the database still stands at its start.
        on_disk(move || part.part.rewind(patch.offset)).await?;
        return Err(UploadError::DigestMismatch);
    }
    hold::reach("upload.patch_written").await;
    let (part, offset) =
        on_disk(move || part.part.sync().map(|offset| (part.part, offset))).await?;
    hold::reach("upload.patch_synced").await;
    let upload = keep_offset(room, tenant, upload, offset).await?;
    hold::reach("upload.patch_kept").await;
    match ending {
        Ending::Cut => Err(UploadError::Cut),
        Ending::TakenOver => Err(UploadError::Superseded),
        Ending::Released => Err(UploadError::Released),
        Ending::Complete if offset < upload.length => Ok(upload),
        Ending::Complete => finish(room, tenant, upload, part).await,
    }
}

/// A part and the digest of what one request added to it.
struct Taken {
    part: Part,
    digest: Sha256Digest,
}

/// Writes the body until it ends, breaks, falls silent, its unit is released or a newer request
/// comes.
async fn take_body<E>(
    room: &Room,
    (tenant, unit): (TenantId, UnitId),
    part: Part,
    turn: &mut Turn,
    patch: Patch,
    body: impl Stream<Item = Result<Bytes, E>>,
) -> Result<(Taken, Ending), UploadError> {
    let mut body = pin!(body);
    let mut hasher = Hasher::new();
    let mut part = part;
    let mut waiting = Vec::with_capacity(WRITE_BYTES);
    let mut missing = patch.length;
    let mut heard = Instant::now();
    let mut look = tokio::time::interval_at(Instant::now() + LOOK, LOOK);
    let ending = loop {
        if missing == 0 {
            break Ending::Complete;
        }
        let next = tokio::select! {
            biased;
            () = turn.until_over() => break Ending::TakenOver,
            _ = look.tick() => {
                // A database that is away for a moment is asked again, at the latest when the
                // bytes are kept.
                if let Ok(false) = room.is_let_in(tenant, unit).await {
                    break Ending::Released;
                }
                continue;
            }
            next = tokio::time::timeout_at(heard + SILENCE, body.next()) => next,
        };
        let Ok(Some(Ok(bytes))) = next else { break Ending::Cut };
        heard = Instant::now();
        let bytes = bytes.slice(..bytes.len().min(usize::try_from(missing).unwrap_or(usize::MAX)));
        missing -= bytes.len() as u64;
        hasher.update(&bytes);
        waiting.extend_from_slice(&bytes);
        if WRITE_BYTES <= waiting.len() {
            (part, waiting) = write(part, waiting).await?;
        }
    };
    let (part, _) = write(part, waiting).await?;
    Ok((Taken { part, digest: hasher.finish() }, ending))
}

async fn write(mut part: Part, mut bytes: Vec<u8>) -> Result<(Part, Vec<u8>), UploadError> {
    let written = on_disk(move || {
        part.append(&bytes)?;
        bytes.clear();
        Ok((part, bytes))
    });
    written.await.map_err(refused_by_disk)
}

/// Opens an upload's part at what was acknowledged. A stop may have come before it was made.
pub(super) async fn open(
    room: &Room,
    tenant: TenantId,
    upload: &Upload,
) -> Result<Part, UploadError> {
    let folder = room.parts_of(tenant).await?;
    let (name, offset) = (upload.id.to_string(), upload.offset());
    let length = upload.length;
    let opened = on_disk(move || {
        let part = open_or_make(&folder, &name, offset)?;
        // What was cut off or taken back lost its room.
        part.promise(length)?;
        Ok(part)
    });
    opened.await.map_err(refused_by_disk)
}

fn open_or_make(folder: &Path, name: &str, offset: u64) -> io::Result<Part> {
    match Part::open(folder, name, offset) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && offset == 0 => {
            Part::create(folder, name)
        }
        other => other,
    }
}

pub(super) async fn keep_offset(
    room: &Room,
    tenant: TenantId,
    upload: Upload,
    offset: u64,
) -> Result<Upload, UploadError> {
    let expires_at = room.expires_at();
    let mut tx = room.db.tenant_tx(tenant).await?;
    if !units::is_let_in(&mut tx, tenant, upload.unit).await? {
        return Err(UploadError::Released);
    }
    store::keep_offset(&mut tx, tenant, upload.id, offset, expires_at).await?;
    tx.commit().await?;
    Ok(Upload { stage: Stage::Receiving { offset }, expires_at, ..upload })
}
