//! What the operator's tools ask.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The server lives, or stands on everything it needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// `ok`; anything else is a problem body.
    pub status: String,
    /// The program's version.
    pub version: String,
}
