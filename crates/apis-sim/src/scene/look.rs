//! What real footage varies and one camera at one hive does not: how large insects look beside
//! each other, how much they stand out, whether their wings show, how long a frame is exposed.

use super::colour::Colour;
use super::lot::{Lot, Stream};
use super::settings::{Family, SceneSettings};
use super::sprite::Part;

/// Exposure by day, in seconds.
const EXPOSURE_S: f32 = 0.008;

/// Exposure in the evening, in seconds.
const EVENING_EXPOSURE_S: f32 = 0.030;

/// Share of a body's own pattern that is left when its contrast is set.
const PATTERN: f32 = 0.35;

/// How a scene looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// Length of a hornet's body in reference pixels.
    pub hornet_px: f32,
    /// A bee's length as a share of a hornet's.
    pub bee_share: f32,
    /// Share of bees that fly nearer to the lens than the hive is, and look larger.
    pub near_share: f32,
    /// By how many steps of luma a hornet is lighter than the mean of what stands still; `None`
    /// leaves its own colours.
    pub contrast: Option<f32>,
    /// Whether wings are seen.
    pub has_wings: bool,
    /// How long a frame is exposed, in seconds.
    pub exposure_s: f32,
}

/// The smallest and the largest hornet, in reference pixels.
const VARIED_PX: (f32, f32) = (12.0, 70.0);

/// What a bee looks like beside a hornet at the same distance, over several hives.
const VARIED_SHARE: (f32, f32) = (0.40, 0.70);

/// The largest that a bee near the lens looks, beside a hornet at the hive.
pub const NEAR_SHARE_MAX: f32 = 1.2;

impl Look {
    /// The look of `settings`: as in every scene, or drawn by lot when it is varied. `drawn_px` and
    /// `drawn_share` are what a scene that is not varied has.
    pub fn of(settings: &SceneSettings, drawn_px: f32, drawn_share: f32) -> Look {
        let exposure_s =
            if settings.family == Family::Dusk { EVENING_EXPOSURE_S } else { EXPOSURE_S };
        let plain = Look {
            hornet_px: settings.hornet_px.unwrap_or(drawn_px),
            bee_share: drawn_share,
            near_share: 0.0,
            contrast: None,
            has_wings: true,
            exposure_s,
        };
        if !settings.varied {
            return plain;
        }
        let mut lot = Lot::new(settings.seed, Stream::Look);
        let hornet_px = log_between(VARIED_PX, &mut lot);
        let bee_share = lot.between(VARIED_SHARE.0, VARIED_SHARE.1);
        let is_set = lot.chance(0.5);
        let steps = log_between((15.0, 80.0), &mut lot);
        let is_darker = lot.chance(0.7);
        let has_wings = lot.chance(0.75);
        let exposure_s = log_between((1.0 / 500.0, 1.0 / 30.0), &mut lot);
        Look {
            hornet_px: settings.hornet_px.unwrap_or(hornet_px),
            bee_share,
            near_share: 0.12,
            contrast: is_set.then_some(if is_darker { -steps } else { steps }),
            has_wings,
            exposure_s: if settings.family == Family::Dusk { plain.exposure_s } else { exposure_s },
        }
    }

    /// A body's parts before a ground of mean luma `ground`, which the light of the frame is not in.
    pub fn on(&self, mut parts: Vec<Part>, ground: f32) -> Vec<Part> {
        if !self.has_wings {
            // What covers little is a wing; legs and bands cover more.
            parts.retain(|part| part.opacity >= WING_OPACITY_MAX);
        }
        let Some(contrast) = self.contrast else { return parts };
        let solid = || parts.iter().filter(|part| part.opacity >= WING_OPACITY_MAX);
        let weight = |part: &Part| part.half.0 * part.half.1;
        let all: f32 = solid().map(weight).sum();
        let mean = solid().map(|part| part.colour.y * weight(part)).sum::<f32>() / all.max(1e-6);
        let set = |colour: Colour| Colour {
            y: (ground + contrast + (colour.y - mean) * PATTERN).clamp(2.0, 253.0),
            ..colour
        };
        parts.iter().map(|part| Part { colour: set(part.colour), ..*part }).collect()
    }
}

/// Wings cover less than this.
const WING_OPACITY_MAX: f32 = 0.5;

/// A number between two, as likely in each doubling.
fn log_between((low, high): (f32, f32), lot: &mut Lot) -> f32 {
    (lot.between(low.ln(), high.ln())).exp()
}
