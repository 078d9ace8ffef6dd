//! What an audit record is, and how it is chained.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::clock::UnixMs;
use crate::ids::{AccountId, TenantId, UnitId};

/// The hash before the first record.
pub const START_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// A person, signed in.
    Account(AccountId),
    /// A unit.
    Unit(UnitId),
    /// Whoever has the server's command line.
    Operator,
    /// The server by itself.
    Server,
}

impl Actor {
    /// As stored and shown.
    pub fn text(self) -> String {
        match self {
            Actor::Account(id) => format!("account:{id}"),
            Actor::Unit(id) => format!("unit:{id}"),
            Actor::Operator => "operator".to_owned(),
            Actor::Server => "server".to_owned(),
        }
    }
}

/// What is to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Who.
    pub actor: Actor,
    /// What: `<slice>.<verb>`.
    pub action: &'static str,
    /// To what: `<kind>:<id>`.
    pub subject: String,
    /// What was special about it; no secrets, no e-mail.
    pub detail: serde_json::Value,
}

/// One record as it is stored, without its own hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Whose.
    pub tenant: TenantId,
    /// Its place in the chain, from 1.
    pub sequence: i64,
    /// When.
    pub at: UnixMs,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// To what.
    pub subject: String,
    /// The detail's JSON text, exactly as stored.
    pub detail: String,
    /// The hash of the record before.
    pub previous_hash: String,
}

impl Link {
    /// SHA-256 over every field, each with its length before it, so that no two records share a
    /// text; in hexadecimal.
    pub fn hash(&self) -> String {
        let (tenant, sequence, at) =
            (self.tenant.to_string(), self.sequence.to_string(), self.at.0.to_string());
        let fields: [&str; 8] = [
            &self.previous_hash,
            &tenant,
            &sequence,
            &at,
            &self.actor,
            &self.action,
            &self.subject,
            &self.detail,
        ];
        let mut digest = Sha256::new();
        for field in fields {
            digest.update((field.len() as u64).to_be_bytes());
            digest.update(field.as_bytes());
        }
        digest.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a string takes every write");
            text
        })
    }
}
