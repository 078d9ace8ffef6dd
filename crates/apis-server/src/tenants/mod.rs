//! Tenants: what owns data. The change sequence that orders a tenant's changes lives here.

pub mod create;
pub(crate) mod store;

use crate::db::{Db, DbError, Tx};
use crate::ids::TenantId;

/// Takes the next number of the tenant's change sequence and, with it, the tenant's turn to write.
///
/// Must be the first statement of a transaction that writes a table with a `change_seq`: the
/// tenant's row stays locked until the commit, so numbers commit in their order and no reader that
/// goes by them can skip a row.
///
/// Errors: [`DbError::Missing`] when there is no such tenant.
pub async fn take_change_seq(tx: &mut Tx, tenant: TenantId) -> Result<i64, DbError> {
    store::take_change_seq(tx, tenant).await
}

/// The newest change there is; every one before it is committed.
pub(crate) async fn newest_change(tx: &mut Tx, tenant: TenantId) -> Result<i64, DbError> {
    store::newest_change(tx, tenant).await
}

/// The epoch of the data: another one after it was restored.
pub(crate) async fn epoch(tx: &mut Tx) -> Result<String, DbError> {
    store::epoch(tx).await
}

/// Begins another epoch; the database's owner alone may.
pub(crate) async fn set_epoch(tx: &mut Tx, epoch: &str) -> Result<(), DbError> {
    store::set_epoch(tx, epoch).await
}

/// Every tenant, for work that the server does by itself.
pub(crate) async fn all_ids(db: &Db) -> Result<Vec<TenantId>, DbError> {
    let mut tx = db.global_read().await?;
    let tenants = store::all_ids(&mut tx).await?;
    tx.commit().await?;
    Ok(tenants)
}

/// Every tenant with its name, by name.
pub(crate) async fn all_names(db: &Db) -> Result<Vec<(TenantId, String)>, DbError> {
    let mut tx = db.global_read().await?;
    let tenants = store::all_names(&mut tx).await?;
    tx.commit().await?;
    Ok(tenants)
}

/// Takes the tenant's turn without a change number, for a change that no sync pulls but that must
/// not meet another. `false` when there is no such tenant.
pub(crate) async fn lock(tx: &mut Tx, tenant: TenantId) -> Result<bool, DbError> {
    store::lock(tx, tenant).await
}
