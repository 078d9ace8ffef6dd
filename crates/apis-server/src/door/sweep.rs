//! What the units' door does by itself: forget nonces that are over, end abandoned uploads.

use std::time::Duration;

use super::store;
use crate::app::App;
use crate::db::DbError;
use crate::tenants;

/// How often nonces are forgotten: at 5,000 requests a second some 300,000 rows pile up meanwhile.
const NONCE_SWEEP: Duration = Duration::from_secs(60);

/// How often abandoned uploads are ended; their time is a week.
const UPLOAD_SWEEP: Duration = Duration::from_secs(600);

/// Sweeps until the server ends.
pub async fn run(app: App) {
    let mut nonces = tokio::time::interval(NONCE_SWEEP);
    let mut uploads = tokio::time::interval(UPLOAD_SWEEP);
    loop {
        tokio::select! {
            _ = nonces.tick() => {
                if let Err(error) = forget_nonces(&app).await {
                    tracing::warn!(%error, "old nonces could not be forgotten");
                }
            }
            _ = uploads.tick() => sweep_uploads(&app).await,
        }
    }
}

async fn forget_nonces(app: &App) -> Result<(), DbError> {
    loop {
        let mut tx = app.db.global_tx().await?;
        let forgotten = store::forget_nonces(&mut tx, app.clock.now()).await?;
        tx.commit().await?;
        if forgotten == 0 {
            return Ok(());
        }
    }
}

async fn sweep_uploads(app: &App) {
    let tenants = match tenants::all_ids(&app.db).await {
        Ok(tenants) => tenants,
        Err(error) => {
            tracing::warn!(%error, "the tenants could not be listed for the sweep");
            return;
        }
    };
    for tenant in tenants {
        match app.units.uploads.sweep(tenant).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(tenant.id = %tenant, count, "abandoned uploads were ended"),
            Err(error) => tracing::warn!(tenant.id = %tenant, %error, "uploads were not swept"),
        }
    }
}
