//! The command line. Every command takes `--data`, `--config` and `--json`.
//!
//! A failure is one line on standard error, `error: <code>: <text>`, and status 1; a wrong command
//! line is status 2, as `clap` has it.

mod audit;
mod database;
mod keys;
mod media;
mod people;
mod server;
mod units;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use serde_json::{Value, json};

use crate::config::{Config, ConfigError, Flags};
use crate::db::OpenError;
use crate::serve::StartError;

/// The companion server of APIS.
#[derive(Debug, Parser)]
#[command(name = "apis-server", version)]
struct Arguments {
    /// The folder of the database, the media and the server's keys.
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The configuration file; without it, apis-server.toml in the data folder.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// PostgreSQL's connection string for the application's role; without it, SQLite.
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// PostgreSQL's connection string for the owner, which migrates.
    #[arg(long, global = true, value_name = "URL")]
    database_owner_url: Option<String>,
    /// Answer with JSON, one line.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until SIGTERM or SIGINT.
    Serve(server::ServeArguments),
    /// Look at the configuration.
    #[command(subcommand)]
    Config(server::ConfigCommand),
    /// Print the OpenAPI document.
    Openapi,
    /// Tenants: what owns data.
    #[command(subcommand)]
    Tenant(people::TenantCommand),
    /// Accounts: people's logins.
    #[command(subcommand)]
    Account(people::AccountCommand),
    /// Members: which account belongs to which tenant, as what.
    #[command(subcommand)]
    Member(people::MemberCommand),
    /// Claims: what a unit is enrolled by.
    #[command(subcommand)]
    Claim(units::ClaimCommand),
    /// The key by which units know this server.
    #[command(subcommand)]
    Key(keys::KeyCommand),
    /// The audit: who did what.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// The folder of clips.
    #[command(subcommand)]
    Media(media::MediaCommand),
    /// The database.
    #[command(subcommand)]
    Database(database::DatabaseCommand),
}

/// Why a command failed: a stable code and a line for a person.
#[derive(Debug)]
pub(crate) struct Failure {
    code: &'static str,
    text: String,
}

impl Failure {
    pub(crate) fn new(code: &'static str, text: impl Into<String>) -> Failure {
        Failure { code, text: text.into() }
    }

    /// Of an error, with its sources.
    pub(crate) fn of(
        code: &'static str,
        error: impl std::error::Error + Send + Sync + 'static,
    ) -> Failure {
        Failure { code, text: format!("{:#}", anyhow::Error::new(error)) }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Failure {
        Failure::of("config_refused", error)
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Failure {
        Failure::of(error.code(), error)
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Failure {
        Failure::of(error.code(), error)
    }
}

/// What a command answers: a line for a person, and the same for a program.
pub(crate) struct Answer {
    text: String,
    json: Value,
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let is_json = arguments.json;
    match run(arguments) {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(answer)) => {
            let line = if is_json { answer.json.to_string() } else { answer.text };
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(failure) if is_json => {
            let Failure { code, text } = failure;
            eprintln!("{}", json!({ "error": { "code": code, "text": text } }));
            ExitCode::FAILURE
        }
        Err(failure) => {
            eprintln!("error: {}: {}", failure.code, failure.text);
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<Option<Answer>, Failure> {
    let mut flags = Flags { file: arguments.config, data: arguments.data, keys: Vec::new() };
    flags.keys.extend(arguments.database_url.map(|url| ("database.url", url)));
    flags.keys.extend(arguments.database_owner_url.map(|url| ("database.owner_url", url)));
    match arguments.command {
        Command::Openapi => server::openapi().map(Some),
        Command::Serve(serve) => server::serve(flags, serve, arguments.json).map(|()| None),
        Command::Config(command) => server::config(&flags, &command).map(Some),
        Command::Tenant(command) => people::tenant(&Config::read(&flags)?, command).map(Some),
        Command::Account(command) => people::account(&Config::read(&flags)?, command).map(Some),
        Command::Member(command) => people::member(&Config::read(&flags)?, command).map(Some),
        Command::Claim(command) => units::claim(&Config::read(&flags)?, command).map(Some),
        Command::Key(command) => keys::key(&Config::read(&flags)?, command).map(Some),
        Command::Audit(command) => audit::audit(&Config::read(&flags)?, command).map(Some),
        Command::Media(command) => media::media(&Config::read(&flags)?, command).map(Some),
        Command::Database(command) => {
            database::database(&Config::read(&flags)?, &command).map(Some)
        }
    }
}

/// Runs a future to its end on a runtime of its own.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime =
        tokio::runtime::Runtime::new().map_err(|error| Failure::of("runtime_failed", error))?;
    Ok(runtime.block_on(future))
}
