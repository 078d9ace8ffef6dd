//! What the wind moves: blades at the sides of every scene, and the one leaf that fools detectors.

use super::colour::Colour;
use super::lot::Lot;
use super::place::{Airspace, Place};
use super::settings::Family;
use super::sprite::{Part, Pose};

/// One thing that sways about a fixed root.
#[derive(Debug, Clone)]
pub struct Swaying {
    root: Place,
    angle: f32,
    length: f32,
    swing: f32,
    beats: f32,
    phase: f32,
    parts: Vec<Part>,
}

impl Swaying {
    /// What sways in `family`.
    pub fn all(family: Family, air: Airspace, lot: &mut Lot) -> Vec<Swaying> {
        let mut all = Vec::new();
        let windy = family == Family::Leaf;
        let blades = if windy {
            12
        } else if family == Family::Shade {
            0
        } else {
            5
        };
        for _ in 0..blades {
            all.push(Swaying::blade(windy, air, lot));
        }
        if windy {
            for _ in 0..3 {
                all.push(Swaying::leaf(air, lot));
            }
        }
        all
    }

    fn blade(windy: bool, air: Airspace, lot: &mut Lot) -> Swaying {
        let colour = Colour::rgb(0x7d9a48).lit(lot.between(0.75, 1.1));
        let bend = lot.between(-0.9, 0.9);
        let parts = (0_i16..9).map(|step| {
            let along = f32::from(step) / 8.0;
            let centre = Place::new(along - 0.5, bend * (along * along * 0.35 - 0.08));
            let width = 0.016 * (1.0 - 0.75 * along) + 0.002;
            let angle = bend * along * 0.6;
            Part {
                centre,
                half: (0.075, width),
                angle,
                colour: colour.lit(0.8 + 0.3 * along),
                opacity: 0.95,
            }
        });
        let left = lot.chance(0.5);
        Swaying {
            root: Place::new(
                if left { lot.between(8.0, 130.0) } else { lot.between(520.0, 632.0) },
                air.height + 6.0,
            ),
            angle: -std::f32::consts::FRAC_PI_2 + lot.about_zero() * 0.25,
            length: lot.between(80.0, 150.0),
            swing: if windy { lot.between(0.06, 0.16) } else { lot.between(0.01, 0.03) },
            beats: lot.between(2.0, 4.5),
            phase: lot.direction(),
            parts: parts.collect(),
        }
    }

    /// A dark leaf on a thin stalk, as long as a hornet or longer.
    fn leaf(air: Airspace, lot: &mut Lot) -> Swaying {
        let colour = Colour::rgb(0x4a3a22).lit(lot.between(0.7, 1.6));
        let stalk = Colour::rgb(0x6f5c3a);
        let part = |x: f32, half: (f32, f32), colour: Colour| Part {
            centre: Place::new(x, 0.0),
            half,
            angle: 0.0,
            colour,
            opacity: 1.0,
        };
        let parts = vec![
            part(-0.25, (0.27, 0.012), stalk),
            part(0.22, (0.26, 0.125), colour),
            part(0.30, (0.18, 0.105), colour.lit(1.15)),
            part(0.22, (0.25, 0.010), colour.lit(0.6)),
        ];
        Swaying {
            root: Place::new(lot.between(120.0, 520.0), lot.between(0.3, 0.75) * air.height),
            angle: lot.between(0.3, 2.8),
            length: lot.between(55.0, 105.0),
            swing: lot.between(0.12, 0.34),
            beats: lot.between(2.5, 7.0),
            phase: lot.direction(),
            parts,
        }
    }

    /// Its parts and where they are at `time_s`, in reference pixels.
    pub fn pose_at(&self, time_s: f32) -> (&[Part], Pose) {
        // Gusts: the swing itself swells and falls.
        let gust = 0.65 + 0.35 * (time_s * 0.41 + self.phase * 1.7).sin();
        let swing =
            (time_s * self.beats + self.phase).sin() + 0.3 * (time_s * self.beats * 2.3).sin();
        let heading = self.angle + self.swing * gust * swing;
        let centre = self.root + Place::towards(heading) * (self.length * 0.5);
        (&self.parts, Pose { centre, heading, length: self.length, foreshortening: 1.0 })
    }
}
