//! `DELETE /api/v1/unit/uploads/{id}`, the sweep of abandoned uploads, and of what a stop left.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::PathBuf;

use apis_protocol::{UnitId, UploadId};

use super::part::remove_part;
use super::room::{Room, UploadError, Uploads, on_disk};
use super::store;
use crate::clock::UnixMs;
use crate::ids::TenantId;
use crate::{clips, hold, quotas};

impl Uploads {
    /// Ends an upload that is still coming in; one that is whole stays.
    ///
    /// Errors: `NotFound`, `Gone`, `Superseded`.
    pub async fn end(
        &self,
        tenant: TenantId,
        unit: UnitId,
        id: UploadId,
    ) -> Result<(), UploadError> {
        let room = self.room.clone();
        let ending = async move {
            let (_turn, upload) = room.take(tenant, unit, id).await?;
            end(&room, tenant, upload.id, None).await
        };
        tokio::spawn(ending).await.map_err(|_| UploadError::Cut)?
    }

    /// Ends this tenant's uploads whose time is over, and deletes parts that belong to no upload.
    /// Returns how many uploads it ended.
    ///
    /// Errors: of the disk and the database; what was not swept is left for the next time.
    pub async fn sweep(&self, tenant: TenantId) -> Result<usize, UploadError> {
        let room = &*self.room;
        let now = room.clock.now();
        let mut tx = room.db.tenant_read(tenant).await?;
        let expired = store::expired(&mut tx, tenant, now).await?;
        tx.rollback().await?;
        for id in &expired {
            let _turn = room.take_for_sweep(*id).await?;
            end(room, tenant, *id, Some(now)).await?;
        }
        remove_orphans(room, tenant).await?;
        Ok(expired.len())
    }
}

/// Gives back the reservation and deletes the bytes, in this order: a stop between the two
/// leaves a file that the sweep finds, never a reservation that nobody gives back.
pub(super) async fn end(
    room: &Room,
    tenant: TenantId,
    id: UploadId,
    due: Option<UnixMs>,
) -> Result<(), UploadError> {
    let mut tx = room.db.tenant_tx(tenant).await?;
    let Some(reserved) = store::delete_receiving(&mut tx, tenant, id, due).await? else {
        return Ok(());
    };
    quotas::release(&mut tx, tenant, reserved).await?;
    let forgotten = clips::forget(&mut tx, tenant, id).await?;
    tx.commit().await?;
    hold::reach("upload.end_kept").await;
    let folder = room.parts_of(tenant).await?;
    let name = id.to_string();
    on_disk(move || remove_part(&folder, &name)).await?;
    hold::reach("upload.end_part_removed").await;
    if let Some(sha256) = forgotten {
        clips::remove_object_if_unused(&room.db, &room.media, tenant, sha256).await?;
    }
    Ok(())
}

/// Deletes parts without an upload that is coming in: a stop came between a commit and the
/// deletion of its file. Names are listed before the database is asked, so that a part made
/// meanwhile is not taken for an orphan.
async fn remove_orphans(room: &Room, tenant: TenantId) -> Result<(), UploadError> {
    let folder = room.parts_of(tenant).await?;
    let names = on_disk({
        let folder = folder.clone();
        move || names_in(folder)
    })
    .await?;
    let mut tx = room.db.tenant_read(tenant).await?;
    let receiving = store::receiving(&mut tx, tenant).await?;
    tx.rollback().await?;
    let receiving: HashSet<String> = receiving.iter().map(ToString::to_string).collect();
    for name in names.into_iter().filter(|name| !receiving.contains(name)) {
        let folder = folder.clone();
        on_disk(move || remove_part(&folder, &name)).await?;
    }
    Ok(())
}

fn names_in(folder: PathBuf) -> io::Result<Vec<String>> {
    fs::read_dir(folder)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect()
}
