//! What the keeper takes.

use super::send::ServerAnswer;
use super::storage::{DiskSpace, Listed, StorageError};
use crate::eyes::{CheckOpened, TrackPoint, VisitClosed, VisitNumber, VisitOpened};
use crate::guard::GuardFact;
use alloc::vec::Vec;
use apis_protocol::VisitId;
use apis_protocol::id::Generation;
use apis_protocol::records::{FaultChange, WallTime};
use apis_units::Uptime;

/// What the keeper takes. The first input is [`Start`](KeeperInput::Start).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeeperInput {
    /// What the spool's folder holds; once, at the start.
    Start(Vec<Listed>),
    /// What is known of the wall clock at this moment: at the start, after each exchange with the
    /// server, and now and then, since the bound grows. `None` while it is unsynchronised.
    Clock(Option<WallTime>),
    /// The settings that the eyes run.
    Settings(Option<Generation>),
    /// Whether there is a server to send to: an enrolled unit that is not run on its own.
    Server(ServerLink),
    /// The eyes opened a visit; the body drew the id.
    VisitOpened {
        /// A fresh id for the visit, version 7 of RFC 9562.
        id: VisitId,
        /// What the eyes said.
        opened: VisitOpened,
    },
    /// The eyes opened a check; the body drew the id.
    CheckOpened {
        /// A fresh id, as for a visit.
        id: VisitId,
        /// What the eyes said.
        check: CheckOpened,
    },
    /// A check's body got a verdict after all.
    CheckWithdrawn(VisitNumber),
    /// The eyes found a visit's hornet again, by a verdict on another track.
    VisitRejoined(VisitOpened),
    /// The eyes saw a track.
    TrackPoint(TrackPoint),
    /// The eyes closed a visit or a check.
    VisitClosed(VisitClosed),
    /// The guard did or refused something.
    Guard(GuardFact),
    /// A frame, encoded, at the clip's rate.
    Frame(JpegFrame),
    /// What the eyes did for a while, for the hourly `watch` record.
    Watched(Watched),
    /// A fault of the unit began or ended.
    Fault(FaultChange),
    /// How full the disk is; every few seconds and after deletions.
    Disk(DiskSpace),
    /// The storage operation given last was done; the bytes, for a read.
    StorageDone(Vec<u8>),
    /// The storage operation given last failed.
    StorageFailed(StorageError),
    /// A request ended.
    Answer(ServerAnswer),
    /// The server answered a request that was not the keeper's, after it could not be reached.
    Reached {
        /// Any random number.
        draw: u64,
    },
    /// Time has passed.
    Tick,
    /// The program is about to end in order: write what is only in memory.
    Stop,
}

/// Whether requests can be made at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ServerLink {
    /// The unit knows no server.
    #[default]
    None,
    /// It has one; requests may be given.
    Enrolled,
}

/// One encoded picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JpegFrame {
    /// Capture time of the frame.
    pub captured_at: Uptime,
    /// Pixels a row.
    pub width: u16,
    /// Rows.
    pub height: u16,
    /// A whole JPEG file.
    pub bytes: Vec<u8>,
}

/// What the eyes did since the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Watched {
    /// Time in which the eyes could see, in milliseconds.
    pub watched_ms: u32,
    /// Why they could not, and for how long, in milliseconds.
    pub blind: Option<(BlindReason, u32)>,
    /// Frames looked at.
    pub frame_count: u32,
    /// Tracks that were insects, hornets included.
    pub insect_count: u32,
}

/// Why the eyes could not see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlindReason {
    /// The background was being learned.
    Learning,
    /// Too dark, too bright or too flat to see an insect in.
    Light,
    /// No frames came.
    NoFrames,
    /// The frames had a size the eyes were not made for.
    WrongSize,
}

impl BlindReason {
    /// The stable name in records.
    pub const fn code(self) -> &'static str {
        match self {
            BlindReason::Learning => "learning",
            BlindReason::Light => "light",
            BlindReason::NoFrames => "no_frames",
            BlindReason::WrongSize => "wrong_size",
        }
    }
}
