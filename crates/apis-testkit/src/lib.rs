//! What the tests of several crates share: databases and processes that end with the test.

pub mod postgres;
pub mod database;
