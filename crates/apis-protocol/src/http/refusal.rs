//! Why a signed request was refused: a variant for each cause, since each is counted.

use super::request::RequestError;
use super::structured::BadMember;
use crate::problem::Code;
use alloc::string::String;
use core::fmt;

/// Why a request's signature was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No `Signature-Input` or no `Signature`.
    Unsigned,
    /// `Signature-Input` is not one strict member.
    Input(BadMember),
    /// `Signature` is not one strict member.
    Signature(BadMember),
    /// `Signature` has another label than `Signature-Input`, or not 64 bytes.
    SignatureMember,
    /// The request itself cannot be verified by anybody.
    Request(RequestError),
    /// The `tag` is missing or not [`super::TAG`].
    Tag,
    /// The `alg` is missing or not the key's.
    Algorithm,
    /// A parameter is missing or of the wrong type.
    Parameter(&'static str),
    /// A parameter that the profile does not know.
    UnknownParameter(String),
    /// A component that the profile requires is not covered.
    Uncovered(String),
    /// The `keyid` is not a thumbprint.
    KeyId,
    /// `Content-Digest` has no strict SHA-256.
    ContentDigest,
    /// The authority is none of this server's.
    AuthorityUnknown,
    /// Neither a unit's 128 bits nor a server's nonce.
    Nonce,
    /// `created` is not before `expires`.
    Times,
    /// `created` is more than [`super::EARLY_S`] ahead of the server's clock.
    Early,
    /// After `expires`, or more than [`super::LATE_S`] after `created`.
    Late,
    /// A server's nonce that another key made: another server's, or from before a key change.
    ServerNonceForeign,
    /// A server's nonce that is over.
    ServerNonceOver,
    /// The key is not the one that `keyid` names.
    OtherKey,
    /// The signature is not the key's over this request.
    Invalid,
}

impl Refusal {
    /// The stable code a server answers with.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Refusal::Unsigned => Code::SignatureMissing,
            Refusal::Input(_)
            | Refusal::Signature(_)
            | Refusal::SignatureMember
            | Refusal::Request(_)
            | Refusal::KeyId
            | Refusal::ContentDigest
            | Refusal::Nonce => Code::SignatureMalformed,
            Refusal::Tag
            | Refusal::Algorithm
            | Refusal::Parameter(_)
            | Refusal::UnknownParameter(_)
            | Refusal::Uncovered(_)
            | Refusal::Times => Code::SignatureProfile,
            Refusal::AuthorityUnknown => Code::AuthorityUnknown,
            Refusal::Early
            | Refusal::Late
            | Refusal::ServerNonceForeign
            | Refusal::ServerNonceOver => Code::SignatureTime,
            Refusal::OtherKey | Refusal::Invalid => Code::SignatureInvalid,
        }
    }

    /// Whether the answer carries `Accept-Signature` with a fresh server nonce: whatever a unit
    /// without a clock can do better at once.
    #[must_use]
    pub const fn offers_nonce(&self) -> bool {
        matches!(self.code(), Code::SignatureMissing | Code::SignatureTime)
    }

    /// The cause's name, for metrics and logs.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Refusal::Unsigned => "unsigned",
            Refusal::Input(_) => "signature_input",
            Refusal::Signature(_) => "signature",
            Refusal::SignatureMember => "signature_member",
            Refusal::Request(_) => "request",
            Refusal::Tag => "tag",
            Refusal::Algorithm => "algorithm",
            Refusal::Parameter(_) => "parameter",
            Refusal::UnknownParameter(_) => "unknown_parameter",
            Refusal::Uncovered(_) => "uncovered",
            Refusal::KeyId => "key_id",
            Refusal::ContentDigest => "content_digest",
            Refusal::AuthorityUnknown => "authority",
            Refusal::Nonce => "nonce",
            Refusal::Times => "times",
            Refusal::Early => "early",
            Refusal::Late => "late",
            Refusal::ServerNonceForeign => "server_nonce_foreign",
            Refusal::ServerNonceOver => "server_nonce_over",
            Refusal::OtherKey => "other_key",
            Refusal::Invalid => "invalid",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Unsigned => f.write_str("the request is not signed"),
            Refusal::Input(_) => f.write_str("signature-input is not one strict member"),
            Refusal::Signature(_) => f.write_str("signature is not one strict member"),
            Refusal::SignatureMember => f.write_str("signature does not fit signature-input"),
            Refusal::Request(error) => error.fmt(f),
            Refusal::Tag => f.write_str("the tag is not apis-unit-v1"),
            Refusal::Algorithm => f.write_str("the algorithm is not the key's"),
            Refusal::Parameter(name) => write!(f, "the parameter {name} is missing or malformed"),
            Refusal::UnknownParameter(name) => write!(f, "the parameter {name} is unknown"),
            Refusal::Uncovered(name) => write!(f, "{name} is not covered"),
            Refusal::KeyId => f.write_str("keyid is not a thumbprint"),
            Refusal::ContentDigest => f.write_str("content-digest has no strict sha-256"),
            Refusal::AuthorityUnknown => f.write_str("the authority is none of this server's"),
            Refusal::Nonce => f.write_str("the nonce is neither a unit's nor a server's"),
            Refusal::Times => f.write_str("created is not before expires"),
            Refusal::Early => f.write_str("created is in the future"),
            Refusal::Late => f.write_str("the signature is over"),
            Refusal::ServerNonceForeign => f.write_str("the nonce is another server's"),
            Refusal::ServerNonceOver => f.write_str("the server's nonce is over"),
            Refusal::OtherKey => f.write_str("the key is not the one that keyid names"),
            Refusal::Invalid => f.write_str("the signature does not verify"),
        }
    }
}

impl core::error::Error for Refusal {}

impl From<RequestError> for Refusal {
    fn from(error: RequestError) -> Refusal {
        Refusal::Request(error)
    }
}
