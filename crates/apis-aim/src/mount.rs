//! How the camera and the laser stand, and from that: where to point for a place in the picture.
//!
//! The camera is the origin. The servo's pan turns about the vertical and its tilt is measured
//! from the horizontal, so the cone's upper edge is a true elevation whatever the camera's pitch.

use apis_units::{Angle, Fraction, PanTilt, PicturePoint};

use crate::sweep::SWEEP_HALF_WIDTH;
use crate::trig::{ONE, atan2, sin_cos, tan};

/// Why a place is not aimed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AimRefusal {
    /// The place, or an end of the sweep around it, is outside the allowed cone.
    OutsideCone,
}

impl core::fmt::Display for AimRefusal {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            AimRefusal::OutsideCone => out.write_str("outside the allowed cone"),
        }
    }
}

impl core::error::Error for AimRefusal {}

/// Width of the picture's border in which nothing is aimed at, in 1/65,536 of it: 3 %.
///
/// Half the body of a hornet at the reference scale. Nearer to the edge a body is cut off, so the
/// middle of what is seen is not the middle of the hornet, and a hornet that leaves seems to hover.
const BORDER: u16 = 1_966;

/// The angles the deterrent may take, edges included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cone {
    /// Furthest to the left.
    pub pan_min: Angle,
    /// Furthest to the right.
    pub pan_max: Angle,
    /// Lowest.
    pub tilt_min: Angle,
    /// Highest middle of the line.
    pub tilt_max: Angle,
}

impl Cone {
    /// Whether the deterrent may point there.
    pub fn allows(&self, aim: PanTilt) -> bool {
        (self.pan_min..=self.pan_max).contains(&aim.pan)
            && (self.tilt_min..=self.tilt_max).contains(&aim.tilt)
    }
}

/// How camera and laser stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mount {
    /// Horizontal field of view of the full sensor picture.
    pub field_of_view: Angle,
    /// The full picture's width and height, as a proportion.
    pub aspect: (u16, u16),
    /// The camera's tilt; negative looks down.
    pub camera_pitch: Angle,
    /// How far to the right of the camera the laser's axes cross, in millimetres.
    pub laser_right_mm: i16,
    /// How far above the camera they cross, in millimetres.
    pub laser_up_mm: i16,
    /// Distance at which a hornet hovers, in millimetres, for the laser's parallax.
    pub distance_mm: u16,
    /// The angles the deterrent may take.
    pub cone: Cone,
}

impl Mount {
    /// The mount of the simulated body, and of the reference build: 1.25 m before the entrance,
    /// looking down by 25°, the laser 20 mm to the right of the camera.
    pub const REFERENCE: Mount = Mount {
        field_of_view: Angle::from_degrees(40),
        aspect: (4, 3),
        camera_pitch: Angle::from_degrees(-25),
        laser_right_mm: 20,
        laser_up_mm: 0,
        distance_mm: 1_250,
        cone: Cone {
            pan_min: Angle::from_degrees(-40),
            pan_max: Angle::from_degrees(40),
            tilt_min: Angle::from_degrees(-60),
            tilt_max: Angle::from_millidegrees(-5_500),
        },
    };

    /// Where to point so that the middle of the line lies on `point`.
    ///
    /// Errors: `OutsideCone` when the point, or either end of the sweep around it, is outside, or
    /// the point is in the picture's border.
    pub fn aim(&self, point: PicturePoint) -> Result<PanTilt, AimRefusal> {
        if is_in_border(point.x) || is_in_border(point.y) {
            return Err(AimRefusal::OutsideCone);
        }
        let aim = self.angles_of(point).ok_or(AimRefusal::OutsideCone)?;
        let left = PanTilt { pan: aim.pan - SWEEP_HALF_WIDTH, tilt: aim.tilt };
        let right = PanTilt { pan: aim.pan + SWEEP_HALF_WIDTH, tilt: aim.tilt };
        if self.cone.allows(left) && self.cone.allows(right) {
            Ok(aim)
        } else {
            Err(AimRefusal::OutsideCone)
        }
    }

    /// Pan and tilt from the laser to the thing seen at `point`, cone or no cone; `None` when it
    /// is not ahead.
    pub fn angles_of(&self, point: PicturePoint) -> Option<PanTilt> {
        let ray = self.ray(point);
        // The thing lies on the ray at the hovering distance. Millimetres, times 2^16.
        let ray_length = length(ray).max(1);
        let at = ray.map(|part| {
            let part = (i128::from(part) * i128::from(self.distance_mm)) << 16;
            (part / i128::from(ray_length)) as i64
        });
        let [ahead, right, up] = at;
        let right = right - (i64::from(self.laser_right_mm) << 16);
        let up = up - (i64::from(self.laser_up_mm) << 16);
        let flat = length([ahead, right, 0]);
        Some(PanTilt { pan: atan2(right, ahead)?, tilt: atan2(up, flat)? })
    }

    /// The direction of `point` from the camera as (ahead, right, up) along the horizontal,
    /// times [`ONE`] before the pitch is applied; its length is not one.
    fn ray(&self, point: PicturePoint) -> [i64; 3] {
        let (width, height) = (i128::from(self.aspect.0.max(1)), i128::from(self.aspect.1));
        let half = Angle::from_millidegrees(self.field_of_view.millidegrees() / 2);
        let edge = i128::from(tan(half));
        let right = (edge * from_middle(point.x)) >> 16;
        let down = ((edge * from_middle(point.y)) >> 16) * height / width;

        let (sin, cos) = sin_cos(self.camera_pitch);
        let (sin, cos, one) = (i128::from(sin), i128::from(cos), i128::from(ONE));
        let ahead = (cos * one + sin * down) / one;
        let up = (sin * one - cos * down) / one;
        [ahead as i64, right as i64, up as i64]
    }
}

fn is_in_border(place: Fraction) -> bool {
    place.raw() < BORDER || u16::MAX - BORDER < place.raw()
}

/// −65,536 at the left or upper edge, 0 in the middle.
fn from_middle(place: Fraction) -> i128 {
    i128::from(place.raw()) * 2 - 65_536
}

fn length(vector: [i64; 3]) -> i64 {
    let squares = vector.map(|part| u128::from(part.unsigned_abs()).pow(2));
    let sum: u128 = squares.iter().sum();
    i64::try_from(sum.isqrt()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(x: u16, y: u16) -> PicturePoint {
        PicturePoint { x: Fraction::from_raw(x), y: Fraction::from_raw(y) }
    }

    /// The same geometry in floats, written down anew.
    fn exact(mount: &Mount, at: PicturePoint) -> (f64, f64) {
        let degrees = |angle: Angle| f64::from(angle.millidegrees()) / 1_000.0;
        let edge = (degrees(mount.field_of_view) / 2.0).to_radians().tan();
        let u = (f64::from(at.x.raw()) / 32_768.0 - 1.0) * edge;
        let v = (1.0 - f64::from(at.y.raw()) / 32_768.0) * edge * f64::from(mount.aspect.1)
            / f64::from(mount.aspect.0);
        let pitch = degrees(mount.camera_pitch).to_radians();
        let (x, z) = (pitch.cos() - pitch.sin() * v, pitch.sin() + pitch.cos() * v);
        let scale = f64::from(mount.distance_mm) / (x * x + u * u + z * z).sqrt();
        let (x, y, z) = (
            x * scale,
            u * scale - f64::from(mount.laser_right_mm),
            z * scale - f64::from(mount.laser_up_mm),
        );
        (y.atan2(x).to_degrees(), z.atan2(x.hypot(y)).to_degrees())
    }

    fn check_against_floats(mount: &Mount) {
        let mut worst = 0.0_f64;
        for x in (0..=65_535).step_by(771) {
            for y in (0..=65_535).step_by(771) {
                let at = point(x, y);
                let found = mount.angles_of(at).expect("ahead");
                let (pan, tilt) = exact(mount, at);
                let pan_off = (f64::from(found.pan.millidegrees()) / 1_000.0 - pan).abs();
                let tilt_off = (f64::from(found.tilt.millidegrees()) / 1_000.0 - tilt).abs();
                worst = worst.max(pan_off).max(tilt_off);
            }
        }
        assert!(worst < 0.005, "{worst}° off for {mount:?}");
    }

    #[test]
    fn integer_aim_agrees_with_floats_over_the_whole_picture() {
        check_against_floats(&Mount::REFERENCE);
        check_against_floats(&Mount {
            field_of_view: Angle::from_degrees(66),
            camera_pitch: Angle::from_degrees(-40),
            laser_right_mm: -45,
            laser_up_mm: 60,
            distance_mm: 900,
            ..Mount::REFERENCE
        });
    }

    #[test]
    fn the_middle_of_the_picture_is_where_the_camera_looks() {
        let beside = Mount { laser_right_mm: 0, ..Mount::REFERENCE };
        let aim = beside.aim(point(32_768, 32_768)).unwrap();
        assert_eq!(aim.pan, Angle::ZERO);
        assert!((aim.tilt - Angle::from_degrees(-25)).abs() <= Angle::from_millidegrees(1));
    }

    #[test]
    fn right_and_up_in_the_picture_are_right_and_up_for_the_servo() {
        let mount = Mount::REFERENCE;
        let middle = mount.aim(point(32_768, 32_768)).unwrap();
        let right_up = mount.aim(point(40_000, 20_000)).unwrap();
        assert!(right_up.pan > middle.pan);
        assert!(right_up.tilt > middle.tilt);
    }

    #[test]
    fn an_aim_outside_the_cone_is_refused_and_never_clamped() {
        let cone = Cone { pan_max: Angle::from_degrees(13), ..Mount::REFERENCE.cone };
        let narrow = Mount { cone, ..Mount::REFERENCE };
        // 5° to the right is inside the cone; the sweep's right end at 17° is not.
        let at = point(40_961, 32_768);
        let pan = narrow.angles_of(at).unwrap().pan;
        assert!(pan < cone.pan_max, "{pan:?}");
        assert_eq!(narrow.aim(at), Err(AimRefusal::OutsideCone));
    }

    #[test]
    fn a_camera_that_looks_up_finds_no_aim_above_the_cone() {
        let up = Mount { camera_pitch: Angle::from_degrees(10), ..Mount::REFERENCE };
        assert_eq!(up.aim(point(32_768, 32_768)), Err(AimRefusal::OutsideCone));
        assert_eq!(up.aim(point(32_768, 0)), Err(AimRefusal::OutsideCone));
    }

    #[test]
    fn all_of_the_reference_picture_but_its_border_is_inside_the_cone() {
        let (near, far) = (BORDER, u16::MAX - BORDER);
        for at in [point(near, near), point(far, near), point(near, far), point(far, far)] {
            assert!(Mount::REFERENCE.aim(at).is_ok(), "{at:?}");
        }
        for at in [point(near - 1, 30_000), point(far + 1, 30_000), point(30_000, near - 1)] {
            assert_eq!(Mount::REFERENCE.aim(at), Err(AimRefusal::OutsideCone), "{at:?}");
        }
    }
}
