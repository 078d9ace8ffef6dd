//! Lays what stands still into a frame, under the frame's light and displaced by the mount's tremble.

use super::canvas::{Canvas, RIM};
use super::light::{Fleck, Light};
use super::picture::Picture;
use super::place::Place;

/// Luma and chroma of what stands still, each with its rim.
#[derive(Debug)]
pub struct Plate {
    luma: Vec<u8>,
    u: Vec<u8>,
    v: Vec<u8>,
    mean: f32,
}

impl Plate {
    /// What is on `canvas`.
    pub fn new(canvas: &Canvas) -> Plate {
        let (luma, u, v) = canvas.planes();
        let sum: u64 = luma.iter().map(|&luma| u64::from(luma)).sum();
        let mean = sum as f32 / luma.len().max(1) as f32;
        Plate { luma, u, v, mean }
    }

    /// Mean luma of what stands still, in no particular light.
    pub fn mean_luma(&self) -> f32 {
        self.mean
    }

    /// The still plate under this frame's light, displaced by the tremble.
    pub fn lay(&self, light: Light, picture: &mut Picture) {
        let (width, height) = (picture.width(), picture.height());
        let (luma, u, v) = picture.planes_mut();
        // Fixed point: a weight of 16 bits for the place between pixels, 12 for the gain.
        let source = Displaced::new(&self.luma, width + 2 * RIM, RIM, light.tremble);
        let gains: Vec<i32> = (0..width)
            .map(|column| {
                let across = column as f32 / width as f32 - 0.5;
                (light.gain * (1.0 + light.tilt * across) * 4_096.0) as i32
            })
            .collect();
        for (row, out) in luma.chunks_exact_mut(width).enumerate() {
            source.row(row, out);
            for (pixel, gain) in out.iter_mut().zip(&gains) {
                *pixel = ((i32::from(*pixel) * gain + 2_048) >> 12).min(255) as u8;
            }
        }
        let chroma_gain = (light.gain.min(1.0) * 4_096.0) as i32;
        for (plane, out) in [(&self.u, u), (&self.v, v)] {
            let half = Displaced::new(plane, width / 2 + RIM, RIM / 2, light.tremble * 0.5);
            for (row, out) in out.chunks_exact_mut(width / 2).take(height / 2).enumerate() {
                half.row(row, out);
                for pixel in out {
                    *pixel = (128 + (((i32::from(*pixel) - 128) * chroma_gain) >> 12)) as u8;
                }
            }
        }
    }
}

/// Adds a fleck's light to luma.
pub fn lighten(fleck: &Fleck, strength: f32, scale: f32, picture: &mut Picture) {
    if strength <= 0.0 {
        return;
    }
    let (width, height) = (picture.width(), picture.height());
    let (sin, cos) = fleck.angle.sin_cos();
    let centre = fleck.at * scale;
    let reach = fleck.half.0 * scale * 1.3;
    let range = |at: f32, count: usize| {
        let from = (at - reach).max(0.0) as usize;
        from.min(count)..((at + reach).max(0.0) as usize).min(count)
    };
    let (luma, _, _) = picture.planes_mut();
    for row in range(centre.y, height) {
        for column in range(centre.x, width) {
            let (dx, dy) = (column as f32 - centre.x, row as f32 - centre.y);
            let u = (dx * cos + dy * sin) / (fleck.half.0 * scale);
            let v = (dy * cos - dx * sin) / (fleck.half.1 * scale);
            let cover = ((1.15 - (u * u + v * v).sqrt()) * 4.0).clamp(0.0, 1.0);
            let pixel = &mut luma[row * width + column];
            *pixel = (f32::from(*pixel) + cover * strength).min(255.0) as u8;
        }
    }
}

/// Share of the light that a person's shadow leaves.
const SHADE: f32 = 0.62;

/// Takes light from luma within a soft ellipse, in reference pixels.
pub fn shade(at: Place, half: (f32, f32), scale: f32, picture: &mut Picture) {
    let width = picture.width();
    let (luma, _, _) = picture.planes_mut();
    for (row, line) in luma.chunks_exact_mut(width).enumerate() {
        let v = (row as f32 / scale - at.y) / half.1;
        if v.abs() > 1.2 {
            continue;
        }
        for (column, pixel) in line.iter_mut().enumerate() {
            let u = (column as f32 / scale - at.x) / half.0;
            let cover = ((1.1 - u.hypot(v)) * 6.0).clamp(0.0, 1.0);
            *pixel = (f32::from(*pixel) * (1.0 - (1.0 - SHADE) * cover)) as u8;
        }
    }
}

/// A plane read between its pixels.
struct Displaced<'a> {
    plane: &'a [u8],
    stride: usize,
    rim: usize,
    shift: (usize, usize),
    weight: (i32, i32),
}

impl<'a> Displaced<'a> {
    fn new(plane: &'a [u8], stride: usize, rim: usize, by: Place) -> Displaced<'a> {
        let (x, y) = (by.x + rim as f32, by.y + rim as f32);
        let weight = |at: f32| ((at - at.floor()) * 256.0) as i32;
        Displaced {
            plane,
            stride,
            rim,
            shift: (x.floor() as usize, y.floor() as usize),
            weight: (weight(x), weight(y)),
        }
    }

    fn row(&self, row: usize, out: &mut [u8]) {
        let line =
            |down: usize| &self.plane[(row + self.shift.1 + down) * self.stride + self.shift.0..];
        let count = out.len();
        if self.weight == (0, 0) {
            out.copy_from_slice(&line(0)[..count]);
            return;
        }
        debug_assert!(self.rim > 0, "a displaced plane has a rim to read from");
        let (upper, lower) = (&line(0)[..=count], &line(1)[..=count]);
        let (right, down) = self.weight;
        for (column, pixel) in out.iter_mut().enumerate() {
            let mixed = |line: &[u8]| {
                i32::from(line[column]) * (256 - right) + i32::from(line[column + 1]) * right
            };
            let mixed = mixed(upper) * (256 - down) + mixed(lower) * down;
            *pixel = ((mixed + 32_768) >> 16) as u8;
        }
    }
}
