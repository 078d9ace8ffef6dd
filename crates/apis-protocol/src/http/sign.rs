//! Signing: what a unit adds to a request.

use super::base::signature_base;
use super::nonce::Nonce;
use super::request::{RequestError, RequestView};
use super::{ALGORITHM, LABEL, LATE_S, TAG};
use crate::encoding;
use crate::key::SecretKey;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// What the caller decides of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningTerms {
    /// When it is made, in seconds since 1970 UTC; what the unit believes, right or wrong.
    pub created_s: i64,
    /// After when it is not to be accepted, in seconds since 1970 UTC.
    pub expires_s: i64,
    /// Never used before.
    pub nonce: Nonce,
}

impl SigningTerms {
    /// The longest life a verifier grants, from `now_ms` (milliseconds since 1970 UTC) on.
    #[must_use]
    pub fn at(now_ms: i64, nonce: Nonce) -> SigningTerms {
        let created_s = now_ms.max(0) / 1_000;
        SigningTerms { created_s, expires_s: created_s.saturating_add(LATE_S), nonce }
    }
}

/// The two fields that a signature adds to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureFields {
    /// The value of `Signature-Input`.
    pub signature_input: String,
    /// The value of `Signature`.
    pub signature: String,
}

/// Signs `request` with `key`, covering all that the profile requires of it.
///
/// A request with content must already have its `Content-Type`, `Content-Length` and
/// `Content-Digest` ([`super::content_digest()`]).
/// Errors: `RequestError` when the request cannot be signed as it is.
pub fn sign(
    request: &RequestView<'_>,
    terms: &SigningTerms,
    key: &SecretKey,
) -> Result<SignatureFields, RequestError> {
    request.check()?;
    let components = request.required()?;
    let quoted: Vec<String> = components.iter().map(|name| format!("\"{name}\"")).collect();
    // Any order is allowed; some verifiers write the parameters anew, in this order.
    let params = format!(
        "({});created={};expires={};nonce=\"{}\";alg=\"{ALGORITHM}\";keyid=\"{}\";tag=\"{TAG}\"",
        quoted.join(" "),
        terms.created_s,
        terms.expires_s,
        terms.nonce.as_str(),
        key.public().key_id(),
    );
    let base = signature_base(request, components.iter().map(AsRef::as_ref), &params)?;
    let signature = encoding::to_base64(&key.sign(base.as_bytes()));
    Ok(SignatureFields {
        signature_input: format!("{LABEL}={params}"),
        signature: format!("{LABEL}=:{signature}:"),
    })
}
