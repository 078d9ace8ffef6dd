//! What comes between the lens and the hive, or hangs before it: rain, a fly on the lens, a clump
//! of bees.

use super::colour::Colour;
use super::insect;
use super::lot::Lot;
use super::place::{Airspace, Place};
use super::sprite::{Part, Pose};

/// Streaks of rain in one frame.
pub fn rain(air: Airspace, lot: &mut Lot) -> Vec<(Vec<Part>, Pose)> {
    let drop = Colour::rgb(0xcfd2d0);
    let streak = |lot: &mut Lot| {
        let part = Part {
            centre: Place::default(),
            half: (0.5, 0.022),
            angle: 0.0,
            colour: drop,
            opacity: lot.between(0.10, 0.32),
        };
        let centre = Place::new(lot.between(0.0, 640.0), lot.between(0.0, air.height));
        let heading = 1.68 + lot.about_zero() * 0.03;
        (vec![part], Pose { centre, heading, length: lot.between(16.0, 46.0), foreshortening: 1.0 })
    };
    (0..70).map(|_| streak(lot)).collect()
}

/// A fly on the lens: large, dark and out of focus. It walks, and stops, and walks.
pub fn lens_fly(time_s: f32, air: Airspace) -> (Vec<Part>, Pose) {
    let dark = Colour::rgb(0x1c1a18);
    let rings = (0_i16..14).map(|ring| {
        let size = 0.18 + 0.30 * f32::from(ring) / 13.0;
        Part {
            centre: Place::default(),
            half: (size * 1.2, size),
            angle: 0.0,
            colour: dark,
            opacity: 0.12,
        }
    });
    // Stands still for half of every 6 s.
    let walked = (time_s / 6.0).floor() * 3.0 + (time_s % 6.0).min(3.0);
    let centre = Place::new(
        320.0 + 260.0 * (walked * 0.31).sin(),
        air.height * (0.5 + 0.4 * (walked * 0.23 + 1.0).sin()),
    );
    let pose = Pose { centre, heading: walked * 0.4, length: 92.0, foreshortening: 1.0 };
    (rings.collect(), pose)
}

/// A spider on its thread before the lens, which swings and climbs; a drop from 3 s on.
pub fn spider_and_drop(time_s: f32, air: Airspace, phase: f32) -> [(Vec<Part>, Pose); 2] {
    let dark = Colour::rgb(0x2a2622);
    let ring = |size: f32, opacity: f32, colour: Colour| Part {
        centre: Place::default(),
        half: (size, size * 0.8),
        angle: 0.0,
        colour,
        opacity,
    };
    let body: Vec<Part> =
        (0_i16..8).map(|step| ring(0.25 + 0.04 * f32::from(step), 0.22, dark)).collect();
    let thread = 0.35 * air.height + 40.0 * (time_s * 0.21 + phase).sin();
    let swing = 0.22 * (time_s * 3.3 + phase).sin();
    let hangs = Place::new(330.0 + 180.0 * phase.cos(), 0.1 * air.height);
    let centre = hangs + Place::towards(std::f32::consts::FRAC_PI_2 + swing) * thread;
    let spider = Pose { centre, heading: swing, length: 38.0, foreshortening: 1.0 };
    let light = Colour::rgb(0xe6e8ea);
    let there = ((time_s - 3.0) / 0.1).clamp(0.0, 1.0) * (1.0 - (time_s - 3.0) / 400.0).max(0.2);
    let drop = vec![ring(0.5, 0.30 * there, light), ring(0.38, 0.35 * there, dark)];
    let at = Place::new(320.0 + 200.0 * (phase * 2.0).sin(), 0.6 * air.height);
    let drop_pose = Pose { centre: at, heading: 0.3, length: 34.0, foreshortening: 1.0 };
    [(body, spider), (drop, drop_pose)]
}

/// The shadow of a person who comes from the left, stands for a while, and goes on: its middle, and
/// its halves, in reference pixels.
pub fn person(time_s: f32, air: Airspace, phase: f32) -> Option<(Place, (f32, f32))> {
    // Every 24 s; 3 s on its way in, standing for 9 s, 3 s on its way out.
    let since = (time_s + phase * 2.0) % 24.0;
    let standing = 260.0 + 60.0 * phase.sin();
    let x = match since {
        0.0..3.0 => -150.0 + (standing + 150.0) * since / 3.0,
        3.0..12.0 => standing + 14.0 * (time_s * 0.9).sin(),
        12.0..15.0 => standing + (800.0 - standing) * (since - 12.0) / 3.0,
        _ => return None,
    };
    Some((Place::new(x, 0.7 * air.height), (110.0, 0.55 * air.height)))
}

/// Bees that hang in one clump.
#[derive(Debug)]
pub struct Clump {
    about: Place,
    members: Vec<Hanging>,
}

#[derive(Debug)]
struct Hanging {
    offset: Place,
    heading: f32,
    tone: f32,
    phase: f32,
}

/// Bees in the clump.
const CLUMP_BEES: usize = 46;

/// Bees in a beard, and how far they hang about its middle.
const BEARD_BEES: usize = 150;
const BEARD_SPREAD: (f32, f32) = (46.0, 30.0);

impl Clump {
    /// A clump at the edge of the board.
    pub fn new(air: Airspace, lot: &mut Lot) -> Clump {
        Clump::of(CLUMP_BEES, (17.0, 12.0), air, lot)
    }

    /// A beard all over the board and below it.
    pub fn beard(air: Airspace, lot: &mut Lot) -> Clump {
        Clump::of(BEARD_BEES, BEARD_SPREAD, air, lot)
    }

    fn of(count: usize, spread: (f32, f32), air: Airspace, lot: &mut Lot) -> Clump {
        let about = air.entrance + Place::new(lot.between(-60.0, 60.0), 44.0);
        let members = (0..count).map(|_| Hanging {
            offset: Place::new(lot.about_zero() * spread.0, lot.about_zero() * spread.1),
            heading: lot.direction(),
            tone: lot.between(0.7, 1.2),
            phase: lot.direction(),
        });
        Clump { about, members: members.collect() }
    }

    /// Every bee of it at `time_s`: its parts and pose for a body of `length`.
    pub fn bees_at(&self, time_s: f32, length: f32) -> impl Iterator<Item = (Vec<Part>, Pose)> {
        let stir = Place::new((time_s * 0.37).sin() * 4.0, (time_s * 0.53).sin() * 3.0);
        self.members.iter().map(move |bee| {
            let fidget =
                Place::new((time_s * 3.1 + bee.phase).sin(), (time_s * 2.3 + bee.phase).cos());
            let pose = Pose {
                centre: self.about + stir + bee.offset + fidget * 1.2,
                heading: bee.heading + 0.25 * (time_s * 1.3 + bee.phase).sin(),
                length,
                foreshortening: 1.0,
            };
            (insect::bee(time_s, 0.0, bee.tone, true), pose)
        })
    }
}
