//! Verifying: all that can be judged without the key first, then the signature.
//!
//! The two halves lie apart because the key is looked up between them, by a `keyid` that nobody
//! has vouched for yet: [`Presented::read`] costs no storage, and refuses most of what is wrong.

use super::base::signature_base;
use super::content_digest::read_content_digest;
use super::nonce::{BadNonce, NonceKey, NonceKind};
use super::request::RequestView;
use super::structured::{Member, Value, read_signature};
use super::{ALGORITHM, EARLY_S, LATE_S, NONCE_KEPT_MS, Refusal, TAG};
use crate::digest::Sha256Digest;
use crate::key::{KeyId, PublicKey, SIGNATURE_BYTES};
use alloc::string::String;

/// What a server knows when it judges a signature.
#[derive(Debug, Clone, Copy)]
pub struct Policy<'a> {
    /// Every name and address a unit may have learned, each in its one form
    /// ([`super::is_authority`]).
    pub authorities: &'a [String],
    /// What the server's own nonces are made with.
    pub nonce_key: &'a NonceKey,
}

/// A signature that is well formed, of the profile and in time; nobody has checked it yet.
#[derive(Debug, Clone)]
pub struct Presented {
    claims: Verified,
    base: String,
    signature: [u8; SIGNATURE_BYTES],
}

/// What a verified signature says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The key that signed.
    pub key_id: KeyId,
    /// The nonce, to be stored *before* the answer: a second use is `nonce_replayed`.
    pub nonce: String,
    /// Until when the stored nonce must be kept, in milliseconds since 1970 UTC.
    pub nonce_kept_until_ms: i64,
    /// Whether the server's own nonce was signed: `created` says nothing then.
    pub is_server_nonce: bool,
    /// When the unit believes it signed, in seconds since 1970 UTC.
    pub created_s: i64,
    /// The content that goes with it; `None` when there is none, and then none may be read.
    pub content: Option<SignedContent>,
}

/// The content that a signature vouches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedContent {
    /// Its length in bytes, more than 0.
    pub content_bytes: u64,
    /// Its digest; the server compares it when the last byte has come.
    pub sha256: Sha256Digest,
}

impl Presented {
    /// Reads the signature of `request` and judges all that needs no key, at `now_ms` of the
    /// server's clock (milliseconds since 1970 UTC).
    ///
    /// Errors: see [`Refusal`].
    pub fn read(
        request: &RequestView<'_>,
        policy: &Policy<'_>,
        now_ms: i64,
    ) -> Result<Presented, Refusal> {
        let input = request.only("signature-input")?.ok_or(Refusal::Unsigned)?;
        let signature = request.only("signature")?.ok_or(Refusal::Unsigned)?;
        let member = Member::read(input).map_err(Refusal::Input)?;
        let signature = signature_of(signature, member.label)?;
        request.check()?;

        let terms = Terms::read(&member)?;
        check_coverage(request, &member)?;
        let content = signed_content(request)?;
        if !policy.authorities.iter().any(|known| known == request.authority) {
            return Err(Refusal::AuthorityUnknown);
        }
        let judged = judge_time(&terms, policy.nonce_key, now_ms)?;
        let base = signature_base(request, member.components, member.text)?;
        let claims = Verified {
            key_id: terms.key_id,
            nonce: terms.nonce.into(),
            nonce_kept_until_ms: judged.accepted_until_ms.saturating_add(NONCE_KEPT_MS),
            is_server_nonce: judged.is_server_nonce,
            created_s: terms.created_s,
            content,
        };
        Ok(Presented { claims, base, signature })
    }

    /// The key that is said to have signed: look it up, believe nothing yet.
    #[must_use]
    pub const fn key_id(&self) -> KeyId {
        self.claims.key_id
    }

    /// The signature base, as the signer must have built it.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Checks the signature against the key that [`Presented::key_id`] named.
    ///
    /// Errors: `OtherKey`, `Invalid`.
    pub fn verify(self, key: PublicKey) -> Result<Verified, Refusal> {
        if key.key_id() != self.claims.key_id {
            return Err(Refusal::OtherKey);
        }
        if !key.has_signed(self.base.as_bytes(), &self.signature) {
            return Err(Refusal::Invalid);
        }
        Ok(self.claims)
    }
}

/// The parameters of the profile: all of them, nothing else.
struct Terms<'a> {
    created_s: i64,
    expires_s: i64,
    nonce: &'a str,
    key_id: KeyId,
}

impl<'a> Terms<'a> {
    fn read(member: &Member<'a>) -> Result<Terms<'a>, Refusal> {
        const KNOWN: [&str; 6] = ["created", "expires", "nonce", "keyid", "alg", "tag"];
        if text(member, "tag") != Ok(TAG) {
            return Err(Refusal::Tag);
        }
        if text(member, "alg") != Ok(ALGORITHM) {
            return Err(Refusal::Algorithm);
        }
        if let Some((key, _)) = member.parameters.iter().find(|known| !KNOWN.contains(&known.0)) {
            return Err(Refusal::UnknownParameter((*key).into()));
        }
        Ok(Terms {
            created_s: integer(member, "created")?,
            expires_s: integer(member, "expires")?,
            nonce: text(member, "nonce")?,
            key_id: text(member, "keyid")?.parse().map_err(|_| Refusal::KeyId)?,
        })
    }
}

fn text<'a>(member: &Member<'a>, key: &'static str) -> Result<&'a str, Refusal> {
    match member.parameter(key) {
        Some(Value::Text(text)) => Ok(text),
        Some(Value::Integer(_) | Value::True) | None => Err(Refusal::Parameter(key)),
    }
}

fn integer(member: &Member<'_>, key: &'static str) -> Result<i64, Refusal> {
    match member.parameter(key) {
        Some(Value::Integer(integer)) => Ok(integer),
        Some(Value::Text(_) | Value::True) | None => Err(Refusal::Parameter(key)),
    }
}

fn signature_of(field: &str, label: &str) -> Result<[u8; SIGNATURE_BYTES], Refusal> {
    let (its_label, bytes) = read_signature(field).map_err(Refusal::Signature)?;
    if its_label != label {
        return Err(Refusal::SignatureMember);
    }
    bytes.try_into().map_err(|_| Refusal::SignatureMember)
}

/// Every required component must be covered. One beyond them is accepted only if it resolves,
/// which building the base finds out.
fn check_coverage(request: &RequestView<'_>, member: &Member<'_>) -> Result<(), Refusal> {
    for required in request.required()? {
        if !member.components.contains(&required.as_ref()) {
            return Err(Refusal::Uncovered(required.into_owned()));
        }
    }
    Ok(())
}

fn signed_content(request: &RequestView<'_>) -> Result<Option<SignedContent>, Refusal> {
    let content_bytes = request.content_length()?;
    if content_bytes == 0 {
        return Ok(None);
    }
    let digest = request.only("content-digest")?.ok_or(Refusal::ContentDigest)?;
    let sha256 = read_content_digest(digest).ok_or(Refusal::ContentDigest)?;
    Ok(Some(SignedContent { content_bytes, sha256 }))
}

struct Judged {
    accepted_until_ms: i64,
    is_server_nonce: bool,
}

/// Accepted iff `created − 30 s ≤ now ≤ min(expires, created + 60 s)` and `created < expires`;
/// with a valid nonce of this server, whatever `created` and `expires` say.
fn judge_time(terms: &Terms<'_>, nonce_key: &NonceKey, now_ms: i64) -> Result<Judged, Refusal> {
    let kind = nonce_key.judge(terms.nonce, now_ms).map_err(|bad| match bad {
        BadNonce::Malformed => Refusal::Nonce,
        BadNonce::Foreign => Refusal::ServerNonceForeign,
        BadNonce::Over => Refusal::ServerNonceOver,
    })?;
    if let NonceKind::Server { valid_until_ms } = kind {
        return Ok(Judged { accepted_until_ms: valid_until_ms, is_server_nonce: true });
    }
    if terms.expires_s <= terms.created_s {
        return Err(Refusal::Times);
    }
    // At most 15 digits were read: milliseconds of them fit.
    let until_s = terms.expires_s.min(terms.created_s + LATE_S);
    if now_ms < (terms.created_s - EARLY_S) * 1_000 {
        return Err(Refusal::Early);
    }
    if until_s * 1_000 < now_ms {
        return Err(Refusal::Late);
    }
    Ok(Judged { accepted_until_ms: until_s * 1_000, is_server_nonce: false })
}
