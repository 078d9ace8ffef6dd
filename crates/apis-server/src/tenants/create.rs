//! A tenant is made.

use serde_json::json;

use crate::app::Operator;
use crate::audit::{self, Actor, Entry};
use crate::clock::UnixMs;
use crate::db::{DbError, Tx};
use crate::ids::{NewId as _, TenantId};
use crate::names::{self, NameError};

use super::store;

/// Bytes of clips that a new tenant may keep: two months of a busy household (product.md R43).
pub const STORAGE_BYTES_MAX: i64 = 10 * 1024 * 1024 * 1024;

/// Why a tenant was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The name cannot be one.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The database failed.
    #[error("could not store the tenant")]
    Db(#[from] DbError),
}

/// Makes a tenant and returns its id.
pub async fn create(operator: &Operator, name: &str) -> Result<TenantId, CreateError> {
    let now = operator.clock.now();
    let tenant = TenantId::new_at(now);
    let mut tx = operator.db.tenant_tx(tenant).await?;
    insert(&mut tx, tenant, name, Actor::Operator, now).await?;
    tx.commit().await?;
    Ok(tenant)
}

/// Makes a tenant in its transaction.
pub async fn insert(
    tx: &mut Tx,
    tenant: TenantId,
    name: &str,
    actor: Actor,
    now: UnixMs,
) -> Result<(), CreateError> {
    let name = names::checked(name)?;
    store::insert(tx, tenant, &name, STORAGE_BYTES_MAX, now).await?;
    let entry = Entry {
        actor,
        action: "tenant.create",
        subject: format!("tenant:{tenant}"),
        detail: json!({ "name": name }),
    };
    audit::append(tx, tenant, entry, now).await?;
    Ok(())
}
