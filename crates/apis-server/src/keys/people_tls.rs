//! The certificate of the people's door, from the operator's two PEM files.
//!
//! Browsers trust a certificate authority, so this one comes from outside: from an ACME client or
//! an authority of one's own. Whoever renews it writes the files anew; the door shows what they
//! hold within [`LOOK`], and goes on with what it has while they hold nothing that can be used.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// How often it is looked whether the files changed.
const LOOK: Duration = Duration::from_secs(30);

/// Why the people's door has no certificate.
#[derive(Debug, thiserror::Error)]
pub enum PeopleTlsError {
    /// A file cannot be read.
    #[error("{} cannot be read", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// A file holds no PEM of its kind.
    #[error("{} holds no {what} in PEM", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// `certificate` or `private key`.
        what: &'static str,
    },
    /// The two do not belong together, or are of a kind that TLS does not take.
    #[error("{} and its key cannot be used: {source}", path.display())]
    Refused {
        /// The file of the certificate.
        path: PathBuf,
        /// What TLS says.
        source: rustls::Error,
    },
}

/// What the people's listener shows.
#[derive(Clone)]
pub struct PeopleTls {
    files: Files,
    shown: Contents,
    config: RustlsConfig,
}

#[derive(Debug, Clone)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// The two files' bytes.
#[derive(Clone, PartialEq, Eq)]
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl PeopleTls {
    /// Reads the chain of certificates, the server's own first, and its private key.
    ///
    /// Errors: see [`PeopleTlsError`].
    pub fn load(certificate: &Path, key: &Path) -> Result<PeopleTls, PeopleTlsError> {
        let files = Files { certificate: certificate.to_owned(), key: key.to_owned() };
        let shown = files.read()?;
        let config = RustlsConfig::from_config(files.listener(&shown)?);
        Ok(PeopleTls { files, shown, config })
    }

    /// TLS over the connections that `inner` accepts.
    pub fn acceptor<A>(&self, inner: A) -> RustlsAcceptor<A> {
        RustlsAcceptor::new(self.config.clone()).acceptor(inner)
    }

    /// Shows what the files hold once they changed, for as long as the server runs.
    pub async fn follow(mut self) {
        loop {
            tokio::time::sleep(LOOK).await;
            self.look();
        }
    }

    /// One look. Files whose content cannot be used are told once, files that cannot be read each time.
    fn look(&mut self) {
        let found = self.files.read().and_then(|contents| {
            if contents == self.shown {
                return Ok(());
            }
            let listener = self.files.listener(&contents);
            self.shown = contents;
            self.config.reload_from_config(listener?);
            tracing::info!("the people's door shows a new certificate");
            Ok(())
        });
        if let Err(error) = found {
            metrics::counter!("apis_people_certificate_refused_total").increment(1);
            tracing::error!(%error, "the people's door goes on with the certificate of before");
        }
    }
}

impl Files {
    fn read(&self) -> Result<Contents, PeopleTlsError> {
        let read = |path: &Path| {
            fs::read(path).map_err(|source| PeopleTlsError::Io { path: path.to_owned(), source })
        };
        Ok(Contents { certificate: read(&self.certificate)?, key: read(&self.key)? })
    }

    /// Settings of a listener: TLS 1.2 and 1.3, HTTP/1.1.
    fn listener(&self, contents: &Contents) -> Result<Arc<ServerConfig>, PeopleTlsError> {
        let malformed =
            |path: &Path, what| PeopleTlsError::Malformed { path: path.to_owned(), what };
        let chain: Result<Vec<_>, _> =
            CertificateDer::pem_slice_iter(&contents.certificate).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty());
        let chain = chain.ok_or_else(|| malformed(&self.certificate, "certificate"))?;
        let key = PrivateKeyDer::from_pem_slice(&contents.key)
            .map_err(|_| malformed(&self.key, "private key"))?;
        let refused = |source| PeopleTlsError::Refused { path: self.certificate.clone(), source };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(refused)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(refused)?;
        // One request at a time on a connection: what a reader has not taken yet is known of it.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use apis_testkit::certificate::Certificate;

    /// A certificate and its key, written into `folder`.
    fn pair(folder: &Path) -> (PathBuf, PathBuf) {
        let Certificate { chain, key, .. } = Certificate::make(folder, "bees.example").unwrap();
        (chain, key)
    }

    #[test]
    fn a_renewed_certificate_is_shown_and_a_broken_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = pair(folder.path());
        let mut tls = PeopleTls::load(&certificate, &key).unwrap();
        let shown = |tls: &PeopleTls| Arc::as_ptr(&tls.config.get_inner());
        let first = shown(&tls);
        tls.look();
        assert_eq!(shown(&tls), first, "nothing changed");
        fs::write(&certificate, "half written").unwrap();
        tls.look();
        assert_eq!(shown(&tls), first, "what cannot be used is not shown");
        pair(folder.path());
        tls.look();
        assert_ne!(shown(&tls), first);
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let check = |paths: (&Path, &Path), expected: &str| {
            let error = PeopleTls::load(paths.0, paths.1).err().unwrap();
            assert!(error.to_string().contains(expected), "{error}");
        };
        let (certificate, key) = pair(folder.path());
        let missing = folder.path().join("none.pem");
        check((&missing, &key), "none.pem cannot be read");
        check((&key, &key), "key.pem holds no certificate");
        check((&certificate, &certificate), "chain.pem holds no private key");
        let other = tempfile::tempdir().unwrap();
        let (_, foreign_key) = pair(other.path());
        check((&certificate, &foreign_key), "chain.pem and its key cannot be used");
    }
}
