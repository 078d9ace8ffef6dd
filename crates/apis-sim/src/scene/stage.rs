//! Puts a frame together, back to front, and says what was in it.

use super::breeze::Swaying;
use super::insect;
use super::light::{Light, Noise, Weather};
use super::lot::{Lot, Stream};
use super::moving::Moving;
use super::picture::{Picture, PictureSize};
use super::place::{Airspace, REFERENCE_WIDTH};
use super::plate::Backdrop;
use super::population::Population;
use super::settings::{Family, SceneSettings};
use super::sprite::{Brush, Pose};
use super::still::{Plate, lighten};
use super::trouble::{self, Clump};
use super::truth::{BeeTruth, FrameTruth, HornetTruth, place_of};

/// Exposure by day, in seconds.
const EXPOSURE_S: f32 = 0.008;

/// Exposure in the evening, in seconds.
const EVENING_EXPOSURE_S: f32 = 0.030;

/// A scene and where it has got to.
#[derive(Debug)]
pub struct Scene {
    settings: SceneSettings,
    air: Airspace,
    scale: f32,
    plate: Plate,
    weather: Weather,
    swaying: Vec<Swaying>,
    clump: Option<Clump>,
    population: Population,
    noise: Noise,
    brush: Brush,
    frames: u64,
}

impl Scene {
    /// The scene of `settings`, at its first moment.
    pub fn new(settings: SceneSettings) -> Scene {
        let lot = |stream| Lot::new(settings.seed, stream);
        let backdrop = Backdrop::of(settings.family);
        let air = backdrop.airspace(settings.size);
        let plate = Plate::new(&backdrop.paint(settings.size, &mut lot(Stream::Plate)));
        let clump =
            (settings.family == Family::Clump).then(|| Clump::new(air, &mut lot(Stream::Breeze)));
        Scene {
            air,
            scale: settings.size.width as f32 / REFERENCE_WIDTH,
            plate,
            weather: Weather::new(
                settings.family,
                settings.seed,
                air.height,
                &mut lot(Stream::Light),
            ),
            swaying: Swaying::all(settings.family, air, &mut lot(Stream::Breeze)),
            clump,
            population: Population::new(&settings, air),
            noise: Noise::new(&mut lot(Stream::Noise)),
            brush: Brush::default(),
            frames: 0,
            settings,
        }
    }

    /// What it was made from.
    pub fn settings(&self) -> &SceneSettings {
        &self.settings
    }

    /// Draws the frame at `at_us` of scene time and says what is in it.
    ///
    /// Units:  `at_us` must not run backwards; `picture` has the size of the settings; the truth
    ///         carries `at_us` as its capture time.
    pub fn draw(&mut self, at_us: u64, picture: &mut Picture) -> FrameTruth {
        self.population.advance(at_us);
        let time_s = (at_us as f64 / 1e6) as f32;
        let light = self.weather.light_at(at_us);
        let mut lot = Lot::of_frame(self.settings.seed, at_us);
        self.plate.lay(light, picture);
        self.lay_flecks(time_s, picture);
        self.lay_wind(time_s, light, picture);
        let bees = self.lay_bees(at_us, time_s, light, picture);
        let hornets = self.lay_hornets(at_us, time_s, light, picture);
        self.lay_trouble(time_s, light, &mut lot, picture);
        self.lay_noise(light, &mut lot, picture);
        let index = self.frames;
        self.frames += 1;
        FrameTruth { index, at_us, hornets, bees }
    }

    fn lay_flecks(&self, time_s: f32, picture: &mut Picture) {
        for fleck in &self.weather.flecks {
            lighten(fleck, fleck.strength_at(time_s), self.scale, picture);
        }
    }

    fn lay_wind(&mut self, time_s: f32, light: Light, picture: &mut Picture) {
        let mut moving = Moving { scale: self.scale, light, brush: &mut self.brush, picture };
        for swaying in &self.swaying {
            let (parts, pose) = swaying.pose_at(time_s);
            moving.still(parts, pose);
        }
        if let Some(clump) = &self.clump {
            for (parts, pose) in clump.bees_at(time_s, self.population.bee_length) {
                moving.still(&parts, pose);
            }
        }
    }

    fn lay_bees(
        &mut self,
        at_us: u64,
        time_s: f32,
        light: Light,
        picture: &mut Picture,
    ) -> Vec<BeeTruth> {
        let ahead_s = self.population.ahead_s(at_us);
        let exposure_s = self.exposure_s();
        let size = self.settings.size;
        let mut moving = Moving { scale: self.scale, light, brush: &mut self.brush, picture };
        let mut truth = Vec::with_capacity(self.population.bees.len());
        for bee in &self.population.bees {
            let centre = bee.at + bee.velocity * ahead_s;
            let pose =
                Pose { centre, heading: bee.heading, length: bee.length, foreshortening: 1.0 };
            let foot = bee.is_on_foot();
            let parts =
                |since_s: f32| insect::bee(time_s + since_s, bee.wing_phase, bee.tone, foot);
            moving.smeared(parts, pose, bee.velocity, exposure_s);
            let shaken = centre * self.scale - light.tremble;
            let px = (shaken.x, shaken.y);
            let length_px = bee.length * self.scale;
            if share_inside(px, length_px, size) > 0.0 {
                truth.push(BeeTruth { id: bee.id, px, length_px });
            }
        }
        truth
    }

    fn lay_hornets(
        &mut self,
        at_us: u64,
        time_s: f32,
        light: Light,
        picture: &mut Picture,
    ) -> Vec<HornetTruth> {
        let ahead_s = self.population.ahead_s(at_us);
        let exposure_s = self.exposure_s();
        let size = self.settings.size;
        let mut moving = Moving { scale: self.scale, light, brush: &mut self.brush, picture };
        let mut truth = Vec::with_capacity(self.population.hornets.len());
        for hornet in &self.population.hornets {
            let centre = hornet.at + hornet.velocity * ahead_s;
            let pose = Pose {
                centre,
                heading: hornet.heading,
                length: hornet.length,
                foreshortening: hornet.foreshortening,
            };
            let parts =
                |since_s: f32| insect::hornet(time_s + since_s, hornet.wing_phase, hornet.tone);
            moving.smeared(parts, pose, hornet.velocity, exposure_s);
            let shaken = centre * self.scale - light.tremble;
            let px = (shaken.x, shaken.y);
            let length_px = hornet.apparent_length() * self.scale;
            let visible = share_inside(px, length_px, size);
            if visible > 0.0 {
                let hovering = hornet.is_hovering();
                truth.push(HornetTruth {
                    id: hornet.id,
                    place: place_of(px, size),
                    px,
                    length_px,
                    visible,
                    hovering,
                });
            }
        }
        truth
    }

    fn lay_trouble(&mut self, time_s: f32, light: Light, lot: &mut Lot, picture: &mut Picture) {
        let mut moving = Moving { scale: self.scale, light, brush: &mut self.brush, picture };
        if self.settings.family == Family::Rain {
            for (parts, pose) in trouble::rain(self.air, lot) {
                moving.still(&parts, pose);
            }
        }
        if self.settings.family == Family::Lens {
            let (parts, pose) = trouble::lens_fly(time_s, self.air);
            moving.still(&parts, pose);
        }
    }

    fn lay_noise(&self, light: Light, lot: &mut Lot, picture: &mut Picture) {
        let width = self.settings.size.width;
        let (luma, u, v) = picture.planes_mut();
        self.noise.add(luma, width, light.noise, lot);
        self.noise.add(u, width / 2, light.noise * 0.5, lot);
        self.noise.add(v, width / 2, light.noise * 0.5, lot);
    }

    fn exposure_s(&self) -> f32 {
        if self.settings.family == Family::Dusk { EVENING_EXPOSURE_S } else { EXPOSURE_S }
    }
}

/// Share of a body of `length_px` about `px` that lies inside the picture, as of a square.
fn share_inside(px: (f32, f32), length_px: f32, size: PictureSize) -> f32 {
    let half = length_px.max(1.0) / 2.0;
    let along = |at: f32, whole: usize| {
        let inside = (at + half).min(whole as f32) - (at - half).max(0.0);
        (inside / (2.0 * half)).clamp(0.0, 1.0)
    };
    along(px.0, size.width) * along(px.1, size.height)
}
