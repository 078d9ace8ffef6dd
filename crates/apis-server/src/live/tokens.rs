//! Stream tokens: what a program that cannot sign in shows instead, for one unit's pictures alone.
//!
//! A token is shown once and stored by its hash. It is worth as much as its maker: when it is taken
//! back, or its maker is a member no more, what is shown by it is cut off.

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use serde_json::json;

use apis_protocol::UnitId;
use apis_server_api::live::{NewStreamToken, NewStreamTokenAnswer, StreamToken, StreamTokens};
use apis_server_api::problem::Code;

use super::store;
use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::http::{ApiError, AsMember, JsonBody, PathId};
use crate::ids::{NewId as _, StreamTokenId};
use crate::members::permission::EditUnits;
use crate::session::token;
use crate::{names, units};

/// Makes a stream token for a unit. It is shown only now.
#[utoipa::path(post, path = "/api/v1/units/{id}/stream-tokens", operation_id = "stream_token_create",
    tag = "live", params(("id" = String, Path, description = "the unit")),
    request_body = NewStreamToken, responses((status = 201, body = NewStreamTokenAnswer)))]
pub async fn create(
    app: App,
    caller: AsMember<EditUnits>,
    PathId(unit): PathId<UnitId>,
    JsonBody(asked): JsonBody<NewStreamToken>,
) -> Result<(StatusCode, Json<NewStreamTokenAnswer>), ApiError> {
    let name = names::checked(&asked.name)
        .map_err(|error| ApiError::new(Code::InvalidValue).detail(format!("name: {error}")))?;
    let (tenant, now) = (caller.tenant, app.clock.now());
    let (id, token) = (StreamTokenId::new_at(now), token::new_token());
    let mut tx = app.db.tenant_tx(tenant).await?;
    if !units::is_let_in(&mut tx, tenant, unit).await? {
        return Err(ApiError::new(Code::NotFound));
    }
    let whose = (tenant, unit, caller.account);
    store::add(&mut tx, whose, (id, &token::hash(&token), &name), now).await?;
    let entry = Entry {
        actor: Actor::Account(caller.account),
        action: "stream_token.create",
        subject: format!("unit:{unit}"),
        detail: json!({ "stream_token_id": id.to_string(), "name": name }),
    };
    audit::append(&mut tx, tenant, entry, now).await?;
    tx.commit().await?;
    let path = format!("/api/v1/units/{unit}/live.mjpeg?token={token}");
    Ok((StatusCode::CREATED, Json(NewStreamTokenAnswer { id: id.to_string(), token, path })))
}

/// Lists a unit's stream tokens.
#[utoipa::path(get, path = "/api/v1/units/{id}/stream-tokens", operation_id = "stream_token_list",
    tag = "live", params(("id" = String, Path, description = "the unit")),
    responses((status = 200, body = StreamTokens)))]
pub async fn list(
    app: App,
    caller: AsMember<EditUnits>,
    PathId(unit): PathId<UnitId>,
) -> Result<Json<StreamTokens>, ApiError> {
    let mut tx = app.db.tenant_read(caller.tenant).await?;
    if units::find(&mut tx, caller.tenant, unit).await?.is_none() {
        return Err(ApiError::new(Code::NotFound));
    }
    let tokens = store::list(&mut tx, caller.tenant, unit).await?;
    tx.commit().await?;
    let items = tokens.into_iter().map(|token| StreamToken {
        id: token.id.to_string(),
        name: token.name,
        account_name: token.account_name,
        created_at: token.created_at.rfc3339(),
    });
    Ok(Json(StreamTokens { items: items.collect() }))
}

/// Takes a stream token back: whoever looks by it is cut off within a second.
#[utoipa::path(delete, path = "/api/v1/units/{id}/stream-tokens/{token_id}",
    operation_id = "stream_token_revoke", tag = "live",
    params(
        ("id" = String, Path, description = "the unit"),
        ("token_id" = String, Path, description = "the token's id"),
    ),
    responses((status = 204, description = "taken back")))]
pub async fn revoke(
    app: App,
    caller: AsMember<EditUnits>,
    Path((unit, id)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let not_found = || ApiError::new(Code::NotFound);
    let unit: UnitId = unit.parse().map_err(|_| not_found())?;
    let id: StreamTokenId = id.parse().map_err(|_| not_found())?;
    let (tenant, now) = (caller.tenant, app.clock.now());
    let mut tx = app.db.tenant_tx(tenant).await?;
    if !store::remove(&mut tx, tenant, unit, id).await? {
        return Err(not_found());
    }
    let entry = Entry {
        actor: Actor::Account(caller.account),
        action: "stream_token.revoke",
        subject: format!("unit:{unit}"),
        detail: json!({ "stream_token_id": id.to_string() }),
    };
    audit::append(&mut tx, tenant, entry, now).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
