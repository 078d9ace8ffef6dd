//! Roots and logarithms in whole numbers, the same on every board.

/// The logarithm to base 2 in 1/256, of `value` ≥ 1; zero counts as one.
///
/// The error is under 3/256: the mantissa's chord is mended by a parabola.
pub(crate) const fn log2_256(value: u32) -> i32 {
    let value = if value == 0 { 1 } else { value };
    let whole = 31 - value.leading_zeros() as i32;
    let mantissa = (((value as u64) << 16) >> whole) as i64 - 65_536; // 0..65,536
    let parabola = mantissa * (65_536 - mantissa) / 65_536 * 22 / 64;
    whole * 256 + ((mantissa + parabola) / 256) as i32
}

/// The number of which `log` is the logarithm to base 2 in 1/256.
pub(crate) fn antilog(log: i32) -> i32 {
    let (whole, part) = (log.max(0) >> 8, log.max(0) & 255);
    // Chord and parabola, as in the logarithm; good to a percent.
    let part = part - part * (256 - part) / 256 * 22 / 64;
    (1 << whole.min(20)) * (256 + part) / 256
}

/// The largest whole number whose square is not above `value`.
pub(crate) const fn root(value: u64) -> u32 {
    value.isqrt() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_is_good_to_a_hundredth() {
        for value in [1_u32, 2, 3, 5, 7, 100, 255, 256, 640 * 16, 1 << 30] {
            let exact = (f64::from(value).log2() * 256.0) as i32;
            assert!((log2_256(value) - exact).abs() <= 3, "{value}: {} {exact}", log2_256(value));
        }
        assert_eq!(log2_256(0), 0);
    }

    #[test]
    fn the_logarithm_leads_back() {
        for value in [16, 107, 256, 1_000, 20_000] {
            let back = antilog(log2_256(value as u32));
            assert!((back - value).abs() * 50 <= value, "{value}: {back}");
        }
    }
}
