//! Units: the cameras of a tenant.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Changes a unit: what is named here, and nothing else.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct ChangeUnit {
    /// What people call it: 1 to 80 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The site where it stands; visits from now on happen there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    pub site_id: Option<String>,
}

/// What people know of a unit: it changes when they change it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnitRecord {
    /// Its id.
    #[schema(format = "uuid")]
    pub id: String,
    /// The site it stands at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    pub site_id: Option<String>,
    /// What people call it.
    pub name: String,
    /// Its board's serial number.
    pub serial: String,
    /// Its board's kind.
    pub hardware: String,
    /// When it was enrolled.
    #[schema(format = DateTime)]
    pub enrolled_at: String,
    /// When it was released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub released_at: Option<String>,
    /// How often it was changed, from 1; in quotes it is the `ETag`.
    pub version: i64,
}

/// One unit, and how it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Unit {
    /// What people know of it.
    #[serde(flatten)]
    pub record: UnitRecord,
    /// `online`, `late`, `offline`, `never_heard` or `released`, by the server's clock.
    pub liveness: String,
    /// When it was last heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub heard_at: Option<String>,
    /// Whether it holds a control channel open.
    pub listens: bool,
    /// How it was when it was last heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<UnitState>,
}

/// What a unit last said of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnitState {
    /// Its firmware's version.
    pub firmware: String,
    /// Which start of its program.
    pub boot: u32,
    /// Milliseconds since that start.
    pub uptime_ms: u64,
    /// Whether the deterrent may act.
    pub is_armed: bool,
    /// Why it may or may not.
    pub armed_reason: String,
    /// How good its clock is: `unsynchronised`, `coarse`, `synchronised` or `held_over`.
    pub clock_state: String,
    /// By how much that clock may be off, in milliseconds; missing when it does not know the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_error_ms: Option<u64>,
    /// Faults that hold, the first cause first.
    pub faults: Vec<String>,
    /// Thousandths of a degree Celsius.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature_mc: Option<i32>,
    /// Millivolts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supply_mv: Option<u32>,
    /// Bytes the unit may still write.
    pub storage_free_bytes: u64,
    /// Bytes of its disk.
    pub storage_total_bytes: u64,
    /// Records that wait to be sent.
    pub unsent_record_count: u32,
    /// Clips and sidecars that wait to be sent.
    pub unsent_upload_count: u32,
    /// What the server refused for good and a person should see.
    pub parked_count: u32,
    /// Age of the oldest that waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_unsent_ms: Option<u64>,
    /// Frames in a thousand seconds.
    pub frames_per_ks: u32,
    /// Frames dropped since its start.
    pub dropped_frame_count: u64,
}

/// One page of units, by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnitPage {
    /// The page's units.
    pub items: Vec<Unit>,
    /// Give it as `cursor` for the next page; missing on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
