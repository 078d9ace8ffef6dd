//! `PATCH /api/v1/sites/{id}`: a member gives a site another name.

use axum::Json;
use serde_json::json;

use apis_server_api::problem::Code;
use apis_server_api::sites::{RenameSite, Site as SiteBody};

use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::http::{ApiError, AsMember, ETag, IfMatch, JsonBody, PathId};
use crate::ids::SiteId;
use crate::members::permission::EditHives;
use crate::versions::FieldVersions;
use crate::{names, tenants};

use super::model::SiteError;
use super::store;

/// Renames a site. `If-Match` names the version that the person had seen.
#[utoipa::path(
    patch,
    path = "/api/v1/sites/{id}",
    operation_id = "site_rename",
    tag = "sites",
    params(
        ("id" = String, Path, format = "uuid", description = "The site"),
        ("If-Match" = String, Header, description = "The site's ETag"),
    ),
    request_body = RenameSite,
    responses((status = 200, body = SiteBody)),
)]
pub async fn rename(
    app: App,
    caller: AsMember<EditHives>,
    PathId(id): PathId<SiteId>,
    seen: IfMatch,
    JsonBody(asked): JsonBody<RenameSite>,
) -> Result<(ETag, Json<SiteBody>), ApiError> {
    let name = names::checked(&asked.name).map_err(SiteError::Name)?;
    let (tenant, now) = (caller.tenant, app.clock.now());

    let mut tx = app.db.tenant_tx(tenant).await?;
    let change_seq = tenants::take_change_seq(&mut tx, tenant).await?;
    let mut site = store::find(&mut tx, tenant, id).await?.ok_or(ApiError::new(Code::NotFound))?;
    seen.check(site.version)?;
    let before = std::mem::replace(&mut site.draft.name, name);
    site.version += 1;
    let fields = store::field_versions(&mut tx, tenant, id).await?;
    let fields = FieldVersions::of_text(&fields)
        .map_err(ApiError::internal)?
        .after_change("name", site.version);
    store::rename(&mut tx, tenant, &site, &fields, change_seq).await?;
    let entry = Entry {
        actor: Actor::Account(caller.account),
        action: "site.rename",
        subject: format!("site:{id}"),
        detail: json!({ "before": before, "after": site.draft.name }),
    };
    audit::append(&mut tx, tenant, entry, now).await?;
    tx.commit().await?;
    Ok((ETag(site.version), Json(site.into())))
}
