//! `PATCH /api/v1/sites/{id}`: a member changes what was said of a site.

use axum::Json;
use serde_json::json;

use apis_server_api::problem::Code;
use apis_server_api::sites::{ChangeSite, Site as SiteBody};

use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::http::{ApiError, AsMember, ETag, IfMatch, JsonBody, PathId};
use crate::ids::SiteId;
use crate::members::permission::EditHives;
use crate::tenants;
use crate::versions::FieldVersions;

use super::store;

/// Changes a site: what is named, and nothing else.
///
/// `If-Match` names the version that the person had seen. Visits name their site, so another zone
/// counts for those of before as well.
#[utoipa::path(
    patch,
    path = "/api/v1/sites/{id}",
    operation_id = "site_change",
    tag = "sites",
    params(
        ("id" = String, Path, format = "uuid", description = "The site"),
        ("If-Match" = String, Header, description = "The site's ETag"),
    ),
    request_body = ChangeSite,
    responses((status = 200, body = SiteBody)),
)]
pub async fn change(
    app: App,
    caller: AsMember<EditHives>,
    PathId(id): PathId<SiteId>,
    seen: IfMatch,
    JsonBody(asked): JsonBody<ChangeSite>,
) -> Result<(ETag, Json<SiteBody>), ApiError> {
    let (tenant, now) = (caller.tenant, app.clock.now());

    let mut tx = app.db.tenant_tx(tenant).await?;
    let change_seq = tenants::take_change_seq(&mut tx, tenant).await?;
    let mut site = store::find(&mut tx, tenant, id).await?.ok_or(ApiError::new(Code::NotFound))?;
    let draft = site.draft.changed(asked)?;
    seen.check(site.version)?;
    let before = std::mem::replace(&mut site.draft, draft);
    site.version += 1;
    let fields = store::field_versions(&mut tx, tenant, id).await?;
    let mut fields = FieldVersions::of_text(&fields).map_err(ApiError::internal)?;
    let changed = site.draft.differing_from(&before);
    for field in &changed {
        fields = fields.after_change(field, site.version);
    }
    store::change(&mut tx, tenant, &site, &fields, change_seq).await?;
    let entry = Entry {
        actor: Actor::Account(caller.account),
        action: "site.change",
        subject: format!("site:{id}"),
        detail: json!({
            "fields": changed,
            "before": before.told(),
            "after": site.draft.told(),
        }),
    };
    audit::append(&mut tx, tenant, entry, now).await?;
    tx.commit().await?;
    Ok((ETag(site.version), Json(site.into())))
}
