//! Playing: what a browser shows of a clip, made once by a job and kept beside the clip.
//!
//! ```text
//! clip stored ────┐                      ┌─▶ made: video, poster, thumbnail, sheet
//!                 ├─▶ job, a little later ┤
//! sidecar stored ─┘   (times, best frame) └─▶ set aside, with its reason: never tried again
//! ```
//! What is made can be made again; the clip itself stays as the unit sent it.

mod picture;
pub(super) mod progress;
mod transcode;

pub use progress::Progress;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::json;
use tokio::sync::oneshot;

use apis_protocol::UploadId;
use apis_protocol::message::Message as _;
use apis_protocol::sidecar::Sidecar;
use apis_protocol::upload::UploadKind;
use apis_server_api::problem::Code;
use apis_server_api::visits::{Play as View, Video};

use self::progress::Making;
use self::transcode::{Made, PlayError, transcode};
use super::content::{Object, answer};
use super::remove;
use super::store::{self, Play, Playable};
use crate::app::App;
use crate::clock::UnixMs;
use crate::db::{DbError, Tx};
use crate::http::{ApiError, AsMember, PathId};
use crate::ids::TenantId;
use crate::jobs::{self, Job, JobKind, NewJob};
use crate::members::permission::Look;
use crate::{tenants, visits};

/// How long a clip waits for its sidecar, which holds the times: it is sent right behind.
const SIDECAR_WAIT: Duration = Duration::from_secs(30);

/// What is told, and stored, of what was made.
fn video(made: &Made, has_times: bool) -> Video {
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Video {
        frame_count: made.frame_count,
        duration_us: made.duration_us,
        width: number(made.width),
        height: number(made.height),
        has_times,
        tile_count: number(made.tile_count),
        tile_columns: number(Made::TILE_COLUMNS),
        tile_width: number(made.tile_width),
        tile_height: number(made.tile_height),
    }
}

/// What was made, if something was.
fn video_of(play: &Play) -> Option<Video> {
    serde_json::from_str(play.facts.as_deref()?).ok()
}

/// Has a clip made playable: at once when its sidecar is there, else when it comes or has not come.
///
/// Errors: of the database.
pub async fn enqueue(
    tx: &mut Tx,
    tenant: TenantId,
    stored: UploadId,
    kind: UploadKind,
    now: UnixMs,
) -> Result<(), DbError> {
    let due_at = match kind {
        UploadKind::Clip => now.plus(SIDECAR_WAIT),
        UploadKind::Sidecar => now,
    };
    for (clip,) in store::clips_beside(tx, tenant, stored).await? {
        let is_complete =
            store::playable(tx, tenant, clip).await?.is_some_and(|clip| clip.sidecar.is_some());
        let job = NewJob {
            kind: JobKind::MakePlayable,
            tenant: Some(tenant),
            payload: json!({ "clip_id": clip.to_string() }),
            due_at: if is_complete { now } else { due_at },
        };
        jobs::enqueue(tx, job, now).await?;
    }
    Ok(())
}

/// Runs that job.
///
/// Errors: whatever kept the clip from being made playable for now; the job then runs again.
pub async fn run_job(app: &App, job: &Job) -> anyhow::Result<()> {
    let tenant = job.tenant.context("a clip has a tenant")?;
    let id = job.payload["clip_id"].as_str().context("the job names no clip")?.parse()?;
    let made = make(app, tenant, id).await;
    match made {
        // Nobody waits for ever for what did not work in a day.
        Err(error) if job.attempt >= jobs::ATTEMPT_COUNT_MAX => {
            tracing::error!(clip.id = %id, error = format!("{error:#}"), "a clip is set aside");
            keep(app, tenant, id, &set_aside("not_made")).await
        }
        made => made,
    }
}

/// Makes a clip playable, unless it is, or was set aside, or is not here.
///
/// Errors: of the disk, the database and the encoder.
pub async fn make(app: &App, tenant: TenantId, id: UploadId) -> anyhow::Result<()> {
    let mut tx = app.db.tenant_read(tenant).await?;
    let clip = store::playable(&mut tx, tenant, id).await?;
    tx.rollback().await?;
    let Some(clip) = clip.filter(is_due) else { return Ok(()) };

    let object = |hash: &str| app.media.object(tenant, hash);
    let (path, folder) = (object(&clip.sha256.to_string()), app.media.renditions(tenant, id));
    let sidecar = clip.sidecar.map(|sidecar| object(&sidecar.to_string()));
    let begun = Instant::now();
    let making = app.making.begin(tenant, id);
    let (made, has_times) = behind_the_rest(move || work(path, sidecar, folder, &making)).await?;
    let seconds = begun.elapsed().as_secs_f64();
    let play = match made {
        Ok(made) => {
            let facts = serde_json::to_string(&video(&made, has_times))?;
            Play { state: "made".to_owned(), flaw: None, facts: Some(facts) }
        }
        Err(PlayError::Flaw(flaw)) => set_aside(flaw.code()),
        Err(PlayError::Clip(super::avi::AviError::Flaw(flaw))) => set_aside(flaw.code()),
        Err(error) => return Err(error.into()),
    };
    tracing::info!(clip.id = %id, seconds, has_times, state = play.state, flaw = play.flaw, "a clip was to be made playable");
    metrics::histogram!("apis_clip_make_playable_seconds").record(seconds);
    let word = play.flaw.clone().unwrap_or_else(|| play.state.clone());
    metrics::counter!("apis_clips_made_playable_total", "outcome" => word).increment(1);

    keep(app, tenant, id, &play).await
}

/// Stores what became of a clip; what was made of one that is gone meanwhile goes too.
async fn keep(app: &App, tenant: TenantId, id: UploadId, play: &Play) -> anyhow::Result<()> {
    let mut tx = app.db.tenant_tx(tenant).await?;
    let change_seq = tenants::take_change_seq(&mut tx, tenant).await?;
    if !store::mark_play(&mut tx, tenant, id, play).await? {
        tx.rollback().await?;
        let folder = app.media.renditions(tenant, id);
        return Ok(tokio::task::spawn_blocking(move || remove::remove_folder(&folder)).await??);
    }
    visits::clip_changed(&mut tx, tenant, id, change_seq).await?;
    tx.commit().await?;
    Ok(())
}

/// Whether there is something to do: nothing was made yet, or without the times that are here now.
fn is_due(clip: &Playable) -> bool {
    match &clip.play {
        None => true,
        Some(play) if play.state == "made" => {
            clip.sidecar.is_some() && video_of(play).is_none_or(|video| !video.has_times)
        }
        Some(_) => false,
    }
}

fn set_aside(flaw: &str) -> Play {
    Play { state: "set_aside".to_owned(), flaw: Some(flaw.to_owned()), facts: None }
}

/// How far behind everything else a clip is made ready: live video and uploads wait for none.
const NICENESS: i32 = 10;

/// Runs `work` on a thread of its own that yields to every other.
///
/// Errors: when there can be no such thread, or it panicked.
async fn behind_the_rest<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> anyhow::Result<T> {
    let (done, result) = oneshot::channel();
    let thread = std::thread::Builder::new().name("make-playable".to_owned());
    thread.spawn(move || {
        // On Linux this is the thread's alone. One that may not be so runs all the same.
        let _ = rustix::process::setpriority_process(None, NICENESS);
        let _ = done.send(work());
    })?;
    Ok(result.await?)
}

/// What takes long; blocks. Also tells whether the sidecar's times were used.
fn work(
    clip: PathBuf,
    sidecar: Option<PathBuf>,
    folder: PathBuf,
    making: &Making,
) -> (Result<Made, PlayError>, bool) {
    // A sidecar was read when it came; one that is gone by now leaves the clip's own pace.
    let sidecar = sidecar.and_then(|path| Sidecar::read(&std::fs::read(path).ok()?).ok());
    let times = sidecar
        .as_ref()
        .map(|sidecar| sidecar.frames.iter().map(|frame| frame.0.micros()).collect::<Vec<u64>>());
    let best = sidecar.as_ref().and_then(|sidecar| {
        let shown = &sidecar.track;
        shown.get(shown.len() / 2).and_then(|point| usize::try_from(point.frame).ok())
    });
    let tell = |done, all| making.tell(done, all);
    let made = transcode(&clip, times.as_deref(), best, &folder, &tell);
    (made, times.is_some())
}

/// What people see of it.
pub fn view(play: Option<Play>) -> View {
    let Some(play) = play else {
        return View { state: "waiting".to_owned(), flaw: None, video: None };
    };
    let video = video_of(&play);
    View { state: play.state, flaw: play.flaw, video }
}

/// One of the files that were made, or a range of it.
async fn part(
    app: &App,
    tenant: TenantId,
    id: UploadId,
    (name, media_type): (&'static str, &'static str),
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let mut tx = app.db.tenant_read(tenant).await?;
    let clip = store::playable(&mut tx, tenant, id).await?;
    tx.commit().await?;
    let made = clip.and_then(|clip| clip.play.filter(|play| play.state == "made"));
    let video = made.and_then(|play| video_of(&play)).ok_or(ApiError::new(Code::NotFound))?;
    let object = Object {
        path: app.media.renditions(tenant, id).join(name),
        // It is made again at most once, when its times come.
        etag: format!("\"{id}-{}\"", if video.has_times { "times" } else { "pace" }),
        media_type,
    };
    answer(object, headers).await
}

macro_rules! parts {
    ($($name:ident $file:literal $constant:ident $media_type:literal $operation:literal $doc:literal;)*) => {
        $(
            #[doc = $doc]
            #[utoipa::path(
                get,
                path = concat!("/api/v1/clips/{id}/", $file),
                operation_id = $operation,
                tag = "clips",
                params(("id" = String, Path, description = "the clip")),
                responses(
                    (status = 200, description = "the bytes"),
                    (status = 206, description = "the range that was asked for"),
                    (status = 304, description = "the caller has these bytes"),
                ),
            )]
            pub async fn $name(
                app: App,
                caller: AsMember<Look>,
                PathId(id): PathId<UploadId>,
                headers: HeaderMap,
            ) -> Result<Response, ApiError> {
                let file = (transcode::$constant, $media_type);
                part(&app, caller.tenant, id, file, &headers).await
            }
        )*
    };
}

parts! {
    movie "play.mp4" VIDEO "video/mp4" "clip_video" "The clip as H.264 in MP4.";
    poster "poster.jpg" POSTER "image/jpeg" "clip_poster" "The picture that shows the hornet best.";
    thumbnail "thumbnail.jpg" THUMBNAIL "image/jpeg" "clip_thumbnail" "The same picture, small.";
    sprite "sprite.jpg" SPRITE "image/jpeg" "clip_sprite" "Small pictures, evenly spread, on one sheet.";
    frames "frames.json" FRAMES "application/json" "clip_frames" "Of each picture of the video the clip's frame and its time.";
}
