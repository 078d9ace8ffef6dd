//! A visit as records tell it: opened at the verdict, closed when the hornet is gone.

use super::RecordTime;
use crate::bounded::{self, TEXT_BYTES_MAX, Token};
use crate::digest::Sha256Digest;
use crate::id::{Generation, VisitId};
use alloc::string::String;
use alloc::vec::Vec;
use apis_units::Uptime;
use serde::{Deserialize, Serialize};

/// A visit closes when its hornet was not seen for this long, in milliseconds.
///
/// One constant for the eyes, the keeper and the truth of drawn scenes: shorter splits one
/// hornet's stay at a passing bee, longer joins two hornets into one visit.
pub const VISIT_GAP_MS: u64 = 5_000;

/// Most emissions told of one visit. The duty budget allows some 6 a minute; a longer visit
/// counts the rest in `emissions_dropped`.
pub const EMISSIONS_MAX: usize = 256;

/// Most distinct rules whose refusals are told of one visit.
pub const REFUSALS_MAX: usize = 32;

/// Most terms of an evidence.
pub const TERMS_MAX: usize = 40;

/// Why a visit is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VisitKind {
    /// The eyes decided that a hornet hovers.
    #[default]
    Verdict,
    /// The evidence was just below a verdict's; kept to know what the eyes miss, and not counted.
    NearMiss,
    /// A body that was followed, chosen at random; kept and not counted for the same reason. It may
    /// have no terms of evidence.
    Sample,
}

impl VisitKind {
    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            VisitKind::Verdict => "verdict",
            VisitKind::NearMiss => "near_miss",
            VisitKind::Sample => "sample",
        }
    }

    /// Whether it is a verdict's, and counts.
    #[must_use]
    pub const fn is_verdict(&self) -> bool {
        match self {
            VisitKind::Verdict => true,
            VisitKind::NearMiss | VisitKind::Sample => false,
        }
    }
}

/// Most visits of the kinds that are not counted that a unit keeps in any 24 hours.
pub const CHECKS_A_DAY_MAX: usize = 3;

/// Sent at the verdict: the alert goes out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitOpened {
    /// The visit, a `UUIDv7` of the unit.
    pub visit_id: VisitId,
    /// Why it is kept.
    pub kind: VisitKind,
    /// When its hornet was first seen.
    pub start: RecordTime,
    /// Why the eyes decided so.
    pub evidence: Evidence,
    /// Which eyes decided.
    #[serde(deserialize_with = "bounded::text::<_, TEXT_BYTES_MAX>")]
    pub detector: String,
    /// The settings they ran; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings_generation: Option<Generation>,
}

/// Sent when the hornet is gone. It may arrive before its [`VisitOpened`]: the server holds one
/// visit either way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitClosed {
    /// The visit.
    pub visit_id: VisitId,
    /// Why it is kept.
    pub kind: VisitKind,
    /// When its hornet was first seen.
    pub start: RecordTime,
    /// When its hornet was last seen.
    pub end: RecordTime,
    /// What its hornet did last, by its track alone; absent when the unit could not follow it to
    /// the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departure: Option<Departure>,
    /// The evidence at its strongest.
    pub evidence: Evidence,
    /// Each time the line was on, in order.
    #[serde(default, deserialize_with = "bounded::list::<_, _, EMISSIONS_MAX>")]
    pub emissions: Vec<Emission>,
    /// Emissions beyond [`EMISSIONS_MAX`].
    #[serde(default)]
    pub emissions_dropped: u32,
    /// Which rules refused to emit during the visit.
    #[serde(default, deserialize_with = "bounded::list::<_, _, REFUSALS_MAX>")]
    pub refusals: Vec<Refusal>,
    /// What became of the clip.
    pub clip: ClipFate,
}

/// What a hornet did last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Departure {
    /// It flew away from where it hovered, or out of the picture.
    Left,
    /// It was still there when the eyes had to stop following.
    Stayed,
    /// It was lost from sight while it hovered.
    Lost,
}

impl Departure {
    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Departure::Left => "left",
            Departure::Stayed => "stayed",
            Departure::Lost => "lost",
        }
    }
}

/// One time the line was on: when, how long, at what angles, on which track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emission {
    /// The beam went on, in microseconds since boot.
    #[serde(rename = "begun_us", with = "bounded::uptime_us")]
    pub begun: Uptime,
    /// The beam went off, in microseconds since boot.
    #[serde(rename = "ended_us", with = "bounded::uptime_us")]
    pub ended: Uptime,
    /// The least and the greatest pan of the sweep.
    pub pan: AngleSpan,
    /// The least and the greatest tilt of the sweep; zero is the horizontal.
    pub tilt: AngleSpan,
    /// The eyes' track that was aimed at.
    pub track: u32,
}

/// A span of angles in thousandths of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AngleSpan {
    /// The least.
    pub min_mdeg: i32,
    /// The greatest.
    pub max_mdeg: i32,
}

/// How often one rule refused during a visit, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The interlock's rule, by its name.
    pub rule: Token,
    /// The first refusal, in microseconds since boot.
    #[serde(rename = "first_us", with = "bounded::uptime_us")]
    pub first: Uptime,
    /// The last refusal, in microseconds since boot.
    #[serde(rename = "last_us", with = "bounded::uptime_us")]
    pub last: Uptime,
    /// Spans of refusal, not control periods.
    pub count: u32,
}

/// What became of a visit's clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClipFate {
    /// The clip and its sidecar are whole and will be uploaded.
    Kept(ClipDigests),
    /// There will be none.
    NoClip(NoClipReason),
}

/// What will be uploaded of a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClipDigests {
    /// Of the AVI.
    pub sha256: Sha256Digest,
    /// Its length in bytes.
    #[serde(deserialize_with = "bounded::integer")]
    pub clip_bytes: u64,
    /// Of the [`crate::sidecar::Sidecar`]; absent when it was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sidecar_sha256: Option<Sha256Digest>,
}

/// Why a visit has no clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoClipReason {
    /// The disk was full.
    DiskFull,
    /// The disk failed or is read-only.
    DiskFailed,
    /// No frame could be encoded.
    NoFrames,
    /// More visits at once than clips can be recorded.
    TooMany,
    /// The unit was stopped before the first frame was safe.
    CutShort,
    /// Evicted from the spool before it was sent.
    Evicted,
}

/// Why the eyes decided: terms and their values, in the spelling of one detector version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Which list of terms; see the detector's reference.
    pub version: u16,
    /// The sum of the terms against the threshold, in thousandths of a nat.
    pub score_mnat: i32,
    /// In the detector's order.
    #[serde(deserialize_with = "bounded::list::<_, _, TERMS_MAX>")]
    pub terms: Vec<EvidenceTerm>,
}

/// One term of an evidence, written as `[term, value]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u16, i32)", into = "(u16, i32)")]
pub struct EvidenceTerm {
    /// Which term, by its code.
    pub term: u16,
    /// Its value, in the term's own unit.
    pub value: i32,
}

impl From<(u16, i32)> for EvidenceTerm {
    fn from((term, value): (u16, i32)) -> EvidenceTerm {
        EvidenceTerm { term, value }
    }
}

impl From<EvidenceTerm> for (u16, i32) {
    fn from(term: EvidenceTerm) -> (u16, i32) {
        (term.term, term.value)
    }
}
