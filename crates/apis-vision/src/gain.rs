//! How much brighter or darker the whole scene is than when its background was learned.
//!
//! The median over sampled cells of light now against light learned: insects, flecks and shadows
//! that cover less than half of the picture do not move it.

use alloc::boxed::Box;
use alloc::vec;

use crate::grid::GridSize;

/// One cell in this many, each way, is sampled.
const SAMPLE_EVERY: usize = 4;

/// The same light as learned.
pub(crate) const GAIN_SAME: u16 = 256;

/// Largest gain that can be told: four times the light.
const GAIN_MAX: u16 = 1_023;

/// Cells darker than this tell nothing about the light, in luma steps.
const LEARNED_LUMA_MIN: u16 = 12;

/// Cells brighter than this may be at the sensor's end, in luma steps.
const LUMA_MAX: u8 = 250;

/// Fewest cells that make a median.
const SAMPLES_MIN: u32 = 32;

/// Counts of ratios, kept so that nothing is allocated per frame.
#[derive(Debug, Clone)]
pub(crate) struct GainMeter {
    counts: Box<[u16]>,
}

impl GainMeter {
    pub fn new() -> GainMeter {
        GainMeter { counts: vec![0; usize::from(GAIN_MAX) + 1].into_boxed_slice() }
    }

    /// The gain of `current` against `learned` (luma in 1/256), in 1/256.
    #[inline(never)]
    pub fn measure(&mut self, current: &[u8], learned: &[u16], size: GridSize) -> u16 {
        self.counts.fill(0);
        let mut sample_count = 0_u32;
        for y in (SAMPLE_EVERY / 2..size.height).step_by(SAMPLE_EVERY) {
            let row = size.row(y);
            let pairs = current[row.clone()].iter().zip(&learned[row]);
            for (&now, &before) in pairs.skip(SAMPLE_EVERY / 2).step_by(SAMPLE_EVERY) {
                if before < LEARNED_LUMA_MIN * 256 || now > LUMA_MAX {
                    continue;
                }
                let before = u32::from(before);
                let ratio = ((u32::from(now) << 16) + before / 2) / before;
                let bin = ratio.min(u32::from(GAIN_MAX)) as usize;
                self.counts[bin] = self.counts[bin].saturating_add(1);
                sample_count += 1;
            }
        }
        if sample_count < SAMPLES_MIN { GAIN_SAME } else { self.median(sample_count) }
    }

    fn median(&self, sample_count: u32) -> u16 {
        let mut below = 0;
        for (ratio, &count) in (0_u16..).zip(self.counts.iter()) {
            below += u32::from(count);
            if below * 2 >= sample_count {
                return ratio.max(1);
            }
        }
        GAIN_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cloud_is_measured_whatever_insects_do() {
        let size = GridSize::of(160, 120);
        let learned: std::vec::Vec<u16> =
            (0..size.cells()).map(|at| (60 + (at * 7 % 120) as u16) << 8).collect();
        let mut current: std::vec::Vec<u8> =
            learned.iter().map(|&light| (u32::from(light) * 84 / 100 / 256) as u8).collect();
        current[..size.cells() / 4].fill(10);
        let gain = GainMeter::new().measure(&current, &learned, size);
        assert!((i32::from(gain) - 256 * 84 / 100).abs() <= 3, "{gain}");
    }

    #[test]
    fn a_black_scene_has_no_gain() {
        let size = GridSize::of(64, 64);
        let gain = GainMeter::new().measure(&vec![0; 64 * 64], &vec![0; 64 * 64], size);
        assert_eq!(gain, GAIN_SAME);
    }
}
