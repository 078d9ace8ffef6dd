//! From a place in the picture to pan and tilt, and the sweep around it.
//!
//! Tour: [`trig`] (integer sine and arc tangent), [`mount`] (how camera and laser stand, and which
//! angles they may take), [`sweep`] (the pattern around the target), [`slew`] (where a servo must
//! be by now). No floats, so that every board aims at the same thousandth of a degree.
//!
//! An aim outside the cone is refused. Nothing here clamps one.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

pub mod trig;

pub mod mount;

pub mod sweep;

pub mod slew;

pub use mount::{AimRefusal, Cone, Mount};
pub use slew::{Slew, SlewRate};
pub use sweep::{SWEEP_HALF_WIDTH, SWEEP_PERIOD};
