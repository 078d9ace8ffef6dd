//! HTTP message signatures: RFC 9421 with the profile `apis-unit-v1`, and RFC 9530 digests.
//!
//! Every request of a unit carries one signature:
//!
//! ```text
//! Signature-Input: apis=("@method" "@authority" "@path" "@query"
//!     "content-type" "content-length" "content-digest"    with content
//!     "tus-resumable" "upload-…"                          each one that is present
//!     );created=…;expires=…;nonce="…";alg="ed25519";keyid="…";tag="apis-unit-v1"
//! Signature: apis=:…:
//! ```
//!
//! The order of components and parameters is the signer's: the verifier uses the bytes it
//! received. All values here are strict: a request has one accepted spelling, so that a changed
//! bit is a refused request.
//!
//! ```text
//! unit:    RequestView ──sign(terms, key)──▶ SignatureFields
//! server:  RequestView ──Presented::read(policy, now)──▶ key_id ─▶ (its directory) ─▶ key
//!                        Presented::verify(key)──▶ Verified ─▶ (nonce stored, body hashed)
//! ```
//!
//! A refusal is an enum with a variant for each cause ([`Refusal`]), since each is counted.

pub mod authority;

pub mod request;

pub mod structured;

pub mod content_digest;

pub mod base;

pub mod nonce;

pub mod sign;

pub mod verify;

pub mod refusal;

pub use authority::is_authority;
pub use content_digest::content_digest;
pub use nonce::{Nonce, NonceKey};
pub use refusal::Refusal;
pub use request::{RequestError, RequestView};
pub use sign::{SignatureFields, SigningTerms, sign};
pub use verify::{Policy, Presented, SignedContent, Verified};

/// The profile, as the `tag` parameter.
pub const TAG: &str = "apis-unit-v1";

/// The only algorithm, as the `alg` parameter.
pub const ALGORITHM: &str = "ed25519";

/// The label this crate signs under; a verifier takes any.
pub const LABEL: &str = "apis";

/// A signature is accepted from this long before its `created`, in seconds: a unit's clock may
/// run ahead of the server's.
pub const EARLY_S: i64 = 30;

/// A signature is accepted until this long after its `created` at most, in seconds.
pub const LATE_S: i64 = 60;

/// A server's nonce is over after this time of the server's own clock, in milliseconds.
pub const SERVER_NONCE_MS: i64 = 60_000;

/// A used nonce is kept this long past the last moment it could be accepted, in milliseconds.
pub const NONCE_KEPT_MS: i64 = 60_000;
