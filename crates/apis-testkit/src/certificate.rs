//! A certificate of its own for a server under test.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rcgen::{CertificateParams, KeyPair, PublicKeyData as _};

/// The files of a certificate that it signed itself, and what it is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The certificate, in PEM.
    pub chain: PathBuf,
    /// Its private key, in PEM.
    pub key: PathBuf,
    /// Its public key as `SubjectPublicKeyInfo` (DER).
    pub public_key: Vec<u8>,
}

impl Certificate {
    /// Makes one for `host`, a name or an address, in `folder`.
    ///
    /// Errors: of the disk; when the host is none.
    pub fn make(folder: &Path, host: &str) -> io::Result<Certificate> {
        let pair = KeyPair::generate().map_err(io::Error::other)?;
        let certificate = CertificateParams::new(vec![host.to_owned()])
            .and_then(|params| params.self_signed(&pair))
            .map_err(io::Error::other)?;
        let (chain, key) = (folder.join("chain.pem"), folder.join("key.pem"));
        fs::write(&chain, certificate.pem())?;
        fs::write(&key, pair.serialize_pem())?;
        Ok(Certificate { chain, key, public_key: pair.subject_public_key_info() })
    }
}
