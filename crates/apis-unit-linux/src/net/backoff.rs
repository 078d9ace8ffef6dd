//! How long to wait before the next attempt: decorrelated jitter, so that a thousand units that
//! lost their server together do not come back together.

use std::time::Duration;

use crate::clock::random_bytes;

/// Pauses between `least` and `most`, each drawn from `least` to three times the last.
#[derive(Debug)]
pub struct Backoff {
    least: Duration,
    most: Duration,
    last: Duration,
}

impl Backoff {
    /// Begins with `least`.
    pub fn new(least: Duration, most: Duration) -> Backoff {
        Backoff { least, most, last: least }
    }

    /// The next pause.
    pub fn next_pause(&mut self) -> Duration {
        let span = (self.last * 3).min(self.most).saturating_sub(self.least);
        self.last = self.least + share_of(span);
        self.last
    }

    /// All is well again: the next pause is a short one.
    pub fn reset(&mut self) {
        self.last = self.least;
    }
}

/// A random part of `span`.
pub fn share_of(span: Duration) -> Duration {
    let draw = u32::from_le_bytes(random_bytes());
    let micros = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
    // Within 64 bits for any span under an hour and then some.
    Duration::from_micros(((u128::from(micros) * u128::from(draw)) >> 32) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_stay_within_their_bounds_and_begin_again_after_a_reset() {
        let (least, most) = (Duration::from_secs(1), Duration::from_secs(300));
        let mut backoff = Backoff::new(least, most);
        for _ in 0..1_000 {
            let pause = backoff.next_pause();
            assert!(least <= pause && pause <= most, "{pause:?}");
        }
        backoff.reset();
        assert!(backoff.next_pause() <= least * 3);
    }
}
