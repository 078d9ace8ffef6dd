//! `GET` and `POST /api/v1/set-up`: whether it is to be done, and doing it.

use std::time::Duration;

use axum::Json;
use axum::http::HeaderMap;
use axum::response::IntoResponse;

use apis_server_api::members::Role;
use apis_server_api::problem::Code;
use apis_server_api::session::{Session, SetUp, SetUpState};

use crate::accounts::create::{CreateError, NewAccount};
use crate::app::App;
use crate::audit::Actor;
use crate::clock::UnixMs;
use crate::http::address::ClientAddress;
use crate::http::{ApiError, JsonBody, Public};
use crate::ids::{NewId as _, TenantId};
use crate::limits::{self, Limit};
use crate::session::begin::{self, Begun};
use crate::{accounts, members, tenants};

/// Attempts from one address.
const BY_ADDRESS: Limit =
    Limit { class: "set_up_address", burst: 20, period: Duration::from_secs(6) };

/// Attempts with the right link; in its bucket one waits for the other.
const BY_SERVER: Limit =
    Limit { class: "set_up_server", burst: 1_000, period: Duration::from_secs(1) };

/// Tells whether the server still waits for its first account.
#[utoipa::path(
    get,
    path = "/api/v1/set-up",
    operation_id = "set_up_show",
    tag = "set-up",
    responses((status = 200, body = SetUpState)),
)]
pub async fn show(app: App, _: Public) -> Result<Json<SetUpState>, ApiError> {
    let is_needed = super::is_needed(&app.db).await?;
    Ok(Json(SetUpState { is_needed }))
}

/// Makes the first tenant and its owner, and signs the owner in.
#[utoipa::path(
    post,
    path = "/api/v1/set-up",
    operation_id = "set_up",
    tag = "set-up",
    request_body = SetUp,
    responses((status = 201, body = Session)),
)]
pub async fn set_up(
    app: App,
    _: Public,
    address: ClientAddress,
    headers: HeaderMap,
    JsonBody(asked): JsonBody<SetUp>,
) -> Result<impl IntoResponse, ApiError> {
    limits::ensure(&app, BY_ADDRESS, &address.bucket()).await?;
    if !super::is_needed(&app.db).await? {
        return Err(ApiError::new(Code::SetUpOver));
    }
    if !app.set_up.is(&asked.token) {
        return Err(ApiError::new(Code::SetUpRefused));
    }
    let now = app.clock.now();
    let tenant_name = asked.tenant_name.clone();
    let made = move || NewAccount::checked(&asked.email, &asked.name, &asked.password, now);
    let owner =
        tokio::task::spawn_blocking(made).await.map_err(ApiError::internal)?.map_err(refusal)?;
    let agent = begin::agent_of(&headers);
    let begun = make(&app, &tenant_name, &owner, &agent, now).await?;
    begin::answer(&app, &begun).await
}

async fn make(
    app: &App,
    tenant_name: &str,
    owner: &NewAccount,
    agent: &str,
    now: UnixMs,
) -> Result<Begun, ApiError> {
    let tenant = TenantId::new_at(now);
    let mut tx = app.db.tenant_tx(tenant).await?;
    limits::take_within(&mut tx, BY_SERVER, "", now).await?.into_result()?;
    if accounts::is_any(&mut tx).await? {
        return Err(ApiError::new(Code::SetUpOver));
    }
    owner.insert(&mut tx, now).await.map_err(refusal)?;
    let actor = Actor::Account(owner.id);
    tenants::create::insert(&mut tx, tenant, tenant_name, actor, now).await.map_err(|error| {
        match error {
            tenants::create::CreateError::Name(error) => invalid("tenant_name", &error),
            tenants::create::CreateError::Db(error) => error.into(),
        }
    })?;
    members::add::insert(&mut tx, tenant, owner.id, Role::Owner, actor, now).await?;
    let begun = begin::begin(&mut tx, tenant, owner.id, agent, now).await?;
    tx.commit().await?;
    Ok(begun)
}

fn refusal(error: CreateError) -> ApiError {
    match error {
        CreateError::Email => invalid("email", &error),
        CreateError::Name(error) => invalid("name", &error),
        CreateError::Password(error) => invalid("password", &error),
        CreateError::EmailTaken => ApiError::new(Code::SetUpOver),
        CreateError::Db(error) => error.into(),
    }
}

fn invalid(field: &str, error: &dyn std::error::Error) -> ApiError {
    ApiError::new(Code::InvalidValue).detail(format!("{field}: {error}"))
}
