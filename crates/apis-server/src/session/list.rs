//! `GET /api/v1/sessions` and `DELETE /api/v1/sessions/{id}`: where one is signed in, and ending it.

use axum::Json;
use axum::http::StatusCode;
use serde_json::json;

use apis_server_api::problem::Code;
use apis_server_api::session::{SessionList, SessionRecord};

use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::http::{ApiError, MemberCaller, PathId};
use crate::ids::SessionId;

use super::store;

/// Lists one's own sessions in this tenant, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/sessions",
    operation_id = "session_list",
    tag = "session",
    responses((status = 200, body = SessionList)),
)]
pub async fn list(app: App, caller: MemberCaller) -> Result<Json<SessionList>, ApiError> {
    let mut tx = app.db.global_read().await?;
    let listed = store::list(&mut tx, caller.tenant, caller.account, app.clock.now()).await?;
    tx.commit().await?;
    let items = listed.into_iter().map(|session| SessionRecord {
        id: session.id.to_string(),
        agent: session.agent,
        begun_at: session.begun_at.rfc3339(),
        used_at: session.used_at.rfc3339(),
        expires_at: session.expires_at.rfc3339(),
        is_own: session.id == caller.session,
        reused_at: session.reused_at.map(|at| at.rfc3339()),
    });
    Ok(Json(SessionList { items: items.collect() }))
}

/// Ends one of one's own sessions.
#[utoipa::path(
    delete,
    path = "/api/v1/sessions/{id}",
    operation_id = "session_revoke",
    tag = "session",
    params(("id" = String, Path, description = "the session")),
    responses((status = 204)),
)]
pub async fn revoke(
    app: App,
    caller: MemberCaller,
    PathId(session): PathId<SessionId>,
) -> Result<StatusCode, ApiError> {
    let now = app.clock.now();
    let mut tx = app.db.tenant_tx(caller.tenant).await?;
    if !store::delete_own(&mut tx, caller.tenant, caller.account, session).await? {
        return Err(ApiError::new(Code::NotFound));
    }
    let entry = Entry {
        actor: Actor::Account(caller.account),
        action: "session.revoke",
        subject: format!("session:{session}"),
        detail: json!({}),
    };
    audit::append(&mut tx, caller.tenant, entry, now).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
