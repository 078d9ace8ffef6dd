//! When to try again: full jitter, and never before the server allows it.

use core::time::Duration;

/// The mean of the first wait is half of this.
const FIRST_MS: u64 = 1_000;

/// No wait of our own choosing is longer.
const LONGEST_MS: u64 = 300_000;

/// No wait is shorter: a failure that answers at once must not become a busy loop.
const SHORTEST_MS: u64 = 50;

/// Failed attempts in a row, and the wait after each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backoff {
    attempts: u32,
}

impl Backoff {
    /// Counts a failed attempt and says how long to wait.
    ///
    /// `draw` is any random number; the wait is even over 0 to 1 s, 2 s, 4 s … 5 min, so that
    /// units which lost the same server do not come back together. `retry_after` is obeyed: the
    /// wait is never shorter, and its jitter comes on top.
    pub fn after_failure(&mut self, draw: u64, retry_after: Option<Duration>) -> Duration {
        let ceiling = FIRST_MS.checked_shl(self.attempts.min(20)).unwrap_or(LONGEST_MS);
        let ceiling = ceiling.min(LONGEST_MS);
        self.attempts = self.attempts.saturating_add(1);
        let jitter_ms = ((draw & 0xffff_ffff) * ceiling) >> 32;
        match retry_after {
            Some(least) => least + Duration::from_millis(jitter_ms.min(FIRST_MS)),
            None => Duration::from_millis(jitter_ms.max(SHORTEST_MS)),
        }
    }

    /// The server took something: begin anew.
    pub fn after_success(&mut self) {
        self.attempts = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_from_a_second_to_five_minutes() {
        let mut backoff = Backoff::default();
        let longest: [u64; 11] =
            core::array::from_fn(|_| backoff.after_failure(u64::MAX, None).as_millis() as u64 + 1);
        let expected = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300].map(|seconds| seconds * 1_000);
        assert_eq!(longest, expected);
        backoff.after_success();
        assert_eq!(backoff.after_failure(u64::MAX, None).as_millis(), 999);
        assert_eq!(backoff.after_failure(0, None).as_millis(), 50);
    }

    #[test]
    fn retry_after_is_never_cut_short() {
        let least = Duration::from_secs(900);
        for draw in [0, 7, 1 << 31, u64::MAX] {
            let wait = Backoff::default().after_failure(draw, Some(least));
            assert!(wait >= least && wait < least + Duration::from_secs(1), "{wait:?}");
        }
    }
}
