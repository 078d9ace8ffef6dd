//! `POST /api/v1/session`: an account signs in with its password.
//!
//! Unknown address and wrong password cost the same work and are answered alike, and both count
//! against the address the request comes from and against the account.

use std::time::Duration;

use axum::http::HeaderMap;
use axum::response::IntoResponse;

use apis_server_api::problem::{Code, TenantChoice};
use apis_server_api::session::{Session, SignIn};

use crate::app::App;
use crate::http::address::ClientAddress;
use crate::http::{ApiError, JsonBody, Public};
use crate::ids::{AccountId, TenantId};
use crate::limits::{self, Limit};
use crate::members::Membership;
use crate::{accounts, members};

use super::{begin, token};

/// Attempts from one address: a household behind one address signs in on several phones at once.
const BY_ADDRESS: Limit =
    Limit { class: "sign_in_address", burst: 20, period: Duration::from_secs(6) };

/// Attempts on one account. After ten, one a minute: 1,440 guesses a day find no password of ten
/// characters, and its owner waits a minute at most.
const BY_ACCOUNT: Limit =
    Limit { class: "sign_in_account", burst: 10, period: Duration::from_secs(60) };

/// Signs in.
#[utoipa::path(
    post,
    path = "/api/v1/session",
    operation_id = "session_sign_in",
    tag = "session",
    request_body = SignIn,
    responses((status = 201, body = Session)),
)]
pub async fn sign_in(
    app: App,
    _: Public,
    address: ClientAddress,
    headers: HeaderMap,
    JsonBody(asked): JsonBody<SignIn>,
) -> Result<impl IntoResponse, ApiError> {
    limits::ensure(&app, BY_ADDRESS, &address.bucket()).await?;
    // An address that cannot be one is treated like any other that is unknown.
    let email = accounts::folded_email(&asked.email).unwrap_or_default();
    limits::ensure(&app, BY_ACCOUNT, &token::hash(&email)).await?; // The bucket's name holds no e-mail.

    let account = account_of(&app, &email, asked.password).await?;
    let tenant = tenant_of(&app, account, asked.tenant_id.as_deref()).await?;
    let now = app.clock.now();
    let mut tx = app.db.tenant_tx(tenant).await?;
    let begun = begin::begin(&mut tx, tenant, account, &begin::agent_of(&headers), now).await?;
    tx.commit().await?;
    begin::answer(&app, &begun).await
}

/// The account whose address and password these are.
async fn account_of(app: &App, email: &str, password: String) -> Result<AccountId, ApiError> {
    let mut tx = app.db.global_read().await?;
    let known = accounts::password_of_email(&mut tx, email).await?;
    tx.commit().await?;
    let (account, stored) = known.unzip();
    let is_right = app.passwords.is_right(password, stored).await;
    let outcome = if is_right { "accepted" } else { "refused" };
    metrics::counter!("apis_sign_in_total", "outcome" => outcome).increment(1);
    account.filter(|_| is_right).ok_or_else(|| ApiError::new(Code::SignInRefused))
}

/// The tenant to work in: the one asked for, or the only one.
async fn tenant_of(
    app: &App,
    account: AccountId,
    asked: Option<&str>,
) -> Result<TenantId, ApiError> {
    let mut tx = app.db.global_read().await?;
    let memberships = members::of_account(&mut tx, account).await?;
    tx.commit().await?;
    match (asked, memberships.as_slice()) {
        (Some(asked), all) => all
            .iter()
            .map(|membership| membership.tenant)
            .find(|tenant| tenant.to_string() == asked)
            .ok_or_else(|| ApiError::new(Code::Forbidden).detail("not a member of the tenant")),
        (None, [only]) => Ok(only.tenant),
        (None, []) => Err(ApiError::new(Code::Forbidden).detail("not a member of any tenant")),
        (None, several) => Err(ApiError::new(Code::TenantNeeded).tenants(choices(several))),
    }
}

fn choices(memberships: &[Membership]) -> Vec<TenantChoice> {
    let choice = |Membership { tenant, tenant_name }: &Membership| TenantChoice {
        id: tenant.to_string(),
        name: tenant_name.clone(),
    };
    memberships.iter().map(choice).collect()
}
