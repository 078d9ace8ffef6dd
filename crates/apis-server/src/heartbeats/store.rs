//! The SQL of the units' states.

use apis_protocol::UnitId;

use super::state::Beat;
use crate::clock::UnixMs;
use crate::db::{DbError, Tx};
use crate::ids::TenantId;

/// Writes the newest state of a unit. An older one never replaces a newer.
pub async fn keep(tx: &mut Tx, tenant: TenantId, unit: UnitId, beat: &Beat) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO unit_state (tenant_id, id, heard_at_ms, boot, report)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant_id, id) DO UPDATE
         SET heard_at_ms = excluded.heard_at_ms, boot = excluded.boot, report = excluded.report
         WHERE unit_state.heard_at_ms <= excluded.heard_at_ms",
        (tenant, unit, beat.heard_at, beat.boot, beat.report.as_str()),
    )
    .await?;
    Ok(())
}

/// The state of a unit that was written last: when it was heard, and its report.
pub async fn stored_beat(
    tx: &mut Tx,
    tenant: TenantId,
    unit: UnitId,
) -> Result<Option<(UnixMs, String)>, DbError> {
    tx.optional(
        "SELECT heard_at_ms, report
         FROM unit_state
         WHERE tenant_id = $1 AND id = $2",
        (tenant, unit),
    )
    .await
}
