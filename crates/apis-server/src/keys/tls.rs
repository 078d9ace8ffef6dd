//! The key and the certificate of the units' door, made by the server itself.
//!
//! A unit trusts the *key*, by the SHA-256 of its `SubjectPublicKeyInfo`: the pin that a claim
//! carries. The certificate around it is made anew at every start, with the names that the
//! configuration lists, so that a new name or address costs nobody's trust. The key is P-256: the
//! only kind that every TLS 1.2 and 1.3 client of a small board speaks.
//!
//! The next key is made long before it is needed, and every unit is told its pin beside the
//! current one's: a unit that knows both stays in touch when the server goes on with the next.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use apis_protocol::settings::Pin;
use rcgen::{CertificateParams, DnType, KeyPair, PublicKeyData};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::files::{self, KeyFileError};

const CURRENT_KEY: &str = "units-tls.key";
const NEXT_KEY: &str = "units-tls-next.key";

/// What the units' listener shows, and the pins that units know it by.
#[derive(Debug)]
pub struct UnitsCertificate {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
    pin: Pin,
    next_pin: Pin,
}

/// Why the units' door has no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// Its key file cannot be used.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// A configured name cannot stand in a certificate.
    #[error("could not make a certificate for the units' door")]
    Make(#[from] rcgen::Error),
    /// TLS refused the key.
    #[error("could not set up TLS for the units' door")]
    Tls(#[from] rustls::Error),
}

impl UnitsCertificate {
    /// Loads the keys of a folder, or makes them, and makes a certificate for `names` (host names
    /// and addresses, without ports).
    ///
    /// Errors: `KeyFile`, or `Make` for a name that is none.
    pub fn load_or_make(
        folder: &Path,
        names: &[String],
    ) -> Result<UnitsCertificate, CertificateError> {
        let key = load_or_make_key(folder, CURRENT_KEY)?;
        let next_key = load_or_make_key(folder, NEXT_KEY)?;

        let mut params = CertificateParams::new(names.to_vec())?;
        params.distinguished_name.push(DnType::CommonName, "APIS units' door");
        let certificate = params.self_signed(&key)?;
        let der = PrivatePkcs8KeyDer::from(key.serialize_der());
        Ok(UnitsCertificate {
            certificate: certificate.der().clone(),
            key: der.into(),
            pin: pin_of(&key),
            next_pin: pin_of(&next_key),
        })
    }

    /// SHA-256 of the key's `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn pin(&self) -> Pin {
        self.pin
    }

    /// What units are told to trust: the current key's pin, then the next one's.
    #[must_use]
    pub fn pins(&self) -> Vec<Pin> {
        vec![self.pin, self.next_pin]
    }

    /// Settings of a listener that shows this certificate: TLS 1.2 and 1.3, HTTP/1.1.
    ///
    /// Errors: when TLS refuses the key.
    pub fn listener(&self) -> Result<Arc<ServerConfig>, CertificateError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], self.key.clone_key())?;
        // One protocol for requests, uploads and the channel, which is an HTTP/1.1 upgrade.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// The certificate's bytes (DER).
    #[must_use]
    pub fn certificate_der(&self) -> &[u8] {
        &self.certificate
    }
}

/// The pin of the key that the server will show after [`take_next_key`]; makes the key when the
/// folder has none.
///
/// Errors: of the key file.
pub fn next_pin(folder: &Path) -> Result<Pin, KeyFileError> {
    load_or_make_key(folder, NEXT_KEY).map(|key| pin_of(&key))
}

/// The pins of a folder's keys, the current one's first; makes what the folder lacks.
///
/// Errors: of the key files.
pub fn pins(folder: &Path) -> Result<Vec<Pin>, KeyFileError> {
    Ok(vec![pin_of(&load_or_make_key(folder, CURRENT_KEY)?), next_pin(folder)?])
}

/// The next key takes the place of the current one, which is gone: whole or not at all, also when
/// the power goes. The server shows it from its next start on, and makes a new next one.
///
/// Errors: of the disk; `NotFound` when there is no next key.
pub fn take_next_key(folder: &Path) -> Result<(), KeyFileError> {
    let path = folder.join(NEXT_KEY);
    let take = || -> io::Result<()> {
        fs::rename(&path, folder.join(CURRENT_KEY))?;
        File::open(folder)?.sync_all()
    };
    take().map_err(|source| KeyFileError::Io { path: path.clone(), source })
}

fn load_or_make_key(folder: &Path, name: &str) -> Result<KeyPair, KeyFileError> {
    let path: PathBuf = folder.join(name);
    let pem = files::load_or_make(&path, || {
        let key = KeyPair::generate().expect("ring makes a P-256 key from its random source");
        key.serialize_pem().into_bytes()
    })?;
    let pem = String::from_utf8(pem).ok();
    let key = pem.and_then(|pem| KeyPair::from_pem(&pem).ok());
    key.ok_or(KeyFileError::Malformed { path })
}

fn pin_of(key: &KeyPair) -> Pin {
    Pin::of_public_key(&key.subject_public_key_info())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_pin_outlives_restarts_and_new_names() {
        let folder = tempfile::tempdir().unwrap();
        let first = UnitsCertificate::load_or_make(folder.path(), &names(&["127.0.0.1"])).unwrap();
        let second =
            UnitsCertificate::load_or_make(folder.path(), &names(&["bees.example", "::1"]))
                .unwrap();
        assert_eq!(first.pin(), second.pin());
        assert_ne!(first.certificate_der(), second.certificate_der());
        second.listener().unwrap();
    }

    #[test]
    fn the_next_key_is_announced_first_and_then_shown() {
        let folder = tempfile::tempdir().unwrap();
        let before = UnitsCertificate::load_or_make(folder.path(), &[]).unwrap();
        assert_eq!(before.pins()[0], before.pin());
        assert_eq!(next_pin(folder.path()).unwrap(), before.pins()[1]);
        take_next_key(folder.path()).unwrap();
        let after = UnitsCertificate::load_or_make(folder.path(), &[]).unwrap();
        assert_eq!(after.pin(), before.pins()[1]);
        assert!(!before.pins().contains(&after.pins()[1]));
    }

    #[test]
    fn without_a_next_key_the_current_one_stays() {
        let folder = tempfile::tempdir().unwrap();
        let before = UnitsCertificate::load_or_make(folder.path(), &[]).unwrap();
        fs::remove_file(folder.path().join(NEXT_KEY)).unwrap();
        assert!(take_next_key(folder.path()).is_err());
        let after = UnitsCertificate::load_or_make(folder.path(), &[]).unwrap();
        assert_eq!(after.pin(), before.pin());
    }

    #[test]
    fn a_broken_key_file_is_named_and_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        UnitsCertificate::load_or_make(folder.path(), &[]).unwrap();
        let path = folder.path().join("units-tls.key");
        fs::write(&path, "not a key").unwrap();
        let error = UnitsCertificate::load_or_make(folder.path(), &[]).unwrap_err();
        assert!(
            matches!(error, CertificateError::KeyFile(KeyFileError::Malformed { .. })),
            "{error}"
        );
        assert_eq!(fs::read(&path).unwrap(), b"not a key");
    }
}
