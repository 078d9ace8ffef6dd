//! The routes of the units' door, and the largest body each reads.
//!
//! Everything is started by the unit: there is no route on a unit that a server could call.

/// `POST`: a unit brings a claim and its public key ([`crate::enrolment`]).
pub const ENROLMENT: &str = "/api/v1/unit/enrolment";

/// `POST`: state up, settings and commands down, clocks compared ([`crate::heartbeat`]).
pub const HEARTBEAT: &str = "/api/v1/unit/heartbeat";

/// `POST`: facts, each stored exactly once ([`crate::records`]).
pub const RECORDS: &str = "/api/v1/unit/records";

/// `POST` creates an upload; `HEAD`, `PATCH` and `DELETE` act on `{UPLOADS}/{id}`
/// ([`crate::upload`]).
pub const UPLOADS: &str = "/api/v1/unit/uploads";

/// `GET`, upgraded to a WebSocket: commands as they are given ([`crate::channel`]).
pub const CHANNEL: &str = "/api/v1/unit/channel";

/// `GET`, upgraded to a WebSocket: frames while somebody looks ([`crate::live`]).
pub const LIVE: &str = "/api/v1/unit/live";
