//! Light and sensor: slow cloud, steps of the camera's gain, sun flecks, tremble, noise.

use super::lot::Lot;
use super::place::Place;
use super::settings::Family;

/// The light of one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Light {
    /// Factor on everything.
    pub gain: f32,
    /// How much lighter the right side is than the left, as a share.
    pub tilt: f32,
    /// By how many pixels the mount is displaced, within ±1.
    pub tremble: Place,
    /// Factor on insects alone: they fly in sun before a wall in shade.
    pub on_insects: f32,
    /// Standard deviation of the sensor's noise, in steps of luma.
    pub noise: f32,
}

/// A patch of sun on the ground.
#[derive(Debug, Clone, Copy)]
pub struct Fleck {
    /// Its centre.
    pub at: Place,
    /// Half its length and half its width.
    pub half: (f32, f32),
    /// Direction of its long axis.
    pub angle: f32,
    begins_s: f32,
    beats: f32,
    phase: f32,
    strength: f32,
}

impl Fleck {
    /// How much lighter the ground is under it at `time_s`, in steps of luma.
    pub fn strength_at(&self, time_s: f32) -> f32 {
        let since = time_s - self.begins_s;
        if since <= 0.0 {
            return 0.0;
        }
        let flicker = (time_s * self.beats + self.phase).sin() * 0.5
            + (time_s * self.beats * 2.7 + self.phase).sin() * 0.3;
        self.strength * (since / 0.4).min(1.0) * (0.75 + 0.5 * flicker).clamp(0.0, 1.1)
    }
}

/// What light does over a whole scene.
#[derive(Debug)]
pub struct Weather {
    family: Family,
    seed: u64,
    phases: [f32; 4],
    /// Sun flecks, which stand still and come and go.
    pub flecks: Vec<Fleck>,
}

impl Weather {
    /// The weather of `family`.
    pub fn new(family: Family, seed: u64, height: f32, lot: &mut Lot) -> Weather {
        let phases = [0; 4].map(|_| lot.direction());
        let count = if family == Family::Fleck { 14 } else { 0 };
        let flecks = (0..count)
            .map(|index| Fleck {
                at: Place::new(lot.between(40.0, 600.0), lot.between(0.15, 0.9) * height),
                half: (lot.between(7.0, 22.0), lot.between(4.0, 11.0)),
                angle: lot.between(0.0, 3.1),
                begins_s: if index < 5 { 0.0 } else { lot.between(1.0, 40.0) },
                beats: lot.between(0.4, 5.0),
                phase: lot.direction(),
                strength: lot.between(35.0, 85.0),
            })
            .collect();
        Weather { family, seed, phases, flecks }
    }

    /// The light at `at_us` of scene time.
    pub fn light_at(&self, at_us: u64) -> Light {
        let time_s = at_us as f32 / 1e6;
        let slow = |seconds: f32, phase: usize| {
            (time_s * std::f32::consts::TAU / seconds + self.phases[phase]).sin()
        };
        let calm = 1.0 + 0.015 * slow(37.0, 0) + 0.010 * slow(13.0, 1);
        let mut light = Light {
            gain: calm,
            tilt: 0.02 * slow(61.0, 2),
            tremble: Place::default(),
            on_insects: 1.0,
            noise: 1.8,
        };
        match self.family {
            Family::Cloud => {
                light.gain = calm * self.cloud(time_s);
                light.tilt = 0.06 * slow(9.0, 2);
            }
            Family::Exposure => light.gain = calm * self.exposure(time_s),
            Family::Shake => light.tremble = self.tremble(at_us),
            Family::Dusk => {
                light.gain = calm * (0.42 - 0.0006 * time_s.min(200.0));
                light.noise = 4.5;
            }
            Family::Rain => light.gain = 0.8 * calm,
            Family::Shade => {
                light.on_insects = 1.7;
                light.noise = 2.4;
            }
            Family::Garden
            | Family::Meadow
            | Family::Fleck
            | Family::Leaf
            | Family::Clump
            | Family::Crowd
            | Family::Early
            | Family::Station
            | Family::Lens
            | Family::Bees
            | Family::Person
            | Family::Near
            | Family::Guests
            | Family::Beard
            | Family::Spider
            | Family::Jpeg
            | Family::Pair => {}
        }
        light
    }

    /// 16 % darker within 3 s, every 12 s; the camera answers late, in steps of a twentieth.
    fn cloud(&self, time_s: f32) -> f32 {
        let phase = self.phases[3] * 2.0;
        let cover = |at: f32| {
            let wave = ((at + phase) * std::f32::consts::TAU / 12.0).sin();
            0.16 * ((wave * 1.6).clamp(-1.0, 1.0) * 0.5 + 0.5)
        };
        let answer = (cover(time_s - 2.5) * 0.6 * 20.0).floor() / 20.0;
        (1.0 - cover(time_s)) * (1.0 + answer)
    }

    /// Every 5 to 9 s another exposure, from one frame to the next.
    fn exposure(&self, time_s: f32) -> f32 {
        let step = (time_s / (7.0 + 2.0 * self.phases[2].sin())).floor();
        [1.0, 0.78, 1.22, 0.9][(step as usize + self.phases[3] as usize) % 4]
    }

    /// A new place every 40 ms, within ±1 px.
    fn tremble(&self, at_us: u64) -> Place {
        let mut lot = Lot::of_frame(self.seed ^ 0x7E3B, at_us / 40_000);
        Place::new(lot.between(-1.0, 1.0), lot.between(-1.0, 1.0))
    }
}

/// Gaussian noise in one table, long enough that no eye finds the repetition.
#[derive(Debug)]
pub struct Noise {
    table: Vec<i8>,
}

/// Entries of the table; the noise of a row begins anywhere in its first half.
const NOISE_ENTRIES: usize = 1 << 16;

/// Steps of luma at one standard deviation in the table.
const NOISE_UNIT: f32 = 16.0;

impl Noise {
    /// A table of its own.
    pub fn new(lot: &mut Lot) -> Noise {
        let entry =
            |lot: &mut Lot| (lot.about_zero() * NOISE_UNIT).round().clamp(-64.0, 64.0) as i8;
        Noise { table: (0..NOISE_ENTRIES).map(|_| entry(lot)).collect() }
    }

    /// Adds noise of `sigma` to `plane`, whose rows are `stride` long.
    pub fn add(&self, plane: &mut [u8], stride: usize, sigma: f32, lot: &mut Lot) {
        // In 1/256 steps of luma, so that one row is one pass of whole numbers.
        let factor = (sigma / NOISE_UNIT * 256.0) as i32;
        for row in plane.chunks_exact_mut(stride) {
            let from = lot.index(NOISE_ENTRIES / 2);
            for (pixel, &entry) in row.iter_mut().zip(&self.table[from..]) {
                let noise = (i32::from(entry) * factor + 128) >> 8;
                *pixel = (i32::from(*pixel) + noise).clamp(0, 255) as u8;
            }
        }
    }
}
