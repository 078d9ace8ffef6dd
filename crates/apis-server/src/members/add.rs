//! An account is made a member of a tenant, or a member's role is changed.

use serde_json::json;

use apis_server_api::members::Role;

use crate::app::Operator;
use crate::audit::{self, Actor, Entry};
use crate::clock::UnixMs;
use crate::db::{DbError, Tx};
use crate::ids::{AccountId, TenantId};
use crate::{accounts, tenants};

use super::store;

/// Why a member was not added.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// No account has the address.
    #[error("no account has this e-mail address")]
    UnknownAccount,
    /// There is no such tenant.
    #[error("there is no such tenant")]
    UnknownTenant,
    /// The last owner would become something else.
    #[error("the last owner must stay one")]
    LastOwner,
    /// The database failed.
    #[error("could not store the member")]
    Db(#[from] DbError),
}

/// Adds the account with this address to the tenant and returns the account.
pub async fn add(
    operator: &Operator,
    tenant: TenantId,
    email: &str,
    role: Role,
) -> Result<AccountId, AddError> {
    let email = accounts::folded_email(email).ok_or(AddError::UnknownAccount)?;
    let now = operator.clock.now();

    let mut tx = operator.db.tenant_tx(tenant).await?;
    if !tenants::lock(&mut tx, tenant).await? {
        return Err(AddError::UnknownTenant);
    }
    let account = accounts::id_of_email(&mut tx, &email).await?.ok_or(AddError::UnknownAccount)?;
    let was = store::role(&mut tx, tenant, account).await?;
    let is_owner_lost = was == Some(Role::Owner) && role != Role::Owner;
    if is_owner_lost && store::owner_count(&mut tx, tenant).await? <= 1 {
        return Err(AddError::LastOwner);
    }
    insert(&mut tx, tenant, account, role, Actor::Operator, now).await?;
    tx.commit().await?;
    Ok(account)
}

/// Makes an account a member, or changes its role, in the transaction of its cause.
pub async fn insert(
    tx: &mut Tx,
    tenant: TenantId,
    account: AccountId,
    role: Role,
    actor: Actor,
    now: UnixMs,
) -> Result<(), DbError> {
    store::upsert(tx, tenant, account, role, now).await?;
    let entry = Entry {
        actor,
        action: "member.add",
        subject: format!("account:{account}"),
        detail: json!({ "role": role.word() }),
    };
    audit::append(tx, tenant, entry, now).await?;
    Ok(())
}
