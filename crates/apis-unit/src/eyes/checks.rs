//! Checks: what is kept to know what the eyes miss, one at a time.
//!
//! ```text
//!            near miss ──no verdict for a while──┐
//! nothing ─▶                                     ├─▶ kept ──gone, or long enough──▶ nothing
//!            drawn at random ────────────────────┘     └──a verdict after all──▶ withdrawn
//! ```
//!
//! A check has no target: nothing here makes one, so the guard cannot know of it.

use core::time::Duration;

use apis_units::Uptime;
use apis_vision::{Evidence, Phase, Seen, Track, TrackId};

use super::queue::OutputQueue;
use super::visits::{Stay, VISIT_GAP, Visits};
use super::{CheckKind, CheckOpened, Departure, EyesOutput, VisitClosed, VisitNumber, VisitOpened};

/// How long a near miss waits for the verdict that may still come.
///
/// Short enough that the ring still holds its hover, long enough for most hornets that are small
/// for their hive to be decided on.
const VERDICT_WAIT: Duration = Duration::from_secs(2);

/// Longest check: what stays for longer shows nothing new.
const LENGTH_MAX: Duration = Duration::from_secs(20);

/// Pause after a near miss: one that goes on and off is one.
const PAUSE: Duration = Duration::from_secs(600);

/// One in so many draws takes a sample: with one draw a minute, one in eight hours.
const SAMPLE_ONE_IN: u64 = 480;

/// For how long a draw that takes a sample waits for a body to be followed.
const SAMPLE_WAIT: Duration = Duration::from_secs(60);

/// What is followed beside the visits, or may be.
#[derive(Debug)]
pub(super) struct Checks {
    current: Option<Check>,
    /// Until when no further near miss is taken.
    pauses_until: Uptime,
    sample: Option<Sample>,
}

/// One body that is followed.
#[derive(Debug, Clone, Copy)]
struct Check {
    kind: CheckKind,
    stay: Stay,
    began_at: Uptime,
    hover_since: Uptime,
    evidence: Evidence,
    /// Whether it was told of; until then it waits for a verdict.
    is_told: bool,
}

/// A sample that is to be taken of whatever is followed next.
#[derive(Debug, Clone, Copy)]
struct Sample {
    /// Which of the bodies in view, modulo their number.
    pick: u64,
    until: Uptime,
}

impl Checks {
    pub fn new() -> Checks {
        Checks { current: None, pauses_until: Uptime::ZERO, sample: None }
    }

    /// A random number, once a minute: one in [`SAMPLE_ONE_IN`] takes a sample.
    pub fn draw(&mut self, number: u64, now: Uptime) {
        let pick = number / SAMPLE_ONE_IN;
        let is_drawn = number.is_multiple_of(SAMPLE_ONE_IN);
        self.sample = is_drawn.then_some(Sample { pick, until: now + SAMPLE_WAIT });
    }

    /// Whether a track's way is kept for a check.
    pub fn follows(&self, track: TrackId) -> bool {
        self.current.is_some_and(|check| check.stay.track == track)
    }

    /// Takes one frame. Its verdicts' tracks have been taken before.
    pub fn look(&mut self, seen: &Seen, visits: &mut Visits, outputs: &mut OutputQueue) {
        let now = seen.captured_at();
        let is_decided = |check: &Check| {
            let mut decided = seen.tracks().filter(|track| track.verdict().is_some());
            decided.any(|track| track.is_seen() && check.stay.is_same_body(track))
        };
        if let Some(check) = self.current.take_if(|check| is_decided(check))
            && check.is_told
        {
            outputs.push(EyesOutput::CheckWithdrawn(check.stay.number));
        }
        match &mut self.current {
            Some(check) => {
                let own = seen.tracks().find(|track| track.id == check.stay.track);
                if let Some(track) = own.filter(|track| track.is_seen()) {
                    check.stay.see(track, now);
                }
                let is_due = !check.is_told && VERDICT_WAIT <= now.since(check.began_at);
                if is_due {
                    check.tell(now, visits, outputs);
                    self.pauses_until = now + PAUSE;
                }
            }
            None => self.begin(seen, visits, outputs),
        }
        self.end(now, LENGTH_MAX, outputs);
    }

    /// Ends a check whose body has gone.
    pub fn close_overdue(&mut self, now: Uptime, outputs: &mut OutputQueue) {
        self.end(now, Duration::MAX, outputs);
    }

    /// Says that vision started anew: nobody saw the body leave.
    pub fn lose_sight(&mut self) {
        if let Some(check) = &mut self.current {
            check.stay.lose_sight();
        }
    }

    /// When it is over if nothing is seen again.
    pub fn due(&self) -> Option<Uptime> {
        self.current.map(|check| check.stay.last_seen_at + VISIT_GAP)
    }

    fn begin(&mut self, seen: &Seen, visits: &mut Visits, outputs: &mut OutputQueue) {
        let now = seen.captured_at();
        let track_of = |id: TrackId| seen.tracks().find(|track| track.id == id);
        let near = seen.near_miss().filter(|_| self.pauses_until <= now);
        let near = near.and_then(|near| Some((near, track_of(near.track)?)));
        if let Some((near, track)) = near.filter(|(_, track)| !visits.may_know(track, now)) {
            self.current = Some(Check {
                kind: CheckKind::NearMiss,
                stay: Stay::of(VisitNumber(0), track, now),
                began_at: now,
                hover_since: near.hover_since,
                evidence: near.evidence,
                is_told: false,
            });
            return;
        }
        let Some(sample) = self.sample.take_if(|sample| now <= sample.until) else { return };
        let bodies = || seen.tracks().filter(|track| is_followed(track));
        let pick = usize::try_from(sample.pick % bodies().count().max(1) as u64).unwrap_or(0);
        let Some(track) = bodies().nth(pick) else {
            // Nobody is there yet.
            self.sample = Some(sample);
            return;
        };
        let mut check = Check {
            kind: CheckKind::Sample,
            stay: Stay::of(VisitNumber(0), track, now),
            began_at: now,
            hover_since: now,
            evidence: Evidence::of(&[]),
            is_told: false,
        };
        check.tell(now, visits, outputs);
        self.current = Some(check);
    }

    /// Ends a check that was long enough, or whose body was not seen for long.
    fn end(&mut self, now: Uptime, length_max: Duration, outputs: &mut OutputQueue) {
        let is_long = |check: &Check| length_max <= now.since(check.began_at);
        let is_gone = |check: &Check| VISIT_GAP <= now.since(check.stay.last_seen_at);
        let Some(check) = self.current.take_if(|check| is_long(check) || is_gone(check)) else {
            return;
        };
        if !check.is_told {
            return;
        }
        let departure = if is_gone(&check) { check.stay.departure } else { Departure::Stayed };
        outputs.push(EyesOutput::CheckClosed(VisitClosed {
            visit: check.stay.number,
            last_seen_at: check.stay.last_seen_at,
            point: check.stay.point,
            departure,
        }));
    }
}

impl Check {
    fn tell(&mut self, now: Uptime, visits: &mut Visits, outputs: &mut OutputQueue) {
        self.stay.number = visits.take_number();
        self.is_told = true;
        outputs.push(EyesOutput::CheckOpened(CheckOpened {
            kind: self.kind,
            opened: VisitOpened {
                visit: self.stay.number,
                track: self.stay.track,
                point: self.stay.point,
                length: self.stay.length,
                hover_since: self.hover_since,
                captured_at: now,
                evidence: self.evidence,
            },
        }));
    }
}

/// Whether a track is a body that no verdict was made on.
fn is_followed(track: &Track) -> bool {
    match track.phase {
        Phase::Confirmed => track.verdict().is_none(),
        Phase::Tentative { .. } | Phase::Coasting { .. } => false,
    }
}
