//! `POST /api/v1/session/refresh`: the browser fetches its next pair of tokens.
//!
//! A reply may be lost: a refresh token is taken until one that it fetched is used. For a moment
//! longer it still gives access, to pages that asked at the same time, and fetches no other: there
//! is one line of refresh tokens. One that comes later was copied, by whoever sends it or from
//! whoever does: the session ends, for both, and its member is told.

use std::time::Duration;

use axum::Json;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use serde_json::json;

use apis_server_api::problem::Code;
use apis_server_api::session::Session;

use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::clock::UnixMs;
use crate::http::address::ClientAddress;
use crate::http::{ApiError, Public};
use crate::limits::{self, Limit};

use super::begin::{self, Pair};
use super::store::{self, Family};
use super::{show, token};

/// Refreshes from one address: each page of each phone of a household fetches one in ten minutes.
const BY_ADDRESS: Limit =
    Limit { class: "refresh_address", burst: 60, period: Duration::from_secs(2) };

/// Refreshes the session.
#[utoipa::path(
    post,
    path = "/api/v1/session/refresh",
    operation_id = "session_refresh",
    tag = "session",
    responses((status = 200, body = Session)),
)]
pub async fn refresh(
    app: App,
    _: Public,
    address: ClientAddress,
    headers: HeaderMap,
) -> Result<impl IntoResponse, ApiError> {
    limits::ensure(&app, BY_ADDRESS, &address.bucket()).await?;
    let needed = || ApiError::new(Code::SignInNeeded);
    let sent = token::refresh_of(&headers, &app.people.instance_id).ok_or_else(needed)?;
    let now = app.clock.now();
    let mut tx = app.db.global_read().await?;
    let family = store::family(&mut tx, &token::hash(sent.family), now).await?;
    tx.commit().await?;
    let family = family.ok_or_else(needed)?;
    if family.is_reused {
        return Err(ApiError::new(Code::SessionReused));
    }
    let pair = next(&app, &family, &token::hash(sent.token), now).await?;

    let mut tx = app.db.global_read().await?;
    let member = store::member(&mut tx, family.session, now).await?;
    tx.commit().await?;
    let session = show::session_of(&app, &member.ok_or_else(needed)?).await?;
    let cookies = pair.cookies(&app.people.instance_id, sent.family);
    Ok((begin::set_cookies(cookies), Json(session)))
}

/// The next pair, for the refresh token of this hash.
async fn next(app: &App, family: &Family, token_hash: &str, now: UnixMs) -> Result<Pair, ApiError> {
    let session = family.session;
    let mut tx = app.db.tenant_tx(family.tenant).await?;
    if !store::touch(&mut tx, session, now, now.plus(token::SESSION_SPAN)).await? {
        return Err(ApiError::new(Code::SignInNeeded));
    }
    let Some(taken) = store::refresh_token(&mut tx, session, token_hash, now).await? else {
        store::mark_reused(&mut tx, session, now).await?;
        let entry = Entry {
            actor: Actor::Server,
            action: "session.reused",
            subject: format!("session:{session}"),
            detail: json!({}),
        };
        audit::append(&mut tx, family.tenant, entry, now).await?;
        tx.commit().await?;
        metrics::counter!("apis_session_reused_total").increment(1);
        return Err(ApiError::new(Code::SessionReused));
    };
    let grace_ends = now.plus(token::GRACE);
    let is_retired = taken.expires_at <= grace_ends;
    let pair = if is_retired { Pair::access_alone() } else { Pair::new() };
    if !is_retired && !taken.parent_hash.is_empty() {
        store::retire(&mut tx, session, token_hash, &taken.parent_hash, grace_ends).await?;
    }
    pair.insert(&mut tx, session, token_hash, now).await?;
    tx.commit().await?;
    Ok(pair)
}
