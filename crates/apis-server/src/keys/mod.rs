//! The server's secrets: files beside the database, never in it.
//!
//! `server.key` is 32 random bytes. Nothing uses them directly: each purpose takes a key derived
//! from them, so that one purpose cannot be played against another. Losing the file loses what
//! is sealed under it, which is why a backup has to carry it.

pub mod files;
pub mod people_tls;
pub mod seal;
pub mod tls;

use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

pub use files::KeyFileError;
pub use people_tls::{PeopleTls, PeopleTlsError};
pub use seal::{BrokenSeal, Purpose, Sealer};
pub use tls::{CertificateError, UnitsCertificate};

/// The key that everything secret of this server hangs on.
pub struct ServerKey([u8; 32]);

impl std::fmt::Debug for ServerKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ServerKey(hidden)")
    }
}

impl ServerKey {
    /// Loads `server.key` of a folder, or makes it when the folder has none.
    ///
    /// Errors: of the disk, and when the file is of another length or others may read it.
    pub fn load_or_make(folder: &Path) -> Result<ServerKey, KeyFileError> {
        let path = folder.join("server.key");
        let bytes = files::load_or_make(&path, || crate::random::bytes::<32>().to_vec())?;
        let key = bytes.try_into().map_err(|_| KeyFileError::Malformed { path })?;
        Ok(ServerKey(key))
    }

    /// A key for one purpose. The same purpose always gets the same key.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes any key length");
        mac.update(b"apis-server-key-v1\0");
        mac.update(purpose.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// Seals what may lie in the database.
    #[must_use]
    pub fn sealer(&self) -> Sealer {
        Sealer::new(&self.derive("seal"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_each_purpose_has_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let made = ServerKey::load_or_make(folder.path()).unwrap();
        let loaded = ServerKey::load_or_make(folder.path()).unwrap();
        assert_eq!(made.derive("seal"), loaded.derive("seal"));
        assert_ne!(made.derive("seal"), made.derive("nonce"));
    }

    #[test]
    fn a_key_of_another_length_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        files::load_or_make(&folder.path().join("server.key"), || b"short".to_vec()).unwrap();
        let error = ServerKey::load_or_make(folder.path()).unwrap_err();
        assert!(matches!(error, KeyFileError::Malformed { .. }));
    }
}
