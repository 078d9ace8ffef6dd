//! How well a detector sees: footage and drawn scenes with truth run through it, and counted.
//!
//! ```text
//! clip (file, or drawn) ─► detector ─► sightings ─┐
//!        └──────── truth ─────────────────────────┴─► count ─► sum by family ─► report
//! ```
//! Tour: [`clip`] and [`truth`] (what is shown, and what is true of it), [`detector`] with
//! [`eyes`] and [`baseline`] (who looks), [`count`] (the rules), [`corpus`] (the fixed set),
//! [`run`], [`sum`], [`report`].

pub mod clip;

pub mod truth;

mod video;

pub mod detector;

pub mod eyes;

pub mod baseline;

pub mod count;

pub mod corpus;

pub mod run;

pub mod sum;

pub mod report;

pub mod command;
