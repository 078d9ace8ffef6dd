//! The heartbeat: how the unit is, each 60 s; what it must know, in the answer; clocks compared.
//!
//! A heartbeat is perishable: the newest one counts, a lost one is not sent again.

use crate::bounded::{self, Token};
use crate::command::CommandResult;
use crate::envelope::Envelope;
use crate::id::{CommandNumber, Generation};
use crate::message::Message;
use crate::records::WallTime;
use alloc::string::String;
use alloc::vec::Vec;
use apis_units::Uptime;
use serde::{Deserialize, Serialize};

/// Time between two heartbeats without other advice, in milliseconds; the unit adds jitter.
pub const INTERVAL_MS: u32 = 60_000;

/// A unit heard from within this time is online, in milliseconds of the server's clock.
pub const ONLINE_MS: i64 = 150_000;

/// A unit heard from within this time is late, after it offline, in milliseconds.
pub const LATE_MS: i64 = 600_000;

/// Most faults one heartbeat tells.
pub const FAULTS_MAX: usize = 32;

/// Most command results in one heartbeat.
pub const RESULTS_MAX: usize = 16;

/// Most command envelopes in one answer; the rest follows with the next.
pub const COMMANDS_MAX: usize = 16;

/// `POST` [`crate::route::HEARTBEAT`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeartbeatReport {
    /// The protocol version the unit speaks.
    pub protocol: u16,
    /// The firmware's version.
    #[serde(deserialize_with = "bounded::text::<_, { bounded::TEXT_BYTES_MAX }>")]
    pub firmware: String,
    /// Which start of the unit's program this is; the count survives.
    pub boot: u32,
    /// The unit's half of the clock exchange.
    pub clock: ClockReport,
    /// Of the board, in thousandths of a degree Celsius; absent when it has no sensor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature_mc: Option<i32>,
    /// Of the supply, in millivolts; absent when it is not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supply_mv: Option<u32>,
    /// The disk that holds the spool.
    pub storage: StorageReport,
    /// What waits to be sent.
    pub spool: SpoolReport,
    /// What the eyes do.
    pub eyes: EyesReport,
    /// Whether the deterrent may act.
    pub deterrent: DeterrentReport,
    /// Faults that hold now, by name; the first cause first.
    #[serde(default, deserialize_with = "bounded::list::<_, _, FAULTS_MAX>")]
    pub faults: Vec<Token>,
    /// The settings the unit runs; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings_generation: Option<Generation>,
    /// The highest command number it has taken; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_number: Option<CommandNumber>,
    /// What became of commands, told here when the channel did not carry it.
    #[serde(default, deserialize_with = "bounded::list::<_, _, RESULTS_MAX>")]
    pub command_results: Vec<CommandResult>,
}

impl Message for HeartbeatReport {
    const NAME: &'static str = "heartbeat-report";
    const BYTES_MAX: usize = 16 * 1024;
}

/// The unit's half of the four-timestamp exchange, and what it believes of the time.
///
/// The unit times the exchange by its uptime, which nothing steps: `sent_uptime_us` is taken
/// just before the request is written, the fourth timestamp just after the answer's head came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockReport {
    /// The first timestamp, in microseconds since boot.
    #[serde(rename = "sent_uptime_us", with = "bounded::uptime_us")]
    pub sent: Uptime,
    /// How good the wall clock is.
    pub state: ClockState,
    /// Wall-clock time at `sent`, with its bound; absent while `unsynchronised`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wall: Option<WallTime>,
}

/// How good a unit's wall clock is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockState {
    /// Nothing but the build date and the last persisted time is known.
    Unsynchronised,
    /// From a clock chip or one rough exchange.
    Coarse,
    /// Disciplined by exchanges, within the bound that goes with it.
    Synchronised,
    /// Was synchronised; the bound grows by the drift.
    HeldOver,
}

/// The disk that holds the spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageReport {
    /// Its size in bytes.
    #[serde(deserialize_with = "bounded::integer")]
    pub total_bytes: u64,
    /// Bytes the unit may still write.
    #[serde(deserialize_with = "bounded::integer")]
    pub free_bytes: u64,
}

/// What waits on the unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpoolReport {
    /// Records not yet acknowledged.
    pub record_count: u32,
    /// Clips and sidecars not yet wholly uploaded.
    pub upload_count: u32,
    /// Records and clips that the server refused for good and a person should see.
    pub parked_count: u32,
    /// Items evicted unsent since the unit was enrolled.
    pub evicted_count: u32,
    /// Bytes of all of it.
    #[serde(deserialize_with = "bounded::integer")]
    pub spool_bytes: u64,
    /// Age of the oldest unsent item in milliseconds; absent when nothing waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_ms: Option<u64>,
}

/// What the eyes do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EyesReport {
    /// Frames per thousand seconds, over the last minute: 15 frames a second are 15,000.
    pub frames_per_ks: u32,
    /// Frames dropped since boot because the eyes were busy.
    #[serde(deserialize_with = "bounded::integer")]
    pub dropped_frame_count: u64,
    /// 99th percentile of a frame's processing over the last minute, in microseconds.
    pub processing_p99_us: u32,
}

/// Whether the deterrent may act, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeterrentReport {
    /// Armed or disarmed.
    pub is_armed: bool,
    /// Why it is so, by name: `boot`, `button`, `command`, a fault.
    pub reason: Token,
    /// Emissions since boot.
    pub emission_count: u32,
}

/// The answer to a [`HeartbeatReport`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeartbeatAnswer {
    /// The server's half of the clock exchange.
    pub clock: ClockAnswer,
    /// The whole settings document, when the reported generation is not the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Envelope>,
    /// Commands with a number above the reported one, lowest first.
    #[serde(default, deserialize_with = "bounded::list::<_, _, COMMANDS_MAX>")]
    pub commands: Vec<Envelope>,
    /// Milliseconds to the next heartbeat, when the server wants another time than
    /// [`INTERVAL_MS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_ms: Option<u32>,
}

impl Message for HeartbeatAnswer {
    const NAME: &'static str = "heartbeat-answer";
    const BYTES_MAX: usize = 64 * 1024;
}

/// The server's half of the four-timestamp exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockAnswer {
    /// The first timestamp, repeated: an answer to another request is not an exchange.
    #[serde(rename = "sent_uptime_us", with = "bounded::uptime_us")]
    pub sent: Uptime,
    /// The second and third timestamps, while the server trusts its own clock.
    pub server: ServerClock,
}

/// What the server says of the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ServerClock {
    /// The server's clock is at or after its build date and its newest stored row.
    Plausible {
        /// The second timestamp: the request was read, in microseconds since 1970 UTC.
        #[serde(deserialize_with = "bounded::stored")]
        received_us: i64,
        /// The third timestamp: the answer was written, in microseconds since 1970 UTC.
        #[serde(deserialize_with = "bounded::stored")]
        answered_us: i64,
    },
    /// The server's clock cannot be right: take nothing from it.
    Implausible,
}
