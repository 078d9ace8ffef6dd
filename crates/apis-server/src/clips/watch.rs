//! The daily check of the folder: tells what is lost, counts what nobody needs, removes nothing.

use super::reconcile;
use crate::app::App;
use crate::audit::Actor;

/// Compares index and folder once.
///
/// Errors: of the disk and the database.
pub async fn run_job(app: &App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let look = reconcile::look(&app.db, &app.media, now).await?;
    let counts = look.counts;
    metrics::gauge!("apis_clips_missing").set(counts.missing as f64);
    metrics::gauge!("apis_objects_unneeded").set(counts.unneeded as f64);
    if counts.newly_missing == 0 && counts.found_again == 0 {
        return Ok(());
    }
    match look.doubt_of_loss {
        Some(doubt) => tracing::error!(
            code = doubt.code(),
            missing = counts.newly_missing,
            "clips are missing and not told as lost: {doubt}"
        ),
        None => {
            reconcile::tell_losses(&app.db, &look, Actor::Server, now).await?;
            tracing::warn!(
                missing = counts.newly_missing,
                found_again = counts.found_again,
                "clips were told as lost or found again"
            );
        }
    }
    Ok(())
}
