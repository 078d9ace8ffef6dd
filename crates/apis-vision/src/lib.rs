//! Frame to detections to tracks to verdicts.
//!
//! [`Vision::step`] takes one luma frame and says which tracks it knows and which of them is a
//! hovering hornet, and why. Integers and fixed point throughout, so that every board gives the
//! same verdicts; all memory is taken in [`Vision::new`] and none after.
//!
//! Tour, in the order of a frame's way: [`Frame`] (what comes in), `grid` (cells), `gain` and
//! `shift` (light and shake), `background` (what is always there), `blobs` (what is not),
//! `association` and `tracks` (bodies over time), `history` and `motion` (how they move), `bees`
//! (how long bees are here), `places` (where they stay), `verdict` (what speaks for a hornet), [`Seen`] (what comes out),
//! [`terms`] (how its reasons are read).
//!
//! The function that a stage begins with is never inlined: the bench of each board's processor
//! (docs/ref/targets.md) tells the stages apart by their symbols.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod frame;
pub mod seen;
pub mod evidence;
pub mod terms;

pub mod vision;

mod grid;
mod gain;
mod shift;
mod background;
mod blobs;

mod tracks;
mod body;
mod flight;
mod lost;
mod association;
mod history;
mod motion;

mod judge;
mod verdict;
mod weights;
mod bees;
mod places;

mod fixed;

pub use evidence::{Evidence, Term, TermCode};
pub use frame::{Frame, FrameError};
pub use seen::{
    Counters, Judgement, NearMiss, Phase, PictureFacts, Quality, RuledOut, Seen, Track, TrackId,
    Verdict,
};
pub use terms::TermUnit;
pub use vision::{Config, Vision};

/// Most tracks that are followed at once.
///
/// 40 bees and a few hornets fit; beyond that the newest tentative track is dropped and counted.
pub const TRACKS_MAX: usize = 64;
