//! The SQL of tenants.

use crate::clock::UnixMs;
use crate::db::{DbError, Tx};
use crate::ids::TenantId;

pub async fn insert(
    tx: &mut Tx,
    tenant: TenantId,
    name: &str,
    storage_bytes_max: i64,
    now: UnixMs,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO tenant (id, name, change_seq, storage_bytes_max, created_at_ms)
         VALUES ($1, $2, 0, $3, $4)",
        (tenant, name, storage_bytes_max, now),
    )
    .await
    .map(drop)
}

pub async fn take_change_seq(tx: &mut Tx, tenant: TenantId) -> Result<i64, DbError> {
    let (change_seq,) = tx
        .one(
            "UPDATE tenant SET change_seq = change_seq + 1 WHERE id = $1 RETURNING change_seq",
            (tenant,),
        )
        .await?;
    Ok(change_seq)
}

pub async fn newest_change(tx: &mut Tx, tenant: TenantId) -> Result<i64, DbError> {
    let (change_seq,) = tx.one("SELECT change_seq FROM tenant WHERE id = $1", (tenant,)).await?;
    Ok(change_seq)
}

pub async fn epoch(tx: &mut Tx) -> Result<String, DbError> {
    let (epoch,) = tx.one("SELECT epoch FROM server_meta WHERE id = 1", ()).await?;
    Ok(epoch)
}

pub async fn set_epoch(tx: &mut Tx, epoch: &str) -> Result<(), DbError> {
    tx.execute("UPDATE server_meta SET epoch = $1 WHERE id = 1", (epoch,)).await.map(drop)
}

pub async fn all_ids(tx: &mut Tx) -> Result<Vec<TenantId>, DbError> {
    let rows = tx.all::<(TenantId,)>("SELECT id FROM tenant ORDER BY id", ()).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Every tenant with its name, by name.
pub async fn all_names(tx: &mut Tx) -> Result<Vec<(TenantId, String)>, DbError> {
    tx.all("SELECT id, name FROM tenant ORDER BY name, id", ()).await
}

pub async fn lock(tx: &mut Tx, tenant: TenantId) -> Result<bool, DbError> {
    Ok(tx.execute("UPDATE tenant SET name = name WHERE id = $1", (tenant,)).await? == 1)
}
