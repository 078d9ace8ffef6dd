//! The memory of lit time. It lives beside the state, so that no change of state forgets it.
//!
//! Intervals are kept as they were *reckoned*: up to the last order and the one-shot's hold after
//! it, never less than what was really lit. The table is bounded; when it is full its two oldest
//! intervals become one that also counts the dark between them, so that running out of room can
//! only make the budget stricter.

use core::time::Duration;

use apis_units::Uptime;

/// Most intervals remembered.
///
/// An emission and the rest after it last over 2 s, so at most 31 touch any window of 60 s.
const INTERVALS_MAX: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
struct Interval {
    start: Uptime,
    end: Uptime,
}

/// When the beam was lit, oldest first, within the window of the duty budget.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct LitTime {
    intervals: [Interval; INTERVALS_MAX],
    count: usize,
}

impl LitTime {
    /// Adds light from `start` to `end`, joined to the newest interval where they touch.
    pub(crate) fn add(&mut self, start: Uptime, end: Uptime) {
        if let Some(newest) = self.kept_mut().last_mut()
            && start <= newest.end
        {
            newest.end = newest.end.max(end);
            return;
        }
        if self.count == INTERVALS_MAX {
            self.join_two_oldest();
        }
        if let Some(free) = self.intervals.get_mut(self.count) {
            *free = Interval { start, end };
            self.count += 1;
        }
    }

    /// Forgets what ended at or before `moment`.
    pub(crate) fn forget_until(&mut self, moment: Uptime) {
        let gone = self.kept().take_while(|interval| interval.end <= moment).count();
        self.intervals.rotate_left(gone);
        self.count -= gone;
        let blank = self.intervals.iter_mut().skip(self.count);
        blank.for_each(|interval| *interval = Interval::default());
    }

    /// How much light was reckoned after `moment`.
    pub(crate) fn lit_after(&self, moment: Uptime) -> Duration {
        self.kept().map(|interval| interval.end.since(interval.start.max(moment))).sum()
    }

    /// The end of the newest light, which may lie ahead while an order still holds.
    pub(crate) fn newest_end(&self) -> Option<Uptime> {
        self.kept().last().map(|interval| interval.end)
    }

    /// The start of the stretch that light at `now` would lengthen: back over every dark gap
    /// shorter than `pause`. `now` itself when the last pause was a real one.
    pub(crate) fn stretch_start(&self, pause: Duration, now: Uptime) -> Uptime {
        self.kept().rev().fold(now, |start, interval| {
            if start.since(interval.end) < pause { interval.start } else { start }
        })
    }

    fn join_two_oldest(&mut self) {
        let [oldest, second, ..] = &mut self.intervals;
        second.start = oldest.start;
        self.intervals.rotate_left(1);
        self.count -= 1;
    }

    fn kept(&self) -> impl DoubleEndedIterator<Item = &Interval> {
        self.intervals.iter().take(self.count)
    }

    fn kept_mut(&mut self) -> &mut [Interval] {
        self.intervals.get_mut(..self.count).unwrap_or_default()
    }

    /// The same memory with every time moved back by `span`, for a model that lets time go on for
    /// ever within a bounded number of states.
    #[cfg(test)]
    pub(crate) fn moved_back(mut self, span: Duration) -> LitTime {
        for interval in self.kept_mut() {
            interval.start = back(interval.start, span);
            interval.end = back(interval.end, span);
        }
        self
    }
}

#[cfg(test)]
fn back(moment: Uptime, span: Duration) -> Uptime {
    Uptime::ZERO + moment.since(Uptime::ZERO + span)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Uptime {
        Uptime::from_millis(millis)
    }

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn light_that_touches_is_one_interval_and_counts_once() {
        let mut lit = LitTime::default();
        lit.add(at(100), at(150));
        lit.add(at(120), at(170));
        lit.add(at(170), at(220));
        assert_eq!(lit.count, 1);
        assert_eq!(lit.lit_after(at(0)), ms(120));
        assert_eq!(lit.lit_after(at(200)), ms(20));
        assert_eq!(lit.newest_end(), Some(at(220)));
    }

    #[test]
    fn a_full_memory_counts_more_and_never_less() {
        let mut lit = LitTime::default();
        for n in 0..200 {
            lit.add(at(n * 100), at(n * 100 + 10));
        }
        assert_eq!(lit.count, INTERVALS_MAX);
        assert!(lit.lit_after(at(0)) >= ms(200 * 10));
        assert_eq!(lit.newest_end(), Some(at(199 * 100 + 10)));
    }

    #[test]
    fn what_ended_before_the_window_is_forgotten() {
        let mut lit = LitTime::default();
        lit.add(at(0), at(10));
        lit.add(at(100), at(110));
        lit.forget_until(at(10));
        assert_eq!(lit.count, 1);
        assert_eq!(lit.lit_after(at(0)), ms(10));
    }

    #[test]
    fn a_stretch_reaches_back_over_short_gaps_only() {
        let mut lit = LitTime::default();
        lit.add(at(0), at(100));
        lit.add(at(1_000), at(1_100));
        lit.add(at(1_150), at(1_200));
        assert_eq!(lit.stretch_start(ms(500), at(1_300)), at(1_000));
        assert_eq!(lit.stretch_start(ms(500), at(1_700)), at(1_700));
        assert_eq!(lit.stretch_start(ms(2_000), at(1_700)), at(0));
    }
}
