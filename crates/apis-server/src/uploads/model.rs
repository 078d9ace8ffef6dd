//! The life of one upload, as an enum and a step. No IO.
//!
//! ```text
//! Receiving ──last byte, whole matches──▶ Placed ──judged a clip──▶ Stored
//!     │ ▲ └─whole does not match: offset 0─┘ │          └─judged not one──▶ Rejected
//!     │ └──────────────┘ more bytes          │
//!     └──time over or told to──▶ Gone        └ (a sidecar is stored at once)
//! ```

use apis_protocol::upload::{UploadKind, UploadState};
use apis_protocol::{Sha256Digest, UnitId, UploadId, VisitId};

use crate::clock::UnixMs;

/// One upload of a unit: what it brings and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Its name, which is also its clip's.
    pub id: UploadId,
    /// Who sends it.
    pub unit: UnitId,
    /// The visit it belongs to, which may not have arrived yet.
    pub visit: VisitId,
    /// Clip or sidecar.
    pub kind: UploadKind,
    /// Hash of the whole, as the unit promised it.
    pub sha256: Sha256Digest,
    /// Bytes of the whole.
    pub length: u64,
    /// Where it stands.
    pub stage: Stage,
    /// When it is given up, unless bytes arrive.
    pub expires_at: UnixMs,
    /// Why it was rejected.
    pub flaw: Option<String>,
}

impl Upload {
    /// Bytes that are safe on the server.
    #[must_use]
    pub fn offset(&self) -> u64 {
        match self.stage {
            Stage::Receiving { offset } => offset,
            Stage::Placed | Stage::Stored | Stage::Rejected => self.length,
            Stage::Gone => 0,
        }
    }

    /// Whether bytes are missing.
    #[must_use]
    pub fn is_receiving(&self) -> bool {
        match self.stage {
            Stage::Receiving { .. } => true,
            Stage::Placed | Stage::Stored | Stage::Rejected | Stage::Gone => false,
        }
    }

    /// Whether its time was over before its last byte came.
    #[must_use]
    pub fn is_over(&self, now: UnixMs) -> bool {
        self.is_receiving() && self.expires_at < now
    }

    /// What the unit is told.
    #[must_use]
    pub fn state(&self) -> UploadState {
        match self.stage {
            Stage::Receiving { .. } | Stage::Placed | Stage::Gone => UploadState::Receiving,
            Stage::Stored => UploadState::Verified,
            Stage::Rejected => UploadState::Rejected,
        }
    }
}

/// Where an upload stands. `offset` never counts a byte that a power cut could take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Bytes `0..offset` are on the disk and acknowledged.
    Receiving {
        /// Bytes that are safe.
        offset: u64,
    },
    /// All bytes are in the media folder under their hash; nobody has looked inside yet.
    Placed,
    /// Looked at and kept.
    Stored,
    /// Looked at and not what it was said to be; never to be sent again.
    Rejected,
    /// Ended before its last byte; its bytes are deleted.
    Gone,
}

/// What can happen to an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    /// Bytes up to here have been synced.
    Synced {
        /// The new offset.
        offset: u64,
    },
    /// A complete request had a wrong digest: back to where it began.
    WrongDigest {
        /// The offset at which the request began.
        start: u64,
    },
    /// All bytes are there and their hash is not the promised one.
    WrongWhole,
    /// All bytes are there, hash to what was promised and have their final place.
    PlacedInMedia,
    /// A look inside found a clip.
    JudgedGood,
    /// A look inside found something else.
    JudgedBad,
    /// The unit ended it, or its time was over.
    Ended,
}

/// The happening does not belong to this stage: a late or repeated message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{happening:?} cannot happen to an upload that is {stage:?}")]
pub struct NotNow {
    stage: Stage,
    happening: Happening,
}

/// Next stage of an upload of `length` bytes. Pure: same inputs, same answer.
///
/// Errors: `NotNow` for what this stage does not allow; the upload stays as it is.
pub fn step(stage: Stage, happening: Happening, length: u64) -> Result<Stage, NotNow> {
    let not_now = Err(NotNow { stage, happening });
    match stage {
        Stage::Receiving { offset } => match happening {
            Happening::Synced { offset: new } if offset <= new && new <= length => {
                Ok(Stage::Receiving { offset: new })
            }
            Happening::WrongDigest { start } if start <= offset => {
                Ok(Stage::Receiving { offset: start })
            }
            Happening::WrongWhole if offset == length => Ok(Stage::Receiving { offset: 0 }),
            Happening::PlacedInMedia if offset == length => Ok(Stage::Placed),
            Happening::Ended => Ok(Stage::Gone),
            Happening::Synced { .. }
            | Happening::WrongDigest { .. }
            | Happening::WrongWhole
            | Happening::PlacedInMedia
            | Happening::JudgedGood
            | Happening::JudgedBad => not_now,
        },
        Stage::Placed => match happening {
            Happening::JudgedGood => Ok(Stage::Stored),
            Happening::JudgedBad => Ok(Stage::Rejected),
            Happening::PlacedInMedia => Ok(Stage::Placed),
            Happening::Synced { .. }
            | Happening::WrongDigest { .. }
            | Happening::WrongWhole
            | Happening::Ended => not_now,
        },
        Stage::Stored | Stage::Rejected | Stage::Gone => not_now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(stage: Stage, happening: Happening, expected: Option<Stage>) {
        assert_eq!(step(stage, happening, 100).ok(), expected, "{stage:?} {happening:?}");
    }

    #[test]
    fn every_edge_of_the_diagram_is_walked_and_no_other() {
        use Happening::{
            Ended, JudgedBad, JudgedGood, PlacedInMedia, Synced, WrongDigest, WrongWhole,
        };
        let at = |offset| Stage::Receiving { offset };

        check(at(0), Synced { offset: 40 }, Some(at(40)));
        check(at(40), Synced { offset: 39 }, None);
        check(at(40), Synced { offset: 101 }, None);
        check(at(60), WrongDigest { start: 40 }, Some(at(40)));
        check(at(60), WrongDigest { start: 61 }, None);
        check(at(100), WrongWhole, Some(at(0)));
        check(at(99), WrongWhole, None);
        check(at(100), PlacedInMedia, Some(Stage::Placed));
        check(at(99), PlacedInMedia, None);
        check(at(99), Ended, Some(Stage::Gone));
        check(at(100), JudgedGood, None);
        check(at(100), JudgedBad, None);
        check(Stage::Placed, JudgedGood, Some(Stage::Stored));
        check(Stage::Placed, JudgedBad, Some(Stage::Rejected));
        check(Stage::Placed, PlacedInMedia, Some(Stage::Placed));
        check(Stage::Placed, Ended, None);
        for last in [Stage::Stored, Stage::Rejected, Stage::Gone] {
            for happening in [Synced { offset: 0 }, WrongWhole, PlacedInMedia, JudgedGood, Ended] {
                check(last, happening, None);
            }
        }
    }
}
