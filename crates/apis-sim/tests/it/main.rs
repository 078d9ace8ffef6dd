//! Whole programs together, and with programs of others.
#![expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

mod body;

mod foreign;

mod footage;
