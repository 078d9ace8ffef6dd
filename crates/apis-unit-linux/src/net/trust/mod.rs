//! Trust in the server by pin: its public key is one of a set, and it proves that it holds it.
//!
//! The name in the certificate and its dates do not count: a pin names one key, an unsynchronised
//! unit knows no date, and a certificate that a server made for itself says nothing by expiring.
//! Which keys are trusted changes by signed settings alone.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use apis_protocol::settings::Pin;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use webpki::EndEntityCert;

/// The trusted keys, shared by every connection; changes count from the next handshake on.
#[derive(Debug, Clone)]
pub struct Trust {
    pins: Arc<RwLock<Vec<Pin>>>,
    mismatches: Arc<AtomicU64>,
    provider: Arc<CryptoProvider>,
}

impl Trust {
    /// Trust in the keys of these pins.
    pub fn new(pins: Vec<Pin>) -> Trust {
        Trust {
            pins: Arc::new(RwLock::new(pins)),
            mismatches: Arc::default(),
            provider: Arc::new(ring::default_provider()),
        }
    }

    /// Replaces the set.
    pub fn replace(&self, pins: Vec<Pin>) {
        *self.pins.write().unwrap_or_else(PoisonError::into_inner) = pins;
    }

    /// How many handshakes met a key that is not in the set.
    pub fn mismatches(&self) -> u64 {
        self.mismatches.load(Ordering::SeqCst)
    }

    /// TLS by this trust, for HTTP/1.1.
    pub fn tls(&self) -> ClientConfig {
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .expect("ring speaks TLS 1.2 and 1.3")
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(self.clone()))
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config
    }
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let bad_encoding = |_| Error::InvalidCertificate(CertificateError::BadEncoding);
        let certificate = EndEntityCert::try_from(end_entity).map_err(bad_encoding)?;
        let pin = Pin::of_public_key(&certificate.subject_public_key_info());
        if self.pins.read().unwrap_or_else(PoisonError::into_inner).contains(&pin) {
            return Ok(ServerCertVerified::assertion());
        }
        self.mismatches.fetch_add(1, Ordering::SeqCst);
        Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests;
