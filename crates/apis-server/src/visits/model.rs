//! When a fact happened, and whether its time can be right. No IO.
//!
//! A unit says its uptime, which is exact, and what it believes of the wall clock, if anything.
//! The server knows at which uptime the unit sent the record, and when that came, by its own clock. Nothing is
//! moved silently: both times are kept, and a time that cannot be right is marked.

use apis_protocol::records::RecordTime;

use crate::clock::UnixMs;

/// How far in the future a time may lie beside its own bound, in milliseconds: two machines'
/// clocks may each be off by a little while both are synchronised.
const AHEAD_MS_MAX: i64 = 60_000;

/// What the server knows beside the record itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// When the unit was enrolled.
    pub enrolled_at: UnixMs,
    /// When the unit says that it sent the request; the server received it the time of a request
    /// later at most.
    pub sent: RecordTime,
    /// When the record came.
    pub received_at: UnixMs,
    /// The uptime of the record before it in the same boot, in microseconds.
    pub uptime_before_us: Option<u64>,
}

/// When something happened, as the server takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// The best estimate: the unit's own time, else reckoned by uptime, else the arrival.
    pub at: UnixMs,
    /// The unit's time cannot be right, or nobody knows it and the arrival stands for it.
    pub is_suspect: bool,
}

/// Judges a record's time.
#[must_use]
pub fn judge(time: &RecordTime, known: &Known) -> Judged {
    let is_backwards =
        known.uptime_before_us.is_some_and(|before_us| time.uptime.micros() < before_us);
    let Some(wall) = time.wall else {
        return match reckon(time, known) {
            Some(at) => Judged { at, is_suspect: is_backwards },
            None => Judged { at: known.received_at, is_suspect: true },
        };
    };
    let error_ms = i64::from(wall.error_ms);
    let is_early = wall.ms.saturating_add(error_ms) < known.enrolled_at.0;
    let latest_ms = known.received_at.0.saturating_add(AHEAD_MS_MAX);
    let is_ahead = latest_ms < wall.ms.saturating_sub(error_ms);
    Judged { at: UnixMs(wall.ms), is_suspect: is_backwards || is_early || is_ahead }
}

/// The time of a record whose unit did not know it, from how long before its arrival it was made:
/// known while the boot lasts, and never less than nothing.
fn reckon(time: &RecordTime, known: &Known) -> Option<UnixMs> {
    if known.sent.boot != time.boot {
        return None;
    }
    let age_us = known.sent.uptime.micros().checked_sub(time.uptime.micros())?;
    let age_ms = i64::try_from(age_us / 1_000).ok()?;
    Some(UnixMs(known.received_at.0.saturating_sub(age_ms)))
}

#[cfg(test)]
mod tests {
    use apis_protocol::records::WallTime;
    use apis_units::Uptime;

    use super::*;

    const DAY_MS: i64 = 86_400_000;

    fn sent(boot: u32, uptime_s: u64) -> RecordTime {
        RecordTime { boot, uptime: Uptime::from_micros(uptime_s * 1_000_000), wall: None }
    }

    fn check(wall: Option<(i64, u32)>, change: impl FnOnce(&mut Known), expected: (i64, bool)) {
        let mut known = Known {
            enrolled_at: UnixMs(10 * DAY_MS),
            sent: sent(4, 65),
            received_at: UnixMs(20 * DAY_MS),
            uptime_before_us: None,
        };
        change(&mut known);
        let wall = wall.map(|(ms, error_ms)| WallTime { ms, error_ms });
        let time = RecordTime { boot: 3, uptime: Uptime::from_micros(5_000_000), wall };
        let judged = judge(&time, &known);
        assert_eq!((judged.at.0, judged.is_suspect), expected);
    }

    #[test]
    fn a_units_own_time_is_taken_and_marked_when_it_cannot_be_right() {
        let nothing = |_: &mut Known| ();
        check(Some((15 * DAY_MS, 10)), nothing, (15 * DAY_MS, false));
        check(Some((10 * DAY_MS - 11, 10)), nothing, (10 * DAY_MS - 11, true));
        check(Some((10 * DAY_MS - 10, 10)), nothing, (10 * DAY_MS - 10, false));
        check(Some((20 * DAY_MS + 60_010, 10)), nothing, (20 * DAY_MS + 60_010, false));
        check(Some((20 * DAY_MS + 60_011, 10)), nothing, (20 * DAY_MS + 60_011, true));
        let later = |known: &mut Known| known.uptime_before_us = Some(5_000_001);
        check(Some((15 * DAY_MS, 10)), later, (15 * DAY_MS, true));
    }

    #[test]
    fn an_unknown_time_is_reckoned_by_uptime_or_the_arrival_stands_for_it_marked() {
        check(None, |known| known.sent = sent(3, 65), (20 * DAY_MS - 60_000, false));
        check(None, |known| known.sent = sent(3, 5), (20 * DAY_MS, false));
        check(None, |known| known.sent = sent(3, 4), (20 * DAY_MS, true));
        check(None, |known| known.sent = sent(4, 65), (20 * DAY_MS, true));
    }
}
