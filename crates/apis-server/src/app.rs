//! What an operation may touch.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::accounts::password::PasswordCheck;
use crate::audit::checkpoint::CheckpointKey;
use crate::clips::Progress;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::Db;
use crate::door::UnitsDoor;
use crate::media::Media;
use crate::set_up::SetUpToken;

/// The application: what an operation may touch, and nothing else. Cheap to clone.
#[derive(Clone)]
pub struct App {
    shared: Arc<Shared>,
}

/// The parts of an [`App`].
pub struct Shared {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// The configuration.
    pub config: Config,
    /// Where clips and other large objects are.
    pub media: Media,
    /// What the people's door knows of itself.
    pub people: PeopleDoor,
    /// How far clips are that are being made ready to play.
    pub making: Progress,
    /// Where passwords are checked.
    pub passwords: PasswordCheck,
    /// What a set-up link is known by.
    pub set_up: SetUpToken,
    /// What the units' door knows and holds.
    pub units: UnitsDoor,
    /// What signs the audit.
    pub audit_key: CheckpointKey,
}

/// What the people's door knows of itself, settled once it is bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeopleDoor {
    /// The origins of the server's own pages.
    pub origins: Vec<String>,
    /// Part of every cookie's name: cookies ignore ports, and two servers may share a machine.
    pub instance_id: String,
}

impl PeopleDoor {
    /// The origin that people are told; empty when there is none.
    pub fn first_origin(&self) -> &str {
        self.origins.first().map_or("", String::as_str)
    }
}

/// Whoever has the server's command line: acts on the database, without a door.
#[derive(Debug, Clone)]
pub struct Operator {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
}

impl App {
    /// An application of these parts.
    pub fn new(shared: Shared) -> App {
        App { shared: Arc::new(shared) }
    }
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

impl FromRequestParts<App> for App {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(_: &mut Parts, app: &App) -> Result<App, Self::Rejection> {
        Ok(app.clone())
    }
}
