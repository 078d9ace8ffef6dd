//! The contract's frozen vectors, the refusals of its signatures, and a second implementation.
#![expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

mod samples;

mod wire;

mod vectors;

mod signature_vectors;

mod acceptance;

mod mutation;

mod second_implementation;

mod reading;

mod reference;
