//! How far the clips are that this process is making ready to play.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use apis_protocol::UploadId;
use apis_server_api::problem::Code;
use apis_server_api::visits::PlayProgress;
use axum::Json;

use crate::app::App;
use crate::clips::store;
use crate::http::{ApiError, AsMember, PathId};
use crate::ids::TenantId;
use crate::members::permission::Look;

/// The clips that are being made ready, and how far each is. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    clips: Arc<Mutex<HashMap<(TenantId, UploadId), PlayProgress>>>,
}

impl Progress {
    /// A clip is begun; it is over when what is returned is dropped.
    pub fn begin(&self, tenant: TenantId, clip: UploadId) -> Making {
        let making = Making { progress: self.clone(), key: (tenant, clip) };
        making.tell(0, 0);
        making
    }

    fn of(&self, tenant: TenantId, clip: UploadId) -> Option<PlayProgress> {
        self.clips().get(&(tenant, clip)).copied()
    }

    fn clips(&self) -> MutexGuard<'_, HashMap<(TenantId, UploadId), PlayProgress>> {
        self.clips.lock().expect("nobody panics while holding the progress")
    }
}

/// One clip while it is made ready.
#[derive(Debug)]
pub struct Making {
    progress: Progress,
    key: (TenantId, UploadId),
}

impl Making {
    /// So many pictures of all are done.
    pub fn tell(&self, done: usize, all: usize) {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let progress =
            PlayProgress { is_under_way: true, done_count: number(done), frame_count: number(all) };
        self.progress.clips().insert(self.key, progress);
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        self.progress.clips().remove(&self.key);
    }
}

/// How far a clip is that this process is making ready to play.
#[utoipa::path(
    get,
    path = "/api/v1/clips/{id}/progress",
    operation_id = "clip_progress",
    tag = "clips",
    params(("id" = String, Path, description = "the clip")),
    responses((status = 200, body = PlayProgress)),
)]
pub async fn progress(
    app: App,
    caller: AsMember<Look>,
    PathId(id): PathId<UploadId>,
) -> Result<Json<PlayProgress>, ApiError> {
    let mut tx = app.db.tenant_read(caller.tenant).await?;
    let clip = store::playable(&mut tx, caller.tenant, id).await?;
    tx.commit().await?;
    clip.ok_or(ApiError::new(Code::NotFound))?;
    let nothing = PlayProgress { is_under_way: false, done_count: 0, frame_count: 0 };
    Ok(Json(app.making.of(caller.tenant, id).unwrap_or(nothing)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::UnixMs;
    use crate::ids::NewId as _;

    #[test]
    fn a_clip_is_under_way_from_its_beginning_until_it_is_over() {
        let (progress, now) = (Progress::default(), UnixMs(1_785_585_600_000));
        let (tenant, clip) = (TenantId::new_at(now), UploadId::new_at(now));
        assert_eq!(progress.of(tenant, clip), None);
        let making = progress.begin(tenant, clip);
        assert!(progress.of(tenant, clip).is_some_and(|far| far.frame_count == 0));
        making.tell(30, 120);
        let far = progress.of(tenant, clip).unwrap();
        assert_eq!((far.is_under_way, far.done_count, far.frame_count), (true, 30, 120));
        assert_eq!(progress.of(TenantId::new_at(now), clip), None, "another tenant's is not");
        drop(making);
        assert_eq!(progress.of(tenant, clip), None);
    }
}
