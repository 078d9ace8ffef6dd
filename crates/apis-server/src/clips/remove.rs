//! Clips whose visit was deleted for good give their bytes back.

use std::io;

use apis_protocol::{UnitId, VisitId};
use tokio::task::spawn_blocking;

use super::{store, verify};
use crate::app::App;
use crate::clock::UnixMs;
use crate::ids::TenantId;
use crate::{quotas, tenants, visits};

/// Removes what the clips of a visit hold that has lain in the bin since before `deleted_before`:
/// objects, and what was made of them. Their rows stay, as rejected, so that the unit is not asked
/// for them again.
///
/// A visit that was brought back meanwhile keeps everything: its row is asked in the tenant's turn.
/// What a stop leaves is done again, but for an object, which the check of the folder finds.
pub(crate) async fn remove_of_visit(
    app: &App,
    (tenant, unit, visit): (TenantId, UnitId, VisitId),
    deleted_before: UnixMs,
) -> anyhow::Result<()> {
    let mut tx = app.db.tenant_read(tenant).await?;
    let objects = store::of_visit(&mut tx, tenant, unit, visit).await?;
    tx.commit().await?;
    for object in objects {
        let mut tx = app.db.tenant_tx(tenant).await?;
        let change_seq = tenants::take_change_seq(&mut tx, tenant).await?;
        let removed = store::mark_removed(&mut tx, tenant, object.id, deleted_before).await?;
        let Some(is_used) = removed else {
            tx.rollback().await?;
            continue;
        };
        if is_used {
            quotas::free_used(&mut tx, tenant, object.bytes).await?;
        }
        visits::clip_changed(&mut tx, tenant, object.id, change_seq).await?;
        let folder = app.media.renditions(tenant, object.id);
        spawn_blocking(move || remove_folder(&folder)).await??;
        tx.commit().await?;
        verify::remove_object_if_unused(&app.db, &app.media, tenant, object.sha256).await?;
    }
    Ok(())
}

/// Removes a folder, which may be gone already. Blocks.
pub(super) fn remove_folder(folder: &std::path::Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
