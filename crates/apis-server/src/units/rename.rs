//! `PATCH /api/v1/units/{id}`: a member gives a unit another name.

use axum::Json;
use serde_json::json;

use apis_protocol::UnitId;
use apis_server_api::problem::Code;
use apis_server_api::units::{RenameUnit, Unit as View};

use super::{list, store};
use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::http::{ApiError, AsMember, ETag, IfMatch, JsonBody, PathId};
use crate::members::permission::EditUnits;
use crate::{names, tenants};

/// Renames a unit. `If-Match` names the version that the person had seen.
#[utoipa::path(
    patch,
    path = "/api/v1/units/{id}",
    operation_id = "unit_rename",
    tag = "units",
    params(
        ("id" = String, Path, format = "uuid", description = "The unit"),
        ("If-Match" = String, Header, description = "The unit's `version`, in quotes"),
    ),
    request_body = RenameUnit,
    responses((status = 200, body = View)),
)]
pub async fn rename(
    app: App,
    caller: AsMember<EditUnits>,
    PathId(id): PathId<UnitId>,
    seen: IfMatch,
    JsonBody(asked): JsonBody<RenameUnit>,
) -> Result<(ETag, Json<View>), ApiError> {
    let name = names::checked(&asked.name)
        .map_err(|error| ApiError::new(Code::InvalidValue).detail(format!("name: {error}")))?;
    let (tenant, now) = (caller.tenant, app.clock.now());

    let mut tx = app.db.tenant_tx(tenant).await?;
    let change_seq = tenants::take_change_seq(&mut tx, tenant).await?;
    let found = store::find(&mut tx, tenant, id).await?;
    let mut unit = found.ok_or(ApiError::new(Code::NotFound))?;
    seen.check(unit.version)?;
    let before = std::mem::replace(&mut unit.name, name);
    unit.version += 1;
    store::rename(&mut tx, tenant, &unit, change_seq).await?;
    let entry = Entry {
        actor: Actor::Account(caller.account),
        action: "unit.rename",
        subject: format!("unit:{id}"),
        detail: json!({ "before": before, "after": unit.name }),
    };
    audit::append(&mut tx, tenant, entry, now).await?;
    let (version, view) = (unit.version, list::view(&app, &mut tx, tenant, unit).await?);
    tx.commit().await?;
    Ok((ETag(version), Json(view)))
}
