//! The eyes: frames to targets for the guard and visits for the keeper.
//!
//! Vision says which tracks are hovering hornets; the eyes make stays of them. A hornet whose
//! track is lost and found again near where it was is on the same visit, and a visit is opened
//! once, at its verdict. Beside them they keep checks, by which what they miss can be known.
//! After every [`Eyes::handle`], drain [`Eyes::next_output`].

mod visits;
mod checks;
mod queue;

use apis_units::{Fraction, PictureBox, PicturePoint, Uptime};
use apis_vision::{
    Config, Counters, Evidence, Frame, Judgement, Phase, PictureFacts, Track, TrackId, Vision,
};

use checks::Checks;
use queue::OutputQueue;
use visits::Visits;

/// Names a visit within one boot, counted from 1. The keeper gives it its lasting id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VisitNumber(pub u32);

/// What the eyes take.
#[derive(Debug, Clone, Copy)]
pub enum EyesInput<'a> {
    /// The next frame.
    Frame(Frame<'a>),
    /// A random number of the body's, once a minute: by these the eyes choose what they sample.
    Draw(u64),
    /// Time has passed without a frame.
    Tick,
}

/// What the eyes give.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum EyesOutput {
    /// The newest target for the guard: one on every frame in which a verdict's track is seen, unless
    /// it is on its way.
    Verdict(Target),
    /// A visit began. Once per visit, at its verdict.
    VisitOpened(VisitOpened),
    /// A hornet that was lost on this visit was found again, by a verdict on another track.
    VisitRejoined(VisitOpened),
    /// A visit is over. Once per visit, `VISIT_GAP_MS` after the hornet was last seen.
    VisitClosed(VisitClosed),
    /// A body is followed that no verdict was made on, to know what the eyes miss.
    CheckOpened(CheckOpened),
    /// A check is over.
    CheckClosed(VisitClosed),
    /// A check's body got a verdict after all: nothing of the check is to be kept.
    CheckWithdrawn(VisitNumber),
    /// Where a track was in this frame; of open visits and checks, and of candidates before their
    /// verdict.
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

/// The verdict that a visit began or went on with.
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

/// Why a body is followed that is no hornet to the eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CheckKind {
    /// Its evidence was short of a verdict by little.
    NearMiss,
    /// Chosen at random.
    Sample,
}

/// A check began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckOpened {
    /// Why.
    pub kind: CheckKind,
    /// The rest is as a visit's; a sample has no evidence.
    pub opened: VisitOpened,
}

/// How a visit ended, as the track tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Departure {
    /// Flew away: its last move led out of the place it hovered at, or out of the picture.
    Left,
    /// Was still there when the eyes had to stop following: the picture changed its size, its
    /// view or its clock, or no frame came any more.
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
    visits: Visits,
    checks: Checks,
    outputs: OutputQueue,
    restarts: u64,
}

impl Eyes {
    /// Takes all memory that will ever be needed.
    pub fn new(config: Config) -> Eyes {
        Eyes {
            vision: Vision::new(config),
            visits: Visits::new(),
            checks: Checks::new(),
            outputs: OutputQueue::new(),
            restarts: 0,
        }
    }

    /// Takes one input. Never blocks.
    ///
    /// `now` and the frames' capture times are on one clock.
    pub fn handle(&mut self, input: EyesInput<'_>, now: Uptime) {
        match input {
            EyesInput::Frame(frame) => self.look(&frame),
            EyesInput::Draw(number) => self.checks.draw(number, now),
            EyesInput::Tick => self.close_overdue(now),
        }
    }

    /// Next thing the body must pass on, until `None`.
    pub fn next_output(&mut self) -> Option<EyesOutput> {
        self.outputs.pop()
    }

    /// When to call `handle(Tick, …)` if no frame comes first: when the next visit ends.
    pub fn wake_at(&self) -> Uptime {
        let due = self.visits.first_due().into_iter().chain(self.checks.due()).min();
        due.unwrap_or(Uptime::from_micros(u64::MAX))
    }

    fn close_overdue(&mut self, now: Uptime) {
        self.visits.close_overdue(now, &mut self.outputs);
        self.checks.close_overdue(now, &mut self.outputs);
    }

    fn look(&mut self, frame: &Frame<'_>) {
        let captured_at = frame.captured_at();
        let seen = self.vision.step(frame);
        if seen.counters().restarts != self.restarts {
            self.restarts = seen.counters().restarts;
            self.visits.lose_sight();
            self.checks.lose_sight();
        }
        self.visits.close_overdue(captured_at, &mut self.outputs);
        self.checks.close_overdue(captured_at, &mut self.outputs);
        // Known ones first: a hornet in sight is nobody else's stay to take over.
        for track in seen.tracks().filter(|track| track.is_seen()) {
            if track.verdict().is_some() {
                self.visits.follow_known(track, captured_at, &mut self.outputs);
            }
        }
        for track in seen.tracks().filter(|track| track.is_seen()) {
            match track.verdict() {
                Some(verdict) => {
                    self.visits.follow_new(track, verdict, captured_at, &mut self.outputs);
                }
                None if is_candidate(track) || self.checks.follows(track.id) => {
                    self.outputs.push(EyesOutput::Track(point_of(track, None, captured_at)));
                }
                None => {}
            }
        }
        self.checks.look(seen, &mut self.visits, &mut self.outputs);
        self.outputs.push(EyesOutput::Picture(PictureReport {
            captured_at,
            facts: *seen.facts(),
            counters: *seen.counters(),
        }));
    }
}

/// Whether a track without a verdict may yet get one, so that its way is worth keeping.
fn is_candidate(track: &Track) -> bool {
    match (track.phase, track.judgement) {
        (Phase::Confirmed, Judgement::Open) => true,
        (Phase::Confirmed, Judgement::RuledOut(_) | Judgement::Verdict(_))
        | (Phase::Tentative { .. } | Phase::Coasting { .. }, _) => false,
    }
}

fn point_of(track: &Track, visit: Option<VisitNumber>, captured_at: Uptime) -> TrackPoint {
    TrackPoint { track: track.id, visit, point: track.point, bounds: track.bounds, captured_at }
}

#[cfg(test)]
mod tests;
