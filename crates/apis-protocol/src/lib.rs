//! The contract between unit and server.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
