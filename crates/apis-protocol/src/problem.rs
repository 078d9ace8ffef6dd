//! What a refused request is told: an RFC 9457 body with a stable code.

use crate::bounded;
use crate::message::Message;
use alloc::format;
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// The media type of a problem body (RFC 9457 §3).
pub const CONTENT_TYPE: &str = "application/problem+json";

/// A problem body of the units' door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// `urn:apis:problem:` and the code.
    #[serde(rename = "type", deserialize_with = "bounded::text::<_, 80>")]
    pub kind: String,
    /// The code in words; the same for every occurrence.
    #[serde(deserialize_with = "bounded::text::<_, 120>")]
    pub title: String,
    /// The HTTP status, repeated.
    pub status: u16,
    /// The stable code, [`Code`]'s spelling. Text, so that a unit can store and show one that it
    /// does not know.
    #[serde(deserialize_with = "bounded::text::<_, 40>")]
    pub code: String,
    /// What is special about this occurrence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[serde(deserialize_with = "bounded::text::<_, { bounded::DETAIL_BYTES_MAX }>")]
    pub detail: String,
}

impl Problem {
    /// The body for `code`; `detail` may be empty.
    #[must_use]
    pub fn new(code: Code, detail: &str) -> Problem {
        Problem {
            kind: format!("urn:apis:problem:{}", code.as_str()),
            title: code.title().into(),
            status: code.status(),
            code: code.as_str().into(),
            detail: detail.into(),
        }
    }

    /// Its code, when this version knows it.
    #[must_use]
    pub fn known_code(&self) -> Option<Code> {
        Code::ALL.iter().copied().find(|known| known.as_str() == self.code)
    }
}

impl Message for Problem {
    const NAME: &'static str = "problem";
    const BYTES_MAX: usize = 4 * 1024;
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal, $status:literal, $title:literal;)*) => {
        /// Every stable code of the units' door: one spelling, one status, one title.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[$doc])* $variant,)*
        }

        impl Code {
            /// All codes, in the order of the reference.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// Its spelling in problem bodies, record answers, metrics and logs.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Code::$variant => $text,)*
                }
            }

            /// The HTTP status it is answered with.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self {
                    $(Code::$variant => $status,)*
                }
            }

            /// The code in words.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self {
                    $(Code::$variant => $title,)*
                }
            }
        }
    };
}

codes! {
    /// No `Signature` or no `Signature-Input`. Carries `Accept-Signature` with a server nonce.
    SignatureMissing = "signature_missing", 401, "the request is not signed";
    /// `Signature`, `Signature-Input` or `Content-Digest` is not strictly formed.
    SignatureMalformed = "signature_malformed", 401, "a signature field is malformed";
    /// The signature is not of the profile: tag, algorithm, parameters or components.
    SignatureProfile = "signature_profile", 401, "the signature does not follow apis-unit-v1";
    /// The signature is not that key's over this request.
    SignatureInvalid = "signature_invalid", 401, "the signature does not verify";
    /// Outside the acceptance window, or a server nonce that is over. Carries `Date` and
    /// `Accept-Signature` with a fresh server nonce: the way in for a unit without a clock.
    SignatureTime = "signature_time", 401, "the signature's time is not acceptable";
    /// The nonce was used before.
    NonceReplayed = "nonce_replayed", 401, "the nonce was used before";
    /// No unit has this key.
    KeyUnknown = "key_unknown", 401, "no unit has this key";
    /// The request names an authority that is none of this server's.
    AuthorityUnknown = "authority_unknown", 421, "the authority is none of this server's";
    /// The body is not the one that was signed.
    DigestMismatch = "digest_mismatch", 400, "the body does not match its digest";
    /// The unit was released by its tenant. Its key never works again; its spool is kept.
    UnitReleased = "unit_released", 403, "the unit was released";
    /// Unknown, used and expired claims alike: nobody learns which claims exist.
    ClaimRefused = "claim_refused", 403, "the claim was refused";
    /// The enrolment is not signed by the key it brings.
    ProofMissing = "proof_missing", 403, "the request is not signed by the key it brings";
    /// The unit speaks a version of the protocol that is no longer, or not yet, accepted.
    ProtocolUnsupported = "protocol_unsupported", 426, "this protocol version is not accepted";
    /// Not JSON, another shape, or a value out of its bounds.
    Malformed = "malformed", 400, "the message is malformed";
    /// A variant that this server does not know.
    UnknownVariant = "unknown_variant", 422, "the message holds an unknown variant";
    /// A text holds a control character.
    InvalidText = "invalid_text", 400, "a text holds a control character";
    /// The body is longer than the message may be.
    BodyTooLarge = "body_too_large", 413, "the body is too large";
    /// The body's media type is not the message's.
    MediaTypeUnsupported = "media_type_unsupported", 415, "the media type is not supported";
    /// Another record with this boot and sequence is stored: take a higher boot, send again.
    SequenceConflict = "sequence_conflict", 409, "another record has this boot and sequence";
    /// No such route or upload, or one of another unit.
    NotFound = "not_found", 404, "not found";
    /// The route knows no such method.
    MethodNotAllowed = "method_not_allowed", 405, "the method is not allowed here";
    /// `Tus-Resumable` is missing or not `1.0.0`.
    TusVersion = "tus_version", 412, "the tus version is not supported";
    /// `Upload-Metadata`, `Upload-Length` or `Upload-Offset` is malformed or missing.
    UploadMalformed = "upload_malformed", 400, "an upload field is malformed";
    /// The clip or sidecar is larger than any may be.
    UploadTooLarge = "upload_too_large", 413, "the upload is too large";
    /// `Upload-Offset` is not where the server stands: ask by `HEAD`.
    OffsetConflict = "offset_conflict", 409, "the offset is not the server's";
    /// The whole does not match the `sha256` of its creation; the offset is back at 0.
    ObjectMismatch = "object_mismatch", 460, "the whole does not match its digest";
    /// The upload expired or was ended; create it again.
    UploadGone = "upload_gone", 410, "the upload is gone";
    /// No room for the whole, told before its first byte.
    QuotaExceeded = "quota_exceeded", 507, "there is no room for the whole";
    /// Too many requests; `Retry-After` says when.
    RateLimited = "rate_limited", 429, "too many requests";
    /// The server cannot now; `Retry-After` says when.
    Overloaded = "overloaded", 503, "the server cannot take this now";
    /// The server failed; nothing was stored.
    Internal = "internal", 500, "the server failed";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_a_token_spelled_once() {
        for (place, code) in Code::ALL.iter().enumerate() {
            assert!(bounded::Token::new(code.as_str()).is_ok(), "{code:?}");
            assert!((400..600).contains(&code.status()), "{code:?}");
            let rest = Code::ALL.iter().skip(place + 1);
            assert!(rest.into_iter().all(|other| other.as_str() != code.as_str()), "{code:?}");
            assert_eq!(Problem::new(*code, "").known_code(), Some(*code));
        }
    }

    #[test]
    fn a_code_of_a_newer_server_is_kept_as_text() {
        let body = br#"{"type":"urn:apis:problem:brand_new","title":"t","status":418,
            "code":"brand_new","detail":"d","later":1}"#;
        let problem = Problem::read(body).unwrap();
        assert_eq!(problem.known_code(), None);
        assert_eq!(problem.code, "brand_new");
    }
}
