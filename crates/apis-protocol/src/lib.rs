//! The contract between unit and server: every message, and the signature every request carries.
//!
//! Both sides build from this crate, so neither can spell a field its own way; frozen vectors in
//! `testdata/protocol/` hold the bytes still. It knows HTTP's *names* (methods, fields, what a
//! signature covers) but no HTTP library, no clock and no random source: the time, the nonce and
//! the keys are the caller's.
//!
//! Tour:
//! - [`version`], [`route`], [`problem`]: what both sides agree on before the first byte.
//! - [`id`], [`key`], [`digest`], [`bounded`], [`message`]: names, keys, hashes, sizes, reading.
//! - [`claim`] → [`enrolment`] → [`heartbeat`] → [`records`], [`upload`], [`sidecar`]: a unit's
//!   life, in order.
//! - [`envelope`] around [`settings`] and [`command`], over heartbeat or [`channel`]: what comes
//!   down.
//! - [`live`]: video while somebody looks.
//! - [`http`]: RFC 9421 signatures with the profile `apis-unit-v1`.
//!
//! The one invariant: nothing here reads more than the constants beside it allow, and no input,
//! however hostile, makes it panic.
#![no_std]
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing, clippy::cast_possible_truncation)]

extern crate alloc;

pub mod version;

pub mod route;

pub mod problem;

pub mod encoding;

pub mod bounded;

pub mod message;

pub mod id;

pub mod key;

pub mod digest;

pub mod claim;

pub mod enrolment;

pub mod heartbeat;

pub mod records;

pub mod sidecar;

pub mod upload;

pub mod envelope;

pub mod settings;

pub mod command;

pub mod channel;

pub mod live;

pub mod http;

pub use digest::Sha256Digest;
pub use id::{CommandNumber, Generation, SiteId, TenantId, UnitId, UploadId, VisitId};
pub use key::{KeyId, PublicKey, SecretKey};
