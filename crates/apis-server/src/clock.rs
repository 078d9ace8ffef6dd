//! The one clock of the server. Everything else is given the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// An instant: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMs(pub i64);

impl UnixMs {
    /// The instant `span` later.
    pub fn plus(self, span: Duration) -> UnixMs {
        UnixMs(self.0.saturating_add(millis(span)))
    }

    /// The instant `span` earlier.
    pub fn minus(self, span: Duration) -> UnixMs {
        UnixMs(self.0.saturating_sub(millis(span)))
    }

    /// The instant of a text in RFC 3339; `None` for what is none.
    pub fn of_rfc3339(text: &str) -> Option<UnixMs> {
        let timestamp: jiff::Timestamp = text.parse().ok()?;
        Some(UnixMs(timestamp.as_millisecond()))
    }

    /// RFC 3339 in UTC with milliseconds, as the API says instants.
    pub fn rfc3339(self) -> String {
        let timestamp = jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::MAX);
        format!("{timestamp:.3}")
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// Where the time comes from. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Clock {
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    System,
    Movable(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Clock {
        Clock { source: Source::System }
    }

    /// A clock that stands still until [`Clock::advance`] moves it, for tests.
    pub fn movable(start: UnixMs) -> Clock {
        Clock { source: Source::Movable(Arc::new(AtomicI64::new(start.0))) }
    }

    /// The present instant.
    pub fn now(&self) -> UnixMs {
        match &self.source {
            Source::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                UnixMs(millis(since))
            }
            Source::Movable(ms) => UnixMs(ms.load(Ordering::SeqCst)),
        }
    }

    /// Moves a movable clock forward; the system's clock moves by itself.
    pub fn advance(&self, span: Duration) {
        match &self.source {
            Source::System => {}
            Source::Movable(ms) => {
                ms.fetch_add(millis(span), Ordering::SeqCst);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_said_in_utc_with_milliseconds() {
        assert_eq!(UnixMs(0).rfc3339(), "1970-01-01T00:00:00.000Z");
        assert_eq!(UnixMs(1_764_000_000_123).rfc3339(), "2025-11-24T16:00:00.123Z");
    }
}
