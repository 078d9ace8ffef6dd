//! Clips whose visit was deleted for good give their bytes back.

use std::io;

use apis_protocol::{UnitId, VisitId};
use tokio::task::spawn_blocking;

use super::{store, verify};
use crate::app::App;
use crate::ids::TenantId;
use crate::{quotas, visits};

/// Removes what a visit's clips hold: objects, and what was made of them. Their rows stay, as
/// rejected, so that the unit is not asked for them again.
///
/// The renditions go first and the object last: whatever a stop leaves is found by the next call,
/// which still sees the clip as stored, or by the check of the folder.
pub(crate) async fn remove_of_visit(
    app: &App,
    tenant: TenantId,
    unit: UnitId,
    visit: VisitId,
) -> anyhow::Result<()> {
    let mut tx = app.db.tenant_read(tenant).await?;
    let objects = store::of_visit(&mut tx, tenant, unit, visit).await?;
    tx.commit().await?;
    for object in objects {
        let folder = app.media.renditions(tenant, object.id);
        spawn_blocking(move || remove_folder(&folder)).await??;
        let mut tx = app.db.tenant_tx(tenant).await?;
        let change_seq = crate::tenants::take_change_seq(&mut tx, tenant).await?;
        if store::mark_removed(&mut tx, tenant, object.id).await? {
            // The bytes of a lost one were given back when they were missed.
            if object.state == "stored" {
                quotas::free_used(&mut tx, tenant, object.bytes).await?;
            }
            visits::clip_changed(&mut tx, tenant, object.id, change_seq).await?;
        }
        tx.commit().await?;
        verify::remove_object_if_unused(&app.db, &app.media, tenant, object.sha256).await?;
    }
    Ok(())
}

fn remove_folder(folder: &std::path::Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
