//! When a fact happened, and whether its time can be right. No IO.
//!
//! A unit says its uptime, which is exact, and what it believes of the wall clock, if anything.
//! The server knows when it last heard the unit, at which uptime, by its own clock. Nothing is
//! moved silently: both times are kept, and a time that cannot be right is marked.

use apis_protocol::records::RecordTime;

use crate::clock::UnixMs;

/// How far in the future a time may lie beside its own bound, in milliseconds: two machines'
/// clocks may each be off by a little while both are synchronised.
const AHEAD_MS_MAX: i64 = 60_000;

/// A moment at which the server heard a unit: its boot, its uptime then, and the server's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    /// Which boot.
    pub boot: u32,
    /// The unit's uptime, in microseconds.
    pub uptime_us: u64,
    /// The server's time.
    pub heard_at: UnixMs,
}

/// What the server knows beside the record itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// When the unit was enrolled.
    pub enrolled_at: UnixMs,
    /// When the record came.
    pub received_at: UnixMs,
    /// When the unit was last heard, if since this process started.
    pub anchor: Option<Anchor>,
    /// The uptime of the record before it in the same boot, in microseconds.
    pub uptime_before_us: Option<u64>,
}

/// When something happened, as the server takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// The best estimate: the unit's own time, else reckoned by uptime, else the arrival.
    pub at: UnixMs,
    /// The unit's time cannot be right.
    pub is_suspect: bool,
}

/// Judges a record's time.
#[must_use]
pub fn judge(time: &RecordTime, known: &Known) -> Judged {
    let is_backwards =
        known.uptime_before_us.is_some_and(|before_us| time.uptime.micros() < before_us);
    let Some(wall) = time.wall else {
        let at = reckon(time, known).unwrap_or(known.received_at);
        return Judged { at, is_suspect: is_backwards };
    };
    let error_ms = i64::from(wall.error_ms);
    let is_early = wall.ms.saturating_add(error_ms) < known.enrolled_at.0;
    let latest_ms = known.received_at.0.saturating_add(AHEAD_MS_MAX);
    let is_ahead = latest_ms < wall.ms.saturating_sub(error_ms);
    Judged { at: UnixMs(wall.ms), is_suspect: is_backwards || is_early || is_ahead }
}

/// The time of a record whose unit did not know it, from an exchange in the same boot.
fn reckon(time: &RecordTime, known: &Known) -> Option<UnixMs> {
    let anchor = known.anchor.filter(|anchor| anchor.boot == time.boot)?;
    let since_us = i64::try_from(time.uptime.micros()).ok()?;
    let anchor_us = i64::try_from(anchor.uptime_us).ok()?;
    let difference_ms = since_us.checked_sub(anchor_us)? / 1_000;
    Some(UnixMs(anchor.heard_at.0.saturating_add(difference_ms)))
}

#[cfg(test)]
mod tests {
    use apis_protocol::records::WallTime;
    use apis_units::Uptime;

    use super::*;

    const DAY_MS: i64 = 86_400_000;

    fn check(wall: Option<(i64, u32)>, change: impl FnOnce(&mut Known), expected: (i64, bool)) {
        let mut known = Known {
            enrolled_at: UnixMs(10 * DAY_MS),
            received_at: UnixMs(20 * DAY_MS),
            anchor: None,
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
    fn an_unknown_time_is_reckoned_by_uptime_or_taken_from_the_arrival() {
        check(None, |_| (), (20 * DAY_MS, false));
        let anchor = |boot| Anchor { boot, uptime_us: 65_000_000, heard_at: UnixMs(19 * DAY_MS) };
        check(None, |known| known.anchor = Some(anchor(3)), (19 * DAY_MS - 60_000, false));
        check(None, |known| known.anchor = Some(anchor(4)), (20 * DAY_MS, false));
    }
}
