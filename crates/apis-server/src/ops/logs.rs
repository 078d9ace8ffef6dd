//! Logs: one line an event to standard error, for people or for machines.
//!
//! Never in a log: keys, tokens, e-mail, a site's coordinates, bodies.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::config::{ConfigError, Log, LogFormat};

/// Starts logging. Called once, before anything that may log.
pub fn start(log: &Log) -> Result<(), ConfigError> {
    let filter = EnvFilter::try_new(&log.filter)
        .map_err(|error| ConfigError(format!("log.filter = {:?}: {error}", log.filter)))?;
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match log.format {
        LogFormat::Text => builder.with_ansi(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| ConfigError(format!("log: {error}")))
}
