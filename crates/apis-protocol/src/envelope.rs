//! Signed envelopes: settings and commands, the same in a heartbeat answer and on the channel.
//!
//! `{"payload": base64url of JSON bytes, "signature": base64url}`; Ed25519 by the tenant's key
//! over a domain (`"apis-settings-v1\0"`, `"apis-command-v1\0"`) and the payload's bytes, so that
//! one can never be taken for the other.

use crate::bounded;
use crate::encoding;
use crate::key::{PublicKey, SecretKey};
use crate::message::{Message, ReadError};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use serde::{Deserialize, Serialize};

/// Most characters of a payload in base64url: settings of 12 KiB.
pub const PAYLOAD_CHARS_MAX: usize = 16 * 1024;

/// A payload with its tenant's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// The payload's JSON bytes as base64url.
    #[serde(deserialize_with = "bounded::text::<_, PAYLOAD_CHARS_MAX>")]
    payload: String,
    /// The signature as base64url.
    #[serde(deserialize_with = "bounded::text::<_, 86>")]
    signature: String,
}

impl Message for Envelope {
    const NAME: &'static str = "envelope";
    const BYTES_MAX: usize = PAYLOAD_CHARS_MAX + 256;
}

/// What an envelope can hold.
pub trait Sealed: Message {
    /// Prefixed to the payload before it is signed.
    const DOMAIN: &'static [u8];
}

/// Why an envelope was not opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvelopeError {
    /// Payload or signature is not strict base64url of its length.
    Encoding,
    /// The signature is not the tenant's over this payload in this domain.
    Signature,
    /// Signed, but not the expected message.
    Payload(ReadError),
}

impl fmt::Display for EnvelopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EnvelopeError::Encoding => "the envelope is malformed",
            EnvelopeError::Signature => "the envelope's signature does not verify",
            EnvelopeError::Payload(_) => "the envelope's payload is not the expected message",
        })
    }
}

impl core::error::Error for EnvelopeError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            EnvelopeError::Payload(source) => Some(source),
            EnvelopeError::Encoding | EnvelopeError::Signature => None,
        }
    }
}

impl Envelope {
    /// Seals `payload` with the tenant's key.
    #[must_use]
    pub fn seal<P: Sealed>(payload: &P, tenant_key: &SecretKey) -> Envelope {
        let bytes = payload.write();
        let signature = tenant_key.sign(&signed_bytes::<P>(&bytes));
        Envelope {
            payload: encoding::to_base64url(&bytes),
            signature: encoding::to_base64url(&signature),
        }
    }

    /// The payload, once its signature has been checked.
    ///
    /// Errors: see [`EnvelopeError`]. That it is *for this unit, new and in time* is the
    /// payload's own rule ([`crate::command::Command::check`],
    /// [`crate::settings::Settings::check`]).
    pub fn open<P: Sealed>(&self, tenant_key: PublicKey) -> Result<P, EnvelopeError> {
        let bytes = encoding::from_base64url(&self.payload).map_err(|_| EnvelopeError::Encoding)?;
        let signature =
            encoding::array_from_base64url(&self.signature).map_err(|_| EnvelopeError::Encoding)?;
        if !tenant_key.has_signed(&signed_bytes::<P>(&bytes), &signature) {
            return Err(EnvelopeError::Signature);
        }
        P::read(&bytes).map_err(EnvelopeError::Payload)
    }
}

fn signed_bytes<P: Sealed>(payload: &[u8]) -> Vec<u8> {
    [P::DOMAIN, payload].concat()
}
