//! The newest heartbeat of each unit: read from memory, written behind.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use apis_protocol::UnitId;
use apis_units::Uptime;
use tokio::sync::Notify;

use super::store;
use crate::clock::{Clock, UnixMs};
use crate::db::{Db, DbError};
use crate::ids::TenantId;

/// Time between two writes of one tenant's states.
const WRITE_EVERY: Duration = Duration::from_secs(1);

/// One heartbeat, as it is kept.
#[derive(Debug, Clone)]
pub struct Beat {
    /// When it came, by the server's clock.
    pub heard_at: UnixMs,
    /// The boot it was sent in.
    pub boot: u32,
    /// The unit's uptime when it was sent.
    pub sent: Uptime,
    /// The whole report as JSON.
    pub report: Arc<String>,
}

/// How the units are. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Heartbeats {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    db: Db,
    clock: Clock,
    tenants: Mutex<HashMap<TenantId, Tenant>>,
    is_due: Notify,
    /// Held while states are written: who ends the server waits for what is on its way.
    writing: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Tenant {
    newest: HashMap<UnitId, Beat>,
    unwritten: HashSet<UnitId>,
}

impl Heartbeats {
    /// Starts the writing task, which ends with the runtime.
    #[must_use]
    pub fn start(db: Db, clock: Clock) -> Heartbeats {
        let tenants = Mutex::default();
        let shared = Arc::new(Shared {
            db,
            clock,
            tenants,
            is_due: Notify::new(),
            writing: tokio::sync::Mutex::default(),
        });
        let heartbeats = Heartbeats { shared };
        tokio::spawn(heartbeats.clone().run());
        heartbeats
    }

    /// Remembers the newest heartbeat of a unit; it is written within a second.
    pub fn note(&self, tenant: TenantId, unit: UnitId, beat: Beat) {
        let mut tenants = self.tenants();
        let tenant = tenants.entry(tenant).or_default();
        tenant.newest.insert(unit, beat);
        tenant.unwritten.insert(unit);
        drop(tenants);
        self.shared.is_due.notify_one();
    }

    /// The newest heartbeat since this process started.
    #[must_use]
    pub fn newest(&self, tenant: TenantId, unit: UnitId) -> Option<Beat> {
        self.tenants().get(&tenant)?.newest.get(&unit).cloned()
    }

    /// Forgets a unit that was released.
    pub fn forget(&self, tenant: TenantId, unit: UnitId) {
        if let Some(tenant) = self.tenants().get_mut(&tenant) {
            tenant.newest.remove(&unit);
            tenant.unwritten.remove(&unit);
        }
    }

    /// Writes what is not written yet; called each second, and when the server ends.
    pub async fn write_all(&self) {
        let _writing = self.shared.writing.lock().await;
        let due: Vec<TenantId> = self
            .tenants()
            .iter()
            .filter(|(_, tenant)| !tenant.unwritten.is_empty())
            .map(|(tenant, _)| *tenant)
            .collect();
        for tenant in due {
            if let Err(error) = self.write(tenant).await {
                metrics::counter!("apis_heartbeat_write_failures_total").increment(1);
                tracing::warn!(tenant.id = %tenant, %error, "the units' states were not written");
            }
        }
    }

    async fn write(&self, tenant: TenantId) -> Result<(), DbError> {
        let beats: Vec<(UnitId, Beat)> = {
            let mut tenants = self.tenants();
            let Some(entry) = tenants.get_mut(&tenant) else { return Ok(()) };
            let unwritten = std::mem::take(&mut entry.unwritten);
            unwritten
                .into_iter()
                .filter_map(|unit| entry.newest.get(&unit).map(|beat| (unit, beat.clone())))
                .collect()
        };
        let written = self.write_beats(tenant, &beats).await;
        if written.is_err() {
            let mut tenants = self.tenants();
            let entry = tenants.entry(tenant).or_default();
            entry.unwritten.extend(beats.iter().map(|(unit, _)| *unit));
        }
        written
    }

    async fn write_beats(&self, tenant: TenantId, beats: &[(UnitId, Beat)]) -> Result<(), DbError> {
        let mut tx = self.shared.db.tenant_tx(tenant).await?;
        for (unit, beat) in beats {
            store::keep(&mut tx, tenant, *unit, beat).await?;
        }
        tx.commit().await
    }

    async fn run(self) {
        loop {
            self.shared.is_due.notified().await;
            self.write_all().await;
            metrics::gauge!("apis_heartbeat_age_seconds_max")
                .set(self.age_ms_max() as f64 / 1_000.0);
            tokio::time::sleep(WRITE_EVERY).await;
        }
    }

    /// Age of the oldest newest heartbeat, in milliseconds.
    fn age_ms_max(&self) -> i64 {
        let now = self.shared.clock.now();
        let tenants = self.tenants();
        let beats = tenants.values().flat_map(|tenant| tenant.newest.values());
        beats.map(|beat| now.0.saturating_sub(beat.heard_at.0)).max().unwrap_or(0)
    }

    fn tenants(&self) -> std::sync::MutexGuard<'_, HashMap<TenantId, Tenant>> {
        self.shared.tenants.lock().expect("nobody panics while holding the heartbeats")
    }
}
