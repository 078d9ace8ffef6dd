//! `POST /api/v1/units/{id}/release`: the tenant lets a unit go. From the commit on, its key opens
//! nothing: requests are refused and its channel is closed.

use axum::http::StatusCode;
use serde_json::json;

use apis_protocol::UnitId;
use apis_server_api::problem::Code;

use super::store;
use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::http::{ApiError, AsMember, PathId};
use crate::members::permission::EditUnits;
use crate::{door, tenants};

/// Releases a unit. Releasing it again changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/units/{id}/release",
    operation_id = "unit_release",
    tag = "units",
    params(("id" = String, Path, description = "the unit")),
    responses((status = 204, description = "released")),
)]
pub async fn release(
    app: App,
    caller: AsMember<EditUnits>,
    PathId(unit): PathId<UnitId>,
) -> Result<StatusCode, ApiError> {
    let (tenant, now) = (caller.tenant, app.clock.now());
    let mut tx = app.db.tenant_tx(tenant).await?;
    let change_seq = tenants::take_change_seq(&mut tx, tenant).await?;
    if store::find(&mut tx, tenant, unit).await?.is_none() {
        return Err(ApiError::new(Code::NotFound));
    }
    if store::release(&mut tx, tenant, unit, change_seq, now).await? {
        door::store::release_keys(&mut tx, tenant, unit).await?;
        let entry = Entry {
            actor: Actor::Account(caller.account),
            action: "unit.release",
            subject: format!("unit:{unit}"),
            detail: json!({}),
        };
        audit::append(&mut tx, tenant, entry, now).await?;
    }
    tx.commit().await?;
    app.units.channels.close(tenant, unit);
    app.units.live.close(tenant, unit);
    app.units.heartbeats.forget(tenant, unit);
    Ok(StatusCode::NO_CONTENT)
}
