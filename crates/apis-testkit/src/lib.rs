//! What the tests of several crates share: databases and processes that end with the test, ports
//! for servers that are started again, certificates.

pub mod certificate;
pub mod database;
pub mod ports;
pub mod postgres;
