//! The look inside: is a clip an AVI that plays, is a sidecar one? Idempotent.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use apis_protocol::message::Message as _;
use apis_protocol::sidecar::Sidecar;
use apis_protocol::upload::UploadKind;
use apis_protocol::{Sha256Digest, UploadId};
use serde_json::json;
use tokio::task::spawn_blocking;

use super::avi::{self, AviError};
use super::{play, store};
use crate::app::App;
use crate::clock::UnixMs;
use crate::db::{Db, DbError};
use crate::ids::TenantId;
use crate::jobs::{Job, JobKind, NewJob};
use crate::media::Media;
use crate::{hold, quotas, tenants, visits};

/// How much later than its cause the job is due.
const JOB_DELAY: Duration = Duration::from_secs(10);

/// What became of a clip that was looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// It is what it was said to be.
    Stored,
    /// It is not, and its bytes are deleted.
    Rejected {
        /// Why, by its stable word.
        flaw: String,
    },
    /// It is not here (any more), or its bytes have not all come.
    Gone,
}

/// Why a clip could not be judged; worth another try.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The disk failed.
    #[error("could not read the object")]
    Disk(#[from] io::Error),
    /// The database failed.
    #[error("could not store what became of the clip")]
    Db(#[from] DbError),
}

/// The job that looks into a clip. It is due a little later than its cause, which looks at once: the
/// job is for when that does not come to its end.
pub fn job(tenant: TenantId, id: UploadId, now: UnixMs) -> NewJob {
    NewJob {
        kind: JobKind::VerifyClip,
        tenant: Some(tenant),
        payload: json!({ "clip_id": id.to_string() }),
        due_at: now.plus(JOB_DELAY),
    }
}

/// Runs that job.
///
/// Errors: whatever kept the clip from being judged; the job then runs again.
pub async fn run_job(app: &App, job: &Job) -> anyhow::Result<()> {
    let tenant = job.tenant.context("a clip has a tenant")?;
    let id = job.payload["clip_id"].as_str().context("the job names no clip")?.parse()?;
    verify(&app.db, &app.media, tenant, id, app.clock.now()).await?;
    Ok(())
}

/// Looks into a clip, stores what became of it, and deletes the bytes of one that is rejected.
///
/// Doing it twice is the same as once.
///
/// Errors: `VerifyError`; the clip then stays unverified.
pub async fn verify(
    db: &Db,
    media: &Media,
    tenant: TenantId,
    id: UploadId,
    now: UnixMs,
) -> Result<Judged, VerifyError> {
    let mut tx = db.tenant_read(tenant).await?;
    let clip = store::find(&mut tx, tenant, id).await?;
    tx.rollback().await?;
    let Some(clip) = clip else { return Ok(Judged::Gone) };
    match clip.state.as_str() {
        "stored" => return Ok(Judged::Stored),
        "rejected" => {
            // A stop may have come between the row and the deletion.
            remove_object_if_unused(db, media, tenant, clip.sha256).await?;
            return Ok(Judged::Rejected { flaw: clip.flaw.unwrap_or_default() });
        }
        "unverified" => {}
        _ => return Ok(Judged::Gone),
    }
    let path = media.object(tenant, &clip.sha256.to_string());
    let kind = clip.kind;
    let found =
        spawn_blocking(move || look_inside(kind, path)).await.map_err(io::Error::other)??;
    let mut tx = db.tenant_tx(tenant).await?;
    let change_seq = tenants::take_change_seq(&mut tx, tenant).await?;
    match found {
        Ok(facts) => {
            if store::mark_stored(&mut tx, tenant, id, &facts).await? {
                visits::clip_changed(&mut tx, tenant, id, change_seq).await?;
                play::enqueue(&mut tx, tenant, id, clip.kind, now).await?;
            }
            tx.commit().await?;
            hold::reach("clip.stored_kept").await;
            Ok(Judged::Stored)
        }
        Err(flaw) => {
            if store::mark_rejected(&mut tx, tenant, id, flaw).await? {
                quotas::free_used(&mut tx, tenant, clip.bytes).await?;
                visits::clip_changed(&mut tx, tenant, id, change_seq).await?;
            }
            tx.commit().await?;
            hold::reach("clip.rejected_kept").await;
            metrics::counter!("apis_clip_rejected_total", "reason" => flaw).increment(1);
            remove_object_if_unused(db, media, tenant, clip.sha256).await?;
            hold::reach("clip.rejected_removed").await;
            Ok(Judged::Rejected { flaw: flaw.to_owned() })
        }
    }
}

/// The facts as JSON, or the stable word of the flaw.
fn look_inside(kind: UploadKind, path: PathBuf) -> io::Result<Result<String, &'static str>> {
    match kind {
        UploadKind::Clip => match avi::inspect(&mut BufReader::new(File::open(path)?)) {
            Ok(facts) => Ok(Ok(json!({
                "pictures": facts.pictures,
                "dropped": facts.dropped,
                "width": facts.width,
                "height": facts.height,
                "frame_us": facts.frame_us,
            })
            .to_string())),
            Err(AviError::Flaw(flaw)) => Ok(Err(flaw.code())),
            Err(AviError::Io(error)) => Err(error),
        },
        UploadKind::Sidecar => {
            // The protocol bounds a sidecar to 2 MiB, and its creation was held to that.
            let bytes = std::fs::read(path)?;
            Ok(match Sidecar::read(&bytes) {
                Ok(sidecar) => Ok(json!({
                    "frames": sidecar.frames.len(),
                    "points": sidecar.track.len(),
                })
                .to_string()),
                Err(_) => Err("not_a_sidecar"),
            })
        }
    }
}

/// Deletes an object that no row needs.
///
/// Errors: of the disk and the database.
pub async fn remove_object_if_unused(
    db: &Db,
    media: &Media,
    tenant: TenantId,
    sha256: Sha256Digest,
) -> Result<(), VerifyError> {
    // Nobody can announce the same object while it is deleted.
    let mut tx = db.tenant_tx(tenant).await?;
    quotas::hold_reservations(&mut tx, tenant).await?;
    if store::holder_count(&mut tx, tenant, sha256).await? == 0 {
        let path = media.object(tenant, &sha256.to_string());
        let removed = spawn_blocking(move || std::fs::remove_file(path)).await;
        match removed.map_err(io::Error::other)? {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
    }
    tx.rollback().await?;
    Ok(())
}
