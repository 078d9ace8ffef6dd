//! `POST /api/v1/units/{id}/commands`: a member tells a unit what to do.

use axum::Json;
use axum::http::StatusCode;
use serde_json::json;

use apis_protocol::UnitId;
use apis_protocol::command::{Command as Payload, CommandKind};
use apis_protocol::envelope::Envelope;
use apis_server_api::commands::{Command as View, NewCommand, NewCommandKind};
use apis_server_api::problem::Code;

use super::model::{CommandState, VALID_MS};
use super::store::{self, Command};
use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::clock::UnixMs;
use crate::db::DbError;
use crate::http::{ApiError, AsMember, JsonBody, PathId};
use crate::ids::{CommandId, NewId as _};
use crate::members::permission::CommandUnits;
use crate::{door, units};

/// Arms, disarms or locates a unit.
#[utoipa::path(post, path = "/api/v1/units/{id}/commands", operation_id = "command_create", tag = "commands",
    params(("id" = String, Path, description = "the unit")),
    request_body = NewCommand,
    responses((status = 202, description = "on its way; ask again for what became of it", body = View)))]
pub async fn create(
    app: App,
    caller: AsMember<CommandUnits>,
    PathId(unit): PathId<UnitId>,
    JsonBody(new): JsonBody<NewCommand>,
) -> Result<(StatusCode, Json<View>), ApiError> {
    let now = app.clock.now();
    let tenant = caller.tenant;
    let kind = kind_of(new.kind);
    let actor = Actor::Account(caller.account);

    let mut tx = app.db.tenant_tx(tenant).await?;
    let number = match door::store::next_command_number(&mut tx, tenant, unit, now).await {
        Err(DbError::Missing) => {
            return Err(match units::find(&mut tx, tenant, unit).await? {
                Some(_) => ApiError::new(Code::Conflict).detail("the unit was released"),
                None => ApiError::new(Code::NotFound),
            });
        }
        other => other?,
    };
    let expires_at = UnixMs(now.0.saturating_add(VALID_MS));
    let payload = Payload { unit_id: unit, number, expires_ms: expires_at.0, kind };
    let key = app.units.tenant_keys.get(&mut tx, tenant).await?;
    let envelope = Envelope::seal(&payload, &key);
    let command = Command {
        id: CommandId::new_at(now),
        unit,
        number,
        kind,
        state: CommandState::Waiting,
        reason: None,
        created_at: now,
        expires_at,
        ended_at: None,
    };
    store::add(&mut tx, tenant, &command, &envelope, &actor.text()).await?;
    let entry = Entry {
        actor,
        action: "command.create",
        subject: format!("unit:{unit}"),
        detail: json!({ "command_id": command.id.to_string(), "kind": kind.as_str() }),
    };
    audit::append(&mut tx, tenant, entry, now).await?;
    tx.commit().await?;

    app.units.channels.wake(tenant, unit);
    Ok((StatusCode::ACCEPTED, Json(super::show::view(&command, now))))
}

fn kind_of(kind: NewCommandKind) -> CommandKind {
    match kind {
        NewCommandKind::Arm => CommandKind::Arm,
        NewCommandKind::Disarm => CommandKind::Disarm,
        NewCommandKind::Locate => CommandKind::Locate,
    }
}
