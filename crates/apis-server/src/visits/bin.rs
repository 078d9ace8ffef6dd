//! `POST /api/v1/visits/delete` and `…/restore`: visits go into the bin, and come back; `GET …/bin`
//! lists those that still can.
//!
//! In the bin a visit is on no list. A month later its clips' bytes are removed for good; what it
//! was stays, so that a device that was away for long still learns that it is gone.

use std::time::Duration;

use axum::Json;
use serde_json::json;

use apis_protocol::VisitId;
use apis_server_api::page::PageQuery as Asked;
use apis_server_api::problem::Code;
use apis_server_api::visits::{VisitIds, VisitPage, VisitsChanged};

use super::list::whole;
use super::store;
use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::clips;
use crate::clock::UnixMs;
use crate::db::Tx;
use crate::http::{ApiError, AsMember, JsonBody, PageQuery};
use crate::ids::TenantId;
use crate::members::permission::DeleteVisits;
use crate::tenants;

/// Visits that one request names at most.
const IDS_MAX: usize = 200;

/// How long a visit can be brought back (server.md, "Retention and quotas").
const KEPT: Duration = Duration::from_secs(30 * 24 * 3_600);

/// Visits whose clips are removed in one go.
const EMPTIED_AT_ONCE: i64 = 100;

/// Lists the visits that can be brought back, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/visits/bin",
    operation_id = "visit_bin",
    tag = "visits",
    params(Asked),
    responses((status = 200, body = VisitPage)),
)]
pub async fn list(
    app: App,
    caller: AsMember<DeleteVisits>,
    page: PageQuery<VisitId>,
) -> Result<Json<VisitPage>, ApiError> {
    let (tenant, since) = (caller.tenant, app.clock.now().minus(KEPT));
    let mut tx = app.db.tenant_read(tenant).await?;
    let mut visits =
        store::list_deleted(&mut tx, tenant, since, page.after, page.row_count()).await?;
    let next_cursor = page.cut(&mut visits, |last| last.id.to_string());
    let mut items = Vec::with_capacity(visits.len());
    for visit in visits {
        items.push(whole(&mut tx, tenant, &visit).await?);
    }
    tx.commit().await?;
    Ok(Json(VisitPage { items, next_cursor }))
}

/// Puts visits into the bin.
#[utoipa::path(
    post,
    path = "/api/v1/visits/delete",
    operation_id = "visit_delete",
    tag = "visits",
    request_body = VisitIds,
    responses((status = 200, body = VisitsChanged)),
)]
pub async fn delete(
    app: App,
    caller: AsMember<DeleteVisits>,
    JsonBody(asked): JsonBody<VisitIds>,
) -> Result<Json<VisitsChanged>, ApiError> {
    move_all(&app, &caller, &asked, Move::In).await
}

/// Takes visits out of the bin.
#[utoipa::path(
    post,
    path = "/api/v1/visits/restore",
    operation_id = "visit_restore",
    tag = "visits",
    request_body = VisitIds,
    responses((status = 200, body = VisitsChanged)),
)]
pub async fn restore(
    app: App,
    caller: AsMember<DeleteVisits>,
    JsonBody(asked): JsonBody<VisitIds>,
) -> Result<Json<VisitsChanged>, ApiError> {
    move_all(&app, &caller, &asked, Move::Out).await
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Move {
    In,
    Out,
}

/// Moves all of them or, when one is not the tenant's, none.
async fn move_all(
    app: &App,
    caller: &AsMember<DeleteVisits>,
    asked: &VisitIds,
    direction: Move,
) -> Result<Json<VisitsChanged>, ApiError> {
    let ids = ids_of(asked)?;
    let (tenant, now) = (caller.tenant, app.clock.now());
    let mut tx = app.db.tenant_tx(tenant).await?;
    let mut count = 0;
    for id in ids {
        let change_seq = tenants::take_change_seq(&mut tx, tenant).await?;
        if store::find(&mut tx, tenant, id).await?.is_none() {
            return Err(ApiError::new(Code::NotFound).detail(id.to_string()));
        }
        count += u32::from(move_one(&mut tx, tenant, id, direction, now, change_seq).await?);
    }
    if count > 0 {
        let entry = Entry {
            actor: Actor::Account(caller.account),
            action: if direction == Move::In { "visit.delete" } else { "visit.restore" },
            subject: format!("tenant:{tenant}"),
            detail: json!({ "visits": asked.ids }),
        };
        audit::append(&mut tx, tenant, entry, now).await?;
    }
    tx.commit().await?;
    Ok(Json(VisitsChanged { count }))
}

async fn move_one(
    tx: &mut Tx,
    tenant: TenantId,
    id: VisitId,
    direction: Move,
    now: UnixMs,
    change_seq: i64,
) -> Result<bool, ApiError> {
    let is_moved = match direction {
        Move::In => store::delete(tx, tenant, id, now, change_seq).await?,
        Move::Out => store::restore(tx, tenant, id, change_seq).await?,
    };
    Ok(is_moved)
}

fn ids_of(asked: &VisitIds) -> Result<Vec<VisitId>, ApiError> {
    let invalid = |detail: String| ApiError::new(Code::InvalidValue).detail(detail);
    if asked.ids.is_empty() || IDS_MAX < asked.ids.len() {
        return Err(invalid(format!("ids: 1 to {IDS_MAX}")));
    }
    let parsed = asked.ids.iter().map(|id| id.parse());
    parsed.collect::<Result<_, _>>().map_err(|_| invalid("ids".to_owned()))
}

/// Removes the clips of what has lain in the bin for long enough; returns of how many visits.
///
/// Errors: of the database or the disk; what was not removed is tried again with the next call.
pub(crate) async fn empty(app: &App) -> anyhow::Result<u64> {
    let deleted_before = app.clock.now().minus(KEPT);
    let mut count = 0;
    for tenant in tenants::all_ids(&app.db).await? {
        let mut tx = app.db.tenant_read(tenant).await?;
        let due = store::to_empty(&mut tx, tenant, deleted_before, EMPTIED_AT_ONCE).await?;
        tx.commit().await?;
        for (visit, unit) in due {
            clips::remove_of_visit(app, (tenant, unit, visit), deleted_before).await?;
            count += 1;
        }
    }
    Ok(count)
}
