//! `GET /api/v1/hives`: the tenant's hives, by id.

use axum::Json;

use apis_server_api::hives::HivePage;
use apis_server_api::page::PageQuery as Asked;

use crate::app::App;
use crate::http::{ApiError, AsMember, PageQuery};
use crate::ids::HiveId;
use crate::members::permission::Look;

use super::store;

/// Lists the tenant's hives.
#[utoipa::path(
    get,
    path = "/api/v1/hives",
    operation_id = "hive_list",
    tag = "hives",
    params(Asked),
    responses((status = 200, body = HivePage)),
)]
pub async fn list(
    app: App,
    caller: AsMember<Look>,
    page: PageQuery<HiveId>,
) -> Result<Json<HivePage>, ApiError> {
    let mut tx = app.db.tenant_read(caller.tenant).await?;
    let mut hives = store::list_after(&mut tx, caller.tenant, page.after, page.row_count()).await?;
    tx.commit().await?;

    let next_cursor = page.cut(&mut hives, |last| last.draft.id.to_string());
    Ok(Json(HivePage { items: hives.into_iter().map(Into::into).collect(), next_cursor }))
}
