//! Whether the server's own clock can be right. A server that serves a wrong time poisons every
//! unit, so it says nothing instead.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::clock::UnixMs;

/// No build of this program is older: 2026-07-01T00:00:00Z. A clock before it stands at its
/// start-up value.
const BUILT_AT: UnixMs = UnixMs(1_782_864_000_000);

/// How far the clock may go back without being doubted, in milliseconds: a time daemon's step.
const STEP_BACK_MS_MAX: i64 = 1_000;

/// Kept nonces end this long after the request that used them, at most: 30 s of a clock that is
/// ahead, 60 s of acceptance, 60 s of keeping.
const NONCE_END_MS_MAX: i64 = 150_000;

/// A moment that was certainly past when the nonce with this end was used.
pub(super) fn moment_of_nonce_end(end: UnixMs) -> UnixMs {
    UnixMs(end.0.saturating_sub(NONCE_END_MS_MAX))
}

/// The newest moment at which this server is known to have worked.
#[derive(Debug)]
pub struct NewestMoment(AtomicI64);

impl NewestMoment {
    /// Knows the newest moment that the database tells of.
    #[must_use]
    pub fn new(stored: Option<UnixMs>) -> NewestMoment {
        NewestMoment(AtomicI64::new(stored.map_or(i64::MIN, |stored| stored.0)))
    }

    /// Whether `now` can be right; remembers it when it is the newest.
    pub fn is_plausible(&self, now: UnixMs) -> bool {
        let newest = self.0.fetch_max(now.0, Ordering::Relaxed);
        BUILT_AT <= now && newest <= now.0.saturating_add(STEP_BACK_MS_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_behind_its_build_or_its_rows_is_not_believed() {
        let now = UnixMs(BUILT_AT.0 + 1_000_000);
        let moment = NewestMoment::new(Some(now));
        assert!(moment.is_plausible(now));
        assert!(moment.is_plausible(UnixMs(now.0 - STEP_BACK_MS_MAX)));
        assert!(!moment.is_plausible(UnixMs(now.0 - STEP_BACK_MS_MAX - 1)));
        assert!(!NewestMoment::new(None).is_plausible(UnixMs(0)));
        let later = UnixMs(now.0 + 60_000);
        assert!(moment.is_plausible(later));
        assert!(!moment.is_plausible(now), "it once was a minute later");
    }
}
