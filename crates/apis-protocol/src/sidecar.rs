//! The sidecar of a clip: what a frame of it means. Uploaded beside the AVI, too large for a
//! record.

use crate::bounded;
use crate::id::VisitId;
use crate::message::Message;
use crate::records::{Evidence, VisitKind};
use alloc::vec::Vec;
use apis_units::{Fraction, PicturePoint, Uptime};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The form this crate writes.
pub const SIDECAR_VERSION: u16 = 1;

/// Most frames of one clip: ten minutes at 15 frames a second, and some.
pub const FRAMES_MAX: usize = 10_000;

/// Most bytes of a sidecar: 10,000 capture times and twice as many points, and some.
pub const SIDECAR_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Most points of one clip's tracks: each frame's hornet, and sometimes a second.
pub const POINTS_MAX: usize = 2 * FRAMES_MAX;

/// Most verdicts of one visit: a hornet that is lost and found again is decided on anew.
pub const VERDICTS_MAX: usize = 32;

/// One clip's frames, track and evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sidecar {
    /// [`SIDECAR_VERSION`].
    pub version: u16,
    /// Whose clip it is.
    pub visit_id: VisitId,
    /// Why it is kept; absent for a verdict.
    #[serde(default, skip_serializing_if = "VisitKind::is_verdict")]
    pub kind: VisitKind,
    /// The boot whose uptime the capture times are.
    pub boot: u32,
    /// Each frame's capture time, in microseconds since boot; the index is the frame's place in
    /// the AVI, empty chunks included.
    #[serde(deserialize_with = "bounded::list::<_, _, FRAMES_MAX>")]
    pub frames: Vec<CaptureTime>,
    /// Where the hornet was, by frame index, ascending; a frame without it has no point.
    #[serde(deserialize_with = "bounded::list::<_, _, POINTS_MAX>")]
    pub track: Vec<TrackPoint>,
    /// Why the eyes decided, at its strongest.
    pub evidence: Evidence,
    /// Each verdict of the visit in its order, the one that opened it first; none from a unit that
    /// did not keep them. Of another kind, the moment at which it was chosen.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "bounded::list::<_, _, VERDICTS_MAX>"
    )]
    pub verdicts: Vec<Verdict>,
}

impl Message for Sidecar {
    const NAME: &'static str = "sidecar";
    const BYTES_MAX: usize = SIDECAR_BYTES_MAX;
}

/// One decision of the eyes that a track is a hovering hornet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The eyes' number of the track.
    pub track: u32,
    /// Capture time of the frame in which the hover began, in microseconds since boot.
    #[serde(rename = "hover_since_us", with = "bounded::uptime_us")]
    pub hover_since: Uptime,
    /// Capture time of the frame that decided it, in microseconds since boot.
    #[serde(rename = "decided_us", with = "bounded::uptime_us")]
    pub decided: Uptime,
    /// Why.
    pub evidence: Evidence,
}

/// A frame's capture time, written as whole microseconds since boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaptureTime(#[serde(with = "bounded::uptime_us")] pub Uptime);

/// Where a track was in one frame, written as `[frame, track, x, y, width, height]`.
///
/// Units: 1/65,536 of the full sensor picture's width and height; `x`, `y` is the centre.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrackPoint {
    /// The frame's index in the clip.
    pub frame: u32,
    /// The eyes' number of the track.
    pub track: u32,
    /// The centre.
    pub at: PicturePoint,
    /// Share of the full width the insect covers.
    pub width: Fraction,
    /// Share of the full height the insect covers.
    pub height: Fraction,
}

impl Serialize for TrackPoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let TrackPoint { frame, track, at, width, height } = self;
        (frame, track, at.x.raw(), at.y.raw(), width.raw(), height.raw()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for TrackPoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<TrackPoint, D::Error> {
        let (frame, track, x, y, width, height) = Deserialize::deserialize(deserializer)?;
        let at = PicturePoint { x: Fraction::from_raw(x), y: Fraction::from_raw(y) };
        let (width, height) = (Fraction::from_raw(width), Fraction::from_raw(height));
        Ok(TrackPoint { frame, track, at, width, height })
    }
}
