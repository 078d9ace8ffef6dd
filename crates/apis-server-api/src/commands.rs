//! Commands to units.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Tells a unit what to do.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
pub struct NewCommand {
    /// What to do.
    pub kind: NewCommandKind,
}

/// What a unit can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NewCommandKind {
    /// Arm the deterrent.
    Arm,
    /// Disarm the deterrent.
    Disarm,
    /// Blink, so that a person finds the unit.
    Locate,
}

/// A command and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Command {
    /// Its id.
    #[schema(format = "uuid")]
    pub id: String,
    /// The unit it is for.
    #[schema(format = "uuid")]
    pub unit_id: String,
    /// `arm`, `disarm` or `locate`.
    pub kind: String,
    /// `waiting` and `sent` while it is on its way; then `armed`, `disarmed`, `located`,
    /// `needs_local_press`, `refused`, `expired` or `unreachable`.
    pub state: String,
    /// Why the unit refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it was given.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// After when no unit acts on it.
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// When the unit said what became of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub ended_at: Option<String>,
}
