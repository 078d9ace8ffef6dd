//! Changes: what a device pulls to keep its local database.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::hives::Hive;
use crate::sites::Site;
use crate::units::UnitRecord;
use crate::visits::Visit;

/// What of the changes a device wants, beside the page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChangesQuery {
    /// Visits that were opened before are left out (RFC 3339): a device keeps the newest alone.
    pub visits_from: Option<String>,
}

/// Changes after a cursor, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Changes {
    /// The changes.
    pub items: Vec<Change>,
    /// Give it as `cursor` to go on from here.
    pub cursor: String,
    /// Whether there is more already.
    pub has_more: bool,
    /// Whether these are the first changes of all: what the device has is to be replaced. So it is
    /// without a cursor, and after the server's data was restored.
    pub starts_anew: bool,
}

/// One record as it is now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Change {
    /// The place of its newest change in the tenant's sequence.
    pub change_seq: i64,
    /// The record.
    #[serde(flatten)]
    pub record: Record,
}

/// A record of any kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", content = "record", rename_all = "snake_case")]
pub enum Record {
    /// A site.
    Site(Site),
    /// A hive.
    Hive(Hive),
    /// A unit, without what it says of itself.
    Unit(UnitRecord),
    /// A visit.
    Visit(Box<Visit>),
}
