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
//! What must never happen: a record that was stored is lost or stored twice; a sequence names two
//! contents; a clip is told of that is not whole on the disk.
//!
//! Tour: [`input`], [`storage`], [`send`], [`limits`], [`status`] (the doors); [`ring`],
//! [`recording`], [`avi`], [`facts`], [`watch`] (what is kept); [`journal`], [`spool`], [`evict`]
//! (what is true on disk); `visits`, `checks`, `tasks`, `trouble`,
//! `start` (the machine); [`outbox`],
//! [`upload`], [`backoff`] (the way to the server).

pub mod input;
pub mod storage;
pub mod send;
pub mod limits;
pub mod status;

pub mod ring;
pub mod recording;
pub mod avi;
pub mod facts;
pub mod watch;

pub mod journal;
pub mod spool;
pub mod evict;

mod work;
mod visits;
mod checks;
mod tasks;
mod trouble;
mod start;

pub mod outbox;
pub mod upload;
pub mod backoff;

#[cfg(test)]
mod tests;

pub use input::{BlindReason, JpegFrame, KeeperInput, ServerLink, Watched};
pub use limits::Limits;
pub use send::{Answer, Message, NewUpload, Reply, Send, SendId, ServerAnswer, SpoolRange};
pub use status::{KeptClip, SpoolStatus};
pub use storage::{DiskSpace, Listed, SpoolFile, StorageError, StorageOp};
pub use visits::evidence_record;

use crate::eyes::VisitNumber;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use apis_protocol::VisitId;
use apis_protocol::id::Generation;
use apis_protocol::records::{RecordTime, WallTime};
use apis_units::Uptime;
use outbox::Outbox;
use ring::Ring;
use spool::Spool;
use start::{AdoptedSidecars, Phase};
use trouble::Trouble;
use upload::Uploads;
use visits::Live;
use watch::WatchSum;
use work::{Job, Task};

/// What the keeper gives; drain until `None` after every input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeeperOutput {
    /// Do this to the spool's folder, and answer with `StorageDone` or `StorageFailed`. There is
    /// never more than one unanswered.
    Store(StorageOp),
    /// Send this, and answer with `Answer`, whatever came of it.
    Send(Send),
}

/// The machine.
#[derive(Debug)]
pub struct Keeper {
    limits: Limits,
    phase: Phase,
    spool: Spool,
    journal: JournalFile,
    next_sequence: u32,

    ring: Ring,
    /// The eyes' open visits.
    numbers: BTreeMap<VisitNumber, VisitId>,
    /// Visits whose `visit_closed` is not stored yet.
    live: BTreeMap<VisitId, Live>,
    watch: WatchSum,
    wall: Option<(Uptime, WallTime)>,
    settings: Option<Generation>,
    disk: Option<DiskSpace>,

    tasks: VecDeque<Task>,
    job: Option<(Task, Job)>,
    is_operation_under_way: bool,
    trouble: Trouble,
    /// Visits whose files are about to be removed.
    leaving: BTreeSet<VisitId>,
    /// Clips whose files do not have their names yet.
    unpublished: BTreeSet<VisitId>,
    /// Facts of visits that found the queue for the disk full.
    facts_dropped: u64,
    is_renumbering: Option<Renumbering>,
    adopted_sidecars: AdoptedSidecars,
    /// The time of the last input.
    now: Uptime,

    link: ServerLink,
    outbox: Outbox,
    uploads: Uploads,
    next_send: u64,
    outputs: VecDeque<KeeperOutput>,
}

/// The journal that is appended to.
#[derive(Debug, Default)]
struct JournalFile {
    number: u64,
    /// Length that is known to be whole lines.
    bytes: u64,
    /// Length it began with: the whole state.
    base_bytes: u64,
    /// A failed append may have left part of a line behind `bytes`.
    is_torn: bool,
    /// Something that counts in memory could not be written.
    is_behind: bool,
    /// Files that it replaces.
    replaced: Vec<SpoolFile>,
}

/// Which records get new numbers with the next whole state.
#[derive(Debug, Clone, Copy)]
struct Renumbering {
    first: u32,
    to: u32,
}

impl Keeper {
    /// A keeper that knows nothing yet; [`KeeperInput::Start`] comes first.
    pub fn new(limits: Limits) -> Keeper {
        Keeper {
            limits,
            phase: Phase::default(),
            spool: Spool::default(),
            journal: JournalFile::default(),
            next_sequence: 1,
            ring: Ring::default(),
            numbers: BTreeMap::new(),
            live: BTreeMap::new(),
            watch: WatchSum::default(),
            wall: None,
            settings: None,
            disk: None,
            tasks: VecDeque::new(),
            job: None,
            is_operation_under_way: false,
            trouble: Trouble::default(),
            leaving: BTreeSet::new(),
            unpublished: BTreeSet::new(),
            facts_dropped: 0,
            is_renumbering: None,
            adopted_sidecars: AdoptedSidecars::new(),
            now: Uptime::ZERO,
            link: ServerLink::default(),
            outbox: Outbox::default(),
            uploads: Uploads::default(),
            next_send: 1,
            outputs: VecDeque::new(),
        }
    }

    /// Takes one input. Never blocks.
    pub fn handle(&mut self, input: KeeperInput, now: Uptime) {
        self.now = now;
        match input {
            KeeperInput::StorageDone(bytes) => self.operation_done(&bytes),
            KeeperInput::StorageFailed(error) => self.operation_failed(error, now),
            KeeperInput::Answer(answer) => self.take_answer(&answer, now),
            KeeperInput::Start(listing) => self.begin_start(&listing),
            KeeperInput::Clock(wall) => self.wall = wall.map(|wall| (now, wall)),
            KeeperInput::Settings(generation) => self.settings = generation,
            KeeperInput::Server(link) => self.link = link,
            KeeperInput::Reached { draw } => {
                self.outbox.reached(draw, now);
                self.uploads.reached(draw, now);
            }
            KeeperInput::Disk(space) => self.take_disk(space),
            KeeperInput::Frame(frame) => self.take_frame(frame),
            KeeperInput::TrackPoint(point) => self.take_point(&point),
            KeeperInput::Watched(watched) => self.watch.add(watched),
            KeeperInput::VisitOpened { .. }
            | KeeperInput::CheckOpened { .. }
            | KeeperInput::CheckWithdrawn(_)
            | KeeperInput::VisitRejoined(_)
            | KeeperInput::VisitClosed(_)
            | KeeperInput::Guard(_)
            | KeeperInput::Fault(_)
            | KeeperInput::Stop => self.take_fact_when_started(input, now),
            KeeperInput::Tick => {}
        }
        self.advance(now);
    }

    /// Next thing the body must do, until `None`.
    pub fn next_output(&mut self) -> Option<KeeperOutput> {
        self.outputs.pop_front()
    }

    /// When to call `handle(Tick, …)` if nothing else happens first.
    pub fn wake_at(&self) -> Uptime {
        let post_roll = self.live.values().filter_map(Live::wake_at);
        let blocked = self.trouble.blocked_until();
        let sending = [self.outbox.wake_at(), self.uploads.wake_at()].into_iter().flatten();
        let sending = sending.filter(|_| self.link == ServerLink::Enrolled);
        let all = post_roll.chain(blocked).chain(sending);
        all.min().unwrap_or(self.watch.ends_at()).min(self.watch.ends_at())
    }

    /// Everything that is due: what time closes, what the disk and the network may do next.
    fn advance(&mut self, now: Uptime) {
        if self.phase.is_read() {
            self.close_what_is_over(now);
            if self.watch.ends_at() <= now {
                self.record_watch(now);
            }
        }
        if self.phase.is_started() {
            self.evict_what_is_too_much();
            self.compact_when_long(now);
        }
        self.work(now);
        if self.phase.is_started() && self.link == ServerLink::Enrolled {
            self.send_what_is_due(now);
        }
    }

    fn send_what_is_due(&mut self, now: Uptime) {
        let id = SendId(self.next_send);
        if let Some(body) = self.outbox.next(&self.spool, id, self.time(now)) {
            self.give_send(Message::Records { body });
        }
        // Records before clips: while they wait for the server no further upload begins, and a clip
        // goes when both records of its visit have gone or cannot go.
        if self.outbox.wake_at().is_some() && self.uploads.visit().is_none() {
            return;
        }
        let id = SendId(self.next_send);
        let waits = self.spool.unsent().filter_map(|record| record.role.visit());
        let waits: BTreeSet<VisitId> = waits.collect();
        let may_go = |clip: &&journal::ClipEntry| {
            !waits.contains(&clip.visit)
                && !self.leaving.contains(&clip.visit)
                && !self.unpublished.contains(&clip.visit)
        };
        let clips = self.spool.clips.iter().filter(may_go);
        let message = self.uploads.next(clips, self.limits.piece_bytes_max, id, now);
        if let Some(message) = message {
            self.give_send(message);
        }
    }

    fn give_send(&mut self, message: Message) {
        let id = SendId(self.next_send);
        self.next_send += 1;
        self.outputs.push_back(KeeperOutput::Send(Send { id, message }));
    }

    fn take_answer(&mut self, answer: &ServerAnswer, now: Uptime) {
        if self.outbox.awaits(answer.id) {
            let entries = match self.outbox.answered(answer, now) {
                outbox::Outcome::Entries(entries) => entries,
                outbox::Outcome::Renumber { entries, first, step } => {
                    let to = self.spool.boot.saturating_add(step);
                    self.is_renumbering = Some(Renumbering { first, to });
                    self.tasks.push_back(Task::Compact);
                    entries
                }
            };
            self.note(entries);
        } else if self.uploads.awaits(answer.id) {
            match self.uploads.answered(answer, now) {
                // Its file could not be found: what is left of it goes, and that is told.
                Some(journal::Entry::ClipGone(visit)) => self.leave(visit),
                entry => self.note(entry.into_iter().collect()),
            }
        }
        // Any other answer is to a request of before a restart: it is asked for again.
    }

    /// Takes over what became true, and has it written when its turn comes.
    fn note(&mut self, entries: Vec<journal::Entry>) {
        if entries.is_empty() {
            return;
        }
        entries.iter().cloned().for_each(|entry| self.spool.apply(entry));
        self.tasks.push_back(Task::Note(entries));
    }

    /// A moment of this boot, placed on the wall as far as the wall is known.
    fn time(&self, uptime: Uptime) -> RecordTime {
        let wall = self.wall.map(|(at, wall)| {
            let ms = |uptime: Uptime| i64::try_from(uptime.millis()).unwrap_or(i64::MAX);
            WallTime { ms: wall.ms + ms(uptime) - ms(at), error_ms: wall.error_ms }
        });
        RecordTime { boot: self.spool.boot, uptime, wall: wall.filter(|wall| wall.ms >= 0) }
    }
}
