//! `POST /api/v1/visits/{id}/labels`: a member says what a visit was.
//!
//! A label is a row of its own, with its author and its time, and is never changed: who thinks
//! otherwise later says so again, or takes it back. What the unit decided stays as it was.

use axum::Json;
use axum::http::StatusCode;
use serde_json::json;

use apis_protocol::VisitId;
use apis_server_api::problem::Code;
use apis_server_api::visits::{Label as View, NewLabel};

use super::store;
use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::http::{ApiError, AsMember, JsonBody, PathId};
use crate::ids::LabelId;
use crate::members::permission::LabelVisits;
use crate::tenants;
use crate::visits::store as visits;

/// Adds a label. The same again is one, be it with the same id or said twice on end by one member.
#[utoipa::path(
    post,
    path = "/api/v1/visits/{id}/labels",
    operation_id = "visit_label",
    tag = "visits",
    params(("id" = String, Path, description = "the visit")),
    request_body = NewLabel,
    responses((status = 201, body = View)),
)]
pub async fn label(
    app: App,
    caller: AsMember<LabelVisits>,
    PathId(visit): PathId<VisitId>,
    JsonBody(asked): JsonBody<NewLabel>,
) -> Result<(StatusCode, Json<View>), ApiError> {
    let id: LabelId =
        asked.id.parse().map_err(|_| ApiError::new(Code::InvalidValue).detail("id"))?;
    let (tenant, now) = (caller.tenant, app.clock.now());
    let mut tx = app.db.tenant_tx(tenant).await?;
    let change_seq = tenants::take_change_seq(&mut tx, tenant).await?;
    if visits::find(&mut tx, tenant, visit).await?.is_none() {
        return Err(ApiError::new(Code::NotFound));
    }
    let said = store::Said { visit, account: caller.account, label: asked.label };
    let newest = store::of_visit(&mut tx, tenant, visit).await?.pop();
    if let Some(same) = newest.filter(|newest| newest.said == said) {
        return Ok((StatusCode::CREATED, Json(same.into())));
    }
    if store::add(&mut tx, tenant, id, said, now).await? {
        visits::touch(&mut tx, tenant, visit, change_seq).await?;
        let entry = Entry {
            actor: Actor::Account(caller.account),
            action: "visit.label",
            subject: format!("visit:{visit}"),
            detail: json!({ "label": asked.label.word() }),
        };
        audit::append(&mut tx, tenant, entry, now).await?;
    }
    let label = store::find(&mut tx, tenant, id).await?;
    let label = label.filter(|label| label.said == said).ok_or(ApiError::new(Code::IdTaken))?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(label.into())))
}
