//! Jobs that come again by themselves.

use std::time::Duration;

use serde_json::json;

use crate::app::App;
use crate::clock::UnixMs;
use crate::db::{Db, DbError};

use super::model::{JobKind, NewJob};
use super::store;

impl JobKind {
    /// Time between two runs; `None` for a job that only a cause enqueues.
    pub const fn period(self) -> Option<Duration> {
        match self {
            // What waits meanwhile is a few rows.
            JobKind::Sweep => Some(Duration::from_secs(600)),
            JobKind::CheckMedia | JobKind::CheckpointAudit => Some(Duration::from_secs(24 * 3_600)),
            JobKind::VerifyClip | JobKind::MakePlayable => None,
        }
    }
}

/// Enqueues the first run of each on a new server; one that ran before has the next waiting.
pub async fn ensure(app: &App) -> Result<(), DbError> {
    let now = app.clock.now();
    for kind in JobKind::ALL.into_iter().filter(|kind| kind.period().is_some()) {
        enqueue_next(&app.db, kind, now, now, 0).await?;
    }
    Ok(())
}

/// Enqueues the next run of a job that was just done.
pub async fn come_again(app: &App, kind: JobKind) -> Result<(), DbError> {
    let Some(period) = kind.period() else { return Ok(()) };
    let now = app.clock.now();
    enqueue_next(&app.db, kind, now, now.plus(period), 1).await
}

/// Enqueues a run unless more than `running` are there: two at once would double for ever.
async fn enqueue_next(
    db: &Db,
    kind: JobKind,
    now: UnixMs,
    due_at: UnixMs,
    running: i64,
) -> Result<(), DbError> {
    let mut tx = db.global_tx().await?;
    if store::live_count(&mut tx, kind).await? <= running {
        let job = NewJob { kind, tenant: None, payload: json!({}), due_at };
        store::insert(&mut tx, job, now).await?;
    }
    tx.commit().await
}
