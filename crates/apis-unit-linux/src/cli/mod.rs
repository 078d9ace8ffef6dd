//! The command line: what a person or a script can ask of `apis-unit`.

mod bench;
mod enrol;
mod explain;
mod local;
mod run;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use figment::value::{Dict, Value};
use serde_json::json;

use crate::config::{self, KEYS};
use crate::failure::Failure;
use crate::hold::{self, HoldAt};

/// Watches a hive for hornets, deters them, keeps what it saw.
#[derive(Debug, Parser)]
#[command(name = "apis-unit", version)]
pub struct Cli {
    /// Answer and report in JSON.
    #[arg(long, global = true)]
    json: bool,
    /// Where key, enrolment, settings, records and clips are kept.
    #[arg(long, global = true, env = "APIS_UNIT_DATA", default_value = "/var/lib/apis-unit")]
    data: PathBuf,
    /// Block for ever when STEP is reached for the Nth time (for tests; docs/ref/hold-points.md).
    #[arg(long, global = true, value_name = "STEP[:N]", hide = true)]
    hold_at: Option<HoldAt>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Join a tenant by a claim from its dashboard.
    Enrol(enrol::EnrolArgs),
    /// Watch the hive, until ended by SIGTERM or Ctrl-C.
    Run(Box<RunArgs>),
    /// Say how the running unit is.
    Status,
    /// Arm the deterrent of the running unit.
    Arm,
    /// Disarm the deterrent of the running unit.
    Disarm,
    /// Save the newest picture of the running unit as JPEG.
    Snapshot(local::OutputArgs),
    /// List the clips kept on the unit, or save one.
    Clips(local::ClipsArgs),
    /// Time the eyes on this board's processor, on frames that are the same for every board.
    Bench(bench::BenchArgs),
    /// Say why a clip's track was called a hornet: the evidence recorded with it.
    Explain(explain::ExplainArgs),
    /// Look at the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// As `config check`, by its name of before.
    #[command(hide = true)]
    ConfigCheck(Box<RunArgs>),
}

/// What `config` does; as `apis-server config check`.
#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Read the configuration and print what it comes to.
    Check(Box<RunArgs>),
}

/// The flags of `run`; each is a key of the configuration.
#[derive(Debug, Args)]
struct RunArgs {
    /// Configuration file [default: apis-unit.toml in the data folder].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where frames come from: exec:CMD, pipe:-, pipe:FIFO, video:FILE, folder:DIR.
    #[arg(long)]
    source: Option<String>,
    /// Size of a raw pipe that has no header.
    #[arg(long, value_name = "WxH")]
    size: Option<String>,
    /// Frames a second of a folder, and of a video file in place of its own.
    #[arg(long, value_name = "N[/M]")]
    rate: Option<String>,
    /// `real` or `full`; full speed needs body none.
    #[arg(long)]
    speed: Option<String>,
    /// Seconds without a frame that are a camera fault.
    #[arg(long, value_name = "S")]
    stall_s: Option<String>,
    /// Do not start a camera program (exec:) again when it ends.
    #[arg(long)]
    no_restart: bool,
    /// What holds servo and laser: `none`, or `sim:SOCKET`.
    #[arg(long)]
    body: Option<String>,
    /// Uptime already spent at the start, like `61s`; only with the simulated body.
    #[arg(long, value_name = "S")]
    uptime_offset: Option<String>,
    /// Address of the local HTTP API, or `off`.
    #[arg(long, value_name = "ADDRESS:PORT")]
    local: Option<String>,
    /// Work without a server.
    #[arg(long)]
    standalone: bool,
    /// Seconds between heartbeats.
    #[arg(long, value_name = "S")]
    heartbeat_s: Option<String>,
    /// Frames a second kept in clips.
    #[arg(long, value_name = "N")]
    clip_rate: Option<String>,
}

impl RunArgs {
    /// The flags that were given, by key.
    fn values(&self) -> Dict {
        let texts = [
            ("source", &self.source),
            ("size", &self.size),
            ("rate", &self.rate),
            ("speed", &self.speed),
            ("stall_s", &self.stall_s),
            ("body", &self.body),
            ("uptime_offset", &self.uptime_offset),
            ("local", &self.local),
            ("heartbeat_s", &self.heartbeat_s),
            ("clip_rate", &self.clip_rate),
        ];
        let given = texts.into_iter().filter_map(|(key, text)| Some((key, text.as_deref()?)));
        let mut values: Dict =
            given.map(|(key, text)| (key.to_owned(), Value::from(text))).collect();
        if self.standalone {
            values.insert("standalone".to_owned(), Value::from(true));
        }
        if self.no_restart {
            values.insert("restart".to_owned(), Value::from(false));
        }
        values
    }
}

impl Cli {
    /// Does what was asked; a failure is printed once, on standard error.
    pub fn perform(self) -> ExitCode {
        if let Some(at) = self.hold_at.clone() {
            hold::arm(at);
        }
        match self.dispatch() {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                self.print_failure(&failure);
                ExitCode::FAILURE
            }
        }
    }

    fn dispatch(&self) -> Result<(), Failure> {
        match &self.command {
            Command::Enrol(args) => enrol::enrol(&self.data, args, self.json),
            Command::Run(args) => {
                let config = config::read(&self.data, args.config.as_deref(), args.values())?;
                run::run(&self.data, config, self.json)
            }
            Command::Status => local::status(&self.data, self.json),
            Command::Arm => local::arm(&self.data, self.json),
            Command::Disarm => local::disarm(&self.data, self.json),
            Command::Snapshot(args) => local::snapshot(&self.data, args, self.json),
            Command::Clips(args) => local::clips(&self.data, args, self.json),
            Command::Bench(args) => bench::bench(args, self.json),
            Command::Explain(args) => explain::explain(&self.data, args, self.json),
            Command::Config(ConfigCommand::Check(args)) | Command::ConfigCheck(args) => {
                let config = config::read(&self.data, args.config.as_deref(), args.values())?;
                if self.json {
                    println!("{}", serde_json::Value::from_iter(config.values));
                } else {
                    for (key, (name, value)) in KEYS.iter().zip(config.values) {
                        println!("# {}\n{name} = {value:?}\n", key.meaning);
                    }
                }
                Ok(())
            }
        }
    }

    fn print_failure(&self, failure: &Failure) {
        if self.json {
            let error = json!({ "code": failure.code, "text": failure.to_string() });
            eprintln!("{}", json!({ "error": error }));
        } else {
            eprintln!("apis-unit: {failure} ({})", failure.code);
        }
    }
}
