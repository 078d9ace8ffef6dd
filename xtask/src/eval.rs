//! `cargo xtask eval`: the evaluation of the eyes, by the bench tool built for speed.

use crate::tools::{self, CXX, FFMPEG, cargo, ensure_packages, step};
use anyhow::{Result, bail};
use std::process::Command;

/// What is handed on to `apis-sim eval`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Flags of `apis-sim eval`, such as `--footage DIR`, `--quick`, `--all-detectors`, `--html FILE`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    flags: Vec<String>,
}

/// Builds what it needs, and runs it.
pub fn run(options: &Options) -> Result<()> {
    ensure_packages(&[FFMPEG, CXX])?;
    step("release build", || {
        tools::run(cargo().args(["build", "--release", "--package", "apis-sim"]))
    })?;
    let program = tools::target_folder()?.join("release").join("apis-sim");
    let status = Command::new(program).arg("eval").args(&options.flags).status()?;
    if !status.success() {
        bail!("the evaluation ended with {status}");
    }
    Ok(())
}
