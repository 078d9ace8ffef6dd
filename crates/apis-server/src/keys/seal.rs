//! Secrets that lie in the database, sealed under a key that does not.
//!
//! XChaCha20-Poly1305 with a random 192-bit nonce (RFC 8439; draft-irtf-cfrg-xchacha-03). The
//! purpose and the owner are authenticated with it, so a sealed text that was moved to another
//! row does not open.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};

use crate::random;

const NONCE_BYTES: usize = 24;
/// First part of every sealed text: which scheme, so that another can follow.
const SCHEME: &str = "x1.";

/// What a sealed text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The key by which a tenant signs commands and settings.
    TenantSigningKey,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Purpose::TenantSigningKey => "tenant_signing_key",
        }
    }

    fn bound_to(self, owner: &str) -> Vec<u8> {
        [self.name().as_bytes(), b"\0", owner.as_bytes()].concat()
    }
}

/// The text was not sealed by this server for this purpose and owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed text does not open: another server key, purpose or owner")]
pub struct BrokenSeal;

/// Seals and opens.
pub struct Sealer(XChaCha20Poly1305);

impl std::fmt::Debug for Sealer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Sealer(hidden)")
    }
}

impl Sealer {
    pub(super) fn new(key: &[u8; 32]) -> Sealer {
        Sealer(XChaCha20Poly1305::new(key.into()))
    }

    /// Seals `secret` for `owner` (an id) as text.
    #[must_use]
    pub fn seal(&self, purpose: Purpose, owner: &str, secret: &[u8]) -> String {
        let nonce = random::bytes::<NONCE_BYTES>();
        let aad = purpose.bound_to(owner);
        let sealed = self
            .0
            .encrypt(&XNonce::from(nonce), Payload { msg: secret, aad: &aad })
            .expect("a key is far shorter than the cipher's limit");
        let text = URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat());
        format!("{SCHEME}{text}")
    }

    /// Opens what `seal` made.
    ///
    /// Errors: `BrokenSeal`.
    pub fn open(&self, purpose: Purpose, owner: &str, sealed: &str) -> Result<Vec<u8>, BrokenSeal> {
        let text = sealed.strip_prefix(SCHEME).ok_or(BrokenSeal)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| BrokenSeal)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(BrokenSeal)?;
        let aad = purpose.bound_to(owner);
        self.0
            .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: &aad })
            .map_err(|_| BrokenSeal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_for_its_owner_alone() {
        let sealer = Sealer::new(&[7; 32]);
        let sealed = sealer.seal(Purpose::TenantSigningKey, "tenant-1", b"secret");
        let open = |sealer: &Sealer, owner, sealed: &str| {
            sealer.open(Purpose::TenantSigningKey, owner, sealed)
        };
        assert_eq!(open(&sealer, "tenant-1", &sealed), Ok(b"secret".to_vec()));
        assert_eq!(open(&sealer, "tenant-2", &sealed), Err(BrokenSeal));
        assert_eq!(open(&Sealer::new(&[8; 32]), "tenant-1", &sealed), Err(BrokenSeal));
        for broken in ["", "x1.", "x1.AAAA", &sealed[..sealed.len() - 2], &sealed[1..]] {
            assert_eq!(open(&sealer, "tenant-1", broken), Err(BrokenSeal), "{broken}");
        }
    }

    #[test]
    fn the_same_secret_never_looks_the_same_twice() {
        let sealer = Sealer::new(&[7; 32]);
        let seal = || sealer.seal(Purpose::TenantSigningKey, "tenant-1", b"secret");
        assert_ne!(seal(), seal());
    }
}
