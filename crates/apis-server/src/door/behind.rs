//! Which units have not yet said that they run the newest settings. Whatever those settings bring,
//! such as the pin of the server's next key, they may not know.

use apis_protocol::UnitId;
use apis_protocol::heartbeat::HeartbeatReport;
use apis_protocol::message::Message as _;

use super::store;
use crate::db::{Db, DbError};
use crate::ids::TenantId;
use crate::{heartbeats, tenants};

/// Units of every tenant, released ones apart, whose last stored heartbeat does not name the
/// settings that were made for them last; one that was never heard is among them.
///
/// Errors: of the database.
pub async fn units_behind(db: &Db) -> Result<Vec<(TenantId, UnitId)>, DbError> {
    let mut tx = db.global_read().await?;
    let all = tenants::store::all_ids(&mut tx).await?;
    tx.rollback().await?;
    let mut behind = Vec::new();
    for tenant in all {
        let mut tx = db.tenant_read(tenant).await?;
        for (unit, generation) in store::settings_generations(&mut tx, tenant).await? {
            let beat = heartbeats::stored_beat(&mut tx, tenant, unit).await?;
            let report = beat.and_then(|(_, json)| HeartbeatReport::read(json.as_bytes()).ok());
            let runs = report.and_then(|report| report.settings_generation);
            if runs != Some(generation) {
                behind.push((tenant, unit));
            }
        }
        tx.rollback().await?;
    }
    Ok(behind)
}
