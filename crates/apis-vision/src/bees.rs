//! How long this hive's bees look, learned from everything that flies through.
//!
//! Nobody tells the unit its scale. Bees outnumber hornets by far, so the median length of what
//! flies by is a bee's, and a hornet is told by its length against that.

use crate::fixed::log2_256;
use crate::weights::FLIGHTS_MIN;

/// Bins per doubling of the length.
const BINS_PER_OCTAVE: i32 = 8;

/// Shortest length that has a bin: 2 pixels, as a logarithm of 1/16 pixel.
const SHORTEST: i32 = 5 * 256;

/// Bins from 2 to 128 pixels.
const BINS: usize = 48;

/// Flights after which old ones fade: a busy day is many more, an hour's light is fewer.
const FLIGHTS_MAX: u32 = 4_096;

/// Lengths of flights seen so far.
#[derive(Debug, Clone)]
pub(crate) struct BeeLengths {
    bins: [u16; BINS],
    flights: u32,
    /// Logarithm of the length that a bee has at the measured scale, as in [`BeeModel`].
    measured: Option<i32>,
}

/// A worker bee as long as it looks, in micrometres: a body of 12 to 15 mm and its wings.
///
/// At two hives a hornet of 27.5 mm looked 0.57 and 0.74 of a doubling longer.
const BEE_UM: u32 = 17_500;

/// How far the bees' length may be from what the scale says: a third of a doubling, in 1/256.
///
/// Bees fly a little nearer than the entrance at which the scale was measured, and turn; seen in
/// part or two at once they seem farther off than that.
const MEASURED_SLACK: i32 = 85;

/// What is known of the bees' length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BeeModel {
    /// Logarithm to base 2 of the usual length in 1/16 pixel, in 1/256.
    pub log_length: i32,
    /// Spread of that logarithm (one standard deviation), in 1/256.
    pub log_spread: i32,
    /// Flights it rests on.
    pub flights: u32,
}

impl BeeLengths {
    /// Of a hive whose bees nobody saw yet, at a scale in micrometres a pixel where it is known.
    pub fn at_scale(um_per_px: Option<u16>) -> BeeLengths {
        let length16 = um_per_px.map(|um| BEE_UM * 16 / u32::from(um.max(1)));
        BeeLengths { bins: [0; BINS], flights: 0, measured: length16.map(log2_256) }
    }

    /// Counts one flight of something `length16` (1/16 pixel) long.
    pub fn add(&mut self, length16: i32) {
        let bin = &mut self.bins[bin_of(length16)];
        *bin = bin.saturating_add(1);
        self.flights += 1;
        if self.flights >= FLIGHTS_MAX {
            self.bins.iter_mut().for_each(|bin| *bin /= 2);
            self.flights = self.bins.iter().map(|&bin| u32::from(bin)).sum();
        }
    }

    /// Takes one flight back: it was no bee.
    pub fn remove(&mut self, length16: i32) {
        let bin = &mut self.bins[bin_of(length16)];
        if *bin > 0 {
            *bin -= 1;
            self.flights -= 1;
        }
    }

    /// What is known: of the flights, within what the scale leaves open while they are all over the
    /// place; without either nothing.
    pub fn model(&self) -> Option<BeeModel> {
        let Some(measured) = self.measured else { return self.learned() };
        let Some(learned) = self.learned().filter(|learned| learned.flights >= FLIGHTS_MIN) else {
            let (log_length, flights) = (measured, FLIGHTS_MIN);
            return Some(BeeModel { log_length, log_spread: SPREAD_MAX, flights });
        };
        if learned.log_spread < VAGUE_SPREAD {
            return Some(learned);
        }
        let open = measured - MEASURED_SLACK..=measured + MEASURED_SLACK;
        let log_length = learned.log_length.clamp(*open.start(), *open.end());
        Some(BeeModel { log_length, ..learned })
    }

    /// What the flights tell, if anything flew yet.
    fn learned(&self) -> Option<BeeModel> {
        let log_length = self.quantile(128)?;
        let (low, high) = (self.quantile(41)?, self.quantile(215)?); // 16 % and 84 %
        let log_spread = ((high - low) / 2).clamp(SPREAD_MIN, SPREAD_MAX);
        Some(BeeModel { log_length, log_spread, flights: self.flights })
    }

    /// The logarithm of the length that `share`/256 of all flights stay under.
    fn quantile(&self, share: u32) -> Option<i32> {
        let wanted = (self.flights * share).div_ceil(256).max(1);
        let mut below = 0;
        for (bin, &count) in (0_i32..).zip(&self.bins) {
            let count = u32::from(count);
            if below + count >= wanted {
                let within = (2 * (wanted - below) - 1) as i32 * 128 / count as i32;
                return Some(SHORTEST + (bin * 256 + within) / BINS_PER_OCTAVE);
            }
            below += count;
        }
        None
    }
}

/// Least spread of the bees' lengths that is believed: a fifth of a doubling, in 1/256.
///
/// One bee seen from ahead and from the side differs by more.
const SPREAD_MIN: i32 = 51;

/// Largest spread that is believed, in 1/256 of a doubling.
///
/// The workers of one hive are alike; turned towards the lens and with wings up or down they seem
/// 0.6 to 1 times as long, and before ground of their own light they are seen in part. More than
/// that comes from what was no bee.
const SPREAD_MAX: i32 = 96;

/// Spread from which on the bees' length is not believed by half: fragments and shadows flew too.
pub(crate) const VAGUE_SPREAD: i32 = 90;

fn bin_of(length16: i32) -> usize {
    let log = log2_256(length16.max(1) as u32);
    (((log - SHORTEST) * BINS_PER_OCTAVE).max(0) as usize / 256).min(BINS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bees_length_is_the_median_of_what_flies_by() {
        let mut lengths = BeeLengths::at_scale(None);
        assert_eq!(lengths.model(), None);
        for px in [12, 13, 13, 14, 14, 14, 15, 15, 16, 27, 28] {
            lengths.add(px * 16);
        }
        let model = lengths.model().unwrap();
        assert!((model.log_length - log2_256(14 * 16)).abs() < 32, "{model:?}");
        assert_eq!(model.flights, 11);
        lengths.remove(27 * 16);
        assert_eq!(lengths.model().unwrap().flights, 10);
    }

    #[test]
    fn at_a_measured_scale_a_bees_length_is_known_before_and_kept_within_reason() {
        // 1 mm a pixel: a bee has 17.5.
        let mut lengths = BeeLengths::at_scale(Some(1_000));
        let px = |lengths: &BeeLengths| crate::fixed::antilog(lengths.model().unwrap().log_length);
        assert!((px(&lengths) - 17 * 16 - 8).abs() < 6, "{}", px(&lengths));
        // Bees that are seen in part, among whole ones, do not make those hornets.
        (0..100).for_each(|at| lengths.add(if at % 3 == 0 { 14 * 16 } else { 6 * 16 }));
        assert!(px(&lengths) > 10 * 16, "{}", px(&lengths));
        (0..1_000).for_each(|_| lengths.add(15 * 16));
        assert!((px(&lengths) - 15 * 16).abs() < 12, "what flies is believed: {}", px(&lengths));
    }

    #[test]
    fn old_flights_fade_and_counts_never_overflow() {
        let mut lengths = BeeLengths::at_scale(None);
        (0..20_000).for_each(|_| lengths.add(14 * 16));
        (0..20_000).for_each(|_| lengths.add(28 * 16));
        let model = lengths.model().unwrap();
        assert!((model.log_length - log2_256(28 * 16)).abs() < 32, "{model:?}");
    }
}
