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
        if self.brush.begin(&[pose], self.picture) {
            self.brush.add(&lit(parts, self.light.gain), pose, 1);
            self.brush.finish(self.picture);
        }
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
        let at = |moment: usize| self.in_pixels(pose, velocity * since_s(moment));
        let ends = [at(0), at(moments - 1)];
        if !self.brush.begin(&ends, self.picture) {
            return;
        }
        for moment in 0..moments {
            let pose = self.in_pixels(pose, velocity * since_s(moment));
            let parts = lit(&parts(since_s(moment)), self.light.gain * self.light.on_insects);
            self.brush.add(&parts, pose, moments);
        }
        self.brush.finish(self.picture);
    }

    fn in_pixels(&self, pose: Pose, moved: Place) -> Pose {
        let centre = (pose.centre + moved) * self.scale - self.light.tremble;
        Pose { centre, length: pose.length * self.scale, ..pose }
    }
}

fn lit(parts: &[Part], light: f32) -> Vec<Part> {
    parts.iter().map(|part| Part { colour: part.colour.lit(light), ..*part }).collect()
}
