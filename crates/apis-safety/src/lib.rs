//! The interlock: the rule set that alone may let the laser emit; nothing else.
//!
//! Tour: [`inputs`] (what the interlock is told), [`refusal`] (why it says no: faults that latch
//! and bars that pass), [`limits`] (every number, with its reason), [`duty`] (the memory of lit
//! time that lives beside the state), [`order`] (the word that lets the beam be on),
//! [`interlock`] (the one step function, the states and their diagram).
//!
//! Only this crate can make an [`EmissionOrder`]. Nobody can copy, keep or widen one: it is lent
//! by the [`Interlock`] until the next step and is over by itself after one control period.
//! Hazards and the tests that cover them: `docs/design/safety.md`.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

pub mod inputs;

pub mod refusal;

pub mod limits;

pub mod duty;

pub mod order;

pub mod interlock;

#[cfg(test)]
mod tests;

pub use inputs::{BeamSense, Body, Camera, Inputs, KillSwitch, Line, Person, Servo, Supply};
pub use inputs::{Target, Temperature};
pub use interlock::{Interlock, State};
pub use limits::{CONTROL_PERIOD, LINE_HALF_LENGTH, ONE_SHOT, VERDICT_AGE_MAX};
pub use order::EmissionOrder;
pub use refusal::{Fault, Refusal};
