//! `POST /api/v1/unit/uploads`: room for the whole is reserved before its first byte.

use apis_protocol::upload::UploadMetadata;
use apis_protocol::{UnitId, UploadId};

use super::model::{Stage, Upload};
use super::part::Part;
use super::room::{Room, UploadError, Uploads, on_disk, refused_by_disk};
use super::store;
use crate::ids::TenantId;
use crate::{clips, hold, quotas, random, units};

impl Uploads {
    /// Creates an upload, or finds the one that the same unit created for the same whole.
    ///
    /// Shape:  `length` is the whole's bytes, above 0.
    /// Errors: `NoRoom` before anything is stored, `TooMany`, `OtherLength`.
    pub async fn create(
        &self,
        tenant: TenantId,
        unit: UnitId,
        metadata: UploadMetadata,
        length: u64,
    ) -> Result<Upload, UploadError> {
        let room = self.room.clone();
        // In a task of its own, so that a connection that dies does not stop it half way.
        let creation = async move { create(&room, tenant, unit, metadata, length).await };
        tokio::spawn(creation).await.map_err(|_| UploadError::Cut)?
    }
}

async fn create(
    room: &Room,
    tenant: TenantId,
    unit: UnitId,
    metadata: UploadMetadata,
    length: u64,
) -> Result<Upload, UploadError> {
    if let Some(same) = find_same(room, tenant, unit, metadata).await? {
        return same_length(same, length);
    }
    if !room.has_disk_for(length).await? {
        return Err(UploadError::NoRoom("the server's disk is full"));
    }
    let now = room.clock.now();
    let upload = Upload {
        id: UploadId::from_bytes(random::uuid_v7(now).into_bytes()),
        unit,
        visit: metadata.visit_id,
        kind: metadata.kind,
        sha256: metadata.sha256,
        length,
        stage: Stage::Receiving { offset: 0 },
        expires_at: room.expires_at(),
        flaw: None,
    };
    if !add(room, tenant, &upload).await? {
        // The same creation arrived twice at once, and the other one was faster.
        let same = find_same(room, tenant, unit, metadata).await?.ok_or(UploadError::NotFound)?;
        return same_length(same, length);
    }
    hold::reach("upload.create_kept").await;
    let folder = room.parts_of(tenant).await?;
    let name = upload.id.to_string();
    let made = on_disk(move || Part::create(&folder, &name)?.promise(length)).await;
    if let Err(error) = made {
        // Somebody else took the room meanwhile: the reservation goes back.
        super::end::end(room, tenant, upload.id, None).await?;
        return Err(refused_by_disk(error));
    }
    hold::reach("upload.create_part_made").await;
    Ok(upload)
}

async fn find_same(
    room: &Room,
    tenant: TenantId,
    unit: UnitId,
    metadata: UploadMetadata,
) -> Result<Option<Upload>, UploadError> {
    let key = (metadata.visit_id, metadata.kind, metadata.sha256);
    let mut tx = room.db.tenant_read(tenant).await?;
    let same = store::find_same(&mut tx, tenant, unit, key).await?;
    tx.rollback().await?;
    // One that is over makes room for a new one before the sweep comes by.
    match same {
        Some(same) if same.is_over(room.clock.now()) => {
            super::end::end(room, tenant, same.id, Some(room.clock.now())).await?;
            Ok(None)
        }
        other => Ok(other),
    }
}

fn same_length(upload: Upload, length: u64) -> Result<Upload, UploadError> {
    if upload.length == length { Ok(upload) } else { Err(UploadError::OtherLength) }
}

/// Reserves and stores in one transaction. Returns whether this request was the one that did.
async fn add(room: &Room, tenant: TenantId, upload: &Upload) -> Result<bool, UploadError> {
    let now = room.clock.now();
    let mut tx = room.db.tenant_tx(tenant).await?;
    if !units::is_let_in(&mut tx, tenant, upload.unit).await? {
        return Err(UploadError::Released);
    }
    let open_count = store::receiving_count(&mut tx, tenant, upload.unit).await?;
    if room.limits.unit_upload_count_max <= open_count {
        return Err(UploadError::TooMany);
    }
    if !quotas::reserve(&mut tx, tenant, store::stored(upload.length)).await? {
        return Err(UploadError::NoRoom("the tenant's storage limit is reached"));
    }
    if !store::add(&mut tx, tenant, upload, now).await? {
        return Ok(false);
    }
    clips::expect(&mut tx, tenant, upload, now).await?;
    tx.commit().await?;
    Ok(true)
}
