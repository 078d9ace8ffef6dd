//! What stands still: the hive's front with its landing board, the grass before it, the bushes
//! behind; painted once, in full, when a scene begins.

use super::canvas::{Blade, Canvas, Grain};
use super::colour::Colour;
use super::lot::Lot;
use super::picture::PictureSize;
use super::place::{Airspace, Place, REFERENCE_WIDTH};
use super::settings::Family;

/// The backdrop of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backdrop {
    /// A hive over grass.
    Front,
    /// Grass and dead leaves.
    Ground,
    /// Dark planks in shade, the entrance in the middle.
    Wall,
}

impl Backdrop {
    /// The one that `family` is drawn on.
    pub fn of(family: Family) -> Backdrop {
        if matches!(family, Family::Meadow | Family::Fleck | Family::Leaf) {
            Backdrop::Ground
        } else if family == Family::Shade {
            Backdrop::Wall
        } else {
            Backdrop::Front
        }
    }

    /// Where insects may be before it.
    pub fn airspace(self, size: PictureSize) -> Airspace {
        let height = REFERENCE_WIDTH * size.height as f32 / size.width as f32;
        match self {
            Backdrop::Front => Airspace {
                height,
                entrance: Place::new(320.0, ENTRANCE_SHARE * height),
                board_half_width: 96.0,
            },
            Backdrop::Wall => Airspace {
                height,
                entrance: Place::new(320.0, 0.3 * height),
                board_half_width: 80.0,
            },
            Backdrop::Ground => {
                Airspace { height, entrance: Place::new(320.0, -40.0), board_half_width: 0.0 }
            }
        }
    }

    /// Paints it.
    pub fn paint(self, size: PictureSize, lot: &mut Lot) -> Canvas {
        let mut canvas = Canvas::new(size);
        let air = self.airspace(size);
        match self {
            Backdrop::Front => {
                bushes(&mut canvas, lot);
                grass(&mut canvas, air, 0.36 * air.height, lot);
                hive(&mut canvas, air, lot);
                tufts(&mut canvas, air, lot);
            }
            Backdrop::Ground => {
                grass(&mut canvas, air, -20.0, lot);
                dead_leaves(&mut canvas, air, 34, lot);
            }
            Backdrop::Wall => wall(&mut canvas, air, lot),
        }
        canvas
    }
}

/// Height of the entrance in the picture.
const ENTRANCE_SHARE: f32 = 0.34;

/// Out of focus and dark, with light between the leaves.
fn bushes(canvas: &mut Canvas, lot: &mut Lot) {
    let (coarse, fine) = (Grain::new(lot), Grain::new(lot));
    let (dark, light) = (Colour::rgb(0x2c3a22), Colour::rgb(0x8aa05a));
    canvas.repaint(|at, _| {
        let share = 0.38 + 0.55 * coarse.at(at * (1.0 / 46.0)) + 0.12 * fine.at(at * (1.0 / 11.0));
        dark.mixed(light, share.clamp(0.0, 1.0))
    });
}

/// Blades on the ground of a whole picture; half as many leave it bare.
const GRASS_BLADES: usize = 6_500;

/// Ground from `top` downwards, then blades over it, nearer ones larger.
fn grass(canvas: &mut Canvas, air: Airspace, top: f32, lot: &mut Lot) {
    let (coarse, fine) = (Grain::new(lot), Grain::new(lot));
    let (soil, straw) = (Colour::rgb(0x4b4a2c), Colour::rgb(0xa79a66));
    canvas.repaint(|at, old| {
        let share = 0.45 + 0.35 * coarse.at(at * (1.0 / 60.0)) + 0.35 * fine.at(at * (1.0 / 7.0));
        let edge = ((at.y - top - 10.0 * coarse.at(at * (1.0 / 20.0))) / 8.0).clamp(0.0, 1.0);
        old.mixed(soil.mixed(straw, share.clamp(0.0, 1.0)), edge)
    });
    let kinds = [0x6f8440, 0x8a9a52, 0x566d33, 0x7c9148, 0xb7a873, 0xcfc291, 0x91835a];
    for index in 0..GRASS_BLADES {
        let depth = index as f32 / GRASS_BLADES as f32;
        let y = top + (air.height + 30.0 - top) * depth;
        let near = 0.45 + 0.75 * depth;
        let blade = Blade {
            root: Place::new(lot.between(-30.0, 670.0), y),
            angle: -std::f32::consts::FRAC_PI_2 + lot.about_zero() * 0.8,
            bend: lot.about_zero() * 1.1,
            length: lot.between(14.0, 46.0) * near,
            half_width: lot.between(0.6, 1.5) * near,
        };
        let colour = Colour::rgb(kinds[lot.index(kinds.len())]).lit(lot.between(0.6, 1.12));
        canvas.blade(&blade, colour);
        if lot.chance(0.006) {
            canvas.dab(blade.at(1.0), 2.2 * near, Colour::rgb(0xf2efe2), 0.95);
            canvas.dab(blade.at(1.0), 0.9 * near, Colour::rgb(0xe2b84a), 0.9);
        }
    }
}

/// A few long blades before everything else.
fn tufts(canvas: &mut Canvas, air: Airspace, lot: &mut Lot) {
    for _ in 0..46 {
        let left = lot.chance(0.5);
        let x = if left { lot.between(-10.0, 150.0) } else { lot.between(500.0, 650.0) };
        let blade = Blade {
            root: Place::new(x, air.height + 8.0),
            angle: -std::f32::consts::FRAC_PI_2 + lot.about_zero() * 0.3,
            bend: lot.about_zero() * 0.9,
            length: lot.between(60.0, 150.0),
            half_width: lot.between(1.4, 2.6),
        };
        canvas.blade(&blade, Colour::rgb(0x6d8a3c).lit(lot.between(0.7, 1.15)));
    }
}

fn dead_leaves(canvas: &mut Canvas, air: Airspace, count: usize, lot: &mut Lot) {
    for _ in 0..count {
        let at = Place::new(lot.between(0.0, 640.0), lot.between(0.0, air.height));
        let kinds = [0x7d5a3a, 0x6b4a30, 0x94724a, 0x8a6a52];
        let colour = Colour::rgb(kinds[lot.index(kinds.len())]).lit(lot.between(0.55, 1.3));
        let (angle, length) = (lot.direction(), lot.between(9.0, 22.0));
        for step in -10_i16..=10 {
            let along = f32::from(step) / 10.0;
            let width = length * 0.42 * (1.0 - along * along).max(0.05);
            let place = at + Place::towards(angle) * (along * length);
            canvas.dab(place, width, colour.lit(1.0 + 0.12 * along), 0.8);
        }
        for step in -9_i16..=9 {
            let place = at + Place::towards(angle) * (f32::from(step) / 9.0 * length);
            canvas.dab(place, 0.7, colour.lit(0.6), 0.7);
        }
    }
}

/// Height above the entrance's lower edge at which a plank of the front ends.
const PLANK: f32 = 58.0;

/// The painted front, its entrance, and the board that bees land on.
fn hive(canvas: &mut Canvas, air: Airspace, lot: &mut Lot) {
    let (streak, stain) = (Grain::new(lot), Grain::new(lot));
    let paint = Colour::rgb([0xd9b779, 0xc9a05a, 0xcfc3a2, 0x9fb0a8][lot.index(4)]);
    let wood = Colour::rgb(0xb98d57);
    let (half, foot) = (168.0, air.entrance.y + 8.0);
    canvas.repaint(|at, old| {
        let (dx, dy) = (at.x - air.entrance.x, at.y - foot);
        if dx.abs() < half && dy < 0.0 {
            let grain = streak.at(Place::new(at.x / 90.0, at.y / 3.5)) * 0.10
                + stain.at(at * (1.0 / 40.0)) * 0.08;
            let joint = (-dy).rem_euclid(PLANK) < 1.6 && dy < -20.0;
            let side = 1.0 - 0.22 * ((dx / half) * 0.5 + 0.5);
            let lit = (side + grain) * if joint { 0.55 } else { 1.0 };
            let slot = dx.abs() < 84.0 && (-15.0..-1.0).contains(&dy);
            if slot { Colour::rgb(0x1d150f).lit(1.0 + grain) } else { paint.lit(lit) }
        } else {
            board(at, old, dx, dy, wood, &streak)
        }
    });
}

/// The landing board in perspective, its front edge, and the shadow it throws on the grass.
fn board(at: Place, old: Colour, dx: f32, dy: f32, wood: Colour, streak: &Grain) -> Colour {
    const DEPTH: f32 = 34.0;
    const EDGE: f32 = 9.0;
    let grain = streak.at(Place::new(at.x / 55.0, at.y / 2.6)) * 0.13;
    let half = 112.0 + dy.max(0.0) * 0.45;
    if (0.0..DEPTH).contains(&dy) && dx.abs() < half {
        let under = if dy < 5.0 { 0.62 + dy * 0.07 } else { 1.0 };
        return wood.lit((1.12 + grain) * under);
    }
    if (DEPTH..DEPTH + EDGE).contains(&dy) && dx.abs() < 112.0 + DEPTH * 0.45 {
        return wood.lit(0.62 + grain);
    }
    let shadow = (1.0 - ((dy - DEPTH - EDGE - 14.0) / 26.0).abs()).clamp(0.0, 1.0);
    let inside = ((150.0 - dx.abs()) / 20.0).clamp(0.0, 1.0);
    old.lit(1.0 - 0.5 * shadow * inside)
}

/// Upright planks in shade: darker than what flies before them.
fn wall(canvas: &mut Canvas, air: Airspace, lot: &mut Lot) {
    let (streak, stain) = (Grain::new(lot), Grain::new(lot));
    let wood = Colour::rgb(0x3b3128);
    canvas.repaint(|at, _| {
        let grain = streak.at(Place::new(at.x / 4.0, at.y / 110.0)) * 0.30
            + stain.at(at * (1.0 / 50.0)) * 0.22;
        let joint = at.x.rem_euclid(92.0) < 2.0;
        let (dx, dy) = (at.x - air.entrance.x, at.y - air.entrance.y - 8.0);
        if dx.abs() < 76.0 && (-14.0..0.0).contains(&dy) {
            return Colour::rgb(0x0e0b08);
        }
        if dx.abs() < 100.0 && (0.0..30.0).contains(&dy) {
            return Colour::rgb(0x54473a).lit(1.0 + grain * 0.5);
        }
        wood.lit(if joint { 0.45 } else { 0.95 + grain })
    });
}
