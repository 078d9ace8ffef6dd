//! Paints small shapes onto a picture: anti-aliased, translucent, and smeared over the exposure.
//!
//! A shape is a list of ellipses. It is drawn at several moments of the exposure into a tile of
//! premultiplied colour, and the mean of them is laid over the picture once; a body that moves
//! becomes a smear and a beating wing a haze, as on a sensor.

use super::colour::Colour;
use super::picture::Picture;
use super::place::Place;

/// One ellipse of a shape, in the shape's own frame.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// Its centre; `x` points to the head, one unit is the body's length.
    pub centre: Place,
    /// Half its length along `angle`, and half its width.
    pub half: (f32, f32),
    /// Direction of its long axis, in radians.
    pub angle: f32,
    /// Its colour.
    pub colour: Colour,
    /// 1 covers what is behind it, 0 is not there.
    pub opacity: f32,
}

/// Where a shape is at one moment of the exposure.
#[derive(Debug, Clone, Copy)]
pub struct Pose {
    /// Its centre in pixels of the picture.
    pub centre: Place,
    /// Direction of its head, in radians.
    pub heading: f32,
    /// Length of its body in pixels; across it is never foreshortened.
    pub length: f32,
    /// Share of the length that is seen.
    pub foreshortening: f32,
}

impl Pose {
    /// The pixel at which a place of the shape's own frame lies.
    fn place_of(&self, own: Place) -> Place {
        let (sin, cos) = self.heading.sin_cos();
        let along = own.x * self.length * self.foreshortening;
        let across = own.y * self.length;
        self.centre + Place::new(along * cos - across * sin, along * sin + across * cos)
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Paint {
    colour: Colour,
    alpha: f32,
}

/// Working memory for one shape after another.
#[derive(Debug, Default)]
pub struct Brush {
    left: i32,
    top: i32,
    width: i32,
    height: i32,
    moment: Vec<Paint>,
    mean: Vec<Paint>,
}

impl Brush {
    /// Clears the tile that holds a shape at every one of its moments; false when it does not
    /// touch the picture, or has no part.
    pub fn begin(&mut self, moments: &[(Vec<Part>, Pose)], picture: &Picture) -> bool {
        if moments.iter().all(|(parts, _)| parts.is_empty()) {
            return false;
        }
        let (mut left, mut top, mut right, mut bottom) = (f32::MAX, f32::MAX, f32::MIN, f32::MIN);
        for (parts, pose) in moments {
            for part in parts {
                let centre = pose.place_of(part.centre);
                let reach = part.half.0.max(part.half.1) * pose.length + 2.0;
                left = left.min(centre.x - reach);
                right = right.max(centre.x + reach);
                top = top.min(centre.y - reach);
                bottom = bottom.max(centre.y + reach);
            }
        }
        // Even edges, so that chroma pixels lie whole within the tile.
        self.left = (left.floor() as i32).max(0) & !1;
        self.top = (top.floor() as i32).max(0) & !1;
        self.width = (((right.ceil() as i32).min(picture.width() as i32) + 1) & !1) - self.left;
        self.height = (((bottom.ceil() as i32).min(picture.height() as i32) + 1) & !1) - self.top;
        if self.width <= 0 || self.height <= 0 {
            return false;
        }
        let area = (self.width * self.height) as usize;
        self.mean.clear();
        self.mean.resize(area, Paint::default());
        true
    }

    /// Adds the shape as it is at one of `moments` moments.
    pub fn add(&mut self, parts: &[Part], pose: Pose, moments: usize) {
        self.moment.clear();
        self.moment.resize(self.mean.len(), Paint::default());
        for part in parts {
            self.stamp(part, pose);
        }
        let share = 1.0 / moments as f32;
        for (mean, paint) in self.mean.iter_mut().zip(&self.moment) {
            mean.colour.y += paint.colour.y * share;
            mean.colour.u += paint.colour.u * share;
            mean.colour.v += paint.colour.v * share;
            mean.alpha += paint.alpha * share;
        }
    }

    /// Lays one ellipse over the tile of the moment.
    fn stamp(&mut self, part: &Part, pose: Pose) {
        let centre = pose.place_of(part.centre);
        let angle = pose.heading + part.angle;
        // How much a length along this part's axis is foreshortened.
        let seen = {
            let (sin, cos) = part.angle.sin_cos();
            (cos * pose.foreshortening).hypot(sin)
        };
        let half =
            ((part.half.0 * pose.length * seen).max(0.4), (part.half.1 * pose.length).max(0.4));
        let (sin, cos) = angle.sin_cos();
        let reach = half.0.max(half.1) + 1.0;
        let columns = self.span(centre.x, reach, self.left, self.width);
        let rows = self.span(centre.y, reach, self.top, self.height);
        let (sharp, shrink) = (half.0.min(half.1), (1.0 / half.0, 1.0 / half.1));
        for row in rows {
            let dy = (row + self.top) as f32 + 0.5 - centre.y;
            for column in columns.clone() {
                let dx = (column + self.left) as f32 + 0.5 - centre.x;
                let u = (dx * cos + dy * sin) * shrink.0;
                let v = (dy * cos - dx * sin) * shrink.1;
                // Distance to the rim in pixels, nearly: exact for circles, soft for thin ones.
                let cover = ((1.0 - (u * u + v * v).sqrt()) * sharp + 0.5).clamp(0.0, 1.0);
                let alpha = cover * part.opacity;
                if alpha > 0.0 {
                    let paint = &mut self.moment[(row * self.width + column) as usize];
                    let keep = 1.0 - alpha;
                    paint.colour.y = paint.colour.y * keep + part.colour.y * alpha;
                    paint.colour.u = paint.colour.u * keep + part.colour.u * alpha;
                    paint.colour.v = paint.colour.v * keep + part.colour.v * alpha;
                    paint.alpha = paint.alpha * keep + alpha;
                }
            }
        }
    }

    fn span(&self, centre: f32, reach: f32, first: i32, count: i32) -> std::ops::Range<i32> {
        let from = ((centre - reach).floor() as i32 - first).clamp(0, count);
        let to = ((centre + reach).ceil() as i32 - first).clamp(from, count);
        from..to
    }

    /// Lays the mean of all moments over the picture.
    pub fn finish(&self, picture: &mut Picture) {
        let stride = picture.width();
        let (luma, u_plane, v_plane) = picture.planes_mut();
        for row in 0..self.height as usize {
            let start = (row + self.top as usize) * stride + self.left as usize;
            let tile = &self.mean[row * self.width as usize..][..self.width as usize];
            for (pixel, paint) in luma[start..][..tile.len()].iter_mut().zip(tile) {
                *pixel = over(*pixel, paint.colour.y, paint.alpha);
            }
        }
        for row in 0..self.height as usize / 2 {
            let start = (row + self.top as usize / 2) * (stride / 2) + self.left as usize / 2;
            for column in 0..self.width as usize / 2 {
                let paint = self.quarter(row * 2, column * 2);
                let at = start + column;
                u_plane[at] = over(u_plane[at], paint.colour.u, paint.alpha);
                v_plane[at] = over(v_plane[at], paint.colour.v, paint.alpha);
            }
        }
    }

    /// The mean of two by two pixels of the tile.
    fn quarter(&self, row: usize, column: usize) -> Paint {
        let mut mean = Paint::default();
        for (down, right) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let paint = self.mean[(row + down) * self.width as usize + column + right];
            mean.colour.u += paint.colour.u * 0.25;
            mean.colour.v += paint.colour.v * 0.25;
            mean.alpha += paint.alpha * 0.25;
        }
        mean
    }
}

/// `premultiplied` over `behind`.
fn over(behind: u8, premultiplied: f32, alpha: f32) -> u8 {
    (f32::from(behind) * (1.0 - alpha) + premultiplied + 0.5) as u8
}
