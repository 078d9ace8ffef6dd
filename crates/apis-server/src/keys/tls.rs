//! The key and the certificate of the units' door, made by the server itself.
//!
//! A unit trusts the *key*, by the SHA-256 of its `SubjectPublicKeyInfo`: the pin that a claim
//! carries. The certificate around it is made anew at every start, with the names that the
//! configuration lists, so that a new name or address costs nobody's trust. The key is P-256: the
//! only kind that every TLS 1.2 and 1.3 client of a small board speaks.

use std::path::Path;
use std::sync::Arc;

use apis_protocol::settings::Pin;
use rcgen::{CertificateParams, DnType, KeyPair, PublicKeyData};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::files::{self, KeyFileError};

/// What the units' listener shows, and the pin that units know it by.
#[derive(Debug)]
pub struct UnitsCertificate {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
    pin: Pin,
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
    /// Loads the key of a folder, or makes it, and makes a certificate for `names` (host names
    /// and addresses, without ports).
    ///
    /// Errors: `KeyFile`, or `Make` for a name that is none.
    pub fn load_or_make(
        folder: &Path,
        names: &[String],
    ) -> Result<UnitsCertificate, CertificateError> {
        let path = folder.join("units-tls.key");
        let pem = files::load_or_make(&path, || {
            let key = KeyPair::generate().expect("ring makes a P-256 key from its random source");
            key.serialize_pem().into_bytes()
        })?;
        let malformed = || KeyFileError::Malformed { path: path.clone() };
        let pem = String::from_utf8(pem).map_err(|_| malformed())?;
        let key = KeyPair::from_pem(&pem).map_err(|_| malformed())?;

        let mut params = CertificateParams::new(names.to_vec())?;
        params.distinguished_name.push(DnType::CommonName, "APIS units' door");
        let certificate = params.self_signed(&key)?;
        let pin = Pin::of_public_key(&key.subject_public_key_info());
        let der = PrivatePkcs8KeyDer::from(key.serialize_der());
        Ok(UnitsCertificate { certificate: certificate.der().clone(), key: der.into(), pin })
    }

    /// SHA-256 of the key's `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn pin(&self) -> Pin {
        self.pin
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

#[cfg(test)]
mod tests {
    use std::fs;

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
