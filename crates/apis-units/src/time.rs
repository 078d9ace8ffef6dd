//! Time since boot. Wall-clock time is made of it elsewhere and never decides an emission.

use core::ops::Add;
use core::time::Duration;

/// A moment, in microseconds since the unit's program started.
///
/// 64 bits last 584,000 years: there is no wrap to handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Uptime(u64);

impl Uptime {
    /// The start of the program.
    pub const ZERO: Uptime = Uptime(0);

    /// The moment `micros` microseconds after the start.
    pub const fn from_micros(micros: u64) -> Uptime {
        Uptime(micros)
    }

    /// The moment `millis` milliseconds after the start.
    pub const fn from_millis(millis: u64) -> Uptime {
        Uptime(millis.saturating_mul(1_000))
    }

    /// Microseconds since the start.
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// Whole milliseconds since the start, rounded down.
    pub const fn millis(self) -> u64 {
        self.0 / 1_000
    }

    /// How long ago `earlier` was; zero when it is not earlier.
    pub const fn since(self, earlier: Uptime) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Uptime {
    type Output = Uptime;

    /// Saturates at the end of time rather than wrapping to the start.
    fn add(self, span: Duration) -> Uptime {
        let micros = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        Uptime(self.0.saturating_add(micros))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_moment_is_no_time_ago() {
        let early = Uptime::from_millis(5);
        let late = early + Duration::from_millis(7);
        assert_eq!(late.since(early), Duration::from_millis(7));
        assert_eq!(early.since(late), Duration::ZERO);
    }

    #[test]
    fn time_saturates_instead_of_wrapping() {
        assert_eq!(
            Uptime::from_micros(u64::MAX) + Duration::from_secs(1),
            Uptime::from_micros(u64::MAX)
        );
    }
}
