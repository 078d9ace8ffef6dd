//! Ed25519 keys as the protocol knows them: strict, never weak, named by thumbprint.

use crate::encoding;
use alloc::format;
use alloc::string::String;
use core::fmt;
use core::str::FromStr;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Digest as _;

/// Bytes of an Ed25519 signature.
pub const SIGNATURE_BYTES: usize = 64;

/// Why bytes are no public key we accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadKey {
    /// Not 32 bytes of strict base64url.
    Encoding,
    /// No point of the curve, or another spelling of one.
    NotAPoint,
    /// A point of small order: every signature of somebody would verify under it.
    Weak,
}

impl fmt::Display for BadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadKey::Encoding => "not 32 bytes of base64url",
            BadKey::NotAPoint => "not a canonical point of Ed25519",
            BadKey::Weak => "a weak key",
        })
    }
}

impl core::error::Error for BadKey {}

/// A public Ed25519 key that is canonical and not weak; base64url in messages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// The key of these 32 bytes (RFC 8032 §5.1.2).
    ///
    /// Errors: `NotAPoint`, `Weak`.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<PublicKey, BadKey> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| BadKey::NotAPoint)?;
        if key.to_edwards().compress().as_bytes() != bytes {
            return Err(BadKey::NotAPoint);
        }
        if key.is_weak() {
            return Err(BadKey::Weak);
        }
        Ok(PublicKey(key))
    }

    /// Its 32 bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Its name: the JWK thumbprint (RFC 7638 §3, members of RFC 8037 §2).
    #[must_use]
    pub fn key_id(self) -> KeyId {
        let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{self}"}}"#);
        KeyId(sha2::Sha256::digest(jwk).into())
    }

    /// Whether `signature` is this key's over `message`; strict, so that no second signature of
    /// the same message can be made from a first (RFC 8032 §8.4).
    #[must_use]
    pub fn has_signed(self, message: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        self.0.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encoding::to_base64url(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl FromStr for PublicKey {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<PublicKey, BadKey> {
        let bytes = encoding::array_from_base64url(text).map_err(|_| BadKey::Encoding)?;
        PublicKey::from_bytes(&bytes)
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PublicKey, D::Error> {
        crate::bounded::text::<D, 43>(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// A private Ed25519 key. It has no text form, no message holds it, and `Debug` hides it.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// The key of a 32-byte seed; the caller owns the random source.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> SecretKey {
        SecretKey(SigningKey::from_bytes(seed))
    }

    /// The seed, for the one place that stores it.
    #[must_use]
    pub fn seed(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs `message` (RFC 8032 §5.1.6: deterministic, no random source).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.public())
    }
}

/// The name of a public key: its RFC 7638 thumbprint, 43 characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 32]);

impl KeyId {
    /// Its 32 bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }

    /// Its text, as in `keyid="…"` and in the server's key directory.
    #[must_use]
    pub fn to_text(self) -> String {
        encoding::to_base64url(&self.0)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl FromStr for KeyId {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<KeyId, BadKey> {
        encoding::array_from_base64url(text).map(KeyId).map_err(|_| BadKey::Encoding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_that_of_rfc_8037() {
        // RFC 8037 appendix A.3.
        let key: PublicKey = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".parse().unwrap();
        assert_eq!(key.key_id().to_text(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn weak_and_misspelt_keys_are_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(PublicKey::from_bytes(&identity), Err(BadKey::Weak));
        assert_eq!(PublicKey::from_bytes(&[0; 32]), Err(BadKey::Weak));
        // y = p + 3, a second spelling of y = 3.
        let mut second = [0xff; 32];
        (second[0], second[31]) = (0xf0, 0x7f);
        assert_eq!(PublicKey::from_bytes(&second), Err(BadKey::NotAPoint));
        // y = 2 has no x on the curve.
        let mut no_point = [0; 32];
        no_point[0] = 2;
        assert_eq!(PublicKey::from_bytes(&no_point), Err(BadKey::NotAPoint));
        assert_eq!("AAAA".parse::<PublicKey>(), Err(BadKey::Encoding));
    }

    #[test]
    fn a_secret_key_does_not_print_itself() {
        let key = SecretKey::from_seed(&[7; 32]);
        let seed = encoding::to_base64url(&key.seed());
        assert!(!format!("{key:?}").contains(&seed));
        assert!(key.public().has_signed(b"abc", &key.sign(b"abc")));
        assert!(!key.public().has_signed(b"abd", &key.sign(b"abc")));
    }
}
