//! The eyes: frames to targets for the guard and visits for the keeper.
//!
//! Vision says which tracks are hovering hornets; the eyes make stays of them. A hornet whose
//! track is lost and found again near where it was is on the same visit, and a visit is opened
//! once, at its verdict. After every [`Eyes::handle`], drain [`Eyes::next_output`].

mod queue;

use apis_units::{Fraction, PictureBox, PicturePoint, Uptime};
use apis_vision::{Config, Counters, Evidence, Frame, PictureFacts, TrackId, Vision};

use queue::OutputQueue;

/// Names a visit within one boot, counted from 1. The keeper gives it its lasting id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VisitNumber(pub u32);

/// What the eyes take.
#[derive(Debug, Clone, Copy)]
pub enum EyesInput<'a> {
    /// The next frame.
    Frame(Frame<'a>),
    /// Time has passed without a frame.
    Tick,
}

/// What the eyes give.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum EyesOutput {
    /// The newest target for the guard: one on every frame in which a verdict's track is seen.
    Verdict(Target),
    /// A visit began. Once per visit, at its verdict.
    VisitOpened(VisitOpened),
    /// A visit is over. Once per visit, `VISIT_GAP_MS` after the hornet was last seen.
    VisitClosed(VisitClosed),
    /// Where a track was in this frame; of open visits, and of candidates before their verdict.
    Track(TrackPoint),
    /// What the whole picture was like; once per frame, the last of its outputs.
    Picture(PictureReport),
}

/// Where a hovering hornet is, for the guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Which visit it belongs to.
    pub visit: VisitNumber,
    /// Which track; the evidence of an emission.
    pub track: TrackId,
    /// Centre of the body.
    pub point: PicturePoint,
    /// Capture time of the frame that showed it there.
    pub captured_at: Uptime,
}

/// A visit began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisitOpened {
    /// Which visit.
    pub visit: VisitNumber,
    /// The track that was decided on.
    pub track: TrackId,
    /// Where the hornet was.
    pub point: PicturePoint,
    /// Length of its body, as a share of the full picture's width.
    pub length: Fraction,
    /// Capture time of the frame in which the hover began.
    pub hover_since: Uptime,
    /// Capture time of the frame that decided it.
    pub captured_at: Uptime,
    /// Why.
    pub evidence: Evidence,
}

/// How a visit ended, as the track tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Departure {
    /// Flew away: its last move led out of the place it hovered at, or out of the picture.
    Left,
    /// Was still there when the eyes had to stop following (another frame size, end of frames).
    Stayed,
    /// Lost from sight while hovering.
    Lost,
}

/// A visit is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisitClosed {
    /// Which visit.
    pub visit: VisitNumber,
    /// Capture time of the last frame that showed the hornet.
    pub last_seen_at: Uptime,
    /// Where it was then.
    pub point: PicturePoint,
    /// How it ended.
    pub departure: Departure,
}

/// One track in one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrackPoint {
    /// Which track.
    pub track: TrackId,
    /// The open visit it belongs to; `None` for a candidate.
    pub visit: Option<VisitNumber>,
    /// Centre of the body.
    pub point: PicturePoint,
    /// The upright box around it.
    pub bounds: PictureBox,
    /// Capture time of the frame.
    pub captured_at: Uptime,
}

/// The whole picture of one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureReport {
    /// Capture time of the frame.
    pub captured_at: Uptime,
    /// Light, quality, large motion.
    pub facts: PictureFacts,
    /// What vision had to leave out so far.
    pub counters: Counters,
}

/// The machine: frames in, targets and visits out.
#[derive(Debug)]
pub struct Eyes {
    vision: Vision,
    outputs: OutputQueue,
}

impl Eyes {
    /// Takes all memory that will ever be needed.
    pub fn new(config: Config) -> Eyes {
        Eyes { vision: Vision::new(config), outputs: OutputQueue::new() }
    }

    /// Takes one input. Never blocks.
    pub fn handle(&mut self, input: EyesInput<'_>, _now: Uptime) {
        match input {
            EyesInput::Frame(frame) => {
                let seen = self.vision.step(&frame);
                self.outputs.push(EyesOutput::Picture(PictureReport {
                    captured_at: seen.captured_at(),
                    facts: *seen.facts(),
                    counters: *seen.counters(),
                }));
            }
            EyesInput::Tick => {}
        }
    }

    /// Next thing the body must pass on, until `None`.
    pub fn next_output(&mut self) -> Option<EyesOutput> {
        self.outputs.pop()
    }

    /// When to call `handle(Tick, …)` if no frame comes first.
    pub fn wake_at(&self) -> Uptime {
        Uptime::from_micros(u64::MAX)
    }
}
