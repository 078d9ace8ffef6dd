//! Takes due jobs one after another until the server ends.

use std::time::Duration;

use tokio::sync::watch;

use crate::app::App;
use crate::audit::checkpoint;
use crate::clips;
use crate::db::DbError;
use crate::random;

use super::model::{ATTEMPT_COUNT_MAX, Job, JobKind, wait_after};
use super::{recurring, store, sweep};

/// Time between looks at the table when nothing was due.
const LOOK_PERIOD: Duration = Duration::from_secs(2);

/// Runs jobs until `ending` says so; the job under way is finished first.
pub async fn run(app: App, mut ending: watch::Receiver<bool>) {
    let worker = random::instance_id();
    if let Err(error) = recurring::ensure(&app).await {
        tracing::warn!(%error, "recurring jobs could not be enqueued");
    }
    while !*ending.borrow() {
        match run_next(&app, &worker).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "the job table could not be read"),
        }
        let _ = tokio::time::timeout(LOOK_PERIOD, ending.changed()).await;
    }
}

/// Runs the job that has been due longest; `false` when none is.
pub async fn run_next(app: &App, worker: &str) -> Result<bool, DbError> {
    let now = app.clock.now();
    let mut tx = app.db.global_tx().await?;
    let oldest = store::oldest_due(&mut tx, now).await?;
    let job = store::lease(&mut tx, worker, now).await?;
    tx.commit().await?;
    let waited_ms = oldest.map_or(0, |oldest| now.0 - oldest.0);
    metrics::gauge!("apis_job_queue_age_seconds").set(waited_ms as f64 / 1_000.0);
    let Some(job) = job else { return Ok(false) };

    let outcome = perform(app, &job).await;
    settle(app, &job, outcome).await?;
    Ok(true)
}

async fn perform(app: &App, job: &Job) -> anyhow::Result<()> {
    match job.kind {
        JobKind::Sweep => sweep::run(app).await?,
        JobKind::CheckMedia => clips::watch::run_job(app).await?,
        JobKind::CheckpointAudit => checkpoint::run_job(app).await?,
        JobKind::VerifyClip => clips::run_job(app, job).await?,
        JobKind::MakePlayable => clips::run_play_job(app, job).await?,
    }
    Ok(recurring::come_again(app, job.kind).await?)
}

async fn settle(app: &App, job: &Job, outcome: anyhow::Result<()>) -> Result<(), DbError> {
    let (kind, now) = (job.kind.word(), app.clock.now());
    let word = if outcome.is_ok() { "done" } else { "failed" };
    metrics::counter!("apis_jobs_total", "kind" => kind, "outcome" => word).increment(1);
    let mut tx = app.db.global_tx().await?;
    match outcome {
        Ok(()) => store::delete(&mut tx, job.id).await?,
        Err(error) => {
            let text = format!("{error:#}");
            if job.attempt < ATTEMPT_COUNT_MAX {
                tracing::warn!(job.id = %job.id, kind, attempt = job.attempt, error = text, "a job failed and will run again");
            } else {
                tracing::error!(job.id = %job.id, kind, error = text, "a job failed for the last time");
            }
            store::put_back(&mut tx, job.id, now.plus(wait_after(job.attempt)), &text).await?;
        }
    }
    tx.commit().await
}
