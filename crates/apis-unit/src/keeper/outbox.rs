//! Records on their way to the server: in order, in batches, again until each is answered.
//!
//! ```text
//! Idle ──records──▶ InFlight ──all stored──▶ Idle
//!   ▲                  ├──refused, later, unreachable──▶ Waiting ──time──▶ Idle
//!   └──renumbered── Renumbering ◀──sequence_conflict──┘
//! ```
//!
//! A batch begins at the oldest unsent record, so what was sent and not answered is sent again
//! before anything newer: nothing can be stored behind a record that is about to get another
//! number.

use super::backoff::Backoff;
use super::journal::Entry;
use super::send::{Answer, Reply, SendId, ServerAnswer};
use super::spool::Spool;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use apis_protocol::message::Message as _;
use apis_protocol::records::{
    RECORDS_MAX, RecordOutcome, RecordPlace, RecordTime, RecordsAnswer, RecordsRequest,
};
use apis_units::Uptime;

/// Most bytes of records in one batch: half of what a request may have, whatever one record takes.
const BATCH_BYTES_MAX: usize = RecordsRequest::BYTES_MAX / 2;

/// Where the outbox is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum State {
    #[default]
    Idle,
    Waiting {
        until: Uptime,
    },
    InFlight {
        id: SendId,
        places: Vec<RecordPlace>,
    },
    /// Waits for the journal to hold the new numbers.
    Renumbering,
}

/// What an answer leads to.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// To be applied and noted.
    Entries(Vec<Entry>),
    /// To be applied and noted; then everything unsent from `first` on takes higher boots, the
    /// lowest of them at least `to`.
    Renumber {
        /// What is true whatever the numbers.
        entries: Vec<Entry>,
        /// The lowest boot that met a conflict.
        first: u32,
        /// How far above the highest boot so far to go.
        step: u32,
    },
}

/// The machine.
#[derive(Debug)]
pub struct Outbox {
    state: State,
    backoff: Backoff,
    /// The last request did not reach the server.
    is_cut_off: bool,
    /// Most records in the next batch: 1 after a request was refused as a whole.
    batch_max: usize,
    /// Conflicts in a row: the step grows, since a restored card may be many boots behind.
    conflicts: u32,
    /// What the server said last, when it was not content.
    pub last_refusal: Option<String>,
}

impl Default for Outbox {
    fn default() -> Outbox {
        Outbox {
            state: State::Idle,
            backoff: Backoff::default(),
            is_cut_off: false,
            batch_max: RECORDS_MAX,
            conflicts: 0,
            last_refusal: None,
        }
    }
}

impl Outbox {
    /// The body of the next request, if one is due; it goes out now, at `sent`.
    pub fn next(&mut self, spool: &Spool, id: SendId, sent: RecordTime) -> Option<Vec<u8>> {
        match self.state {
            State::Waiting { until } if sent.uptime < until => return None,
            State::InFlight { .. } | State::Renumbering => return None,
            State::Idle | State::Waiting { .. } => self.state = State::Idle,
        }
        let mut places = Vec::new();
        let sent = serde_json::to_string(&sent).expect("a time is JSON");
        let mut body = format!(r#"{{"sent":{sent},"records":["#).into_bytes();
        for record in spool.unsent().take(self.batch_max) {
            if !places.is_empty() {
                if body.len() + record.text.len() > BATCH_BYTES_MAX {
                    break;
                }
                body.push(b',');
            }
            body.extend_from_slice(record.text.as_bytes());
            places.push(record.place);
        }
        body.extend_from_slice(b"]}");
        if places.is_empty() {
            return None;
        }
        self.state = State::InFlight { id, places };
        Some(body)
    }

    /// Whether `id` is the request under way.
    pub fn awaits(&self, id: SendId) -> bool {
        matches!(&self.state, State::InFlight { id: own, .. } if *own == id)
    }

    /// Whether `place` is in the request under way.
    pub fn is_sending(&self, place: RecordPlace) -> bool {
        matches!(&self.state, State::InFlight { places, .. } if places.contains(&place))
    }

    /// Takes the answer to the request under way.
    pub fn answered(&mut self, answer: &ServerAnswer, now: Uptime) -> Outcome {
        let State::InFlight { places, .. } = core::mem::take(&mut self.state) else {
            return Outcome::Entries(Vec::new());
        };
        self.is_cut_off = false;
        match &answer.answer {
            Answer::Reply(reply) if reply.status == 200 => match RecordsAnswer::read(&reply.body) {
                Ok(told) if told.answers.len() == places.len() => {
                    self.take_outcomes(&places, told, answer.draw, now)
                }
                Ok(_) | Err(_) => self.wait(answer.draw, None, Some("unreadable_answer"), now),
            },
            Answer::Reply(reply) => self.take_refusal(&places, reply, answer.draw, now),
            Answer::Unreachable => {
                self.wait(answer.draw, None, None, now);
                self.is_cut_off = true;
                Outcome::Entries(Vec::new())
            }
            Answer::Unreadable(_) => self.wait(answer.draw, None, None, now),
        }
    }

    /// The server answered another request: who waits because it could not be reached waits no
    /// longer than after the first failure.
    pub fn reached(&mut self, draw: u64, now: Uptime) {
        if !core::mem::take(&mut self.is_cut_off) {
            return;
        }
        self.backoff.after_success();
        if let State::Waiting { until } = &mut self.state {
            *until = (*until).min(now + self.backoff.after_failure(draw, None));
        }
    }

    /// The journal holds the new numbers.
    pub fn renumbered(&mut self) {
        self.state = State::Idle;
    }

    /// When [`next`](Outbox::next) may have something although nothing happens before.
    pub fn wake_at(&self) -> Option<Uptime> {
        match self.state {
            State::Waiting { until } => Some(until),
            State::Idle | State::InFlight { .. } | State::Renumbering => None,
        }
    }

    fn take_outcomes(
        &mut self,
        places: &[RecordPlace],
        told: RecordsAnswer,
        draw: u64,
        now: Uptime,
    ) -> Outcome {
        let mut entries = Vec::new();
        let mut conflict: Option<u32> = None;
        let mut is_later = false;
        for (place, answer) in places.iter().zip(told.answers) {
            match answer.outcome {
                RecordOutcome::Stored { .. } => entries.push(Entry::Settled(*place)),
                RecordOutcome::SequenceConflict => {
                    conflict = Some(conflict.map_or(place.boot, |boot| boot.min(place.boot)));
                }
                RecordOutcome::Refused { code, .. } => {
                    entries.push(Entry::Parked(*place, code.as_str().to_owned()));
                    self.last_refusal = Some(code.as_str().to_owned());
                }
                RecordOutcome::Later => is_later = true,
            }
        }
        if let Some(first) = conflict {
            // A restored card may be any number of boots behind, and the server does not say how
            // many: 1, 8, 64 … finds the way in a few rounds, and boots are not scarce.
            let step = 1_u32 << (3 * self.conflicts.min(8));
            self.conflicts += 1;
            self.state = State::Renumbering;
            return Outcome::Renumber { entries, first, step };
        }
        self.conflicts = 0;
        if is_later {
            self.hold(draw, None, now);
        } else {
            self.backoff.after_success();
            self.batch_max = (self.batch_max * 2).min(RECORDS_MAX);
        }
        Outcome::Entries(entries)
    }

    /// An answer to the request as a whole that is not a success.
    fn take_refusal(
        &mut self,
        places: &[RecordPlace],
        reply: &Reply,
        draw: u64,
        now: Uptime,
    ) -> Outcome {
        let code = reply.code.as_deref();
        if is_about_the_door(reply.status) {
            return self.wait(draw, reply, code, now);
        }
        // One of them may be what the server cannot take: find out which.
        if let ([place], true) = (places, self.batch_max == 1) {
            let code = code.unwrap_or("refused").to_owned();
            self.last_refusal = Some(code.clone());
            return Outcome::Entries(alloc::vec![Entry::Parked(*place, code)]);
        }
        self.batch_max = 1;
        self.wait(draw, reply, code, now)
    }

    fn wait<'a>(
        &mut self,
        draw: u64,
        reply: impl Into<Option<&'a Reply>>,
        code: Option<&str>,
        now: Uptime,
    ) -> Outcome {
        self.last_refusal = code.map(ToOwned::to_owned);
        self.hold(draw, reply.into(), now);
        Outcome::Entries(Vec::new())
    }

    fn hold(&mut self, draw: u64, reply: Option<&Reply>, now: Uptime) {
        let retry_after = reply.and_then(|reply| reply.retry_after);
        self.state = State::Waiting { until: now + self.backoff.after_failure(draw, retry_after) };
    }
}

/// Whether a status says something of the unit, the server or the way between them, rather than
/// of what was sent: it is sent again, unchanged, when that has passed.
///
/// 401 and 403 are here: a unit that was released or whose firmware is refused keeps its key and
/// its spool, and goes on when the server changes its mind.
pub fn is_about_the_door(status: u16) -> bool {
    matches!(status, 0..=399 | 401..=408 | 412 | 421 | 425 | 426 | 429 | 500..)
}
