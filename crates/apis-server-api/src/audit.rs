//! The audit: who did what, when, in a chain that shows a missing link.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One thing that was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditRecord {
    /// Its place in the tenant's chain, from 1.
    pub sequence: i64,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Who: `account:<id>`, `unit:<id>`, `operator` or `server`.
    pub actor: String,
    /// What, such as `site.change`.
    pub action: String,
    /// To what: `<kind>:<id>`.
    pub subject: String,
    /// What was special about it.
    pub detail: serde_json::Value,
    /// SHA-256 of this record and of the one before, in hexadecimal.
    pub hash: String,
}

/// One page of the audit, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditPage {
    /// The page's records.
    pub items: Vec<AuditRecord>,
    /// Give it as `cursor` for the next page; missing on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
