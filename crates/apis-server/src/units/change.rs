//! `PATCH /api/v1/units/{id}`: a member gives a unit another name, or says where it stands.

use axum::Json;
use serde_json::json;

use apis_protocol::{SiteId, UnitId};
use apis_server_api::problem::Code;
use apis_server_api::units::{ChangeUnit, Unit as View};

use super::{list, store};
use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::http::{ApiError, AsMember, ETag, IfMatch, JsonBody, PathId};
use crate::members::permission::EditUnits;
use crate::{names, sites, tenants};

/// Changes a unit: what is named, and nothing else. `If-Match` names the version that the person
/// had seen. Visits of before stay where they happened.
#[utoipa::path(
    patch,
    path = "/api/v1/units/{id}",
    operation_id = "unit_change",
    tag = "units",
    params(
        ("id" = String, Path, format = "uuid", description = "The unit"),
        ("If-Match" = String, Header, description = "The unit's `version`, in quotes"),
    ),
    request_body = ChangeUnit,
    responses((status = 200, body = View)),
)]
pub async fn change(
    app: App,
    caller: AsMember<EditUnits>,
    PathId(id): PathId<UnitId>,
    seen: IfMatch,
    JsonBody(asked): JsonBody<ChangeUnit>,
) -> Result<(ETag, Json<View>), ApiError> {
    let invalid = |detail: String| ApiError::new(Code::InvalidValue).detail(detail);
    let name = match asked.name.as_deref().map(names::checked) {
        None => None,
        Some(name) => Some(name.map_err(|error| invalid(format!("name: {error}")))?),
    };
    let site = match asked.site_id.as_deref().map(str::parse::<SiteId>) {
        None => None,
        Some(site) => Some(site.map_err(|_| invalid("site_id".to_owned()))?),
    };
    let (tenant, now) = (caller.tenant, app.clock.now());

    let mut tx = app.db.tenant_tx(tenant).await?;
    let change_seq = tenants::take_change_seq(&mut tx, tenant).await?;
    let found = store::find(&mut tx, tenant, id).await?;
    let mut unit = found.ok_or(ApiError::new(Code::NotFound))?;
    seen.check(unit.version)?;
    if let Some(site) = site
        && sites::store::find(&mut tx, tenant, site).await?.is_none()
    {
        return Err(ApiError::new(Code::NotFound).detail("site_id: no such site"));
    }
    let told = |unit: &store::Unit| json!({ "name": unit.name, "site_id": unit.site.map(|site| site.to_string()) });
    let before = told(&unit);
    unit.name = name.unwrap_or(unit.name);
    unit.site = site.or(unit.site);
    unit.version += 1;
    store::change(&mut tx, tenant, &unit, change_seq).await?;
    let entry = Entry {
        actor: Actor::Account(caller.account),
        action: "unit.change",
        subject: format!("unit:{id}"),
        detail: json!({ "before": before, "after": told(&unit) }),
    };
    audit::append(&mut tx, tenant, entry, now).await?;
    let (version, view) = (unit.version, list::view(&app, &mut tx, tenant, unit).await?);
    tx.commit().await?;
    Ok((ETag(version), Json(view)))
}
