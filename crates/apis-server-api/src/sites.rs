//! Sites: the places of hives.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// Makes a site.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NewSite {
    /// Its id, made by the client (a UUID of version 7), so that a repeated request makes one site.
    #[schema(format = "uuid")]
    pub id: String,
    /// Its name: 1 to 80 characters.
    pub name: String,
    /// Degrees north, from -90 to 90; with `longitude` or not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latitude: Option<f64>,
    /// Degrees east, from -180 to 180; with `latitude` or not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longitude: Option<f64>,
    /// Its time zone's IANA name, such as `Europe/Brussels`.
    pub time_zone: String,
}

/// Changes what was said of a site: what is named here, and nothing else.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct ChangeSite {
    /// Its name: 1 to 80 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Degrees north, from -90 to 90; with `longitude` or not at all. `null` takes both away.
    #[serde(default, deserialize_with = "named", skip_serializing_if = "Option::is_none")]
    pub latitude: Option<Option<f64>>,
    /// Degrees east, from -180 to 180; with `latitude` or not at all.
    #[serde(default, deserialize_with = "named", skip_serializing_if = "Option::is_none")]
    pub longitude: Option<Option<f64>>,
    /// Its time zone's IANA name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
}

/// What a field that is there says, `null` too: one that is missing says nothing.
fn named<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<f64>>, D::Error> {
    Option::deserialize(value).map(Some)
}

/// One site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Site {
    /// Its id.
    #[schema(format = "uuid")]
    pub id: String,
    /// Its name.
    pub name: String,
    /// Degrees north.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latitude: Option<f64>,
    /// Degrees east.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longitude: Option<f64>,
    /// Its time zone's IANA name.
    pub time_zone: String,
    /// How often it was changed, from 1; the `ETag`.
    pub version: i64,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// One page of sites, by id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SitePage {
    /// The page's sites.
    pub items: Vec<Site>,
    /// Give it as `cursor` for the next page; missing on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
