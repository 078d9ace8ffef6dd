//! The brain of the unit: eyes, guard, keeper.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod eyes;

pub mod guard;

pub mod keeper;

pub mod clock;
