//! Whether the keys in the folder are those that the database and its units know: a backup that
//! was put back without them, or beside those of another server, is noticed before it serves.

use apis_protocol::settings::Pin;

use super::settings::SettingsSource;
use super::store;
use super::tenant_key::{TenantKeyError, TenantKeys};
use crate::clock::UnixMs;
use crate::db::{Db, DbError};
use crate::keys::BrokenSeal;
use crate::tenants;

/// What in the folder of keys is not this database's.
#[derive(Debug, thiserror::Error)]
pub enum ForeignKeys {
    /// The database failed.
    #[error("could not read which keys are this database's")]
    Db(#[from] DbError),
    /// `server.key` opens nothing.
    #[error(
        "keys/server.key is not the key that this database's secrets are sealed under: put the \
         right one back from a backup"
    )]
    Server(#[source] BrokenSeal),
    /// No unit would speak to this server.
    #[error(
        "{units} units know this server by other keys than keys/units-tls.key: put that and \
         keys/units-tls-next.key back from a backup; if they are lost, `apis-server key adopt` \
         takes the present ones and every unit needs a new claim"
    )]
    Units {
        /// Units that are not released.
        units: i64,
    },
}

/// Checks that `tenant_keys` open, and that units trust the key whose pin is `shown`.
///
/// Errors: see [`ForeignKeys`].
pub(crate) async fn check_keys(
    db: &Db,
    tenant_keys: &TenantKeys,
    shown: Pin,
) -> Result<(), ForeignKeys> {
    let mut tx = db.global_read().await?;
    let tenants = tenants::store::all_ids(&mut tx).await?;
    let units = store::unit_count(&mut tx).await?;
    let told = store::settings_document(&mut tx).await?;
    tx.rollback().await?;
    for tenant in tenants {
        let mut tx = db.tenant_read(tenant).await?;
        let opened = tenant_keys.get(&mut tx, tenant).await;
        tx.rollback().await?;
        match opened {
            // All are sealed under one key, so the first tells.
            Ok(_) => break,
            Err(TenantKeyError::Db(DbError::Missing)) => {}
            Err(TenantKeyError::Db(error)) => return Err(error.into()),
            Err(TenantKeyError::Sealed(seal)) => return Err(ForeignKeys::Server(seal)),
        }
    }
    let told = told.and_then(|document| SettingsSource::of_text(&document));
    match told {
        Some(told) if units > 0 && !told.pins.contains(&shown) => Err(ForeignKeys::Units { units }),
        _ => Ok(()),
    }
}

/// Takes `pins` for those that units are told from now on, whatever they were told before. Returns
/// how many units there are; 0 before the server's first start, when there is nothing to do.
///
/// Errors: of the database.
pub async fn adopt_keys(db: &Db, pins: Vec<Pin>, now: UnixMs) -> Result<i64, DbError> {
    let mut tx = db.global_tx().await?;
    let told = store::settings_document(&mut tx).await?;
    let units = store::unit_count(&mut tx).await?;
    if let Some(told) = told.and_then(|document| SettingsSource::of_text(&document)) {
        let document = SettingsSource { pins, ..told }.to_text();
        if store::remember_settings(&mut tx, &document).await? {
            store::renew_settings(&mut tx, now).await?;
        }
    }
    tx.commit().await?;
    Ok(units)
}
