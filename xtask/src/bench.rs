//! `bench`: times the core, the guard, the server and the uploads on this machine.
//!
//! The figures of docs/ref/capacity.md are what this prints.

use crate::tools::{self, cargo, step};
use anyhow::Result;
use std::process::Command;

/// What is timed.
#[derive(clap::Args)]
pub struct Options {}

pub fn run(_: &Options) -> Result<()> {
    step("release build", || tools::run(cargo().args(["build", "--release", "--workspace"])))?;
    let folder = tools::target_folder()?.join("release");
    tools::run(Command::new(folder.join("apis-sim")).arg("bench-eyes"))
}
