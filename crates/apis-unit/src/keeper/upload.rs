//! One upload at a time: a clip or a sidecar on its way to the server, by tus.
//!
//! ```text
//! Idle ─▶ Creating ──location──▶ Asking ──offset──▶ Sending ──offset──▶ Sending … ─▶ Idle
//!           ▲  └──offset──▶ Sending       ▲──409, 460, cut────┘    verified or rejected
//!           └── 404, 410 ──┘              └── whole, not verified yet: asked again later
//! any failure ──▶ Waiting ──time──▶ Asking, or Creating when there is no location
//! ```
//!
//! Nothing of this is stored. Creation is idempotent, and the server alone knows what it holds
//! durably: after a restart the unit creates again, gets the same location, and asks. A piece is
//! only ever sent at an offset that the server has stated.

use super::backoff::Backoff;
use super::journal::{ClipEntry, Entry, Stored};
use super::outbox::is_about_the_door;
use super::send::{Answer, Message, NewUpload, Reply, SendId, ServerAnswer, SpoolRange};
use super::storage::{SpoolFile, StorageError};
use alloc::borrow::ToOwned;
use alloc::string::String;
use apis_protocol::VisitId;
use apis_protocol::upload::{UploadKind, UploadMetadata, UploadState};
use apis_units::Uptime;

/// Wholes that the server found not to match before the file itself is taken to be damaged.
const MISMATCHES_MAX: u32 = 3;

/// Failed readings of the spool before the file is taken to be unreadable.
const UNREADABLE_MAX: u32 = 3;

/// What is uploaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Item {
    visit: VisitId,
    kind: UploadKind,
    stored: Stored,
}

/// What comes next for the item in hand.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Create,
    Ask { location: String },
    Piece { location: String, offset: u64 },
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum State {
    #[default]
    Idle,
    Ready {
        item: Item,
        step: Step,
    },
    Waiting {
        item: Item,
        step: Step,
        until: Uptime,
    },
    InFlight {
        item: Item,
        step: Step,
        id: SendId,
    },
}

/// The machine.
#[derive(Debug, Default)]
pub struct Uploads {
    state: State,
    backoff: Backoff,
    /// The last request did not reach the server.
    is_cut_off: bool,
    mismatches: u32,
    unreadable: u32,
    /// What the server said last, when it was not content.
    pub last_refusal: Option<String>,
}

impl Uploads {
    /// The next request, if one is due.
    ///
    /// `clips` are those that may go, oldest first; `piece_bytes_max` bounds a piece.
    pub fn next<'a>(
        &mut self,
        clips: impl Iterator<Item = &'a ClipEntry>,
        piece_bytes_max: u32,
        id: SendId,
        now: Uptime,
    ) -> Option<Message> {
        let (item, step) = match core::mem::take(&mut self.state) {
            State::Idle => (next_item(clips)?, Step::Create),
            State::Ready { item, step } => (item, step),
            State::Waiting { item, step, until } if until <= now => (item, step),
            same @ (State::Waiting { .. } | State::InFlight { .. }) => {
                self.state = same;
                return None;
            }
        };
        let message = message(&item, &step, piece_bytes_max);
        self.state = State::InFlight { item, step, id };
        Some(message)
    }

    /// Whether `id` is the request under way.
    pub fn awaits(&self, id: SendId) -> bool {
        matches!(&self.state, State::InFlight { id: own, .. } if *own == id)
    }

    /// The visit whose file is in hand.
    pub fn visit(&self) -> Option<VisitId> {
        match &self.state {
            State::Idle => None,
            State::Ready { item, .. }
            | State::Waiting { item, .. }
            | State::InFlight { item, .. } => Some(item.visit),
        }
    }

    /// When [`next`](Uploads::next) may have something although nothing happens before.
    pub fn wake_at(&self) -> Option<Uptime> {
        match self.state {
            State::Waiting { until, .. } => Some(until),
            State::Idle | State::Ready { .. } | State::InFlight { .. } => None,
        }
    }

    /// Takes the answer to the request under way; returns what became true by it.
    pub fn answered(&mut self, answer: &ServerAnswer, now: Uptime) -> Option<Entry> {
        let State::InFlight { item, step, .. } = core::mem::take(&mut self.state) else {
            return None;
        };
        self.is_cut_off = answer.answer == Answer::Unreachable;
        match &answer.answer {
            Answer::Unreachable => {
                let step = after_cut(step);
                self.wait(item, step, answer.draw, None, now);
                None
            }
            Answer::Unreadable(StorageError::Missing) => Some(Entry::ClipGone(item.visit)),
            Answer::Unreadable(error) => {
                self.unreadable += 1;
                if self.unreadable >= UNREADABLE_MAX {
                    return Some(self.park(&item, error.code()));
                }
                self.wait(item, step, answer.draw, None, now);
                None
            }
            Answer::Reply(reply) => self.take_reply(item, step, reply, answer.draw, now),
        }
    }

    /// The server answered another request: who waits because it could not be reached waits no
    /// longer than after the first failure.
    pub fn reached(&mut self, draw: u64, now: Uptime) {
        if !core::mem::take(&mut self.is_cut_off) {
            return;
        }
        self.backoff.after_success();
        if let State::Waiting { until, .. } = &mut self.state {
            *until = (*until).min(now + self.backoff.after_failure(draw, None));
        }
    }

    fn take_reply(
        &mut self,
        item: Item,
        step: Step,
        reply: &Reply,
        draw: u64,
        now: Uptime,
    ) -> Option<Entry> {
        match reply.upload_state {
            Some(UploadState::Verified) => {
                self.finish();
                return Some(Entry::Uploaded(item.visit, item.kind));
            }
            Some(UploadState::Rejected) => {
                let reason = reply.upload_reason.as_deref().unwrap_or("rejected");
                return Some(self.park(&item, reason));
            }
            Some(UploadState::Receiving) | None => {}
        }
        match reply.status {
            200..=299 => {
                self.take_success(item, step, reply, draw, now);
                None
            }
            404 | 410 => {
                // Expired, ended, or of a server that was restored: announce it anew.
                self.wait(item, Step::Create, draw, Some(reply), now);
                None
            }
            409 => {
                self.wait(item, after_cut(step), draw, Some(reply), now);
                None
            }
            460 => {
                self.mismatches += 1;
                if self.mismatches >= MISMATCHES_MAX {
                    return Some(self.park(&item, "object_mismatch"));
                }
                self.wait(item, after_cut(step), draw, Some(reply), now);
                None
            }
            status if is_about_the_door(status) => {
                self.wait(item, after_cut(step), draw, Some(reply), now);
                None
            }
            _ => Some(self.park(&item, reply.code.as_deref().unwrap_or("refused"))),
        }
    }

    fn take_success(&mut self, item: Item, step: Step, reply: &Reply, draw: u64, now: Uptime) {
        let location = match (&step, &reply.location) {
            (Step::Create, Some(location)) => location.clone(),
            (Step::Create, None) => {
                // A creation without a place to send to is no creation.
                self.wait(item, Step::Create, draw, Some(reply), now);
                return;
            }
            (Step::Ask { location } | Step::Piece { location, .. }, _) => location.clone(),
        };
        let sent_from = match &step {
            Step::Piece { offset, .. } => Some(*offset),
            Step::Create | Step::Ask { .. } => None,
        };
        match reply.upload_offset {
            Some(offset) if offset < item.stored.bytes && sent_from != Some(offset) => {
                self.backoff.after_success();
                self.state = State::Ready { item, step: Step::Piece { location, offset } };
            }
            None if matches!(step, Step::Create) => {
                self.state = State::Ready { item, step: Step::Ask { location } };
            }
            // Whole and not judged yet; or nothing taken; or a success that says nothing.
            Some(_) | None => self.wait(item, Step::Ask { location }, draw, Some(reply), now),
        }
    }

    fn park(&mut self, item: &Item, code: &str) -> Entry {
        self.finish();
        self.last_refusal = Some(code.to_owned());
        Entry::ClipParked(item.visit, code.to_owned())
    }

    fn finish(&mut self) {
        self.backoff.after_success();
        self.mismatches = 0;
        self.unreadable = 0;
        self.last_refusal = None;
        self.state = State::Idle;
    }

    fn wait(&mut self, item: Item, step: Step, draw: u64, reply: Option<&Reply>, now: Uptime) {
        self.last_refusal = reply.and_then(|reply| reply.code.clone());
        let retry_after = reply.and_then(|reply| reply.retry_after);
        let until = now + self.backoff.after_failure(draw, retry_after);
        self.state = State::Waiting { item, step, until };
    }
}

/// What to do when nobody knows whether the last request arrived.
fn after_cut(step: Step) -> Step {
    match step {
        Step::Create => Step::Create,
        Step::Ask { location } | Step::Piece { location, .. } => Step::Ask { location },
    }
}

/// The first file that the server neither holds nor refused; the sidecar before its clip, since
/// it is small and says what the clip will show.
fn next_item<'a>(mut clips: impl Iterator<Item = &'a ClipEntry>) -> Option<Item> {
    let clip = clips.find(|clip| clip.parked.is_none() && !clip.is_uploaded())?;
    let file = |kind: UploadKind| {
        let stored = clip.file(kind).filter(|stored| !stored.is_uploaded)?;
        Some(Item { visit: clip.visit, kind, stored })
    };
    file(UploadKind::Sidecar).or_else(|| file(UploadKind::Clip))
}

fn message(item: &Item, step: &Step, piece_bytes_max: u32) -> Message {
    match step {
        Step::Create => Message::CreateUpload(NewUpload {
            metadata: UploadMetadata {
                visit_id: item.visit,
                kind: item.kind,
                sha256: item.stored.sha256,
            },
            bytes: item.stored.bytes,
        }),
        Step::Ask { location } => Message::AskOffset { location: location.clone() },
        Step::Piece { location, offset } => {
            let left = item.stored.bytes.saturating_sub(*offset);
            let length = u32::try_from(left).unwrap_or(u32::MAX).min(piece_bytes_max);
            let file = match item.kind {
                UploadKind::Clip => SpoolFile::Clip(item.visit),
                UploadKind::Sidecar => SpoolFile::Sidecar(item.visit),
            };
            let range = SpoolRange { file, offset: *offset, length };
            Message::SendRange { location: location.clone(), range }
        }
    }
}
