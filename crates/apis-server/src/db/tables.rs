//! Every table, whose rows it holds, and what the application's role may do to them.
//!
//! Row-level security and grants are generated from this list; a test compares it with the
//! catalogue. A table is global only because it is needed before the tenant is known or spans
//! tenants; the closed list of those stands in ARCHITECTURE.md.

/// Whose rows a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One tenant's; the column `tenant_id` says whose, and row-level security holds it.
    Tenant,
    /// Everybody's.
    Global,
}

/// One thing the application's role may do to a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// Read rows.
    Select,
    /// Add rows.
    Insert,
    /// Change rows.
    Update,
    /// Remove rows.
    Delete,
}

impl Grant {
    /// The SQL keyword.
    pub const fn keyword(self) -> &'static str {
        match self {
            Grant::Select => "SELECT",
            Grant::Insert => "INSERT",
            Grant::Update => "UPDATE",
            Grant::Delete => "DELETE",
        }
    }
}

/// One table of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Whose rows it holds.
    pub scope: Scope,
    /// What the application's role may do to it.
    pub grants: &'static [Grant],
}

const ALL: &[Grant] = &[Grant::Select, Grant::Insert, Grant::Update, Grant::Delete];
const KEEP: &[Grant] = &[Grant::Select, Grant::Insert, Grant::Update];
const APPEND: &[Grant] = &[Grant::Select, Grant::Insert];
/// A row is never changed; who added it may take it back.
const TAKE_BACK: &[Grant] = &[Grant::Select, Grant::Insert, Grant::Delete];
const READ: &[Grant] = &[Grant::Select];

/// The schema's tables, each after those it refers to.
pub const TABLES: &[Table] = &[
    global("server_meta", READ),
    global("account", KEEP),
    global("credential", ALL),
    global("tenant", KEEP),
    global("member", ALL),
    global("session", ALL),
    global("session_token", ALL),
    global("token_directory", ALL),
    global("rate_limit", ALL),
    global("job", ALL),
    tenants("site", KEEP),
    tenants("hive", KEEP),
    tenants("audit_head", KEEP),
    tenants("audit", APPEND),
    tenants("audit_checkpoint", APPEND),
    // Units: enrolment, heartbeats, commands, visits, uploads, clips.
    global("nonce", ALL),
    global("key_directory", KEEP),
    global("settings_source", KEEP),
    global("claim_directory", ALL),
    tenants("tenant_key", APPEND),
    tenants("unit", KEEP),
    tenants("claim", KEEP),
    tenants("unit_state", KEEP),
    tenants("command", KEEP),
    tenants("record", APPEND),
    tenants("visit", KEEP),
    tenants("visit_label", TAKE_BACK),
    tenants("storage_use", KEEP),
    tenants("upload", ALL),
    tenants("clip", ALL),
    // End of the units' section.
];

const fn global(name: &'static str, grants: &'static [Grant]) -> Table {
    Table { name, scope: Scope::Global, grants }
}

const fn tenants(name: &'static str, grants: &'static [Grant]) -> Table {
    Table { name, scope: Scope::Tenant, grants }
}
