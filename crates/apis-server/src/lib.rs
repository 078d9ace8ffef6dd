//! The companion server: collects what units saw and keeps an apiary's records.
//!
//! A tour in five lines: `main.rs` reads the command line; `config.rs` says what may be set;
//! `app.rs` is what an operation may touch; `router.rs` is every route; the rest are slices, one
//! folder each, on the floor made of `http/`, `db/`, `media/`, `jobs/`, `limits/` and `clock.rs`.

pub mod config;
pub mod app;
pub mod router;
pub mod serve;
pub mod cli;

pub mod clock;
pub mod random;
pub mod ids;
pub mod names;
pub mod versions;
pub mod hold;
pub mod db;
pub mod http;
pub mod media;
pub mod limits;
pub mod jobs;

pub mod accounts;
pub mod tenants;
pub mod members;
pub mod session;
pub mod set_up;
pub mod audit;
pub mod sites;
pub mod hives;
pub mod ops;
pub mod web;

pub mod wire;
pub mod keys;
pub mod door;
pub mod enrolment;
pub mod units;
pub mod heartbeats;
pub mod commands;
pub mod live;
pub mod visits;
pub mod uploads;
pub mod quotas;
pub mod clips;

pub mod sync;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
pub(crate) mod route_tests;
