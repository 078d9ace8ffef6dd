//! `CLOCK_MONOTONIC`, the one clock that a unit, a scene and the simulated body on one machine
//! share; truth, capture times and the body's log are all written in it.

use rustix::time::{ClockId, Timespec, clock_gettime};
use std::time::Duration;

/// Microseconds of `CLOCK_MONOTONIC`.
pub fn monotonic_us() -> u64 {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(tv_sec).unwrap_or(0);
    let micros = u64::try_from(tv_nsec / 1_000).unwrap_or(0);
    seconds * 1_000_000 + micros
}

/// Nanoseconds of `CLOCK_MONOTONIC`, for what takes less than a microsecond.
pub fn monotonic_ns() -> u64 {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(tv_sec).unwrap_or(0);
    seconds * 1_000_000_000 + u64::try_from(tv_nsec).unwrap_or(0)
}

/// Waits until `at_us` of [`monotonic_us`]; returns at once when it is past.
pub fn wait_until_us(at_us: u64) {
    let left_us = at_us.saturating_sub(monotonic_us());
    if left_us > 0 {
        std::thread::sleep(Duration::from_micros(left_us));
    }
}
