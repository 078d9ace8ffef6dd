//! Which hornets are here: verdict tracks joined into stays.
//!
//! A stay is opened once, at its verdict. It keeps its number while its track is followed, and
//! passes on to another verdict track that appears within the gap near where it was last seen.

use core::time::Duration;

use apis_protocol::records::VISIT_GAP_MS;
use apis_units::{Fraction, PicturePoint, Uptime};
use apis_vision::{Track, TrackId, Verdict};

use super::queue::OutputQueue;
use super::{Departure, EyesOutput, Target, VisitClosed, VisitNumber, VisitOpened, point_of};

/// Most hornets that are followed at once.
///
/// More before one hive at once is a mass attack; a seventeenth waits until one has left.
const VISITS_MAX: usize = 16;

/// How far from where it was last seen a hornet may be found again, in its lengths.
const REJOIN_LENGTHS: u32 = 4;

/// How much farther for each second it was out of sight, in its lengths.
const REJOIN_LENGTHS_PER_SECOND: u32 = 2;

/// Speed from which on a hornet is on its way, in its lengths per second.
const LEAVING_LENGTHS_PER_SECOND: u32 = 5;

pub(super) const VISIT_GAP: Duration = Duration::from_millis(VISIT_GAP_MS);

/// One body's stay, not over yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stay {
    pub number: VisitNumber,
    pub track: TrackId,
    pub point: PicturePoint,
    pub length: Fraction,
    pub last_seen_at: Uptime,
    pub departure: Departure,
}

/// All stays that are not over.
#[derive(Debug)]
pub(super) struct Visits {
    stays: [Option<Stay>; VISITS_MAX],
    next: u32,
}

impl Visits {
    pub fn new() -> Visits {
        Visits { stays: [None; VISITS_MAX], next: 1 }
    }

    /// A verdict's track was seen: if a stay is its own, it goes on.
    pub fn follow_known(&mut self, track: &Track, now: Uptime, outputs: &mut OutputQueue) {
        let stays = self.stays.iter_mut().flatten();
        if let Some(stay) = stays.into_iter().find(|stay| stay.track == track.id) {
            stay.see(track, now);
            tell(track, stay.number, now, outputs);
        }
    }

    /// A verdict's track was seen after all known ones: if no stay is its own, it takes over the
    /// nearest one out of sight within reach, or opens a new one.
    ///
    /// A second track on a body that is already followed says nothing.
    pub fn follow_new(
        &mut self,
        track: &Track,
        verdict: &Verdict,
        now: Uptime,
        outputs: &mut OutputQueue,
    ) {
        let mut stays = self.stays.iter().flatten();
        if stays.any(|stay| stay.last_seen_at == now && stay.is_same_body(track)) {
            return;
        }
        let decided = |visit| VisitOpened {
            visit,
            track: track.id,
            point: track.point,
            length: track.length,
            hover_since: verdict.hover_since,
            captured_at: now,
            evidence: verdict.evidence,
        };
        let number = if let Some(stay) = self.find_lost(track, now) {
            let number = stay.number;
            if stay.track != track.id {
                outputs.push(EyesOutput::VisitRejoined(decided(number)));
            }
            stay.see(track, now);
            number
        } else if let Some(number) = self.open(track, now) {
            outputs.push(EyesOutput::VisitOpened(decided(number)));
            number
        } else {
            return;
        };
        tell(track, number, now, outputs);
    }

    /// Tells what is over by `now`.
    pub fn close_overdue(&mut self, now: Uptime, outputs: &mut OutputQueue) {
        for slot in &mut self.stays {
            let Some(stay) = slot else { continue };
            if now.since(stay.last_seen_at) < VISIT_GAP {
                continue;
            }
            outputs.push(EyesOutput::VisitClosed(VisitClosed {
                visit: stay.number,
                last_seen_at: stay.last_seen_at,
                point: stay.point,
                departure: stay.departure,
            }));
            *slot = None;
        }
    }

    /// Says that vision started anew: nobody saw the hornets leave.
    pub fn lose_sight(&mut self) {
        self.stays.iter_mut().flatten().for_each(Stay::lose_sight);
    }

    /// When the first stay will be over if its hornet is not seen again.
    pub fn first_due(&self) -> Option<Uptime> {
        self.stays.iter().flatten().map(|stay| stay.last_seen_at + VISIT_GAP).min()
    }

    /// Whether a track may be on the body of a stay, in sight or just lost.
    pub fn may_know(&self, track: &Track, now: Uptime) -> bool {
        let mut stays = self.stays.iter().flatten();
        stays.any(|stay| stay.is_same_body(track) || stay.is_rejoined_by(track, now))
    }

    /// The nearest stay out of sight within a track's reach.
    fn find_lost(&mut self, track: &Track, now: Uptime) -> Option<&mut Stay> {
        let lost = self.stays.iter_mut().flatten().filter(|stay| stay.is_rejoined_by(track, now));
        lost.min_by_key(|stay| distance(stay.point, track.point))
    }

    fn open(&mut self, track: &Track, now: Uptime) -> Option<VisitNumber> {
        let slot = self.stays.iter().position(Option::is_none)?;
        let number = self.take_number();
        *self.stays.get_mut(slot)? = Some(Stay::of(number, track, now));
        Some(number)
    }

    /// A number that no visit of this boot has had.
    pub fn take_number(&mut self) -> VisitNumber {
        let number = VisitNumber(self.next);
        self.next = self.next.wrapping_add(1).max(1);
        number
    }
}

impl Stay {
    pub fn of(number: VisitNumber, track: &Track, now: Uptime) -> Stay {
        Stay {
            number,
            track: track.id,
            point: track.point,
            length: track.length,
            last_seen_at: now,
            departure: Departure::Lost,
        }
    }

    pub fn lose_sight(&mut self) {
        self.departure = match self.departure {
            Departure::Left => Departure::Left,
            Departure::Lost | Departure::Stayed => Departure::Stayed,
        };
    }

    pub fn see(&mut self, track: &Track, now: Uptime) {
        let moved = u64::from(distance(self.point, track.point));
        let elapsed_ms = now.since(self.last_seen_at).as_millis().max(1) as u64;
        let leaving = u64::from(LEAVING_LENGTHS_PER_SECOND) * u64::from(track.length.raw());
        let is_leaving = moved * 1_000 > leaving * elapsed_ms || touches_edge(track);
        self.departure = if is_leaving { Departure::Left } else { Departure::Lost };
        self.track = track.id;
        self.point = track.point;
        self.length = track.length;
        self.last_seen_at = now;
    }

    /// Whether a track of another name is, or lies upon, the body that was seen here.
    pub fn is_same_body(&self, track: &Track) -> bool {
        self.track == track.id || distance(self.point, track.point) <= u32::from(self.length.raw())
    }

    fn is_rejoined_by(&self, track: &Track, now: Uptime) -> bool {
        let unseen = now.since(self.last_seen_at);
        let unseen_ms = u32::try_from(unseen.as_millis()).unwrap_or(u32::MAX);
        let lengths_1000 = (REJOIN_LENGTHS * 1_000)
            .saturating_add(unseen_ms.saturating_mul(REJOIN_LENGTHS_PER_SECOND));
        let reach = u64::from(self.length.raw()) * u64::from(lengths_1000) / 1_000;
        !unseen.is_zero() && u64::from(distance(self.point, track.point)) <= reach
    }
}

/// The target, unless it is on its way, and the track point of a hornet in sight.
fn tell(track: &Track, visit: VisitNumber, captured_at: Uptime, outputs: &mut OutputQueue) {
    let Track { id, point, .. } = *track;
    if !track.is_on_its_way {
        outputs.push(EyesOutput::Verdict(Target { visit, track: id, point, captured_at }));
    }
    outputs.push(EyesOutput::Track(point_of(track, Some(visit), captured_at)));
}

/// Whether a body is cut by the picture's edge, or nearly.
fn touches_edge(track: &Track) -> bool {
    let near = track.length.raw() / 2;
    let is_near = |at: Fraction| at.raw() < near || at.raw() > u16::MAX - near;
    is_near(track.point.x) || is_near(track.point.y)
}

/// Distance in 1/65,536 of the picture's width, its height taken as three quarters of that.
fn distance(one: PicturePoint, other: PicturePoint) -> u32 {
    let x = u64::from(one.x.raw().abs_diff(other.x.raw()));
    let y = u64::from(one.y.raw().abs_diff(other.y.raw())) * 3 / 4;
    (x * x + y * y).isqrt() as u32
}
