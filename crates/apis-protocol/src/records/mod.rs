//! Facts a unit keeps until the server has them: each stored once by `(unit, boot, sequence)`.
//!
//! A record is hashed and re-sent as the bytes it was first written in. The same triple with the
//! same hash repeats the answer; with another hash it is a `sequence_conflict` (a restored card
//! image): the unit takes a higher boot and sends the record again under it.

use crate::bounded::{self, DETAIL_BYTES_MAX, Token};
use crate::digest::Sha256Digest;
use crate::message::{Message, ReadError};
use crate::problem::Code;
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use apis_units::Uptime;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

mod visit;

pub use visit::{
    AngleSpan, CHECKS_A_DAY_MAX, ClipDigests, ClipFate, Departure, EMISSIONS_MAX, Emission,
    Evidence, EvidenceTerm, NoClipReason, REFUSALS_MAX, Refusal, TERMS_MAX, VISIT_GAP_MS,
    VisitClosed, VisitKind, VisitOpened,
};

/// Most records in one request.
pub const RECORDS_MAX: usize = 64;

/// Most bytes of one record: [`EMISSIONS_MAX`] emissions of some 200 bytes, twice over.
pub const RECORD_BYTES_MAX: usize = 128 * 1024;

/// Most reasons for blindness told in one hour.
pub const BLIND_REASONS_MAX: usize = 16;

/// `POST` [`crate::route::RECORDS`]: 1 to [`RECORDS_MAX`] records.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RecordsRequest {
    /// When the unit sends it: by this the server places records of the same boot that were made
    /// before the unit knew the time.
    pub sent: RecordTime,
    /// In the order of their sequence.
    #[serde(deserialize_with = "bounded::list::<_, _, RECORDS_MAX>")]
    pub records: Vec<RawRecord>,
}

impl Message for RecordsRequest {
    const NAME: &'static str = "records-request";
    const BYTES_MAX: usize = 512 * 1024;
}

/// One record as the bytes it was first written in: what is hashed, and what is read later.
///
/// Held raw so that one unreadable record does not sink the request it came in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RawRecord(Box<RawValue>);

impl RawRecord {
    /// The bytes of `record`.
    #[must_use]
    pub fn of(record: &Record) -> RawRecord {
        let json = serde_json::value::to_raw_value(record);
        RawRecord(json.expect("records have text keys and no failing serializer"))
    }

    /// A record written earlier, as a spool kept it.
    ///
    /// Errors: `TooLarge`, `Malformed` when the bytes are not one JSON value.
    pub fn from_bytes(bytes: &[u8]) -> Result<RawRecord, ReadError> {
        if bytes.len() > RECORD_BYTES_MAX {
            return Err(ReadError::TooLarge { bytes_max: RECORD_BYTES_MAX });
        }
        let json: &RawValue = serde_json::from_slice(bytes).map_err(ReadError::from_json)?;
        Ok(RawRecord(json.to_owned()))
    }

    /// Its JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// Its hash, over exactly these bytes.
    #[must_use]
    pub fn digest(&self) -> Sha256Digest {
        Sha256Digest::of(self.as_str().as_bytes())
    }

    /// Its place in the unit's order, even when the fact cannot be read.
    ///
    /// Errors: `Malformed` when not even that can be read.
    pub fn place(&self) -> Result<RecordPlace, ReadError> {
        serde_json::from_str(self.as_str()).map_err(ReadError::from_json)
    }

    /// The whole record.
    ///
    /// Errors: as [`Message::read`].
    pub fn record(&self) -> Result<Record, ReadError> {
        Record::read(self.as_str().as_bytes())
    }
}

/// Where a record stands in the unit's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RecordPlace {
    /// The boot it is numbered under.
    pub boot: u32,
    /// Its number in that boot; each is used once.
    pub sequence: u32,
}

/// One fact with its place and time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The boot it is numbered under: the boot it was made in, or a higher one after a
    /// `sequence_conflict`.
    pub boot: u32,
    /// Its number in that boot.
    pub sequence: u32,
    /// When it was made.
    pub at: RecordTime,
    /// What happened.
    pub fact: Fact,
}

impl Record {
    /// Where it stands.
    #[must_use]
    pub const fn place(&self) -> RecordPlace {
        RecordPlace { boot: self.boot, sequence: self.sequence }
    }
}

impl Message for Record {
    const NAME: &'static str = "record";
    const BYTES_MAX: usize = RECORD_BYTES_MAX;
}

/// A moment as the unit knew it: exact within its boot, an estimate on the wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordTime {
    /// The boot whose uptime this is.
    pub boot: u32,
    /// Microseconds since that boot.
    #[serde(rename = "uptime_us", with = "bounded::uptime_us")]
    pub uptime: Uptime,
    /// The wall clock's estimate then; absent while it was unsynchronised. A later
    /// synchronisation lets the server correct it by boot and uptime.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wall: Option<WallTime>,
}

/// A wall-clock estimate: the true time is within `error_ms` of `ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WallTime {
    /// Milliseconds since 1970 UTC.
    #[serde(deserialize_with = "bounded::stored")]
    pub ms: i64,
    /// The bound of the error, in milliseconds.
    pub error_ms: u32,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// A verdict began a visit.
    VisitOpened(VisitOpened),
    /// A visit is over and its clip decided.
    VisitClosed(VisitClosed),
    /// An hour of watching.
    Watch(Watch),
    /// A fault began or ended.
    Fault(FaultChange),
}

impl Fact {
    /// Its name in messages, metrics and tables.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Fact::VisitOpened(_) => "visit_opened",
            Fact::VisitClosed(_) => "visit_closed",
            Fact::Watch(_) => "watch",
            Fact::Fault(_) => "fault",
        }
    }
}

/// An hour of watching: counts without the time watched mean nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// Where the span begins.
    pub from: RecordTime,
    /// Where it ends: an hour later, or at shutdown.
    pub to: RecordTime,
    /// Milliseconds of it in which frames were seen.
    pub watched_ms: u32,
    /// Milliseconds of it that were blind, by reason.
    #[serde(default, deserialize_with = "bounded::list::<_, _, BLIND_REASONS_MAX>")]
    pub blind: Vec<Blindness>,
    /// Mean frames per thousand seconds while watching.
    pub frames_per_ks: u32,
    /// The scale at the entrance in micrometres per pixel; absent while unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub um_per_px: Option<u32>,
    /// Insects seen: confirmed tracks.
    pub insect_count: u32,
}

/// Time in which the eyes saw nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blindness {
    /// Why, by name.
    pub reason: Token,
    /// How long, in milliseconds.
    pub blind_ms: u32,
}

/// A fault began or ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultChange {
    /// The fault, by name.
    pub fault: Token,
    /// Whether it holds from now on.
    pub is_present: bool,
    /// What a person should know.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[serde(deserialize_with = "bounded::text::<_, DETAIL_BYTES_MAX>")]
    pub detail: String,
}

/// The answer to a [`RecordsRequest`]: one for each record, in the same order, with status 200
/// whatever became of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordsAnswer {
    /// One per record.
    #[serde(deserialize_with = "bounded::list::<_, _, RECORDS_MAX>")]
    pub answers: Vec<RecordAnswer>,
}

impl Message for RecordsAnswer {
    const NAME: &'static str = "records-answer";
    const BYTES_MAX: usize = 64 * 1024;
}

/// What became of one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordAnswer {
    /// Its place, repeated; absent when the server could not read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<RecordPlace>,
    /// What became of it.
    pub outcome: RecordOutcome,
}

/// What became of one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordOutcome {
    /// Stored, now or by an earlier request: the unit may forget it.
    Stored {
        /// The record's time cannot be right; it is stored with both times and marked.
        is_time_suspect: bool,
    },
    /// Another record has this place: take a higher boot, send it again under it.
    SequenceConflict,
    /// Never to be sent again as it is: the unit parks it, counts it, shows it.
    Refused {
        /// [`Code`]'s spelling.
        code: Token,
        /// What is wrong with this record.
        #[serde(deserialize_with = "bounded::text::<_, DETAIL_BYTES_MAX>")]
        detail: String,
    },
    /// Not stored now for the server's own reason: send it again later.
    Later,
}

impl RecordOutcome {
    /// A refusal with `code`.
    #[must_use]
    pub fn refused(code: Code, detail: &str) -> RecordOutcome {
        let code = Token::new(code.as_str()).expect("every code is a token; a test holds it");
        let detail = detail.chars().filter(|char| !char.is_control()).take(DETAIL_BYTES_MAX / 4);
        RecordOutcome::Refused { code, detail: detail.collect() }
    }
}
