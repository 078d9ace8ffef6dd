//! The program that runs at the hive: a thin body around the brain of `apis-unit`.
//!
//! It opens the camera, drives the pins, writes the files and speaks to the server, each on its own
//! thread, and decides nothing: what is seen, lit and kept is the brain's word.
//!
//! Tour: `cli` and `config` (what a person says), `clock` and `slots` (what the threads share),
//! `sources` and `picture` (frames in), `body` (servo and laser out), `hold` (where tests may stop it).
#![forbid(unsafe_code)]

mod hold;

mod clock;
mod slots;

mod picture;

mod body;

mod disk;

fn main() {}
