//! The frames on which every board's eyes are timed, and one number for all that was seen in them.
//!
//! A server, a Pi and an ESP32 draw the same 60 frames by themselves, so nothing has to be carried
//! to a board, and a [`Tally`] that differs between two of them is a fault of the eyes or of a
//! compiler. Integers only; who times what is the caller's.
//!
//! Tour: `scene` (the frames), `tally` (what was seen).
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

mod scene;

mod tally;

pub use scene::{FRAME_BYTES, FRAMES, HEIGHT_PX, WIDTH_PX, config, draw, frame};
pub use tally::Tally;
