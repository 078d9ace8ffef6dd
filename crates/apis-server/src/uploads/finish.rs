//! The last byte is in: is the whole what was promised, and where does it stay?
//!
//! Each step may be done again after a stop: an upload whose bytes are all there and that is
//! still `receiving` begins here anew.

use super::model::{Stage, Upload};
use super::part::{Part, remove_part};
use super::receive::keep_offset;
use super::room::{Room, UploadError, on_disk};
use super::store;
use crate::ids::TenantId;
use crate::{clips, hold, jobs, quotas};

/// Checks the whole, places it, and looks inside.
///
/// Errors: `ObjectMismatch` when the offset is back at 0.
pub(super) async fn finish(
    room: &Room,
    tenant: TenantId,
    upload: Upload,
    part: Part,
) -> Result<Upload, UploadError> {
    let (part, found) = on_disk(move || {
        let mut part = part;
        let found = part.whole_sha256()?;
        Ok((part, found))
    })
    .await?;
    if found != upload.sha256.to_string() {
        return go_back(room, tenant, upload, part).await;
    }
    let target = room.media.object(tenant, &upload.sha256.to_string());
    on_disk(move || part.place(&target)).await?;
    hold::reach("upload.whole_placed").await;
    keep_whole(room, tenant, &upload).await?;
    hold::reach("upload.whole_kept").await;
    let folder = room.parts_of(tenant).await?;
    let name = upload.id.to_string();
    on_disk(move || remove_part(&folder, &name)).await?;
    hold::reach("upload.part_removed").await;
    judge(room, tenant, upload).await
}

/// Looks inside, now, so that the unit learns what became of its clip with its last byte. The job
/// that was enqueued with the bytes is for when this does not come to its end.
pub(super) async fn judge(
    room: &Room,
    tenant: TenantId,
    upload: Upload,
) -> Result<Upload, UploadError> {
    let (stage, flaw) =
        match clips::verify(&room.db, &room.media, tenant, upload.id, room.clock.now()).await {
            Ok(clips::Judged::Stored) => (Stage::Stored, None),
            Ok(clips::Judged::Rejected { flaw }) => (Stage::Rejected, Some(flaw)),
            Ok(clips::Judged::Gone) => return Err(UploadError::NotFound),
            Err(error) => {
                tracing::warn!(upload.id = %upload.id, %error, "a clip could not be judged yet");
                (Stage::Placed, None)
            }
        };
    Ok(Upload { stage, flaw, ..upload })
}

/// Forgets every byte. The database goes first: a part that is longer is cut on opening.
async fn go_back(
    room: &Room,
    tenant: TenantId,
    upload: Upload,
    mut part: Part,
) -> Result<Upload, UploadError> {
    keep_offset(room, tenant, upload, 0).await?;
    hold::reach("upload.mismatch_kept").await;
    on_disk(move || part.rewind(0)).await?;
    hold::reach("upload.mismatch_emptied").await;
    Err(UploadError::ObjectMismatch)
}

/// The bytes have their place: the reservation becomes use, and a job will look inside even if
/// this process stops now. All in one transaction.
async fn keep_whole(room: &Room, tenant: TenantId, upload: &Upload) -> Result<(), UploadError> {
    let now = room.clock.now();
    let mut tx = room.db.tenant_tx(tenant).await?;
    if store::mark_placed(&mut tx, tenant, upload.id).await? {
        quotas::use_reserved(&mut tx, tenant, store::stored(upload.length)).await?;
        clips::keep(&mut tx, tenant, upload.id, now).await?;
        jobs::enqueue(&mut tx, clips::job(tenant, upload.id, now), now).await?;
    }
    tx.commit().await?;
    Ok(())
}
