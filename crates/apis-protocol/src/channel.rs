//! The control channel: text messages on a WebSocket that the unit holds open.
//!
//! Losing it costs latency, never function: all it carries also goes by heartbeat. Either side
//! sends a WebSocket ping after [`PING_MS`] of silence and gives up after [`SILENCE_MS`].

use crate::command::CommandResult;
use crate::envelope::Envelope;
use crate::id::Generation;
use crate::message::Message;
use serde::{Deserialize, Serialize};

/// Time between two pings, in milliseconds.
pub const PING_MS: u64 = 30_000;

/// A channel silent for this long is dead, in milliseconds: two pings and some.
pub const SILENCE_MS: u64 = 75_000;

/// Shortest wait before the channel is opened again, in milliseconds; grows with decorrelated
/// jitter.
pub const RECONNECT_MS_MIN: u64 = 1_000;

/// Longest wait before the channel is opened again, in milliseconds.
pub const RECONNECT_MS_MAX: u64 = 300_000;

/// What the server sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToUnit {
    /// A [`crate::command::Command`].
    Command(Envelope),
    /// A [`crate::settings::Settings`].
    Settings(Envelope),
    /// Somebody wants to see live video: open [`crate::route::LIVE`]. Not signed by the tenant:
    /// it moves nothing, and what the socket shows the server may see anyway.
    Live {},
}

impl Message for ToUnit {
    const NAME: &'static str = "channel-to-unit";
    const BYTES_MAX: usize = Envelope::BYTES_MAX + 64;
}

/// What the unit sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromUnit {
    /// What became of a command.
    CommandResult(CommandResult),
    /// The unit runs these settings now.
    SettingsTaken {
        /// Their generation.
        generation: Generation,
    },
}

impl Message for FromUnit {
    const NAME: &'static str = "channel-from-unit";
    const BYTES_MAX: usize = 2 * 1024;
}
