//! Checks: visits that count for nothing and are kept to know what the eyes miss.
//!
//! A check is recorded like a visit and told of only when it is over, since the next frame may
//! bring a verdict and withdraw it. Whatever else wants the disk goes first: a check without a clip
//! is dropped, as is one that a kill cuts short.

use super::Keeper;
use super::journal::{Entry, Role};
use super::recording::Recording;
use super::visits::Live;
use super::work::{Draft, Task};
use crate::eyes::{CheckKind, CheckOpened, VisitNumber};
use alloc::boxed::Box;
use apis_protocol::VisitId;
use apis_protocol::records::{CHECKS_A_DAY_MAX, Fact, RecordTime, VisitKind};
use core::time::Duration;

/// For how long a check counts against [`CHECKS_A_DAY_MAX`].
const DAY: Duration = Duration::from_secs(24 * 3_600);

impl Keeper {
    /// Begins a check, unless one is under way or the day has had enough.
    pub(super) fn open_check(&mut self, id: VisitId, check: &CheckOpened) {
        if self.is_backlog_full(Role::Watch) || !self.may_check() {
            return;
        }
        let kind = match check.kind {
            CheckKind::NearMiss => VisitKind::NearMiss,
            CheckKind::Sample => VisitKind::Sample,
        };
        let live = self.begin_live(id, kind, &check.opened);
        self.live.insert(id, live);
        self.numbers.insert(check.opened.visit, id);
        self.flush(id);
    }

    /// The body got a verdict: what was kept of it as a check goes.
    pub(super) fn withdraw_check(&mut self, number: VisitNumber) {
        let Some(visit) = self.numbers.remove(&number) else { return };
        self.drop_check(visit);
    }

    /// The check that follows a track, if one does.
    pub(super) fn check_on(&self, track: u32) -> Option<VisitId> {
        let follows = |live: &Live| live.is_check() && live.follows(track) && !live.is_closing();
        self.live.iter().find(|(_, live)| follows(live)).map(|(visit, _)| *visit)
    }

    /// Queues the opening of a check that is over; false when there is nothing to tell of.
    pub(super) fn tell_check(&mut self, visit: VisitId) -> bool {
        let Some(live) = self.live.get_mut(&visit) else { return false };
        if live.is_told {
            return true;
        }
        if !live.clip.as_ref().is_ok_and(Recording::has_frames) {
            self.drop_check(visit);
            return false;
        }
        live.is_told = true;
        let fact = Fact::VisitOpened(live.opened.clone());
        let at = self.time(self.now);
        let role = Role::Opened(visit);
        let draft = Draft { at, role, fact, with: Some(Entry::Check(at)), place: None };
        self.tasks.push_back(Task::Record(Box::new(draft)));
        true
    }

    fn drop_check(&mut self, visit: VisitId) {
        self.live.remove(&visit);
        self.tasks.push_back(Task::Remove(visit));
    }

    /// Whether a check may begin: one at a time, and so many in any day.
    fn may_check(&self) -> bool {
        let now = self.time(self.now);
        let of_today = self.spool.checks.iter().filter(|then| is_within_a_day(then, &now));
        let under_way = self.live.values().any(Live::is_check);
        !under_way && of_today.count() < CHECKS_A_DAY_MAX
    }
}

/// Whether less than a day may have passed, by what is known of both times: where the wall clock
/// does not say, a moment of an earlier boot is as old as this boot at least.
fn is_within_a_day(then: &RecordTime, now: &RecordTime) -> bool {
    let day_ms = i64::try_from(DAY.as_millis()).unwrap_or(i64::MAX);
    let passed_ms = match (then.wall, now.wall) {
        (Some(then), Some(now)) => now.ms - then.ms,
        _ if then.boot == now.boot => {
            i64::try_from(now.uptime.since(then.uptime).as_millis()).unwrap_or(i64::MAX)
        }
        _ => i64::try_from(now.uptime.millis()).unwrap_or(i64::MAX),
    };
    passed_ms < day_ms
}

#[cfg(test)]
mod tests {
    use super::*;
    use apis_protocol::records::WallTime;
    use apis_units::Uptime;

    const HOUR_MS: u64 = 3_600_000;

    fn time(boot: u32, hours: u64, wall_hours: Option<i64>) -> RecordTime {
        let wall = wall_hours.map(|hours| WallTime { ms: hours * HOUR_MS as i64, error_ms: 9 });
        RecordTime { boot, uptime: Uptime::from_millis(hours * HOUR_MS), wall }
    }

    #[test]
    fn a_day_is_over_when_it_surely_is() {
        for (then, now, is_within) in [
            (time(1, 1, None), time(1, 24, None), true),
            (time(1, 1, None), time(1, 25, None), false),
            (time(1, 9, None), time(2, 23, None), true),
            (time(1, 9, None), time(2, 24, None), false),
            (time(1, 9, Some(100)), time(2, 1, Some(123)), true),
            (time(1, 9, Some(100)), time(2, 1, Some(124)), false),
            (time(1, 9, Some(100)), time(2, 1, None), true),
        ] {
            assert_eq!(is_within_a_day(&then, &now), is_within, "{then:?} {now:?}");
        }
    }
}
