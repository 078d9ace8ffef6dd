//! `DELETE /api/v1/session`: the session is over, on the server too.

use axum::http::{StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use serde_json::json;

use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::http::{ApiError, MemberCaller};

use super::{store, token};

/// Signs out.
#[utoipa::path(
    delete,
    path = "/api/v1/session",
    operation_id = "session_sign_out",
    tag = "session",
    responses((status = 204)),
)]
pub async fn sign_out(app: App, caller: MemberCaller) -> Result<impl IntoResponse, ApiError> {
    let now = app.clock.now();
    let mut tx = app.db.tenant_tx(caller.tenant).await?;
    store::delete_own(&mut tx, caller.tenant, caller.account, caller.session).await?;
    let entry = Entry {
        actor: Actor::Account(caller.account),
        action: "session.end",
        subject: format!("session:{}", caller.session),
        detail: json!({}),
    };
    audit::append(&mut tx, caller.tenant, entry, now).await?;
    tx.commit().await?;

    let cookies = token::no_cookies(&app.people.instance_id);
    let forget = cookies.map(|cookie| (header::SET_COOKIE, cookie));
    Ok((StatusCode::NO_CONTENT, AppendHeaders(forget)))
}
