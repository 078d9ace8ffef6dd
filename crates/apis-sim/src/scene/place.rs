//! Places and directions in *reference pixels*: the picture is always 640 of them wide, whatever
//! its size, so that a scene does not change with its resolution.

use std::ops::{Add, Mul, Sub};

/// Width of every picture in reference pixels.
pub const REFERENCE_WIDTH: f32 = 640.0;

/// A place or a displacement in reference pixels, from the upper left.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Place {
    /// To the right.
    pub x: f32,
    /// Downwards.
    pub y: f32,
}

impl Place {
    /// `x` to the right, `y` downwards.
    pub const fn new(x: f32, y: f32) -> Place {
        Place { x, y }
    }

    /// One unit in the direction of `angle` radians, clockwise from the right.
    pub fn towards(angle: f32) -> Place {
        Place::new(angle.cos(), angle.sin())
    }

    /// Distance from the origin.
    pub fn length(self) -> f32 {
        self.x.hypot(self.y)
    }

    /// Direction in radians, clockwise from the right.
    pub fn angle(self) -> f32 {
        self.y.atan2(self.x)
    }

    /// The same direction with a length of at most `limit`.
    pub fn at_most(self, limit: f32) -> Place {
        let length = self.length();
        if length > limit { self * (limit / length) } else { self }
    }
}

impl Add for Place {
    type Output = Place;

    fn add(self, other: Place) -> Place {
        Place::new(self.x + other.x, self.y + other.y)
    }
}

impl Sub for Place {
    type Output = Place;

    fn sub(self, other: Place) -> Place {
        Place::new(self.x - other.x, self.y - other.y)
    }
}

impl Mul<f32> for Place {
    type Output = Place;

    fn mul(self, factor: f32) -> Place {
        Place::new(self.x * factor, self.y * factor)
    }
}

/// Where the insects of a scene may be.
#[derive(Debug, Clone, Copy)]
pub struct Airspace {
    /// Height of the picture in reference pixels.
    pub height: f32,
    /// The hive's entrance, which a hovering hornet watches.
    pub entrance: Place,
    /// Half the width of the landing board; zero where there is none in the picture.
    pub board_half_width: f32,
}

/// The shortest way from one direction to another, in radians within ±π.
pub fn turn(from: f32, to: f32) -> f32 {
    let full = std::f32::consts::TAU;
    (to - from + full / 2.0).rem_euclid(full) - full / 2.0
}
