//! `run`: watch the hive.

use std::path::Path;

use crate::config::Config;
use crate::failure::Failure;
use crate::state::DataFolder;
use crate::story::Form;

/// Runs until a signal; what happens is told on standard output.
pub fn run(data: &Path, config: Config, json: bool) -> Result<(), Failure> {
    let form = if json { Form::Json } else { Form::Sentences };
    crate::run::run(DataFolder::open(data)?, config, form)
}
