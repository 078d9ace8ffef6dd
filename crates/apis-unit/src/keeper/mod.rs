//! The keeper: visits, frames and answers to records, clips and uploads that survive anything.
//!
//! It does no IO. What is to be done to the spool's folder leaves it as [`StorageOp`]s, one at a
//! time, each answered before the next is asked for, so that a test can stop between any two of
//! them. What is to be sent leaves it as [`Send`]s.
//!
//! ```text
//! visits, track points, guard facts ─▶ open visits ─▶ records ─▶ journal ─▶ outbox ─▶ server
//! frames ─▶ ring ─▶ recording (.part) ─▶ clip + sidecar ─▶ index ─▶ uploads ─▶ server
//! ```
//!
//! Tour: [`input`], [`storage`], [`send`] (the doors); [`journal`] (what is true on disk); [`avi`]
//! (a clip's bytes).

pub mod input;
pub mod storage;
pub mod send;

pub mod journal;
pub mod avi;

pub use input::{BlindReason, JpegFrame, KeeperInput, ServerLink, Watched};
pub use send::{Answer, Message, NewUpload, Reply, Send, SendId, ServerAnswer, SpoolRange};
pub use storage::{DiskSpace, Listed, SpoolFile, StorageError, StorageOp};

/// What the keeper gives; drain until `None` after every input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeeperOutput {
    /// Do this to the spool's folder, and answer with `StorageDone` or `StorageFailed`. There is
    /// never more than one unanswered.
    Store(StorageOp),
    /// Send this, and answer with `Answer`, whatever came of it.
    Send(Send),
}
