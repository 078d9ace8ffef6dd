//! `GET /readyz`: the server stands on everything it needs, or names what is missing.

use std::time::Duration;

use axum::Json;

use apis_server_api::ops::Health;
use apis_server_api::problem::Code;

use crate::app::App;
use crate::config;
use crate::db::DbError;
use crate::http::{ApiError, Public};

use super::livez::health;

/// Longest wait for the database: a load balancer asks every few seconds.
const DATABASE_WAIT: Duration = Duration::from_secs(2);

/// Says whether the server can serve.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "ops_readyz",
    tag = "ops",
    responses((status = 200, body = Health)),
)]
pub async fn readyz(app: App, _: Public) -> Result<Json<Health>, ApiError> {
    let mut missing = Vec::new();
    match tokio::time::timeout(DATABASE_WAIT, reads(&app)).await {
        Ok(Ok(())) => {}
        Ok(Err(_)) | Err(_) => missing.push("database"),
    }
    let folder = app.config.media_folder();
    let is_writable = tokio::task::spawn_blocking(move || config::prepare_folder(&folder));
    if !matches!(is_writable.await, Ok(Ok(()))) {
        missing.push("media folder");
    }
    let media = app.media.clone();
    let free = tokio::task::spawn_blocking(move || media.free_bytes()).await;
    if !matches!(free, Ok(Ok(free)) if app.config.units.free_bytes_min <= free) {
        missing.push("disk space");
    }
    if missing.is_empty() {
        return Ok(Json(health()));
    }
    Err(ApiError::new(Code::NotReady).detail(missing.join(", ")))
}

async fn reads(app: &App) -> Result<(), DbError> {
    let mut tx = app.db.global_read().await?;
    let _: (i64,) = tx.one("SELECT schema_version FROM server_meta WHERE id = 1", ()).await?;
    tx.commit().await
}
