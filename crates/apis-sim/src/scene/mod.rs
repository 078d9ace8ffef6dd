//! A drawn hive front: bees, hornets, light and wind, and the exact truth about every frame.
//!
//! [`Scene::draw`] is a function of settings and scene time alone: the same settings give the same
//! pixels and the same truth, at whatever rate frames are asked for. The picture is the whole
//! sensor picture.
//!
//! ```text
//! plate (still) ─► light, flecks ─► wind ─► bees ─► hornets ─► rain, lens ─► noise ─► picture
//!                                     plan ─► population ─┘────────────────────────► truth
//! ```

pub mod settings;

pub mod picture;

pub mod truth;

pub mod command;

mod lot;

mod look;

mod place;

mod plan;

mod hornet;

mod bee;

mod population;

mod colour;

mod canvas;

mod plate;

mod light;

mod breeze;

mod insect;

mod trouble;

mod sprite;

mod still;

mod moving;

mod stage;

mod y4m;

pub use picture::{Picture, PictureSize};
pub use settings::{Errand, Family, HornetPlan, Hornets, SceneSettings};
pub use stage::Scene;
pub use truth::{BeeTruth, FrameTruth, HornetTruth, Standing, Stay, Stays};

#[cfg(test)]
mod tests;
