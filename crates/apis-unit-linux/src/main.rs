//! The program that runs at the hive: a thin body around the brain of `apis-unit`.
//!
//! It opens the camera, drives the pins, writes the files and speaks to the server, each on its own
//! thread, and decides nothing: what is seen, lit and kept is the brain's word.
//!
//! Tour: `cli` and `config` (what a person says), `run` (the threads and what they share), `clock`,
//! `wall` and `slots` (time, and where threads meet), `sources`, `picture` and `jpeg` (frames in), `body`
//! (servo and laser out), `disk` (the spool), `state` (the rest of the data folder), `net` (the
//! server), `http` (the local API), `story`, `report` and `words` (what is told), `explain` (why, of a clip), `hold` (where tests may
//! stop it).
#![forbid(unsafe_code)]

mod cli;
mod config;
mod failure;

mod run;

mod clock;
mod wall;
mod slots;

mod picture;
mod jpeg;
mod sources;

mod body;

mod disk;
mod state;

mod net;

mod http;

mod report;
mod story;
mod words;

mod explain;

mod hold;

use std::process::ExitCode;

use clap::Parser;
use rustix::fs::Mode;

/// The version that is told to the server.
const FIRMWARE: &str = env!("CARGO_PKG_VERSION");

/// When the program was built, in milliseconds since 1970.
const BUILT_AT_MS: i64 = match i64::from_str_radix(env!("APIS_BUILT_AT_S"), 10) {
    Ok(seconds) => seconds * 1_000,
    Err(_) => 0,
};

fn main() -> ExitCode {
    // Clips, keys and the local token are for this user alone.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("APIS_UNIT_LOG")
                .unwrap_or_else(|_| "warn".into()),
        )
        .init();
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::debug!("a TLS provider was already installed");
    }
    cli::Cli::parse().perform()
}
