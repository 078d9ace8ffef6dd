//! Time watched and time blind, for the hourly account: counts without time watched mean nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use apis_unit::eyes::PictureReport;
use apis_unit::keeper::{BlindReason, Watched};
use apis_units::Uptime;
use apis_vision::{Quality, TrackId};

/// How often the keeper is told.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// A gap between two frames longer than this was not watched: one frame at the slowest rate that
/// still sees, five a second, and as much again.
const GAP_MAX: Duration = Duration::from_millis(400);

/// The account since the keeper was last told.
#[derive(Debug)]
pub struct Watch {
    since: Uptime,
    accounted_to: Uptime,
    watched: Duration,
    blind: Duration,
    reason: Option<BlindReason>,
    frame_count: u32,
    insects: BTreeSet<TrackId>,
}

impl Watch {
    /// An empty account from `now` on.
    pub fn new(now: Uptime) -> Watch {
        Watch {
            since: now,
            accounted_to: now,
            watched: Duration::ZERO,
            blind: Duration::ZERO,
            reason: None,
            frame_count: 0,
            insects: BTreeSet::new(),
        }
    }

    /// A frame was looked at.
    pub fn seen(&mut self, picture: &PictureReport) {
        self.frame_count += 1;
        let gap = picture.captured_at.since(self.accounted_to);
        self.accounted_to = self.accounted_to.max(picture.captured_at);
        let reason = match picture.facts.quality {
            Quality::Good if gap <= GAP_MAX => {
                self.watched += gap;
                return;
            }
            Quality::Good => BlindReason::NoFrames,
            Quality::Learning => BlindReason::Learning,
            Quality::Blind => BlindReason::Light,
            Quality::WrongSize => BlindReason::WrongSize,
        };
        self.reason = Some(reason);
        self.blind += gap;
    }

    /// A track was seen.
    pub fn tracked(&mut self, track: TrackId) {
        self.insects.insert(track);
    }

    /// No frames come.
    pub fn blind(&mut self, now: Uptime) {
        self.reason = Some(BlindReason::NoFrames);
        self.blind += now.since(self.accounted_to);
        self.accounted_to = self.accounted_to.max(now);
    }

    /// The account, when it is time to tell it; a new one then begins.
    pub fn due(&mut self, now: Uptime) -> Option<Watched> {
        if now.since(self.since) < TOLD_EVERY {
            return None;
        }
        if GAP_MAX < now.since(self.accounted_to) {
            self.blind(now);
        }
        let millis = |span: Duration| u32::try_from(span.as_millis()).unwrap_or(u32::MAX);
        let watched = Watched {
            watched_ms: millis(self.watched),
            blind: self.reason.map(|reason| (reason, millis(self.blind))),
            frame_count: self.frame_count,
            insect_count: u32::try_from(self.insects.len()).unwrap_or(u32::MAX),
        };
        let accounted_to = self.accounted_to;
        *self = Watch { accounted_to, ..Watch::new(now) };
        Some(watched)
    }
}

#[cfg(test)]
mod tests {
    use apis_vision::{Counters, PictureFacts};

    use super::*;

    fn picture(millis: u64, quality: Quality) -> PictureReport {
        PictureReport {
            captured_at: Uptime::from_millis(millis),
            facts: PictureFacts { quality, ..PictureFacts::default() },
            counters: Counters::default(),
        }
    }

    #[test]
    fn a_gap_is_blind_and_the_rest_is_watched() {
        let mut watch = Watch::new(Uptime::ZERO);
        for frame in 1..=100 {
            watch.seen(&picture(frame * 100, Quality::Good));
        }
        watch.seen(&picture(15_000, Quality::Good));
        assert_eq!(watch.due(Uptime::from_millis(15_100)), None);
        let told = watch.due(Uptime::from_millis(60_000)).unwrap();
        assert_eq!((told.watched_ms, told.frame_count), (10_000, 101));
        assert_eq!(told.blind, Some((BlindReason::NoFrames, 50_000)));
        assert_eq!(watch.due(Uptime::from_millis(60_001)), None);
    }
}
