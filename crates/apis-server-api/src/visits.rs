//! Visits: hornets' stays as units saw them.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One visit. Either half may still be missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Visit {
    /// Its id, made by the unit.
    #[schema(format = "uuid")]
    pub id: String,
    /// The unit that saw it.
    #[schema(format = "uuid")]
    pub unit_id: String,
    /// The site at which the unit stood then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    pub site_id: Option<String>,
    /// The hive it was at, once somebody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    pub hive_id: Option<String>,
    /// Why it is kept: `verdict`, or what does not count: `near_miss` (its evidence was just below a
    /// verdict's) and `sample` (a body chosen at random).
    pub kind: String,
    /// When its hornet was first seen.
    #[schema(format = DateTime)]
    pub opened_at: String,
    /// When its hornet was last seen; missing while it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub closed_at: Option<String>,
    /// Since when it hovered, in microseconds since the unit's boot: the time base of the emissions,
    /// the refusals and the clip's sidecar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hover_from_us: Option<u64>,
    /// What its hornet did last, by its track alone: `left`, `stayed` (it was there when the eyes
    /// had to stop following) or `lost` from sight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departure: Option<String>,
    /// Whether the record of its verdict has come.
    pub is_opened: bool,
    /// A time that the unit told cannot be right.
    pub is_time_suspect: bool,
    /// Which eyes decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detector: Option<String>,
    /// Why they decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// Each time the line was on.
    pub emissions: Vec<Emission>,
    /// Which rules refused to let it on.
    pub refusals: Vec<Refusal>,
    /// Why there is no clip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_clip_reason: Option<String>,
    /// Its clip and its sidecar, as far as they have come.
    pub clips: Vec<VisitClip>,
    /// What people said it was, oldest first.
    pub labels: Vec<Label>,
    /// Since when it lies in the bin: on no list, and gone for good a month later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub deleted_at: Option<String>,
    /// How often it changed, from 1.
    pub version: i64,
}

/// Which kinds of visits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct KindQuery {
    /// `verdict` (what counts; without it), `near_miss`, `sample`, or `all`.
    pub kind: Option<String>,
}

/// Names visits.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct VisitIds {
    /// Their ids, 1 to 200.
    pub ids: Vec<String>,
}

/// What became of visits that were named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VisitsChanged {
    /// How many of them changed; the others were so already.
    pub count: u32,
}

/// Says what a visit was.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NewLabel {
    /// Its id, made by the client (a UUID of version 7), so that a repeated request makes one label.
    #[schema(format = "uuid")]
    pub id: String,
    /// What it was.
    pub label: LabelKind,
}

/// What a visit was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LabelKind {
    /// An Asian hornet.
    Hornet,
    /// No hornet: bees, a shadow, a leaf.
    NotHornet,
    /// Another insect as large: a European hornet, a bumblebee.
    OtherSpecies,
}

impl LabelKind {
    /// Every kind.
    pub const ALL: [LabelKind; 3] =
        [LabelKind::Hornet, LabelKind::NotHornet, LabelKind::OtherSpecies];

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            LabelKind::Hornet => "hornet",
            LabelKind::NotHornet => "not_hornet",
            LabelKind::OtherSpecies => "other_species",
        }
    }
}

/// What a member said a visit was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Label {
    /// Its id.
    #[schema(format = "uuid")]
    pub id: String,
    /// What it was.
    pub label: LabelKind,
    /// The member's account, who alone may take it back.
    #[schema(format = "uuid")]
    pub account_id: String,
    /// Its name.
    pub account_name: String,
    /// When it was said.
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// Why the eyes decided: terms of one version of their list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Evidence {
    /// Which list of terms.
    pub version: u16,
    /// The sum against the threshold, in thousandths of a nat.
    pub score_mnat: i32,
    /// The terms.
    pub terms: Vec<EvidenceTerm>,
}

/// One term of an evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EvidenceTerm {
    /// Which term.
    pub term: u16,
    /// Its value, in the term's own unit.
    pub value: i32,
}

/// One time the line was on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Emission {
    /// Microseconds since the unit's boot.
    pub begun_us: u64,
    /// Microseconds since the unit's boot.
    pub ended_us: u64,
    /// The least pan of the sweep, in thousandths of a degree.
    pub pan_min_mdeg: i32,
    /// The greatest pan of the sweep.
    pub pan_max_mdeg: i32,
    /// The least tilt of the sweep; zero is the horizontal.
    pub tilt_min_mdeg: i32,
    /// The greatest tilt of the sweep.
    pub tilt_max_mdeg: i32,
    /// The track that was aimed at.
    pub track: u32,
}

/// How often one rule refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Refusal {
    /// The interlock's rule.
    pub rule: String,
    /// Spans of refusal.
    pub count: u32,
    /// The first began then, in microseconds since the unit's boot.
    pub first_us: u64,
    /// The last began then.
    pub last_us: u64,
}

/// A clip or a sidecar of a visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VisitClip {
    /// Its id: `GET /api/v1/clips/{id}/content`.
    #[schema(format = "uuid")]
    pub id: String,
    /// `clip` or `sidecar`.
    pub kind: String,
    /// `expected`, `unverified`, `stored`, `rejected`, or `lost` when its bytes are gone.
    pub state: String,
    /// Why it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flaw: Option<String>,
    /// SHA-256 of the whole, in hexadecimal.
    pub sha256: String,
    /// Its length.
    pub bytes: i64,
    /// Of a clip: what a browser plays of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub play: Option<Play>,
}

/// What a browser plays of a clip, under `/api/v1/clips/{id}/`: `play.mp4`, `poster.jpg`,
/// `thumbnail.jpg` and `sprite.jpg`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Play {
    /// `waiting`, `made`, or `set_aside` when it cannot be made.
    pub state: String,
    /// Why it was set aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flaw: Option<String>,
    /// What was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video: Option<Video>,
}

/// How far a clip is that is being made ready to play.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlayProgress {
    /// Whether this server is at it.
    pub is_under_way: bool,
    /// Pictures that are done.
    pub done_count: u32,
    /// All of them; 0 before that is known.
    pub frame_count: u32,
}

/// A video, and the sheet of small pictures that goes with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Video {
    /// Its pictures.
    pub frame_count: u64,
    /// How long it lasts.
    pub duration_us: u64,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
    /// Whether its times are the sidecar's; else they are the clip's even pace.
    pub has_times: bool,
    /// Pictures on the sheet, evenly spread over the video.
    pub tile_count: u32,
    /// How many of them stand side by side.
    pub tile_columns: u32,
    /// The width of one of them in pixels.
    pub tile_width: u32,
    /// The height of one of them in pixels.
    pub tile_height: u32,
}

/// What an export holds; without a field everything that counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// Visits and watching from then on (RFC 3339).
    pub from: Option<String>,
    /// Visits and watching before then (RFC 3339).
    pub until: Option<String>,
    /// Of this unit alone.
    pub unit_id: Option<String>,
    /// Visits of this kind: `verdict` (without it), `near_miss`, `sample`, or `all`.
    pub kind: Option<String>,
    /// Visits of which this was said last: `hornet`, `not_hornet`, `other_species`, or `none` for
    /// those of which nothing was said.
    pub label: Option<String>,
}

/// An export as JSON: the visits, and how long was watched, without which their number says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Export {
    /// The visits, newest first.
    pub visits: Vec<Visit>,
    /// The watching.
    pub watched: Vec<Watched>,
}

/// A span of watching, an hour at most, as a unit told it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Watched {
    /// The unit.
    #[schema(format = "uuid")]
    pub unit_id: String,
    /// When the span begins.
    #[schema(format = DateTime)]
    pub from: String,
    /// When it ends.
    #[schema(format = DateTime)]
    pub until: String,
    /// The unit's clock was not right: the times may be wrong.
    pub is_time_suspect: bool,
    /// Milliseconds of it in which pictures were seen.
    pub watched_ms: u32,
    /// Milliseconds of it in which nothing could be seen.
    pub blind_ms: u32,
    /// Insects that were seen.
    pub insect_count: u32,
}

/// One page of visits, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VisitPage {
    /// The page's visits.
    pub items: Vec<Visit>,
    /// Give it as `cursor` for the next page; missing on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
