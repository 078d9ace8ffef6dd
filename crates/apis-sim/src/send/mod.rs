//! Speaking the units' protocol: one request by hand, or heartbeats by the thousand.
//!
//! Blocking and plain on purpose: what goes over the wire is what is written here, so that a
//! person can see each byte of a request and a server can be given wrong ones.
//!
//! Tour: [`trust`] (a server by its pin), [`link`] (a connection), [`outgoing`] (a request and its
//! signature), [`command`] (`apis-sim send`), [`load`] (`apis-sim load`), [`mod@bench`] (both on cores
//! of their own), [`bench_uploads`] (clips), [`door`], [`viewers`] and [`bench_live`] (live video).

pub mod trust;

pub mod outgoing;

pub mod link;

pub mod command;

pub mod load;

pub mod bench;

pub mod bench_uploads;

mod door;

pub mod viewers;

pub mod bench_live;
