//! The sweep: forgets what is over, and comes again.

use std::time::Duration;

use serde_json::json;

use crate::app::App;
use crate::clock::UnixMs;
use crate::db::{Db, DbError};
use crate::{limits, session};

use super::model::{JobKind, NewJob};
use super::store;

/// Time between sweeps. What waits meanwhile is a few rows.
const PERIOD: Duration = Duration::from_secs(600);

/// Sweeps once and enqueues the next sweep.
pub async fn run(app: &App) -> Result<(), DbError> {
    let now = app.clock.now();
    let sessions = session::sweep(&app.db, now).await?;
    let limits = limits::sweep(&app.db, now).await?;
    tracing::debug!(sessions, limits, "swept what is over");
    enqueue_next(&app.db, now, now.plus(PERIOD), 1).await
}

/// Enqueues the first sweep of a new server; a server that swept before has one waiting.
pub async fn ensure(app: &App) -> Result<(), DbError> {
    let now = app.clock.now();
    enqueue_next(&app.db, now, now, 0).await
}

/// Enqueues a sweep unless more than `running` are there: two at once would double for ever.
async fn enqueue_next(db: &Db, now: UnixMs, due_at: UnixMs, running: i64) -> Result<(), DbError> {
    let mut tx = db.global_tx().await?;
    if store::count_of_kind(&mut tx, JobKind::Sweep).await? <= running {
        let job = NewJob { kind: JobKind::Sweep, tenant: None, payload: json!({}), due_at };
        store::insert(&mut tx, job, now).await?;
    }
    tx.commit().await
}
