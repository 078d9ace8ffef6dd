//! Sine, cosine and arc tangent in integers, by CORDIC.
//!
//! Angles inside are microdegrees; the results are good to a thousandth of a degree, 50 times
//! finer than the 0.05° that aiming is allowed.
//!
//! Source: J. E. Volder, "The CORDIC trigonometric computing technique", 1959.

use apis_units::Angle;

/// One, in the fixed point of this file.
pub const ONE: i64 = 1 << 30;

/// `atan(2^-n)` in microdegrees, for n from 0.
const STEPS: [i64; 26] = [
    45_000_000, 26_565_051, 14_036_243, 7_125_016, 3_576_334, 1_789_911, 895_174, 447_614, 223_811,
    111_906, 55_953, 27_976, 13_988, 6_994, 3_497, 1_749, 874, 437, 219, 109, 55, 27, 14, 7, 3, 2,
];

/// The product of `cos(atan(2^-n))` over [`STEPS`], by which rotating lengthens, times [`ONE`].
const SHRINK: i64 = 652_032_874;

/// Sine and cosine of an angle within ±90°, times [`ONE`].
pub fn sin_cos(angle: Angle) -> (i64, i64) {
    let (mut x, mut y) = (SHRINK, 0);
    let mut left = i64::from(angle.millidegrees()) * 1_000;
    for (n, step) in STEPS.iter().enumerate() {
        let (dx, dy) = (x >> n, y >> n);
        if left < 0 {
            (x, y, left) = (x + dy, y - dx, left + step);
        } else {
            (x, y, left) = (x - dy, y + dx, left - step);
        }
    }
    (y, x)
}

/// The tangent of an angle within ±89°, times [`ONE`].
pub fn tan(angle: Angle) -> i64 {
    let (sin, cos) = sin_cos(angle);
    ((i128::from(sin) * i128::from(ONE)) / i128::from(cos.max(1))) as i64
}

/// The angle of the point `ahead` forwards and `aside` to the side, within ±90°.
///
/// `None` when the point is not ahead, or so far that the arithmetic would overflow.
pub fn atan2(aside: i64, ahead: i64) -> Option<Angle> {
    /// Twice over, this still fits: each step may lengthen by less than a half.
    const REACH: u64 = 1 << 60;
    if ahead <= 0 || ahead.unsigned_abs() > REACH || aside.unsigned_abs() > REACH {
        return None;
    }
    // Short vectors lose their last digits in the shifts; lengthening both changes no angle.
    let longest = ahead.unsigned_abs().max(aside.unsigned_abs());
    let shift = (REACH / longest).ilog2();
    let (mut x, mut y, mut turned) = (ahead << shift, aside << shift, 0);
    for (n, step) in STEPS.iter().enumerate() {
        let (dx, dy) = (x >> n, y >> n);
        if y < 0 {
            (x, y, turned) = (x - dy, y + dx, turned - step);
        } else {
            (x, y, turned) = (x + dy, y - dx, turned + step);
        }
    }
    let rounded = (turned + 500 * turned.signum()) / 1_000;
    i32::try_from(rounded).ok().map(Angle::from_millidegrees)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sine_and_cosine_agree_with_floats_over_every_tenth_of_a_degree() {
        for tenth in -900..=900_i32 {
            let (sin, cos) = sin_cos(Angle::from_millidegrees(tenth * 100));
            let exact = (f64::from(tenth) / 10.0).to_radians();
            assert!((sin as f64 / ONE as f64 - exact.sin()).abs() < 1e-6, "sin of {tenth}");
            assert!((cos as f64 / ONE as f64 - exact.cos()).abs() < 1e-6, "cos of {tenth}");
        }
    }

    #[test]
    fn the_arc_tangent_agrees_with_floats_for_long_and_short_vectors() {
        for scale in [3_i64, 1_000, 1 << 20, 1 << 40, 1 << 59] {
            for part in -300..=300_i64 {
                let aside = scale / 100 * part / 3;
                let Some(found) = atan2(aside, scale) else { panic!("{aside} beside {scale}") };
                let exact = (aside as f64).atan2(scale as f64).to_degrees();
                let off = (f64::from(found.millidegrees()) / 1_000.0 - exact).abs();
                assert!(off < 0.001_1, "{aside} beside {scale} is off by {off}");
            }
        }
    }

    #[test]
    fn what_is_not_ahead_has_no_angle() {
        assert_eq!(atan2(1, 0), None);
        assert_eq!(atan2(0, -5), None);
        assert_eq!(atan2(i64::MIN, 1), None);
        assert_eq!(atan2(0, i64::MAX), None);
    }
}
