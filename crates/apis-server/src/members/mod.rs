//! Members: which account belongs to which tenant, as what.
//!
//! Every request of a member is checked against this table, so a removed member is cut off at once.

pub mod permission;
pub mod add;
pub mod remove;
pub mod list;
pub(crate) mod store;

#[cfg(test)]
mod tests;

use crate::db::{DbError, Tx};
use crate::http::Routes;
use crate::ids::{AccountId, TenantId};

/// A tenant that an account is a member of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The tenant.
    pub tenant: TenantId,
    /// Its name.
    pub tenant_name: String,
}

/// The tenants of an account, by name.
pub(crate) async fn of_account(
    tx: &mut Tx,
    account: AccountId,
) -> Result<Vec<Membership>, DbError> {
    store::of_account(tx, account).await
}

/// The slice's routes.
pub fn routes() -> Routes {
    Routes::new().add(list::__path_list, list::list).add(remove::__path_remove, remove::remove)
}
