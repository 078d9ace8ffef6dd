//! Numbers that know their unit: time since boot, places in the picture, angles.
//!
//! Every crate of the brain speaks in these. They hold no clock, allocate nothing and depend on
//! nothing, so that a Pi, an ESP32 and the simulator mean the same thing by the same number.
//!
//! Tour: [`time`] (uptime), [`picture`] (places in the full sensor picture), [`angle`] (pan and
//! tilt).
#![no_std]
#![forbid(unsafe_code)]

pub mod time;

pub mod picture;

pub mod angle;

pub use angle::{Angle, PanTilt};
pub use picture::{Fraction, PictureBox, PicturePoint};
pub use time::Uptime;
