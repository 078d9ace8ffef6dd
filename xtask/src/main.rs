//! `cargo xtask`: every command of the repository, one name per intention.
//!
//! It decides nothing about the product: it installs what is missing or names the exact command,
//! builds, calls the shipped programs, and ends with the status of what it called.

mod tools;

mod tidy;

mod check;

mod test;

mod demo;

mod bench;

mod targets;

mod eval;

mod web;

use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Every command of this repository")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Format, clippy, our own rules, licences, documentation, and the bare-metal build.
    Check,
    /// Our own rules alone: crate edges, banned words, hazards with tests, hold points.
    Tidy,
    /// Every fast test, on SQLite and on PostgreSQL.
    Test {
        /// Adds the long ones: more seeds, more fault rounds.
        #[arg(long)]
        slow: bool,
        /// Runs only tests whose name contains this.
        filter: Option<String>,
    },
    /// The main job: a server, a unit that watches a drawn hive, told live in the terminal.
    Demo(demo::Options),
    /// Times the core, the guard, the server and live video, or the pages, or what a frame costs a
    /// board's processor; prints the figures.
    Bench(bench::Options),
    /// Scores the eyes, and plain detectors beside them, over drawn scenes and footage.
    Eval(eval::Options),
    /// Builds the web app that the server keeps in its program, if its sources are newer.
    Web,
    /// Links an ESP32's program; rustc calls it.
    #[command(hide = true)]
    LinkXtensa {
        /// What a linker is called with.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Writes the OpenAPI document from the server's handlers.
    Openapi {
        /// Compares instead of writing.
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Check => check::run(),
        Command::Tidy => tidy::run(),
        Command::Test { slow, filter } => test::run(slow, filter.as_deref()),
        Command::Demo(options) => demo::run(&options),
        Command::Bench(options) => bench::run(&options),
        Command::Eval(options) => eval::run(&options),
        Command::Web => web::build(),
        Command::LinkXtensa { arguments } => targets::xtensa::link(&arguments),
        Command::Openapi { check } => check::openapi(check),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tools::say(&format!("xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
