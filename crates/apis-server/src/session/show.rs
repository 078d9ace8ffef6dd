//! `GET /api/v1/session`: who is signed in, and what may be done.

use axum::Json;

use apis_server_api::problem::Code;
use apis_server_api::session::Session;

use crate::app::App;
use crate::http::{ApiError, MemberCaller};
use crate::members::permission::Permission;

use super::{store, token};

/// Tells who is signed in.
#[utoipa::path(
    get,
    path = "/api/v1/session",
    operation_id = "session_show",
    tag = "session",
    responses((status = 200, body = Session)),
)]
pub async fn show(app: App, caller: MemberCaller) -> Result<Json<Session>, ApiError> {
    session_of(&app, &caller).await.map(Json)
}

/// The session as it is told.
pub(super) async fn session_of(app: &App, caller: &MemberCaller) -> Result<Session, ApiError> {
    let mut tx = app.db.global_read().await?;
    let names = store::names(&mut tx, caller.session).await?;
    tx.commit().await?;
    let (account_name, account_email, tenant_name, expires_at, access_until) =
        names.ok_or_else(|| ApiError::new(Code::SignInNeeded))?;
    let permissions = Permission::ALL
        .iter()
        .filter(|permission| permission.is_held_by(caller.role))
        .map(|permission| permission.word().to_owned())
        .collect();
    let refresh_at = access_until.minus(token::ACCESS_MARGIN);
    Ok(Session {
        account_id: caller.account.to_string(),
        account_name,
        account_email,
        tenant_id: caller.tenant.to_string(),
        tenant_name,
        role: caller.role,
        permissions,
        expires_at: expires_at.rfc3339(),
        refresh_in_ms: refresh_at.0.saturating_sub(app.clock.now().0).max(0).unsigned_abs(),
    })
}
