//! Lays shapes that move over a frame: lit by its light, smeared over its exposure.

use super::light::Light;
use super::picture::Picture;
use super::place::Place;
use super::sprite::{Brush, Part, Pose};

/// What lays moving shapes over a frame.
pub struct Moving<'a> {
    /// Pixels of the picture in a reference pixel.
    pub scale: f32,
    /// The light of the frame.
    pub light: Light,
    /// Working memory.
    pub brush: &'a mut Brush,
    /// The frame.
    pub picture: &'a mut Picture,
}

impl Moving<'_> {
    /// A shape that hardly moves within an exposure.
    pub fn still(&mut self, parts: &[Part], pose: Pose) {
        let pose = self.in_pixels(pose, Place::default());
        self.lay(&[(lit(parts, self.light.gain), pose)]);
    }

    /// A shape that flies: drawn at as many moments as its path within the exposure needs.
    pub fn smeared(
        &mut self,
        parts: impl Fn(f32) -> Vec<Part>,
        pose: Pose,
        velocity: Place,
        exposure_s: f32,
    ) {
        let path_px = velocity.length() * exposure_s * self.scale;
        let moments = (path_px / 1.2).ceil().clamp(3.0, 9.0) as usize;
        let since_s = |moment: usize| ((moment as f32 + 0.5) / moments as f32 - 0.5) * exposure_s;
        let light = self.light.gain * self.light.on_insects;
        let shape = |moment: usize| {
            let since_s = since_s(moment);
            (lit(&parts(since_s), light), self.in_pixels(pose, velocity * since_s))
        };
        let shapes: Vec<(Vec<Part>, Pose)> = (0..moments).map(shape).collect();
        self.lay(&shapes);
    }

    fn lay(&mut self, moments: &[(Vec<Part>, Pose)]) {
        if self.brush.begin(moments, self.picture) {
            for (parts, pose) in moments {
                self.brush.add(parts, *pose, moments.len());
            }
            self.brush.finish(self.picture);
        }
    }

    fn in_pixels(&self, pose: Pose, moved: Place) -> Pose {
        let centre = (pose.centre + moved) * self.scale - self.light.tremble;
        Pose { centre, length: pose.length * self.scale, ..pose }
    }
}

fn lit(parts: &[Part], light: f32) -> Vec<Part> {
    parts.iter().map(|part| Part { colour: part.colour.lit(light), ..*part }).collect()
}
