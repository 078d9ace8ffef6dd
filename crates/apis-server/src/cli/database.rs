//! `database`: what the operator tells the server of its database.

use clap::Subcommand;
use serde_json::json;

use crate::clips::reconcile;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::DbError;
use crate::media::Media;
use crate::serve::{open_database_as_owner, prepare_folder};
use crate::{random, session, tenants};

use super::{Answer, Failure, block_on};

/// What `database` does.
#[derive(Debug, Subcommand)]
pub(super) enum DatabaseCommand {
    /// Say that it was restored from a backup: devices begin anew, and every session ends.
    Restored,
}

pub(super) fn database(config: &Config, command: &DatabaseCommand) -> Result<Answer, Failure> {
    match command {
        DatabaseCommand::Restored => block_on(restored(config))?,
    }
}

async fn restored(config: &Config) -> Result<Answer, Failure> {
    prepare_folder(config)?;
    let clock = Clock::system();
    let db = open_database_as_owner(config, &clock).await?;
    let folder =
        |error: &dyn std::fmt::Display| Failure::new("folder_unwritable", error.to_string());
    let media = Media::open(config.media_folder()).map_err(|error| folder(&error))?;
    let of_folder = media.epoch().map_err(|error| folder(&error))?;

    let epoch = random::uuid_v7(clock.now()).to_string();
    let mut tx = db.global_tx().await.map_err(failed)?;
    let before = tenants::epoch(&mut tx).await.map_err(failed)?;
    tenants::set_epoch(&mut tx, &epoch).await.map_err(failed)?;
    let sessions = session::end_everybodys(&mut tx).await.map_err(failed)?;
    tx.commit().await.map_err(failed)?;
    // A folder that was another database's stays another's, and is told of.
    if of_folder.is_some_and(|found| found == before) {
        reconcile::take_folder(&db, &media).await.map_err(|error| folder(&error))?;
    }
    db.close().await;
    let text = format!("epoch {epoch}: devices begin anew; {sessions} sessions ended");
    Ok(Answer { text, json: json!({ "epoch": epoch, "sessions_ended": sessions }) })
}

fn failed(error: DbError) -> Failure {
    Failure::of("database_failed", error)
}
