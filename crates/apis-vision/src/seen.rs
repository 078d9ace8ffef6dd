//! What one frame showed: tracks with their judgement, facts about the picture, and what had to
//! be dropped.

use alloc::boxed::Box;
use alloc::vec;

use apis_units::{Fraction, PictureBox, PicturePoint, Uptime};

use crate::TRACKS_MAX;
use crate::evidence::Evidence;

/// Names a track within one boot; never used again for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TrackId(pub u32);

/// Where a track is in its life.
///
/// ```text
/// Tentative ──seen again and again──▶ Confirmed ◀──seen── Coasting ──too long──▶ forgotten
///     └──missed──▶ forgotten              └────missed────────▲
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Seen too few times to be more than noise.
    Tentative {
        /// Frames it was seen in.
        hits: u8,
    },
    /// Seen in this frame, and often enough.
    Confirmed,
    /// Not seen in this frame; its place is held in case it comes back.
    Coasting {
        /// When it was last seen.
        since: Uptime,
    },
}

/// What a track was told apart from a hovering hornet by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RuledOut {
    /// Stands still: a bee on the board, a fallen leaf, dirt.
    Static,
    /// Swings about a fixed point: a leaf, a twig, a spider on its thread.
    Swaying,
    /// Only the light changed, what lies beneath shines through: a fleck of sun, a shadow.
    SunFleck,
    /// As long as this hive's bees, or shorter than any hornet can be told.
    TooSmall,
    /// Moves about one place as this hive's bees do, wider and faster than a hornet.
    Loitering,
    /// Longer than a hornet at any distance a unit is mounted at: an insect on the lens, a person.
    TooLarge,
}

/// What vision thinks of a track so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "tracks lie in a table made once: a box would allocate, and every place is paid for"
)]
pub enum Judgement {
    /// Not enough seen yet, or on its way through.
    Open,
    /// Named as something else; may be opened again when it behaves otherwise.
    RuledOut(RuledOut),
    /// A hovering hornet. Stays until the track is forgotten.
    Verdict(Verdict),
}

/// The decision that a track is a hovering hornet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Capture time of the frame that decided it.
    pub decided_at: Uptime,
    /// Capture time of the frame in which the hover began.
    pub hover_since: Uptime,
    /// Why.
    pub evidence: Evidence,
}

/// A track that was short of a verdict by little, for as long as a verdict takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NearMiss {
    /// Which.
    pub track: TrackId,
    /// Capture time of the frame in which the hover began.
    pub hover_since: Uptime,
    /// What there was of evidence.
    pub evidence: Evidence,
}

/// One track as this frame left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Track {
    /// Which.
    pub id: TrackId,
    /// Centre of the body; while coasting, where it was last seen.
    pub point: PicturePoint,
    /// The upright box around it.
    pub bounds: PictureBox,
    /// Usual length of its body, as a share of the full picture's width.
    pub length: Fraction,
    /// Where it is in its life.
    pub phase: Phase,
    /// What vision thinks of it.
    pub judgement: Judgement,
    /// Whether a verdict's body has flown on and was not yet seen to hover again. It may be another
    /// one's: a hornet that flies over bees can leave its name with them.
    pub is_on_its_way: bool,
}

impl Track {
    /// The verdict, if there is one.
    pub fn verdict(&self) -> Option<&Verdict> {
        match &self.judgement {
            Judgement::Verdict(verdict) => Some(verdict),
            Judgement::Open | Judgement::RuledOut(_) => None,
        }
    }

    /// Whether the track was found in this very frame.
    pub fn is_seen(&self) -> bool {
        match self.phase {
            Phase::Tentative { .. } | Phase::Confirmed => true,
            Phase::Coasting { .. } => false,
        }
    }
}

/// How far the picture can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Quality {
    /// Nothing is judged yet: the background is being learned.
    #[default]
    Learning,
    /// Usable.
    Good,
    /// Too dark, too bright or too flat to see an insect in.
    Blind,
    /// Smaller than 32 × 32 or larger than the eyes were made for: not looked at.
    WrongSize,
}

/// Facts about the whole picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PictureFacts {
    /// How far it can be relied on.
    pub quality: Quality,
    /// Light of this frame against the learned background, 1/256: 256 is the same.
    pub gain: u16,
    /// Shift of this frame against the background, 1/16 pixel, to the right and down.
    pub shift16: (i16, i16),
    /// Share of the picture that differs from the background, 1/65,536.
    pub changed: Fraction,
    /// A person, an animal or a shaken mount: far more changed than insects can change.
    pub has_large_motion: bool,
}

/// What was left out since construction, for the bounds that everything has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Counters {
    /// Frames looked at.
    pub frames: u64,
    /// Frames refused for their size.
    pub frames_refused: u64,
    /// Restarts because the frame's size, its view or the clock changed.
    pub restarts: u64,
    /// Runs of changed pixels beyond the table's end.
    pub runs_dropped: u64,
    /// Blobs dropped from a full table, the least hornet-like first.
    pub blobs_dropped: u64,
    /// Tentative tracks dropped from a full table, the newest first.
    pub tracks_dropped: u64,
}

/// Everything one frame showed.
#[derive(Debug, Clone)]
pub struct Seen {
    pub(crate) captured_at: Uptime,
    /// On the heap from the start: a board's stack is too small for it.
    pub(crate) tracks: Box<[Option<Track>]>,
    pub(crate) near_miss: Option<NearMiss>,
    pub(crate) facts: PictureFacts,
    pub(crate) counters: Counters,
}

impl Seen {
    pub(crate) fn nothing() -> Seen {
        Seen {
            captured_at: Uptime::ZERO,
            tracks: vec![None; TRACKS_MAX].into_boxed_slice(),
            near_miss: None,
            facts: PictureFacts::default(),
            counters: Counters::default(),
        }
    }

    /// Drops everything but the counters.
    pub(crate) fn forget(&mut self, captured_at: Uptime) {
        self.captured_at = captured_at;
        self.tracks.fill(None);
        self.near_miss = None;
        self.facts = PictureFacts::default();
    }

    /// Capture time of the frame.
    pub fn captured_at(&self) -> Uptime {
        self.captured_at
    }

    /// All living tracks; at most [`TRACKS_MAX`].
    pub fn tracks(&self) -> impl Iterator<Item = &Track> {
        self.tracks.iter().flatten()
    }

    /// A track that was nearly a verdict in this frame, if any was; one of them.
    pub fn near_miss(&self) -> Option<&NearMiss> {
        self.near_miss.as_ref()
    }

    /// Facts about the whole picture.
    pub fn facts(&self) -> &PictureFacts {
        &self.facts
    }

    /// What was left out so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }
}
