//! The companion server: collects what units saw and keeps an apiary's records.
//!
//! A tour in five lines: `main.rs` reads the command line; `config.rs` says what may be set;
//! `app.rs` is what an operation may touch; `router.rs` is every route; the rest are slices, one
//! folder each, on the floor made of `http/`, `db/`, `media/`, `jobs/` and `clock.rs`.

pub mod clock;
pub mod random;
pub mod ids;
pub mod hold;
pub mod db;

#[cfg(test)]
pub(crate) mod testing;
