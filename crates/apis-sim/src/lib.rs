//! The hive that can be had at any hour: drawn scenes with exact truth, and models of what a unit
//! drives.
//!
//! Everything here is a bench, never part of a shipped program: a unit watches a drawn scene
//! through the same raw-frame pipe as any camera, and drives the simulated body as it would drive
//! pins.
//!
//! Tour: [`clock`] (the one clock that both sides share), [`scene`] (hive, bees, hornets, light,
//! wind; and what was true in every frame), [`body`] (pins, one-shot, servo and laser as a process
//! of their own), [`eval`] (how well the eyes see), [`send`] (the units' protocol by hand and by
//! the thousand).
#![forbid(unsafe_code)]

pub mod clock;

pub mod scene;

pub mod body;

pub mod eval;

pub mod bench;

pub mod send;
