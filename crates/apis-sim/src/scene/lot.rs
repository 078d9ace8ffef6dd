//! Everything that is drawn by lot, from one seed: the same seed gives the same scene on every
//! machine.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A stream of lots.
#[derive(Debug, Clone)]
pub struct Lot(ChaCha8Rng);

impl Lot {
    /// The stream `name` of `seed`. Streams are independent: one bee more moves no hornet.
    pub fn new(seed: u64, name: Stream) -> Lot {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(name as u64);
        Lot(generator)
    }

    /// The lots of one frame, whichever frames came before it.
    pub fn of_frame(seed: u64, at_us: u64) -> Lot {
        Lot(ChaCha8Rng::seed_from_u64(seed ^ at_us.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
    }

    /// A number from `low` up to `high`.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.0.random::<f32>()
    }

    /// Any direction or phase, in radians.
    pub fn direction(&mut self) -> f32 {
        self.between(0.0, std::f32::consts::TAU)
    }

    /// True in a share `probability` of all cases.
    pub fn chance(&mut self, probability: f32) -> bool {
        self.0.random::<f32>() < probability
    }

    /// One of `count` things.
    pub fn index(&mut self, count: usize) -> usize {
        self.0.random_range(0..count.max(1))
    }

    /// A number about zero, standard deviation one (the sum of four uniform ones).
    pub fn about_zero(&mut self) -> f32 {
        let sum: f32 = (0..4).map(|_| self.0.random::<f32>()).sum();
        (sum - 2.0) * 1.732
    }

    /// 32 random bits.
    pub fn bits(&mut self) -> u32 {
        self.0.next_u32()
    }
}

/// The independent streams of one seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// What stands still.
    Plate = 1,
    /// Which hornets come, and when.
    Plan = 2,
    /// How hornets fly.
    Hornets = 3,
    /// How bees fly.
    Bees = 4,
    /// Cloud, gain, flecks, tremble.
    Light = 5,
    /// Leaf and blades.
    Breeze = 6,
    /// The sensor's noise.
    Noise = 7,
    /// Sizes, contrast, exposure.
    Look = 8,
}
