//! The built program, run as an owner runs it, with sources, folders, ports and servers that
//! misbehave.
#![expect(clippy::unwrap_used, reason = "a test may panic; clippy knows only the test functions")]

mod bad_input;
mod bench;
mod local_api;
mod server_key;
mod sources;
mod unit;
