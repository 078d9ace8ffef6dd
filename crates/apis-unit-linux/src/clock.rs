//! The one real clock and the one real random source of the unit's program.
//!
//! Time is `CLOCK_MONOTONIC` counted from the start of the program: it cannot be set. The computer's
//! calendar clock is never read; the wall-clock time of a unit comes from its server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use apis_units::Uptime;

/// Microseconds of `CLOCK_MONOTONIC`, the scale on which a raw pipe states capture times.
pub fn monotonic_micros() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).expect("CLOCK_MONOTONIC starts at zero");
    let nanos = u64::try_from(now.tv_nsec).expect("a part of a second is not negative");
    seconds * 1_000_000 + nanos / 1_000
}

/// `N` random bytes from the kernel.
///
/// Errors: none; a kernel without randomness cannot make a key or a nonce, and the program ends.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the kernel gives random bytes");
    bytes
}

/// Time since the start of the program, shared by all threads.
///
/// At real speed it is `CLOCK_MONOTONIC`. When a file is replayed at full speed it is the capture
/// time of the newest frame, so that a minute of film is a minute to eyes and keeper however fast
/// it is read.
#[derive(Debug, Clone)]
pub struct Clock {
    started_micros: u64,
    offset_micros: u64,
    replayed: Option<Arc<AtomicU64>>,
}

impl Clock {
    /// A clock that starts now; `offset` is added to every moment.
    pub fn start(offset: Duration) -> Clock {
        let offset_micros = u64::try_from(offset.as_micros()).unwrap_or(u64::MAX);
        Clock { started_micros: monotonic_micros(), offset_micros, replayed: None }
    }

    /// A clock that the frames move, from zero.
    pub fn replay() -> Clock {
        Clock {
            started_micros: monotonic_micros(),
            offset_micros: 0,
            replayed: Some(Arc::new(AtomicU64::new(0))),
        }
    }

    /// The time since the start.
    pub fn now(&self) -> Uptime {
        match &self.replayed {
            Some(micros) => Uptime::from_micros(micros.load(Ordering::Acquire)),
            None => self.at_monotonic(monotonic_micros()),
        }
    }

    /// The uptime at a moment of `CLOCK_MONOTONIC`; the start for anything before it.
    pub fn at_monotonic(&self, micros: u64) -> Uptime {
        Uptime::from_micros(micros.saturating_sub(self.started_micros) + self.offset_micros)
    }

    /// Moves a replay clock on to `captured`; a real clock moves by itself.
    pub fn replayed_to(&self, captured: Uptime) {
        if let Some(micros) = &self.replayed {
            micros.fetch_max(captured.micros(), Ordering::AcqRel);
        }
    }

    /// Whether frames move this clock.
    pub fn is_replay(&self) -> bool {
        self.replayed.is_some()
    }

    /// How long a thread may sleep until `wake`: at most `longest`.
    pub fn until(&self, wake: Uptime, longest: Duration) -> Duration {
        wake.since(self.now()).min(longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replay_clock_moves_with_the_frames_and_never_back() {
        let clock = Clock::replay();
        clock.replayed_to(Uptime::from_millis(70));
        clock.replayed_to(Uptime::from_millis(50));
        assert_eq!(clock.now(), Uptime::from_millis(70));
    }

    #[test]
    fn an_offset_is_uptime_already_spent() {
        let clock = Clock::start(Duration::from_secs(61));
        assert!(Uptime::from_millis(61_000) <= clock.now());
    }
}
