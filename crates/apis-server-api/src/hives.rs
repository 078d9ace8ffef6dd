//! Hives: colonies' homes at a site.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Makes a hive.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NewHive {
    /// Its id, made by the client (a UUID of version 7), so that a repeated request makes one hive.
    #[schema(format = "uuid")]
    pub id: String,
    /// The site it stands at.
    #[schema(format = "uuid")]
    pub site_id: String,
    /// Its name: 1 to 80 characters.
    pub name: String,
}

/// Gives a hive another name.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RenameHive {
    /// The new name: 1 to 80 characters.
    pub name: String,
}

/// One hive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hive {
    /// Its id.
    #[schema(format = "uuid")]
    pub id: String,
    /// The site it stands at.
    #[schema(format = "uuid")]
    pub site_id: String,
    /// Its name.
    pub name: String,
    /// How often it was changed, from 1; the `ETag`.
    pub version: i64,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// One page of hives, by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HivePage {
    /// The page's hives.
    pub items: Vec<Hive>,
    /// Give it as `cursor` for the next page; missing on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
