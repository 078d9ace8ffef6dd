//! `apis-sim body`, `apis-sim press` and `apis-sim set-body`: the body and its buttons by hand.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};

use super::serve::{Places, serve};

/// Runs the simulated body until it is ended.
#[derive(Debug, Args)]
pub struct BodyArgs {
    /// Unix socket at which the unit connects (`apis-unit run --body sim:SOCKET`).
    #[arg(long)]
    socket: PathBuf,
    /// File that gets one JSON object a line: what was lit, where and when.
    #[arg(long)]
    log: PathBuf,
    /// Unix socket for `apis-sim press` and `apis-sim set-body`.
    #[arg(long)]
    control: Option<PathBuf>,
}

/// What has a button.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Pressed {
    /// The arm button, pressed and released.
    Arm,
    /// The kill switch, which stays pressed until `set-body release kill`.
    Kill,
}

/// Presses something on the simulated body.
#[derive(Debug, Args)]
pub struct PressArgs {
    /// What is pressed.
    what: Pressed,
    /// The body's control socket.
    #[arg(long)]
    control: PathBuf,
}

/// Sets, breaks or mends a part of the simulated body.
#[derive(Debug, Args)]
pub struct SetBodyArgs {
    /// For example `servo stuck`, `supply 4200`, `supply auto`, `release kill`.
    #[arg(required = true, num_args = 2)]
    words: Vec<String>,
    /// The body's control socket.
    #[arg(long)]
    control: PathBuf,
}

/// `apis-sim body`.
///
/// Errors: a path that is in use or cannot be opened.
pub fn run_body(args: &BodyArgs) -> anyhow::Result<()> {
    let BodyArgs { socket, log, control } = args;
    serve(&Places { socket: socket.clone(), log: log.clone(), control: control.clone() })
}

/// `apis-sim press`.
///
/// Errors: no body at the control socket.
pub fn run_press(args: &PressArgs) -> anyhow::Result<()> {
    let line = match args.what {
        Pressed::Arm => "press arm",
        Pressed::Kill => "press kill",
    };
    ask(&args.control, line)
}

/// `apis-sim set-body`.
///
/// Errors: no body at the control socket; words that are none of its.
pub fn run_set_body(args: &SetBodyArgs) -> anyhow::Result<()> {
    ask(&args.control, &args.words.join(" "))
}

/// Sends one line to the control socket at `control` and waits for `ok`.
///
/// Errors: no body there, or it refused the line.
pub fn ask(control: &Path, line: &str) -> anyhow::Result<()> {
    let mut stream = UnixStream::connect(control)
        .with_context(|| format!("reach the body at {}", control.display()))?;
    stream.write_all(format!("{line}\n").as_bytes()).context("send to the body")?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).context("hear from the body")?;
    if answer.trim_end() != "ok" {
        bail!("the body answered \"{}\" to \"{line}\"", answer.trim_end());
    }
    Ok(())
}
