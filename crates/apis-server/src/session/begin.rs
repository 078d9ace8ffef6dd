//! A session begins: on signing in, and with the server's first account.

use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use serde_json::json;

use apis_server_api::problem::Code;

use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::clock::UnixMs;
use crate::db::{DbError, Tx};
use crate::http::ApiError;
use crate::ids::{AccountId, NewId as _, SessionId, TenantId};

use super::show;
use super::store::{self, NewSession};
use super::token::{self, Refresh};

/// Characters that are kept of what a browser says it is.
const AGENT_CHARS_MAX: usize = 200;

/// A session that has begun, with what the browser is given of it, this once.
pub struct Begun {
    /// The session.
    pub session: SessionId,
    pub(super) family: String,
    pub(super) pair: Pair,
}

/// An access token and the refresh token that fetches the next pair.
pub(super) struct Pair {
    access: String,
    /// Missing for who came with one that is about to end: there is one line of them.
    refresh: Option<String>,
}

impl Pair {
    pub fn new() -> Pair {
        Pair { access: token::new_token(), refresh: Some(token::new_token()) }
    }

    pub fn access_alone() -> Pair {
        Pair { access: token::new_token(), refresh: None }
    }

    /// Stores both; `parent_hash` is that of the refresh token that fetched them, if one did.
    pub async fn insert(
        &self,
        tx: &mut Tx,
        session: SessionId,
        parent_hash: &str,
        now: UnixMs,
    ) -> Result<(), DbError> {
        let access = token::hash(&self.access);
        store::insert_access(tx, session, &access, now.plus(token::ACCESS_SPAN)).await?;
        let Some(refresh) = &self.refresh else { return Ok(()) };
        let (refresh, expires_at) = (token::hash(refresh), now.plus(token::SESSION_SPAN));
        store::insert_refresh(tx, session, &refresh, parent_hash, expires_at).await
    }

    /// The `Set-Cookie` values of what there is.
    pub fn cookies(&self, instance_id: &str, family: &str) -> Vec<HeaderValue> {
        let refresh = self.refresh.as_ref().map(|token| Refresh { family, token });
        let refresh = refresh.map(|refresh| token::refresh_cookie(instance_id, refresh));
        [token::access_cookie(instance_id, &self.access)].into_iter().chain(refresh).collect()
    }
}

impl Begun {
    /// The `Set-Cookie` values of both its tokens.
    pub fn cookies(&self, app: &App) -> Vec<HeaderValue> {
        self.pair.cookies(&app.people.instance_id, &self.family)
    }
}

/// Begins a session of an account in a tenant, in the transaction of its cause.
pub async fn begin(
    tx: &mut Tx,
    tenant: TenantId,
    account: AccountId,
    agent: &str,
    now: UnixMs,
) -> Result<Begun, DbError> {
    let begun = insert(tx, tenant, account, agent, now).await?;
    let entry = Entry {
        actor: Actor::Account(account),
        action: "session.begin",
        subject: format!("session:{}", begun.session),
        detail: json!({}),
    };
    audit::append(tx, tenant, entry, now).await?;
    Ok(begun)
}

/// The rows of a session that begins.
pub(crate) async fn insert(
    tx: &mut Tx,
    tenant: TenantId,
    account: AccountId,
    agent: &str,
    now: UnixMs,
) -> Result<Begun, DbError> {
    let (session, family, pair) = (SessionId::new_at(now), token::new_token(), Pair::new());
    let new = NewSession {
        id: session,
        family_hash: &token::hash(&family),
        account,
        tenant,
        agent,
        now,
        expires_at: now.plus(token::SESSION_SPAN),
    };
    store::insert(tx, new).await?;
    pair.insert(tx, session, "", now).await?;
    Ok(Begun { session, family, pair })
}

/// What a browser is answered whose session has begun: its cookies, and who it is now.
pub async fn answer(app: &App, begun: &Begun) -> Result<impl IntoResponse + use<>, ApiError> {
    let mut tx = app.db.global_read().await?;
    let member = store::member(&mut tx, begun.session, app.clock.now()).await?;
    tx.commit().await?;
    // The membership may have ended since it was looked up.
    let member = member.ok_or_else(|| ApiError::new(Code::SignInRefused))?;
    let session = show::session_of(app, &member).await?;
    Ok((StatusCode::CREATED, set_cookies(begun.cookies(app)), Json(session)))
}

/// The headers that set cookies.
pub(super) fn set_cookies(
    cookies: Vec<HeaderValue>,
) -> AppendHeaders<impl IntoIterator<Item = (HeaderName, HeaderValue)>> {
    AppendHeaders(cookies.into_iter().map(|cookie| (header::SET_COOKIE, cookie)))
}

/// What the browser says it is; empty when it says nothing that can be shown.
pub fn agent_of(headers: &HeaderMap) -> String {
    let said = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    said.unwrap_or_default().chars().take(AGENT_CHARS_MAX).collect()
}
