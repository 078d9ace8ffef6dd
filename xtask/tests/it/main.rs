//! The commands of this repository as a contributor starts them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod demo;

mod started;
