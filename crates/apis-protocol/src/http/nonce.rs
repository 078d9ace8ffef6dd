//! Nonces: a unit's own 128 random bits, or a server's for a unit that does not know the time.
//!
//! A server's nonce is `time ‖ random ‖ HMAC`: it is checked without storage, so that an
//! unsigned request writes nothing, and stored only when a signed one uses it up.

use super::structured::{Member, Value};
use super::{ALGORITHM, LABEL, SERVER_NONCE_MS, TAG};
use crate::encoding;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use hmac::{Hmac, KeyInit as _, Mac as _};

/// Characters of a unit's nonce: 16 bytes in base64url.
pub const UNIT_NONCE_CHARS: usize = 22;

/// Bytes of a server's nonce: 8 of time, 16 random, 16 of HMAC-SHA-256 (truncated as RFC 2104
/// §5 allows).
const SERVER_NONCE_BYTES: usize = 40;

/// Characters of a server's nonce.
pub const SERVER_NONCE_CHARS: usize = 54;

/// A nonce to sign with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nonce(String);

impl Nonce {
    /// A unit's own nonce of 16 random bytes, which the caller draws.
    #[must_use]
    pub fn from_random(bytes: &[u8; 16]) -> Nonce {
        Nonce(encoding::to_base64url(bytes))
    }

    /// The server's nonce in the `Accept-Signature` of a 401.
    ///
    /// Shape: `None` when the field is malformed, asks for another profile, or has no nonce of
    /// a server's shape.
    #[must_use]
    pub fn from_accept_signature(field: &str) -> Option<Nonce> {
        let member = Member::read(field).ok()?;
        let is_ours = member.parameter("tag") == Some(Value::Text(TAG))
            && member.parameter("alg") == Some(Value::Text(ALGORITHM));
        match member.parameter("nonce") {
            Some(Value::Text(nonce)) if is_ours && has_server_shape(nonce) => {
                Some(Nonce(nonce.into()))
            }
            Some(Value::Text(_) | Value::Integer(_) | Value::True) | None => None,
        }
    }

    /// Its text, as in `nonce="…"`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The `Accept-Signature` of a 401 that offers a server's nonce (RFC 9421 §5.1).
#[must_use]
pub fn accept_signature(nonce: &Nonce) -> String {
    format!(
        "{LABEL}=(\"@method\" \"@authority\" \"@path\" \"@query\");created;expires;\
         nonce=\"{}\";alg=\"{ALGORITHM}\";tag=\"{TAG}\"",
        nonce.as_str()
    )
}

/// The key that a server makes its nonces with; the same on all replicas.
#[derive(Clone)]
pub struct NonceKey([u8; 32]);

impl fmt::Debug for NonceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NonceKey")
    }
}

/// What a nonce is, before its signature has been checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NonceKind {
    /// A unit's own: the signature's times count.
    Unit,
    /// A server's that is still valid: the signature's times do not count.
    Server {
        /// Until when it is, in milliseconds of the server's clock.
        valid_until_ms: i64,
    },
}

/// Why a nonce is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadNonce {
    /// Neither a unit's nor a server's shape.
    Malformed,
    /// A server's shape, but not made with this key.
    Foreign,
    /// Made with this key, and over.
    Over,
}

impl NonceKey {
    /// The key of these 32 secret bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> NonceKey {
        NonceKey(bytes)
    }

    /// A fresh nonce of this server at `now_ms`, in milliseconds since 1970 UTC of its own
    /// clock; the caller draws the 16 random bytes.
    #[must_use]
    pub fn issue(&self, now_ms: i64, random: &[u8; 16]) -> Nonce {
        let mut bytes = Vec::with_capacity(SERVER_NONCE_BYTES);
        bytes.extend_from_slice(&now_ms.to_be_bytes());
        bytes.extend_from_slice(random);
        let mac = self.mac(&bytes).finalize().into_bytes();
        bytes.extend_from_slice(mac.get(..16).unwrap_or_default());
        Nonce(encoding::to_base64url(&bytes))
    }

    /// What `nonce` is at `now_ms`.
    pub(super) fn judge(&self, nonce: &str, now_ms: i64) -> Result<NonceKind, BadNonce> {
        if nonce.len() == UNIT_NONCE_CHARS {
            let bytes = encoding::array_from_base64url::<16>(nonce);
            return bytes.map(|_| NonceKind::Unit).map_err(|_| BadNonce::Malformed);
        }
        let bytes: [u8; SERVER_NONCE_BYTES] =
            encoding::array_from_base64url(nonce).map_err(|_| BadNonce::Malformed)?;
        let (signed, mac) = bytes.split_at_checked(24).ok_or(BadNonce::Malformed)?;
        let time = signed.first_chunk().ok_or(BadNonce::Malformed)?;
        // Compares in constant time.
        self.mac(signed).verify_truncated_left(mac).map_err(|_| BadNonce::Foreign)?;
        let issued_ms = i64::from_be_bytes(*time);
        let valid_until_ms = issued_ms.saturating_add(SERVER_NONCE_MS);
        // A nonce from the future means that the server's clock was stepped back since.
        if now_ms < issued_ms || valid_until_ms < now_ms {
            return Err(BadNonce::Over);
        }
        Ok(NonceKind::Server { valid_until_ms })
    }

    fn mac(&self, signed: &[u8]) -> Hmac<sha2::Sha256> {
        let mac = Hmac::<sha2::Sha256>::new_from_slice(&self.0);
        let mut mac = mac.expect("HMAC takes a key of any length");
        mac.update(b"apis-nonce-v1\0");
        mac.update(signed);
        mac
    }
}

fn has_server_shape(nonce: &str) -> bool {
    encoding::array_from_base64url::<SERVER_NONCE_BYTES>(nonce).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: NonceKey = NonceKey::from_bytes([7; 32]);
    const NOW_MS: i64 = 1_790_000_000_000;

    #[test]
    fn a_servers_nonce_holds_for_a_minute_of_its_own_clock() {
        let nonce = KEY.issue(NOW_MS, &[1; 16]);
        assert_eq!(nonce.as_str().len(), SERVER_NONCE_CHARS);
        let valid_until_ms = NOW_MS + SERVER_NONCE_MS;
        let kind = Ok(NonceKind::Server { valid_until_ms });
        assert_eq!(KEY.judge(nonce.as_str(), NOW_MS), kind);
        assert_eq!(KEY.judge(nonce.as_str(), valid_until_ms), kind);
        assert_eq!(KEY.judge(nonce.as_str(), valid_until_ms + 1), Err(BadNonce::Over));
        assert_eq!(KEY.judge(nonce.as_str(), NOW_MS - 1), Err(BadNonce::Over));
        let other = NonceKey::from_bytes([8; 32]);
        assert_eq!(other.judge(nonce.as_str(), NOW_MS), Err(BadNonce::Foreign));
    }

    #[test]
    fn every_changed_bit_of_a_servers_nonce_is_seen() {
        let nonce = KEY.issue(NOW_MS, &[1; 16]);
        let bytes: [u8; SERVER_NONCE_BYTES] =
            encoding::array_from_base64url(nonce.as_str()).unwrap();
        for bit in 0..SERVER_NONCE_BYTES * 8 {
            let mut changed = bytes;
            changed[bit / 8] ^= 1 << (bit % 8);
            let changed = encoding::to_base64url(&changed);
            assert_eq!(KEY.judge(&changed, NOW_MS), Err(BadNonce::Foreign), "bit {bit}");
        }
    }

    #[test]
    fn a_units_nonce_is_128_bits() {
        let nonce = Nonce::from_random(&[9; 16]);
        assert_eq!(KEY.judge(nonce.as_str(), NOW_MS), Ok(NonceKind::Unit));
        for nonce in
            ["", "AAAA", "AAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAB", &"A".repeat(53)]
        {
            assert_eq!(KEY.judge(nonce, NOW_MS), Err(BadNonce::Malformed), "{nonce}");
        }
    }

    #[test]
    fn a_401_hands_the_nonce_over() {
        let nonce = KEY.issue(NOW_MS, &[1; 16]);
        let field = accept_signature(&nonce);
        assert_eq!(Nonce::from_accept_signature(&field), Some(nonce));
        for field in [
            field.replace(TAG, "apis-unit-v2"),
            field.replace(ALGORITHM, "rsa-pss-sha512"),
            field.replace("nonce=\"", "nonce=\"A"),
            field.replace(";nonce", ";other"),
            String::new(),
        ] {
            assert_eq!(Nonce::from_accept_signature(&field), None, "{field}");
        }
    }
}
