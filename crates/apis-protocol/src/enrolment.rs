//! Enrolment: a unit brings a claim and its public key, and learns whose it is.
//!
//! The request is signed by the key it brings (proof of possession): its `keyid` must be that
//! key's thumbprint. The same claim with the same key repeats the answer for 24 h, so that a
//! lost reply costs nothing; never after a release.

use crate::bounded;
use crate::claim::ClaimSecret;
use crate::envelope::Envelope;
use crate::id::{TenantId, UnitId};
use crate::key::PublicKey;
use crate::message::Message;
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// How long the same claim with the same key repeats its answer, in milliseconds.
pub const REPEAT_MS: i64 = 24 * 60 * 60 * 1_000;

/// `POST` [`crate::route::ENROLMENT`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolmentRequest {
    /// The protocol version the unit speaks ([`crate::version::CURRENT`]).
    pub protocol: u16,
    /// The claim's secret; the rest of the claim string stays on the unit.
    pub claim: ClaimSecret,
    /// The unit's public key; the private one never leaves it.
    pub public_key: PublicKey,
    /// The board's serial number, for people.
    #[serde(deserialize_with = "bounded::text::<_, { bounded::TEXT_BYTES_MAX }>")]
    pub serial: String,
    /// The board's kind, for example `raspberry-pi-5`.
    #[serde(deserialize_with = "bounded::text::<_, { bounded::TEXT_BYTES_MAX }>")]
    pub hardware: String,
    /// The firmware's version.
    #[serde(deserialize_with = "bounded::text::<_, { bounded::TEXT_BYTES_MAX }>")]
    pub firmware: String,
}

impl Message for EnrolmentRequest {
    const NAME: &'static str = "enrolment-request";
    const BYTES_MAX: usize = 4 * 1024;
}

/// The answer to an [`EnrolmentRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolmentAnswer {
    /// The unit's name from now on.
    pub unit_id: UnitId,
    /// Whose unit it is.
    pub tenant_id: TenantId,
    /// The key that signs this tenant's settings and commands.
    pub tenant_key: PublicKey,
    /// The first [`crate::settings::Settings`], signed by that key.
    pub settings: Envelope,
}

impl Message for EnrolmentAnswer {
    const NAME: &'static str = "enrolment-answer";
    const BYTES_MAX: usize = 32 * 1024;
}
