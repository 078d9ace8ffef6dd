//! `DELETE /api/v1/members/{account_id}`: a member belongs no more, from this very moment.

use axum::http::StatusCode;
use serde_json::json;

use apis_server_api::members::Role;
use apis_server_api::problem::Code;

use crate::app::{App, Operator};
use crate::audit::{self, Actor, Entry};
use crate::clock::UnixMs;
use crate::db::{Db, DbError};
use crate::http::{ApiError, AsMember, PathId};
use crate::ids::{AccountId, TenantId};
use crate::{accounts, session, tenants};

use super::permission::EditMembers;
use super::store;

/// Why a member was not removed.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// The account is no member.
    #[error("the account is not a member of the tenant")]
    NotMember,
    /// Nobody would be left who may do everything.
    #[error("the last owner cannot be removed")]
    LastOwner,
    /// Somebody less than an owner would remove one.
    #[error("only an owner may remove an owner")]
    OwnersOnly,
    /// The database failed.
    #[error("could not remove the member")]
    Db(#[from] DbError),
}

/// Removes a member. Only an owner removes an owner, and never the last.
#[utoipa::path(
    delete,
    path = "/api/v1/members/{account_id}",
    operation_id = "member_remove",
    tag = "members",
    params(("account_id" = String, Path, format = "uuid", description = "The member's account")),
    responses((status = 204)),
)]
pub async fn remove(
    app: App,
    caller: AsMember<EditMembers>,
    PathId(account): PathId<AccountId>,
) -> Result<StatusCode, ApiError> {
    let actor = Actor::Account(caller.account);
    let by = Some(caller.role);
    match remove_member(&app.db, caller.tenant, account, actor, by, app.clock.now()).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(RemoveError::NotMember) => Err(ApiError::new(Code::NotFound)),
        Err(error @ RemoveError::LastOwner) => {
            Err(ApiError::new(Code::Conflict).detail(error.to_string()))
        }
        Err(error @ RemoveError::OwnersOnly) => {
            Err(ApiError::new(Code::Forbidden).detail(error.to_string()))
        }
        Err(RemoveError::Db(source)) => Err(source.into()),
    }
}

/// The operator removes the member with this address.
pub async fn remove_by_email(
    operator: &Operator,
    tenant: TenantId,
    email: &str,
) -> Result<AccountId, RemoveError> {
    let email = accounts::folded_email(email).ok_or(RemoveError::NotMember)?;
    let mut tx = operator.db.global_read().await?;
    let account = accounts::id_of_email(&mut tx, &email).await?.ok_or(RemoveError::NotMember)?;
    tx.commit().await?;
    let now = operator.clock.now();
    remove_member(&operator.db, tenant, account, Actor::Operator, None, now).await?;
    Ok(account)
}

async fn remove_member(
    db: &Db,
    tenant: TenantId,
    account: AccountId,
    actor: Actor,
    by: Option<Role>,
    now: UnixMs,
) -> Result<(), RemoveError> {
    let mut tx = db.tenant_tx(tenant).await?;
    tenants::lock(&mut tx, tenant).await?;
    let role = store::role(&mut tx, tenant, account).await?.ok_or(RemoveError::NotMember)?;
    if role == Role::Owner {
        if by.is_some_and(|by| by != Role::Owner) {
            return Err(RemoveError::OwnersOnly);
        }
        if store::owner_count(&mut tx, tenant).await? <= 1 {
            return Err(RemoveError::LastOwner);
        }
    }
    store::delete(&mut tx, tenant, account).await?;
    session::end_all(&mut tx, tenant, account).await?;
    let entry = Entry {
        actor,
        action: "member.remove",
        subject: format!("account:{account}"),
        detail: json!({ "role": role.word() }),
    };
    audit::append(&mut tx, tenant, entry, now).await?;
    tx.commit().await?;
    Ok(())
}
