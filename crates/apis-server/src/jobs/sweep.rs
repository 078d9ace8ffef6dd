//! The sweep: forgets what is over.

use crate::app::App;
use crate::db::DbError;
use crate::{limits, session};

/// Sweeps once.
pub async fn run(app: &App) -> Result<(), DbError> {
    let now = app.clock.now();
    let sessions = session::sweep(&app.db, now).await?;
    let limits = limits::sweep(&app.db, now).await?;
    tracing::debug!(sessions, limits, "swept what is over");
    Ok(())
}
