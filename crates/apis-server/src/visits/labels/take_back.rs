//! `DELETE /api/v1/visits/{id}/labels/{label_id}`: who said something takes it back.

use axum::extract::Path;
use axum::http::StatusCode;
use serde_json::json;

use apis_protocol::VisitId;
use apis_server_api::problem::Code;

use super::store;
use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::http::{ApiError, AsMember};
use crate::ids::LabelId;
use crate::members::permission::LabelVisits;
use crate::tenants;
use crate::visits::store as visits;

/// Takes an own label back; the audit keeps that it was said.
#[utoipa::path(
    delete,
    path = "/api/v1/visits/{id}/labels/{label_id}",
    operation_id = "visit_unlabel",
    tag = "visits",
    params(
        ("id" = String, Path, description = "the visit"),
        ("label_id" = String, Path, description = "the label's id"),
    ),
    responses((status = 204, description = "taken back")),
)]
pub async fn take_back(
    app: App,
    caller: AsMember<LabelVisits>,
    Path((visit, id)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let not_found = || ApiError::new(Code::NotFound);
    let visit: VisitId = visit.parse().map_err(|_| not_found())?;
    let id: LabelId = id.parse().map_err(|_| not_found())?;
    let (tenant, now) = (caller.tenant, app.clock.now());
    let mut tx = app.db.tenant_tx(tenant).await?;
    let change_seq = tenants::take_change_seq(&mut tx, tenant).await?;
    if !store::remove(&mut tx, tenant, (visit, id), caller.account).await? {
        return Err(not_found());
    }
    visits::touch(&mut tx, tenant, visit, change_seq).await?;
    let entry = Entry {
        actor: Actor::Account(caller.account),
        action: "visit.unlabel",
        subject: format!("visit:{visit}"),
        detail: json!({ "label_id": id.to_string() }),
    };
    audit::append(&mut tx, tenant, entry, now).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
