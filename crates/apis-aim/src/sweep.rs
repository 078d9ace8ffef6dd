//! The pattern of an emission: the vertical line goes to and fro across the target.
//!
//! A triangle in pan that starts a control period before its middle. The aim is good to a degree
//! only, and the hornet drifts on meanwhile: one to the left of the aim has the line on it as the
//! beam comes on, over one to the right it goes at once. Its middle follows the target; the offset
//! here is added to it.

use core::time::Duration;

use apis_units::Angle;

/// How far the line goes to either side of the target: 12°, the middle of R6's 10–15°.
pub const SWEEP_HALF_WIDTH: Angle = Angle::from_degrees(12);

/// One oscillation, 2 s: two and a half of them in an emission of 5 s (R6: two or three).
///
/// The line moves at 24° a second, a tenth of what a hobby servo can, so the lag of its answer
/// stays near 1° and does not narrow the sweep.
pub const SWEEP_PERIOD: Duration = Duration::from_millis(2_000);

/// How long before the middle the sweep begins, 20 ms: half a degree to the left of the target, as
/// much as half the width of a hornet's trunk.
const SWEEP_LEAD: Duration = Duration::from_millis(20);

/// Offset from the target, `since_start` into the emission: a little to the left, 0, right end, 0,
/// left end, 0, …
pub fn offset(since_start: Duration) -> Angle {
    let period = SWEEP_PERIOD.as_micros() as i64;
    let quarter = period / 4;
    let since_middle = since_start + SWEEP_PERIOD - SWEEP_LEAD;
    let into = (since_middle.as_micros() % SWEEP_PERIOD.as_micros()) as i64;
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
    fn the_sweep_starts_before_the_target_and_reaches_both_ends() {
        assert_eq!(offset(Duration::ZERO), Angle::from_millidegrees(-480));
        let found = [20, 270, 520, 770, 1_020, 1_270, 1_520, 1_770, 2_020].map(degrees_at);
        assert_eq!(found, [0, 6, 12, 6, 0, -6, -12, -6, 0]);
    }

    #[test]
    fn an_emission_of_five_seconds_crosses_the_target_five_times() {
        let side = |n: u64| offset(Duration::from_millis(n)).millidegrees().signum();
        let crossings = (0..5_000).filter(|n| side(*n) == 0).count();
        assert_eq!(crossings, 5);
    }

    #[test]
    fn a_hornet_up_to_a_degree_beside_the_aim_is_lit_within_a_fifteenth_of_a_second() {
        let trunk_half = 540; // of one 42 px long in a picture of 640
        for beside in -1_000..=1_000 {
            let off = |n: u64| offset(Duration::from_millis(n)).millidegrees() - beside;
            let lies_on = off(0).abs() <= trunk_half;
            assert!(lies_on || (0..=65).any(|n| off(n).signum() != off(0).signum()), "{beside}");
        }
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
