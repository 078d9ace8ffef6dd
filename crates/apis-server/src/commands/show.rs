//! `GET /api/v1/units/{id}/commands/{command_id}`: what became of a command.

use axum::Json;
use axum::extract::Path;

use apis_server_api::commands::Command as View;
use apis_server_api::problem::Code;

use super::store::{self, Command};
use crate::app::App;
use crate::clock::UnixMs;
use crate::http::{ApiError, AsMember};
use crate::members::permission::Look;

/// What became of a command.
#[utoipa::path(get, path = "/api/v1/units/{id}/commands/{command_id}", operation_id = "command_show", tag = "commands",
    params(("id" = String, Path, description = "the unit"),
        ("command_id" = String, Path, description = "the command")),
    responses((status = 200, description = "the command", body = View)))]
pub async fn show(
    app: App,
    caller: AsMember<Look>,
    Path((unit, command)): Path<(String, String)>,
) -> Result<Json<View>, ApiError> {
    let not_found = || ApiError::new(Code::NotFound);
    let unit = unit.parse().map_err(|_| not_found())?;
    let id = command.parse().map_err(|_| not_found())?;
    let mut tx = app.db.tenant_read(caller.tenant).await?;
    let command = store::find(&mut tx, caller.tenant, unit, id).await?;
    tx.rollback().await?;
    let command = command.ok_or_else(not_found)?;
    Ok(Json(view(&command, app.clock.now())))
}

/// A command as a person sees it at this moment.
pub(super) fn view(command: &Command, now: UnixMs) -> View {
    View {
        id: command.id.to_string(),
        unit_id: command.unit.to_string(),
        kind: command.kind.as_str().to_owned(),
        state: command.state.at(command.expires_at, now).word().to_owned(),
        reason: command.reason.clone(),
        created_at: command.created_at.rfc3339(),
        expires_at: command.expires_at.rfc3339(),
        ended_at: command.ended_at.map(UnixMs::rfc3339),
    }
}
