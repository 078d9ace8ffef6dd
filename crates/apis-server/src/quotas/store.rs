//! The SQL of storage reservations.

use crate::db::{DbError, Tx};
use crate::ids::TenantId;

/// Reserves bytes, if the tenant's limit allows it beside what is used and reserved already.
///
/// Returns whether it did. Two reservations at once cannot both take the last bytes: the row's
/// lock orders them.
pub async fn reserve(tx: &mut Tx, tenant: TenantId, bytes: i64) -> Result<bool, DbError> {
    tx.execute(
        "INSERT INTO storage_use (tenant_id, used_bytes, reserved_bytes)
         VALUES ($1, 0, 0)
         ON CONFLICT (tenant_id) DO NOTHING",
        (tenant,),
    )
    .await?;
    let changed = tx
        .execute(
            "UPDATE storage_use
             SET reserved_bytes = reserved_bytes + $2
             WHERE tenant_id = $1
               AND used_bytes + reserved_bytes + $2
                   <= (SELECT storage_bytes_max FROM tenant WHERE id = $1)",
            (tenant, bytes),
        )
        .await?;
    Ok(changed == 1)
}

/// Gives a reservation back.
pub async fn release(tx: &mut Tx, tenant: TenantId, bytes: i64) -> Result<(), DbError> {
    tx.execute(
        "UPDATE storage_use
         SET reserved_bytes = reserved_bytes - $2
         WHERE tenant_id = $1",
        (tenant, bytes),
    )
    .await?;
    Ok(())
}

/// Turns a reservation into use.
pub async fn use_reserved(tx: &mut Tx, tenant: TenantId, bytes: i64) -> Result<(), DbError> {
    tx.execute(
        "UPDATE storage_use
         SET reserved_bytes = reserved_bytes - $2, used_bytes = used_bytes + $2
         WHERE tenant_id = $1",
        (tenant, bytes),
    )
    .await?;
    Ok(())
}

/// Ends the use of bytes that were deleted.
pub async fn free_used(tx: &mut Tx, tenant: TenantId, bytes: i64) -> Result<(), DbError> {
    tx.execute(
        "UPDATE storage_use
         SET used_bytes = used_bytes - $2
         WHERE tenant_id = $1",
        (tenant, bytes),
    )
    .await?;
    Ok(())
}

/// Counts bytes as used again: they were thought to be gone.
pub async fn use_again(tx: &mut Tx, tenant: TenantId, bytes: i64) -> Result<(), DbError> {
    free_used(tx, tenant, -bytes).await
}

/// Takes the tenant's turn to reserve: nothing new is announced until this transaction is over.
pub async fn hold_reservations(tx: &mut Tx, tenant: TenantId) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO storage_use (tenant_id, used_bytes, reserved_bytes)
         VALUES ($1, 0, 0)
         ON CONFLICT (tenant_id) DO UPDATE SET used_bytes = storage_use.used_bytes",
        (tenant,),
    )
    .await?;
    Ok(())
}

/// Bytes used and bytes reserved.
#[cfg(test)]
pub async fn standing(tx: &mut Tx, tenant: TenantId) -> Result<(i64, i64), DbError> {
    let row = tx
        .optional(
            "SELECT used_bytes, reserved_bytes
             FROM storage_use
             WHERE tenant_id = $1",
            (tenant,),
        )
        .await?;
    Ok(row.unwrap_or((0, 0)))
}
