//! The built program, run as an owner runs it, with sources, folders, ports and servers that
//! misbehave.

mod bad_input;
mod local_api;
mod server_key;
mod sources;
mod unit;
