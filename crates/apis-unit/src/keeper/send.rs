//! What the keeper asks of the network, and what came of it.
//!
//! The keeper decides *what* is sent and when; the body draws the nonce, signs, sends, reads the
//! spool's bytes for a range, and answers each [`Send`] exactly once, whatever happened.

use super::storage::{SpoolFile, StorageError};
use alloc::string::String;
use alloc::vec::Vec;
use apis_protocol::upload::{UploadMetadata, UploadState};
use core::time::Duration;

/// Names one request, so that its answer finds back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SendId(pub u64);

/// A request the body makes for the keeper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Send {
    /// To be repeated in the answer.
    pub id: SendId,
    /// What to send.
    pub message: Message,
}

/// What is sent. Routes and fields are `apis-protocol`'s.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// `POST` to the records' route: this JSON body.
    Records {
        /// The whole body, `{"records":[…]}`.
        body: Vec<u8>,
    },
    /// `POST` to the uploads' route: announce an object and reserve room for it.
    CreateUpload(NewUpload),
    /// `HEAD` on an upload: how much of it the server holds.
    AskOffset {
        /// The `Location` that its creation answered.
        location: String,
    },
    /// `PATCH` on an upload: the bytes of `range`, as they stand in the spool.
    SendRange {
        /// The `Location` that its creation answered.
        location: String,
        /// Where they come from; its offset is the upload's offset as well.
        range: SpoolRange,
    },
}

/// An object to be uploaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewUpload {
    /// The visit, which of its two files, and its hash: `Upload-Metadata`.
    pub metadata: UploadMetadata,
    /// Its whole length: `Upload-Length`.
    pub bytes: u64,
}

/// A piece of a spool file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpoolRange {
    /// Which file; whole and unchanging.
    pub file: SpoolFile,
    /// Bytes from its start.
    pub offset: u64,
    /// How many.
    pub length: u32,
}

/// What came of a [`Send`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAnswer {
    /// The request it answers.
    pub id: SendId,
    /// What came back.
    pub answer: Answer,
    /// A random number drawn by the body: the jitter of the next attempt.
    pub draw: u64,
}

/// The three ways a request can end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// No whole answer: no network, no TLS, no trust, a connection that broke.
    Unreachable,
    /// The server answered.
    Reply(Reply),
    /// The body could not read the range from the spool; nothing was sent.
    Unreadable(StorageError),
}

/// The parts of an HTTP answer that the keeper reads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// `code` of a problem body.
    pub code: Option<String>,
    /// `Retry-After`, in whole seconds as the server gave it.
    pub retry_after: Option<Duration>,
    /// `Location`.
    pub location: Option<String>,
    /// `Upload-Offset`.
    pub upload_offset: Option<u64>,
    /// `Apis-Upload-State`.
    pub upload_state: Option<UploadState>,
    /// `Apis-Upload-Reason`.
    pub upload_reason: Option<String>,
    /// The body; of a records' request only, at most the protocol's bound.
    pub body: Vec<u8>,
}
