//! `serve`, `config check`, `openapi`.

use std::io::Write as _;
use std::net::SocketAddr;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::config::{Config, Flags};
use crate::hold::{self, Hold};
use crate::serve::Server;
use crate::{ops, router};

use super::{Answer, Failure, block_on};

/// What `serve` takes.
#[derive(Debug, Args)]
pub(super) struct ServeArguments {
    /// The people's door; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT")]
    people: Option<SocketAddr>,
    /// The units' door; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT")]
    units: Option<SocketAddr>,
    /// The metrics' listener; off without it.
    #[arg(long, value_name = "ADDRESS:PORT")]
    metrics: Option<SocketAddr>,
    /// Block for ever when STEP is reached for the N-th time (see docs/ref/hold-points.md).
    #[arg(long, value_name = "STEP[:N]")]
    hold_at: Option<Hold>,
}

/// What `config` does.
#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Print the configuration as it is understood, secrets hidden.
    Check,
}

pub(super) fn serve(
    mut flags: Flags,
    arguments: ServeArguments,
    is_json: bool,
) -> Result<(), Failure> {
    let doors = [
        ("people.listen", arguments.people),
        ("units.listen", arguments.units),
        ("metrics.listen", arguments.metrics),
    ];
    flags
        .keys
        .extend(doors.into_iter().filter_map(|(key, address)| Some((key, address?.to_string()))));
    let config = Config::read(&flags)?;
    ops::logs::start(&config.log)?;
    if let Some(hold) = arguments.hold_at {
        hold::at(hold);
    }
    block_on(async {
        let server = Server::start(config).await?;
        say_ready(&server, is_json);
        server.run().await.map_err(|error| Failure::of("serving_failed", error))
    })?
}

/// On standard output, so that whoever started the server knows where it is.
fn say_ready(server: &Server, is_json: bool) {
    let (people, units, pin) = (server.people_url(), server.units_url(), server.pin());
    let set_up = server.set_up_link();
    let line = if is_json {
        json!({ "people": people, "units": units, "pin": pin, "set_up": set_up }).to_string()
    } else {
        let first = set_up.map(|link| format!("\nno account yet; make yours at {link}"));
        format!("people: {people}  units: {units}{}", first.unwrap_or_default())
    };
    let mut out = std::io::stdout().lock();
    // A reader that has gone away does not matter to the doors.
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

pub(super) fn config(flags: &Flags, command: &ConfigCommand) -> Result<Answer, Failure> {
    match command {
        ConfigCommand::Check => {
            let shown = Config::read(flags)?.without_secrets();
            let json = serde_json::to_value(&shown)
                .map_err(|error| Failure::of("config_refused", error))?;
            Ok(Answer { text: lines("", &json).join("\n"), json })
        }
    }
}

/// `people.listen = "127.0.0.1:8080"`, a key a line.
fn lines(prefix: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| {
                let dot = if prefix.is_empty() { "" } else { "." };
                lines(&format!("{prefix}{dot}{name}"), value)
            })
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            vec![format!("{prefix} = {value}")]
        }
    }
}

pub(super) fn openapi() -> Result<Answer, Failure> {
    let failed = |error| Failure::of("openapi_failed", error);
    let json = serde_json::to_value(router::document()).map_err(failed)?;
    let text = router::document_text().map_err(failed)?.trim_end().to_owned();
    Ok(Answer { text, json })
}
