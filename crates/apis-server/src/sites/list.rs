//! `GET /api/v1/sites`: the tenant's sites, by id.

use axum::Json;

use apis_server_api::page::PageQuery as Asked;
use apis_server_api::sites::SitePage;

use crate::app::App;
use crate::http::{ApiError, AsMember, PageQuery};
use crate::ids::SiteId;
use crate::members::permission::Look;

use super::store;

/// Lists the tenant's sites.
#[utoipa::path(
    get,
    path = "/api/v1/sites",
    operation_id = "site_list",
    tag = "sites",
    params(Asked),
    responses((status = 200, body = SitePage)),
)]
pub async fn list(
    app: App,
    caller: AsMember<Look>,
    page: PageQuery<SiteId>,
) -> Result<Json<SitePage>, ApiError> {
    let mut tx = app.db.tenant_read(caller.tenant).await?;
    let mut sites = store::list_after(&mut tx, caller.tenant, page.after, page.row_count()).await?;
    tx.commit().await?;

    let next_cursor = page.cut(&mut sites, |last| last.draft.id.to_string());
    Ok(Json(SitePage { items: sites.into_iter().map(Into::into).collect(), next_cursor }))
}
