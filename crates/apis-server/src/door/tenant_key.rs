//! The key by which a tenant signs what goes down to its units: made at first need, sealed at
//! rest.

use std::collections::HashMap;
use std::sync::Mutex;

use apis_protocol::SecretKey;

use super::store;
use crate::clock::UnixMs;
use crate::db::{DbError, Tx};
use crate::http::ApiError;
use crate::ids::TenantId;
use crate::keys::{BrokenSeal, Purpose, Sealer};
use crate::random;

/// Every tenant's signing key that was needed since the start. A tenant's key never changes.
#[derive(Debug)]
pub struct TenantKeys {
    sealer: Sealer,
    opened: Mutex<HashMap<TenantId, SecretKey>>,
}

/// Why a tenant's key is not at hand.
#[derive(Debug, thiserror::Error)]
pub enum TenantKeyError {
    /// The database failed.
    #[error("could not read the tenant's key")]
    Db(#[from] DbError),
    /// The row was sealed under another server key: `server.key` was lost or replaced.
    #[error("the tenant's signing key does not open")]
    Sealed(#[from] BrokenSeal),
}

impl TenantKeys {
    /// Keys that are sealed by `sealer`.
    #[must_use]
    pub fn new(sealer: Sealer) -> TenantKeys {
        TenantKeys { sealer, opened: Mutex::default() }
    }

    /// The tenant's key, made if it has none. `tx` may write the tenant's rows; a key that was
    /// just made is used only once that transaction is committed.
    ///
    /// Errors: see [`TenantKeyError`].
    pub async fn get_or_make(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        now: UnixMs,
    ) -> Result<SecretKey, TenantKeyError> {
        if let Some(key) = self.opened(tenant) {
            return Ok(key);
        }
        let made = SecretKey::from_seed(&random::bytes());
        let sealed = self.seal(tenant, &made);
        store::add_tenant_key(tx, tenant, &made.public().to_string(), &sealed, now).await?;
        self.open(tx, tenant).await
    }

    /// The tenant's key, which its first enrolment made.
    ///
    /// Errors: see [`TenantKeyError`]; `Missing` before the first enrolment.
    pub async fn get(&self, tx: &mut Tx, tenant: TenantId) -> Result<SecretKey, TenantKeyError> {
        if let Some(key) = self.opened(tenant) {
            return Ok(key);
        }
        let key = self.open(tx, tenant).await?;
        // Read from a committed row, so it may be remembered.
        self.opened
            .lock()
            .expect("nobody panics while holding the keys")
            .insert(tenant, key.clone());
        Ok(key)
    }

    fn opened(&self, tenant: TenantId) -> Option<SecretKey> {
        self.opened.lock().expect("nobody panics while holding the keys").get(&tenant).cloned()
    }

    fn seal(&self, tenant: TenantId, key: &SecretKey) -> String {
        self.sealer.seal(Purpose::TenantSigningKey, &tenant.to_string(), &key.seed())
    }

    async fn open(&self, tx: &mut Tx, tenant: TenantId) -> Result<SecretKey, TenantKeyError> {
        let sealed = store::tenant_key(tx, tenant).await?;
        let owner = tenant.to_string();
        let seed = self.sealer.open(Purpose::TenantSigningKey, &owner, &sealed)?;
        let seed = seed.try_into().map_err(|_| BrokenSeal)?;
        Ok(SecretKey::from_seed(&seed))
    }
}

impl From<TenantKeyError> for ApiError {
    fn from(error: TenantKeyError) -> ApiError {
        match error {
            TenantKeyError::Db(source) => source.into(),
            TenantKeyError::Sealed(_) => ApiError::internal(error),
        }
    }
}
