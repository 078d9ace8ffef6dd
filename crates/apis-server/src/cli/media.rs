//! `media`: the index of clips against their folder.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::audit::Actor;
use crate::clips::VerifyError;
use crate::clips::reconcile::{self, Look};
use crate::config::Config;
use crate::media::Media;
use crate::serve::StartError;

use super::people::operator;
use super::{Answer, Failure, block_on};

/// What `media` does.
#[derive(Debug, Subcommand)]
pub(super) enum MediaCommand {
    /// Compare the index of clips with their folder, and change nothing unless told to.
    Check(CheckArguments),
}

/// What `media check` takes.
#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    /// Tell missing clips as lost, and remove the objects that no clip needs.
    #[arg(long)]
    apply: bool,
    /// Do it even where index or folder are more likely to be wrong than the clips. The folder
    /// then belongs to this database.
    #[arg(long, requires = "apply")]
    force: bool,
}

pub(super) fn media(config: &Config, command: MediaCommand) -> Result<Answer, Failure> {
    let MediaCommand::Check(CheckArguments { apply, force }) = command;
    block_on(async {
        let operator = operator(config).await?;
        let folder = config.media_folder();
        let media =
            Media::open(folder.clone()).map_err(|source| StartError::Folder { folder, source })?;
        let (db, now) = (&operator.db, operator.clock.now());
        let look = reconcile::look(db, &media, now).await.map_err(failed)?;
        if !apply {
            return Ok(answer(&look, false));
        }
        if force {
            reconcile::take_folder(db, &media).await.map_err(failed)?;
        } else if let Some(doubt) = look.doubt_of_applying() {
            return Err(Failure::of(doubt.code(), doubt));
        }
        reconcile::tell_losses(db, &look, Actor::Operator, now).await.map_err(failed)?;
        reconcile::remove_unneeded(db, &media, &look).await.map_err(failed)?;
        Ok(answer(&look, true))
    })?
}

fn answer(look: &Look, is_applied: bool) -> Answer {
    let counts = look.counts;
    let mib = counts.unneeded_bytes.div_ceil(1024 * 1024);
    let lost = if is_applied { "told as lost" } else { "not yet told as lost" };
    let removed = if is_applied { "removed" } else { "that no clip needs" };
    let mut text = format!(
        "clips: {}, of which missing: {} ({} {lost}), found again: {}\n\
         objects: {}, {removed}: {} ({mib} MiB), other files: {}",
        counts.clips,
        counts.missing,
        counts.newly_missing,
        counts.found_again,
        counts.objects,
        counts.unneeded,
        counts.strays,
    );
    let doubt = look.doubt_of_applying();
    if let (Some(doubt), false) = (doubt, is_applied) {
        text.push_str(&format!("\n--apply would be refused: {}: {doubt}", doubt.code()));
    }
    let json = json!({
        "clips": counts.clips,
        "missing": counts.missing,
        "newly_missing": counts.newly_missing,
        "found_again": counts.found_again,
        "objects": counts.objects,
        "unneeded": counts.unneeded,
        "unneeded_bytes": counts.unneeded_bytes,
        "strays": counts.strays,
        "applied": is_applied,
        "doubt": doubt.map(|doubt| doubt.code()),
    });
    Answer { text, json }
}

fn failed(error: VerifyError) -> Failure {
    Failure::of("media_failed", error)
}
