//! How far the whole picture has moved against the background: a mount in the wind.
//!
//! One step of least squares between the difference and the background's slope (Lucas and
//! Kanade 1981, §3, for one window: the whole picture). Good for a shift under about a cell and a
//! half; a larger one is a moved camera, which is another matter.

use crate::grid::GridSize;

/// Every this many rows and cells are looked at.
const SAMPLE_EVERY: usize = 3;

/// Largest difference that still counts, in luma steps: more is an insect, not a shift.
const DIFFERENCE_MAX: i32 = 48;

/// Largest shift that is believed, 1/16 cell.
const SHIFT16_MAX: i64 = 24;

/// Smallest slope, as a sum of squares per sample, that ties the picture down.
const SLOPE_SQUARE_MIN: i64 = 4;

/// The shift of `current` against `learned` (luma in 1/256, times `gain`/256), in 1/16 cell to
/// the right and down.
#[inline(never)]
pub(crate) fn measure(current: &[u8], learned: &[u16], gain: u16, size: GridSize) -> (i16, i16) {
    let (mut xx, mut yy, mut xy, mut xd, mut yd) = (0_i64, 0_i64, 0_i64, 0_i64, 0_i64);
    let mut sample_count = 0_i64;
    let lit = |light: u16| ((u32::from(light) * u32::from(gain)) >> 16) as i32;
    for y in (1..size.height - 1).step_by(SAMPLE_EVERY) {
        let above = &learned[size.row(y - 1)];
        let here = &learned[size.row(y)];
        let below = &learned[size.row(y + 1)];
        let now = &current[size.row(y)];
        for x in (1..size.width - 1).step_by(SAMPLE_EVERY) {
            let difference = i32::from(now[x]) - lit(here[x]);
            if difference.abs() > DIFFERENCE_MAX {
                continue;
            }
            let slope_x = lit(here[x + 1]) - lit(here[x - 1]);
            let slope_y = lit(below[x]) - lit(above[x]);
            xx += i64::from(slope_x * slope_x);
            yy += i64::from(slope_y * slope_y);
            xy += i64::from(slope_x * slope_y);
            xd += i64::from(slope_x * difference);
            yd += i64::from(slope_y * difference);
            sample_count += 1;
        }
    }
    if xx.min(yy) < SLOPE_SQUARE_MIN * sample_count.max(1) {
        return (0, 0);
    }
    solve(xx, yy, xy, xd, yd)
}

/// Moving right by s changes the light by −s × slope, and the slopes above span two cells.
fn solve(xx: i64, yy: i64, xy: i64, xd: i64, yd: i64) -> (i16, i16) {
    let determinant = i128::from(xx) * i128::from(yy) - i128::from(xy) * i128::from(xy);
    if determinant <= 0 {
        return (0, 0);
    }
    let part = |numerator: i128| {
        let shift16 = -numerator * 32 / determinant;
        shift16.clamp(-i128::from(SHIFT16_MAX), i128::from(SHIFT16_MAX)) as i16
    };
    let along_x = i128::from(xd) * i128::from(yy) - i128::from(yd) * i128::from(xy);
    let along_y = i128::from(yd) * i128::from(xx) - i128::from(xd) * i128::from(xy);
    (part(along_x), part(along_y))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hills(x: f64, y: f64) -> f64 {
        120.0 + 40.0 * (x / 5.0).sin() + 30.0 * (y / 4.0 + x / 9.0).cos()
    }

    fn check(right: f64, down: f64) {
        let size = GridSize::of(160, 120);
        let at = |index: usize| ((index % size.width) as f64, (index / size.width) as f64);
        let learned: std::vec::Vec<u16> = (0..size.cells())
            .map(|index| (hills(at(index).0, at(index).1) * 256.0) as u16)
            .collect();
        let current: std::vec::Vec<u8> = (0..size.cells())
            .map(|index| hills(at(index).0 - right, at(index).1 - down) as u8)
            .collect();
        let (x16, y16) = measure(&current, &learned, 256, size);
        assert!((f64::from(x16) / 16.0 - right).abs() < 0.15, "{x16} for {right}");
        assert!((f64::from(y16) / 16.0 - down).abs() < 0.15, "{y16} for {down}");
    }

    #[test]
    fn a_shift_under_a_cell_is_measured() {
        check(0.0, 0.0);
        check(0.5, -0.5);
        check(-1.0, 0.25);
    }

    #[test]
    fn a_flat_picture_has_no_shift() {
        let size = GridSize::of(64, 64);
        assert_eq!(measure(&[99; 64 * 64], &[100 * 256; 64 * 64], 256, size), (0, 0));
    }
}
