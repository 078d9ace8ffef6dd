//! Servo and beam angles, in whole millidegrees so that every board computes the same.

use core::ops::{Add, Neg, Sub};

/// An angle in millidegrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Angle(i32);

impl Angle {
    /// Straight ahead.
    pub const ZERO: Angle = Angle(0);

    /// `millidegrees` thousandths of a degree.
    pub const fn from_millidegrees(millidegrees: i32) -> Angle {
        Angle(millidegrees)
    }

    /// Whole degrees.
    pub const fn from_degrees(degrees: i16) -> Angle {
        Angle(degrees as i32 * 1_000)
    }

    /// Thousandths of a degree.
    pub const fn millidegrees(self) -> i32 {
        self.0
    }

    /// The angle without its sign.
    pub const fn abs(self) -> Angle {
        Angle(self.0.saturating_abs())
    }
}

impl Add for Angle {
    type Output = Angle;

    fn add(self, other: Angle) -> Angle {
        Angle(self.0.saturating_add(other.0))
    }
}

impl Sub for Angle {
    type Output = Angle;

    fn sub(self, other: Angle) -> Angle {
        Angle(self.0.saturating_sub(other.0))
    }
}

impl Neg for Angle {
    type Output = Angle;

    fn neg(self) -> Angle {
        Angle(self.0.saturating_neg())
    }
}

/// Where the deterrent points: `pan` positive to the right as the camera sees it, `tilt` positive
/// upwards from the horizontal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PanTilt {
    /// Left and right; zero is the camera's axis.
    pub pan: Angle,
    /// Up and down; zero is the *horizontal*, not the camera's axis.
    pub tilt: Angle,
}
