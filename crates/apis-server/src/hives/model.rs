//! What a hive is, and which texts can make one.

use apis_server_api::hives::{Hive as HiveBody, NewHive};

use crate::clock::UnixMs;
use crate::ids::{HiveId, NotAnId, SiteId};
use crate::names::{self, NameError};

/// The fields of a hive that a merge tells apart.
pub const FIELDS: [&str; 2] = ["name", "site_id"];

/// What a person says of a new hive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its id, made by the client.
    pub id: HiveId,
    /// The site it stands at.
    pub site: SiteId,
    /// Its name.
    pub name: String,
}

/// A stored hive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hive {
    /// What was said of it.
    pub draft: Draft,
    /// How often it changed, from 1.
    pub version: i64,
    /// When it was made.
    pub created_at: UnixMs,
}

/// Why a hive cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HiveError {
    /// An id is not one.
    #[error("id or site_id: {0}")]
    Id(#[from] NotAnId),
    /// The name is not one.
    #[error("name: {0}")]
    Name(#[from] NameError),
    /// The tenant has no such site.
    #[error("site_id: no such site")]
    UnknownSite,
}

impl TryFrom<NewHive> for Draft {
    type Error = HiveError;

    fn try_from(asked: NewHive) -> Result<Draft, HiveError> {
        Ok(Draft {
            id: asked.id.parse().map_err(|_| NotAnId)?,
            site: asked.site_id.parse().map_err(|_| NotAnId)?,
            name: names::checked(&asked.name)?,
        })
    }
}

impl From<Hive> for HiveBody {
    fn from(hive: Hive) -> HiveBody {
        let Hive { draft, version, created_at } = hive;
        HiveBody {
            id: draft.id.to_string(),
            site_id: draft.site.to_string(),
            name: draft.name,
            version,
            created_at: created_at.rfc3339(),
        }
    }
}
