//! Puts a frame together, back to front, and says what was in it.

use super::bee::Guise;
use super::breeze::Swaying;
use super::hornet::Hornet;
use super::insect;
use super::light::{Light, Noise, Weather};
use super::lot::{Lot, Stream};
use super::moving::Moving;
use super::picture::{Picture, PictureSize};
use super::place::{Airspace, Place, REFERENCE_WIDTH};
use super::plate::Backdrop;
use super::population::{self, Population};
use super::settings::{Family, SceneSettings};
use super::sprite::{Brush, Pose};
use super::still::{Plate, lighten, shade};
use super::trouble::{self, Clump};
use super::truth::{BeeTruth, FrameTruth, HornetTruth, Stays, place_of};
use crate::eval::count::HOVER_US;

/// Bees of a clump are numbered from here; those that fly never come so far.
const CLUMP_BEE_IDS: u32 = 1_000_000;

/// A hornet's body, in millimetres: of a worker of Vespa velutina in autumn, with its wings.
///
/// Source: workers of 25 mm and a little more, as the eyes' weights take it.
const HORNET_MM: f32 = 27.5;

/// A scene and where it has got to.
#[derive(Debug)]
pub struct Scene {
    settings: SceneSettings,
    air: Airspace,
    scale: f32,
    /// Painted for the first frame: whoever wants only the truth need not wait for it.
    plate: Option<Plate>,
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
        let air = Backdrop::of(settings.family).airspace(settings.size);
        let clump = if settings.family == Family::Clump {
            Some(Clump::new(air, &mut lot(Stream::Breeze)))
        } else if settings.family == Family::Beard {
            Some(Clump::beard(air, &mut lot(Stream::Breeze)))
        } else {
            None
        };
        Scene {
            air,
            scale: settings.size.width as f32 / REFERENCE_WIDTH,
            plate: None,
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

    /// Millimetres of a pixel at the hive, as a unit that is calibrated would know it.
    pub fn mm_per_px(settings: &SceneSettings) -> f32 {
        let scale = settings.size.width as f32 / REFERENCE_WIDTH;
        HORNET_MM / (population::look(settings).hornet_px * scale)
    }

    /// How many hovers of 1.5 s or more the scene holds, without drawing it.
    pub fn due_hovers(settings: &SceneSettings) -> usize {
        let mut scene = Scene::new(settings.clone());
        let mut stays = Stays::default();
        for at_us in (0..settings.length_us).step_by(100_000) {
            stays.add(&scene.truth(at_us));
        }
        stays.all().iter().filter(|stay| stay.hovered_us() >= HOVER_US).count()
    }

    /// What it was made from.
    pub fn settings(&self) -> &SceneSettings {
        &self.settings
    }

    /// Paints what stands still, which takes longer than a frame may: a scene in real time begins
    /// after it.
    pub fn paint(&mut self) {
        self.plate.get_or_insert_with(|| painted(&self.settings));
    }

    /// Draws the frame at `at_us` of scene time and says what is in it.
    ///
    /// Units:  `at_us` must not run backwards; `picture` has the size of the settings; the truth
    ///         carries `at_us` as its capture time.
    pub fn draw(&mut self, at_us: u64, picture: &mut Picture) -> FrameTruth {
        let truth = self.truth(at_us);
        let time_s = (at_us as f64 / 1e6) as f32;
        let light = self.weather.light_at(at_us);
        let mut lot = Lot::of_frame(self.settings.seed, at_us);
        let plate = self.plate.get_or_insert_with(|| painted(&self.settings));
        plate.lay(light, picture);
        let ground = plate.mean_luma();
        self.lay_shadow(time_s, picture);
        self.lay_flecks(time_s, picture);
        self.lay_wind(time_s, light, picture);
        self.lay_bees(at_us, time_s, (light, ground), picture);
        self.lay_hornets(at_us, time_s, (light, ground), picture);
        self.lay_trouble(time_s, light, &mut lot, picture);
        self.lay_noise(light, &mut lot, picture);
        if self.settings.family == Family::Jpeg {
            // Over 20 s from good to poor and back.
            let quality = 45.0 + 25.0 * (time_s * std::f32::consts::TAU / 20.0).cos();
            picture.compress(quality as u8);
        }
        truth
    }

    /// What a frame at `at_us` of scene time would show, without drawing it.
    ///
    /// Units:  as [`Scene::draw`]; each call counts as a frame.
    pub fn truth(&mut self, at_us: u64) -> FrameTruth {
        self.population.advance(at_us);
        let index = self.frames;
        self.frames += 1;
        FrameTruth { index, at_us, hornets: self.hornets_at(at_us), bees: self.bees_at(at_us) }
    }

    fn hornets_at(&self, at_us: u64) -> Vec<HornetTruth> {
        let ahead_s = self.population.ahead_s(at_us);
        let seen = |hornet: &Hornet| {
            let px = self.in_pixels(hornet.at + hornet.velocity * ahead_s, at_us);
            let length_px = hornet.apparent_length() * self.scale;
            let visible = share_inside(px, length_px, self.settings.size);
            (visible > 0.0).then(|| HornetTruth {
                id: hornet.id,
                place: place_of(px, self.settings.size),
                px,
                length_px,
                visible,
                hovering: hornet.is_hovering(),
            })
        };
        self.population.hornets.iter().filter_map(seen).collect()
    }

    fn bees_at(&self, at_us: u64) -> Vec<BeeTruth> {
        let ahead_s = self.population.ahead_s(at_us);
        let flying = self
            .population
            .bees
            .iter()
            .map(|bee| (bee.id, bee.at + bee.velocity * ahead_s, bee.length));
        let time_s = (at_us as f64 / 1e6) as f32;
        let length = self.population.bee_length;
        let hanging = self.clump.iter().flat_map(|clump| clump.bees_at(time_s, length));
        let hanging =
            (CLUMP_BEE_IDS..).zip(hanging).map(|(id, (_, pose))| (id, pose.centre, length));
        let seen = |(id, at, length): (u32, Place, f32)| {
            let (px, length_px) = (self.in_pixels(at, at_us), length * self.scale);
            let is_inside = share_inside(px, length_px, self.settings.size) > 0.0;
            is_inside.then_some(BeeTruth { id, px, length_px })
        };
        flying.chain(hanging).filter_map(seen).collect()
    }

    /// Where something at `at` is seen, the mount's tremble included.
    fn in_pixels(&self, at: Place, at_us: u64) -> (f32, f32) {
        let seen = at * self.scale - self.weather.light_at(at_us).tremble;
        (seen.x, seen.y)
    }

    fn lay_flecks(&self, time_s: f32, picture: &mut Picture) {
        for fleck in &self.weather.flecks {
            lighten(fleck, fleck.strength_at(time_s), self.scale, picture);
        }
    }

    fn lay_shadow(&self, time_s: f32, picture: &mut Picture) {
        if self.settings.family != Family::Person {
            return;
        }
        if let Some((at, half)) = trouble::person(time_s, self.air, phase(&self.settings)) {
            shade(at, half, self.scale, picture);
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
        (light, ground): (Light, f32),
        picture: &mut Picture,
    ) {
        let ahead_s = self.population.ahead_s(at_us);
        let look = self.population.look;
        let exposure_s = look.exposure_s;
        let mut moving = Moving { scale: self.scale, light, brush: &mut self.brush, picture };
        for bee in &self.population.bees {
            let centre = bee.at + bee.velocity * ahead_s;
            let pose =
                Pose { centre, heading: bee.heading, length: bee.length, foreshortening: 1.0 };
            let foot = bee.is_on_foot();
            let parts = |since_s: f32| {
                let (at_s, phase, tone) = (time_s + since_s, bee.wing_phase, bee.tone);
                let seen = |parts| look.on(parts, ground);
                match bee.guise {
                    Guise::Bee | Guise::Drone => seen(insect::bee(at_s, phase, tone, foot)),
                    Guise::Wasp => seen(insect::wasp(at_s, phase, tone)),
                    Guise::Bumblebee => seen(insect::bumblebee(at_s, phase, tone)),
                    Guise::Near => insect::blurred(seen(insect::bee(at_s, phase, tone, false))),
                }
            };
            moving.smeared(parts, pose, bee.velocity, exposure_s);
        }
    }

    fn lay_hornets(
        &mut self,
        at_us: u64,
        time_s: f32,
        (light, ground): (Light, f32),
        picture: &mut Picture,
    ) {
        let ahead_s = self.population.ahead_s(at_us);
        let look = self.population.look;
        let exposure_s = look.exposure_s;
        let mut moving = Moving { scale: self.scale, light, brush: &mut self.brush, picture };
        for hornet in &self.population.hornets {
            let pose = Pose {
                centre: hornet.at + hornet.velocity * ahead_s,
                heading: hornet.heading,
                length: hornet.length,
                foreshortening: hornet.foreshortening,
            };
            let parts = |since_s: f32| {
                look.on(insect::hornet(time_s + since_s, hornet.wing_phase, hornet.tone), ground)
            };
            moving.smeared(parts, pose, hornet.velocity, exposure_s);
        }
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
        if self.settings.family == Family::Spider {
            let phase = phase(&self.settings);
            for (parts, pose) in trouble::spider_and_drop(time_s, self.air, phase) {
                moving.still(&parts, pose);
            }
        }
    }

    fn lay_noise(&self, light: Light, lot: &mut Lot, picture: &mut Picture) {
        let width = self.settings.size.width;
        let (luma, u, v) = picture.planes_mut();
        self.noise.add(luma, width, light.noise, lot);
        self.noise.add(u, width / 2, light.noise * 0.5, lot);
        self.noise.add(v, width / 2, light.noise * 0.5, lot);
    }
}

/// What differs between scenes of one trouble, in radians.
fn phase(settings: &SceneSettings) -> f32 {
    (settings.seed % 997) as f32 * 0.63
}

fn painted(settings: &SceneSettings) -> Plate {
    let mut lot = Lot::new(settings.seed, Stream::Plate);
    Plate::new(&Backdrop::of(settings.family).paint(settings.size, &mut lot))
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
