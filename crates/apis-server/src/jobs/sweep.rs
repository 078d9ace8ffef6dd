//! The sweep: forgets what is over.

use crate::app::App;
use crate::{limits, session, visits};

/// Sweeps once.
pub async fn run(app: &App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let sessions = session::sweep(&app.db, now).await?;
    let limits = limits::sweep(&app.db, now).await?;
    let visits = visits::empty_bin(app).await?;
    tracing::debug!(sessions, limits, visits, "swept what is over");
    Ok(())
}
