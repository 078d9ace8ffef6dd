//! The units' door: who a request is from, that it comes once, and what every unit is told.
//!
//! A signed request is read in this order, each step before the next costs anything: its fields,
//! its key (one shared read), its signature, its nonce (durable before the answer), its body.

mod authority;
mod behind;
mod directory;
mod own_keys;
mod plausible;
mod settings;
pub(crate) mod store;
mod sweep;
mod tenant_key;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod profile_tests;

pub(crate) use own_keys::check_keys;
pub(crate) use sweep::run as sweep;

pub use authority::{authorities, hosts};
pub use behind::units_behind;
pub use directory::{KeyDirectory, KnownKey};
pub use own_keys::{ForeignKeys, adopt_keys};
pub use plausible::NewestMoment;
pub use settings::SettingsSource;
pub use tenant_key::{TenantKeyError, TenantKeys};

use std::sync::Arc;

use apis_protocol::KeyId;
use apis_protocol::envelope::Envelope;
use apis_protocol::http::NonceKey;

use crate::app::App;
use crate::clock::Clock;
use crate::commands::Channels;
use crate::db::{Db, DbError, GroupCommitter};
use crate::heartbeats::Heartbeats;
use crate::http::UnitCaller;
use crate::keys::ServerKey;
use crate::live::Streams;
use crate::uploads::Uploads;

/// What the units' door knows and holds.
#[derive(Debug)]
pub struct UnitsDoor {
    /// Every name and address, with its port, by which a unit may call.
    pub authorities: Vec<String>,
    /// What the server's own nonces are made with.
    pub nonce_key: NonceKey,
    /// What is known of each key.
    pub directory: KeyDirectory,
    /// Used nonces.
    pub nonces: GroupCommitter,
    /// Keys that sign settings and commands.
    pub tenant_keys: TenantKeys,
    /// What every unit is told.
    pub settings: SettingsSource,
    /// Whether the server's clock can be right.
    pub newest_moment: NewestMoment,
    /// How the units are.
    pub heartbeats: Heartbeats,
    /// Units that listen.
    pub channels: Channels,
    /// Video that somebody looks at.
    pub live: Arc<Streams>,
    /// Clips and sidecars that come in.
    pub uploads: Uploads,
}

impl UnitsDoor {
    /// Opens the door: reads what was stored, renews settings that the configuration changed, and
    /// starts the tasks behind it.
    ///
    /// Errors: of the database.
    pub async fn open(
        db: &Db,
        clock: &Clock,
        key: &ServerKey,
        settings: SettingsSource,
        uploads: Uploads,
    ) -> Result<UnitsDoor, DbError> {
        let authorities =
            settings.server_urls.iter().map(|url| url.authority().to_owned()).collect();
        let now = clock.now();
        let mut tx = db.global_tx().await?;
        let newest = store::newest_nonce_end(&mut tx).await?;
        if store::remember_settings(&mut tx, &settings.to_text()).await? {
            let count = store::renew_settings(&mut tx, now).await?;
            tracing::info!(units = count, "the units get new settings");
        }
        tx.commit().await?;
        Ok(UnitsDoor {
            authorities,
            nonce_key: NonceKey::from_bytes(key.derive("nonce")),
            directory: KeyDirectory::start(db.clone()),
            nonces: GroupCommitter::start(db.clone(), store::NONCES),
            tenant_keys: TenantKeys::new(key.sealer()),
            settings,
            newest_moment: NewestMoment::new(newest.map(plausible::moment_of_nonce_end)),
            heartbeats: Heartbeats::start(db.clone(), clock.clone()),
            channels: Channels::default(),
            live: Arc::default(),
            uploads,
        })
    }
}

/// The newest settings of a unit, signed by its tenant.
///
/// Errors: see [`TenantKeyError`].
pub(crate) async fn settings_of(
    app: &App,
    caller: &UnitCaller,
) -> Result<Envelope, TenantKeyError> {
    let mut tx = app.db.tenant_read(caller.tenant).await?;
    let key = app.units.tenant_keys.get(&mut tx, caller.tenant).await?;
    tx.rollback().await?;
    let generation = caller.key.settings_generation;
    Ok(app.units.settings.envelope(caller.unit, generation, &key, app.clock.now()))
}

/// Remembers that a unit named a higher boot than ever before.
pub(crate) async fn remember_boot(app: &App, key_id: KeyId, boot: u32) -> Result<(), DbError> {
    let mut tx = app.db.global_tx().await?;
    store::raise_boot(&mut tx, key_id, i64::from(boot)).await?;
    tx.commit().await
}

/// What units are told since the server's last start; `None` before its first.
///
/// Errors: of the database.
pub async fn last_settings(db: &Db) -> Result<Option<SettingsSource>, DbError> {
    let mut tx = db.global_read().await?;
    let document = store::settings_document(&mut tx).await?;
    tx.rollback().await?;
    Ok(document.and_then(|document| SettingsSource::of_text(&document)))
}
