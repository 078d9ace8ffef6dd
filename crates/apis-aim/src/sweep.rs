//! The pattern of an emission: the vertical line goes to and fro across the target.
//!
//! A triangle in pan that starts at its middle, so that the line lies on the hornet the moment the
//! beam comes on. Its middle follows the target; the offset here is added to it.

use core::time::Duration;

use apis_units::Angle;

/// How far the line goes to either side of the target: 12°, the middle of R6's 10–15°.
pub const SWEEP_HALF_WIDTH: Angle = Angle::from_degrees(12);

/// One oscillation, 2 s: two and a half of them in an emission of 5 s (R6: two or three).
///
/// The line moves at 24° a second, a tenth of what a hobby servo can, so the lag of its answer
/// stays near 1° and does not narrow the sweep.
pub const SWEEP_PERIOD: Duration = Duration::from_millis(2_000);

/// Offset from the target, `since_start` into the emission: 0, right end, 0, left end, 0, …
pub fn offset(since_start: Duration) -> Angle {
    let period = SWEEP_PERIOD.as_micros() as i64;
    let quarter = period / 4;
    let into = (since_start.as_micros() % SWEEP_PERIOD.as_micros()) as i64;
    let width = i64::from(SWEEP_HALF_WIDTH.millidegrees());
    let from_middle = if into < quarter {
        into
    } else if into < 3 * quarter {
        2 * quarter - into
    } else {
        into - period
    };
    Angle::from_millidegrees((width * from_middle / quarter) as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn degrees_at(millis: u64) -> i32 {
        offset(Duration::from_millis(millis)).millidegrees() / 1_000
    }

    #[test]
    fn the_sweep_starts_on_the_target_and_reaches_both_ends() {
        let found = [0, 250, 500, 750, 1_000, 1_250, 1_500, 1_750, 2_000].map(degrees_at);
        assert_eq!(found, [0, 6, 12, 6, 0, -6, -12, -6, 0]);
    }

    #[test]
    fn an_emission_of_five_seconds_crosses_the_target_five_times() {
        let side = |n: u64| offset(Duration::from_millis(n)).millidegrees().signum();
        let crossings = (1..5_000).filter(|n| side(*n) == 0).count();
        assert_eq!(crossings, 4, "and once at the start, where the beam comes on");
    }

    #[test]
    fn the_sweep_never_jumps() {
        for millis in 0..5_000 {
            let step =
                offset(Duration::from_millis(millis + 1)) - offset(Duration::from_millis(millis));
            assert!(step.abs() <= Angle::from_millidegrees(25), "at {millis} ms");
        }
    }
}
