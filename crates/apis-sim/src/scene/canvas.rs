//! What still things are painted on: colour in floating point, at the picture's size plus a rim
//! for a mount that trembles.

use super::colour::Colour;
use super::lot::Lot;
use super::picture::PictureSize;
use super::place::{Place, REFERENCE_WIDTH};

/// Pixels of rim on every side; even, so that chroma keeps its raster.
pub const RIM: usize = 4;

/// A painting; places are reference pixels of the picture, so the rim has negative ones.
#[derive(Debug)]
pub struct Canvas {
    width: usize,
    height: usize,
    scale: f32,
    paint: Vec<Colour>,
}

impl Canvas {
    /// An empty one for pictures of `size`.
    pub fn new(size: PictureSize) -> Canvas {
        let (width, height) = (size.width + 2 * RIM, size.height + 2 * RIM);
        let scale = size.width as f32 / REFERENCE_WIDTH;
        Canvas { width, height, scale, paint: vec![Colour::default(); width * height] }
    }

    /// Repaints every pixel that `paint` gives a colour for, from its place and old colour.
    pub fn repaint(&mut self, paint: impl Fn(Place, Colour) -> Colour) {
        for row in 0..self.height {
            for column in 0..self.width {
                let place = self.place(column, row);
                let pixel = &mut self.paint[row * self.width + column];
                *pixel = paint(place, *pixel);
            }
        }
    }

    fn place(&self, column: usize, row: usize) -> Place {
        let rim = RIM as f32 - 0.5;
        Place::new((column as f32 - rim) / self.scale, (row as f32 - rim) / self.scale)
    }

    /// One soft round dab.
    pub fn dab(&mut self, at: Place, radius: f32, colour: Colour, opacity: f32) {
        let rim = RIM as f32;
        let (x, y) = (at.x * self.scale + rim, at.y * self.scale + rim);
        let radius = radius * self.scale;
        let columns = pixels(x, radius, self.width);
        for row in pixels(y, radius, self.height) {
            for column in columns.clone() {
                let far = (column as f32 + 0.5 - x).hypot(row as f32 + 0.5 - y);
                let cover = (radius - far + 0.5).clamp(0.0, 1.0) * opacity;
                let pixel = &mut self.paint[row * self.width + column];
                *pixel = pixel.mixed(colour, cover);
            }
        }
    }

    /// A tapering blade from `root`, bent on its way.
    pub fn blade(&mut self, blade: &Blade, colour: Colour) {
        let steps = (blade.length * self.scale / 0.8).ceil().max(2.0) as usize;
        for step in 0..=steps {
            let along = step as f32 / steps as f32;
            let shade = colour.lit(0.75 + 0.35 * along);
            self.dab(blade.at(along), blade.half_width * (1.0 - 0.8 * along), shade, 0.9);
        }
    }

    /// Luma, then U, then V, each with its rim; chroma at half the size.
    pub fn planes(&self) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
        let byte = |value: f32| value.round().clamp(0.0, 255.0) as u8;
        let luma = self.paint.iter().map(|paint| byte(paint.y)).collect();
        let half = |of: fn(&Colour) -> f32| {
            let rows = (0..self.height / 2)
                .flat_map(|row| (0..self.width / 2).map(move |column| (row, column)));
            rows.map(|(row, column)| {
                let at = 2 * row * self.width + 2 * column;
                let corners = [at, at + 1, at + self.width, at + self.width + 1];
                byte(corners.iter().map(|&corner| of(&self.paint[corner])).sum::<f32>() / 4.0)
            })
            .collect()
        };
        (luma, half(|paint| paint.u), half(|paint| paint.v))
    }
}

fn pixels(centre: f32, radius: f32, count: usize) -> std::ops::Range<usize> {
    let from = (centre - radius - 1.0).max(0.0) as usize;
    let to = ((centre + radius + 2.0).max(0.0) as usize).min(count);
    from.min(to)..to
}

/// A blade of grass.
#[derive(Debug, Clone, Copy)]
pub struct Blade {
    /// Where it grows.
    pub root: Place,
    /// Its direction at the root, in radians.
    pub angle: f32,
    /// How far it turns until its tip, in radians.
    pub bend: f32,
    /// Its length.
    pub length: f32,
    /// Half its width at the root.
    pub half_width: f32,
}

impl Blade {
    /// The place a share `along` of the way to its tip.
    pub fn at(&self, along: f32) -> Place {
        let angle = self.angle + self.bend * along * 0.5;
        self.root + Place::towards(angle) * (self.length * along)
    }
}

/// Smooth noise about zero, within ±1.
#[derive(Debug)]
pub struct Grain {
    salt: u32,
}

impl Grain {
    /// Noise of its own.
    pub fn new(lot: &mut Lot) -> Grain {
        Grain { salt: lot.bits() }
    }

    /// Four octaves at `at`, the coarsest as wide as one unit of `at`.
    pub fn at(&self, at: Place) -> f32 {
        let mut sum = 0.0;
        let mut place = at;
        let mut weight = 0.53;
        for _ in 0..4 {
            sum += self.octave(place) * weight;
            place = place * 2.03 + Place::new(7.1, 3.7);
            weight *= 0.5;
        }
        sum
    }

    fn octave(&self, at: Place) -> f32 {
        let (column, row) = (at.x.floor(), at.y.floor());
        let ease = |share: f32| share * share * (3.0 - 2.0 * share);
        let (right, down) = (ease(at.x - column), ease(at.y - row));
        let corner = |dx: i32, dy: i32| self.knot(column as i32 + dx, row as i32 + dy);
        let upper = corner(0, 0) + (corner(1, 0) - corner(0, 0)) * right;
        let lower = corner(0, 1) + (corner(1, 1) - corner(0, 1)) * right;
        upper + (lower - upper) * down
    }

    fn knot(&self, column: i32, row: i32) -> f32 {
        let mut bits = self.salt
            ^ (column as u32).wrapping_mul(0x85EB_CA6B)
            ^ (row as u32).wrapping_mul(0xC2B2_AE35);
        bits = (bits ^ (bits >> 15)).wrapping_mul(0x2C1B_3C6D);
        bits = (bits ^ (bits >> 12)).wrapping_mul(0x297A_2D39);
        (bits ^ (bits >> 15)) as f32 / u32::MAX as f32 * 2.0 - 1.0
    }
}
