//! When the disk is full, read-only or failing: what is tried, what waits, what is given up.
//!
//! Nothing that was stored is lost to a failure. On a full disk clips go, the least valuable
//! first; then the recording under way; records wait in memory until there is room, and only a
//! backlog beyond its bound is dropped, counted, the least telling first.

use super::Keeper;
use super::evict;
use super::journal::{Entry, Role};
use super::storage::{DiskSpace, StorageError};
use super::work::{Draft, Task};
use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use apis_protocol::VisitId;
use apis_protocol::bounded::Token;
use apis_protocol::records::{ClipFate, Fact, FaultChange, NoClipReason, RecordPlace};
use apis_units::Uptime;
use core::time::Duration;

/// How long the disk is left alone after a failure that nothing could be done about.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// Records of no visit that may wait for the disk.
const BACKLOG_MAX: usize = 256;

/// Records of visits that may wait for the disk, and everything else with them.
const BACKLOG_OF_VISITS_MAX: usize = 1_024;

/// A journal is written anew when it has grown to this many times its whole state …
const COMPACT_FACTOR: u64 = 4;

/// … and by at least this much, in bytes.
const COMPACT_BYTES_MIN: u64 = 128 * 1024;

/// What is wrong with the disk.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    error: Option<StorageError>,
    blocked_until: Option<Uptime>,
    /// Whether the body tells how full the disk is.
    is_disk_read: bool,
    /// A whole state could not be written; it is not tried again before.
    compact_after: Uptime,
    /// Failed operations since the start.
    pub failures: u64,
}

impl Trouble {
    /// Whether the disk is left alone for now.
    pub fn is_blocked(&self) -> bool {
        self.blocked_until.is_some()
    }

    /// When it is tried again.
    pub fn blocked_until(&self) -> Option<Uptime> {
        self.blocked_until
    }

    /// What is wrong, until an operation succeeds again; a full disk also until there is room.
    pub fn error(&self) -> Option<StorageError> {
        self.error
    }

    /// An operation was done. On a full disk that says little: a short line still fits where a
    /// picture does not.
    pub fn after_success(&mut self) {
        self.blocked_until = None;
        if !(self.is_disk_read && self.error == Some(StorageError::Full)) {
            self.error = None;
        }
    }

    /// The disk was read; what waits for it is tried when its time comes.
    pub fn after_reading(&mut self, is_too_full: bool) {
        self.is_disk_read = true;
        let is_over = !is_too_full && self.blocked_until.is_none();
        if self.error == Some(StorageError::Full) && is_over {
            self.error = None;
        }
    }

    /// Lets the disk be tried again when its time has come.
    pub fn unblock(&mut self, now: Uptime) {
        self.blocked_until = self.blocked_until.filter(|until| now < *until);
    }

    fn block(&mut self, now: Uptime) {
        self.blocked_until = Some(now + RETRY_AFTER);
    }
}

/// Why a clip is not kept.
#[derive(Debug, Clone, Copy)]
pub(super) enum GiveUp {
    /// The disk failed.
    Failed(StorageError),
    /// As the record says.
    Because(NoClipReason),
}

impl Keeper {
    /// The operation under way failed, and with it its job.
    pub(super) fn operation_failed(&mut self, error: StorageError, now: Uptime) {
        self.is_operation_under_way = false;
        self.trouble.error = Some(error);
        self.trouble.failures += 1;
        let Some((task, _)) = self.job.take() else { return };
        match task {
            Task::ReadJournal(number) => self.journal_unreadable(number),
            Task::Compact if self.phase.is_started() && self.is_renumbering.is_none() => {
                self.trouble.compact_after = now + RETRY_AFTER * 6;
                self.tasks.push_front(Task::Discard(self.next_draft()));
            }
            Task::Record(_) => {
                self.journal.is_torn = true;
                self.retry(task, error, now);
                if error == StorageError::Missing {
                    self.tasks.push_front(Task::Compact);
                }
            }
            Task::Publish(visit) if error == StorageError::Missing => {
                self.unpublished.remove(&visit);
                self.leave(visit);
            }
            Task::Compact | Task::Publish(_) => self.retry(task, error, now),
            Task::Close(..) => {}
            Task::Fact(..) | Task::Note(_) => {
                // It counts in memory and happens again after a restart, or is in the next whole
                // state, which is written as soon as that can be.
                self.journal.is_torn = true;
                self.journal.is_behind = true;
            }
            Task::Flush(visit) | Task::Seal(visit) | Task::Sidecar(visit) => {
                if let Some(live) = self.live.get_mut(&visit) {
                    live.is_torn = true;
                }
                let has_room = error == StorageError::Full && self.make_room_before(task);
                if !has_room {
                    self.give_up_clip(visit, GiveUp::Failed(error));
                }
            }
            Task::Hash(visit, _) | Task::Scan(visit) => {
                self.recover_without_clip(visit);
                self.give_up_clip(visit, GiveUp::Failed(error));
            }
            Task::Remove(_) => {
                // Behind the rest, so that one file that cannot go stops nothing else for good.
                self.tasks.push_back(task);
                self.trouble.block(now);
            }
            Task::Discard(_) => {}
        }
    }

    /// Does a task again: at once if room could be made for it, else after a while.
    fn retry(&mut self, task: Task, error: StorageError, now: Uptime) {
        if error != StorageError::Full {
            self.tasks.push_front(task);
            self.trouble.block(now);
            return;
        }
        self.tasks.push_front(task);
        if !self.make_room() && !self.give_up_a_recording() {
            self.trouble.block(now);
        }
    }

    /// Queues `task` behind the removal of a clip; false when there is none to remove.
    fn make_room_before(&mut self, task: Task) -> bool {
        if let Some(visit) = self.next_victim() {
            self.tasks.push_front(task);
            self.leave(visit);
            return true;
        }
        false
    }

    fn make_room(&mut self) -> bool {
        let victim = self.next_victim();
        victim.map(|visit| self.leave(visit)).is_some()
    }

    fn next_victim(&self) -> Option<VisitId> {
        let in_hand = self.uploads.visit();
        let is_busy = |visit| {
            self.leaving.contains(&visit)
                || self.unpublished.contains(&visit)
                || in_hand == Some(visit)
        };
        evict::victim(&self.spool.clips, is_busy, &self.limits)
    }

    /// Removes the files of a visit before anything else is done.
    pub(super) fn leave(&mut self, visit: VisitId) {
        self.leaving.insert(visit);
        self.tasks.push_front(Task::Remove(visit));
    }

    /// The files of a visit are gone for good. The loss of a clip that the server did not have is
    /// told in the same write that takes it from the index.
    pub(super) fn removed(&mut self, visit: VisitId) {
        // The last reading of the disk is of before.
        self.disk = None;
        match self.spool.clip(visit) {
            Some(clip) if clip.is_uploaded() => {
                self.leaving.remove(&visit);
                self.note(Vec::from([Entry::ClipGone(visit)]));
            }
            Some(_) => self.tasks.push_back(Task::Record(Box::new(Draft {
                at: self.time(self.now),
                role: Role::Fault,
                fact: Fact::Fault(FaultChange {
                    fault: Token::new("clip_evicted").expect("lower-case letters"),
                    is_present: true,
                    detail: format!("visit {visit}"),
                }),
                with: Some(Entry::ClipGone(visit)),
                place: None,
            }))),
            None => drop(self.leaving.remove(&visit)),
        }
    }

    /// A visit keeps its record and loses its clip.
    pub(super) fn give_up_clip(&mut self, visit: VisitId, why: GiveUp) {
        let Some(live) = self.live.get_mut(&visit) else { return };
        let reason = match why {
            GiveUp::Failed(StorageError::Full) => NoClipReason::DiskFull,
            GiveUp::Failed(
                StorageError::ReadOnly | StorageError::Missing | StorageError::Device,
            ) => NoClipReason::DiskFailed,
            GiveUp::Because(reason) => reason,
        };
        live.clip = Err(reason);
        if live.is_closing() {
            self.tasks.push_back(Task::Close(visit, ClipFate::NoClip(reason), None));
        }
        self.leave(visit);
    }

    /// Gives up the recording under way that has most on the disk, a check's before any visit's; false
    /// when none has anything.
    fn give_up_a_recording(&mut self) -> bool {
        let written = |(visit, live): (&VisitId, &super::visits::Live)| {
            let recording = live.clip.as_ref().ok().filter(|_| !live.is_closing())?;
            (recording.written() > 0).then_some((live.is_check(), recording.written(), *visit))
        };
        let most = self.live.iter().filter_map(written).max();
        let Some((_, _, visit)) = most else { return false };
        self.give_up_clip(visit, GiveUp::Because(NoClipReason::DiskFull));
        true
    }

    /// Removes clips until spool and disk are within their bounds.
    pub(super) fn evict_what_is_too_much(&mut self) {
        let staying = |clip: &&super::journal::ClipEntry| !self.leaving.contains(&clip.visit);
        let clips = self.spool.clips.iter().filter(staying);
        let (count, bytes) =
            clips.fold((0, 0), |(count, bytes), clip| (count + 1, bytes + clip.bytes()));
        let recording: u64 = self
            .live
            .values()
            .filter_map(|live| live.clip.as_ref().ok())
            .map(|recording| u64::from(recording.written()))
            .sum();
        let is_too_much = count > self.limits.clip_count_max
            || bytes + recording > self.limits.spool_bytes_max
            || self.is_disk_too_full();
        if is_too_much && self.leaving.is_empty() && !self.make_room() {
            // What is left is kept to the end: what is recorded now ends here, as it is.
            let recordings = self.live.values_mut().filter_map(|live| live.clip.as_mut().ok());
            recordings.for_each(super::recording::Recording::end);
        }
    }

    /// The disk was read.
    pub(super) fn take_disk(&mut self, space: DiskSpace) {
        self.disk = Some(space);
        self.trouble.after_reading(self.is_disk_too_full());
    }

    /// Whether the last reading was above the bound. Each removal asks for a new reading.
    fn is_disk_too_full(&self) -> bool {
        self.disk.is_some_and(|disk| {
            let used = disk.total_bytes.saturating_sub(disk.free_bytes);
            used > disk.total_bytes / 100 * u64::from(self.limits.disk_used_percent_max)
        })
    }

    /// Drops records beyond the bounds: what tells of no visit first, then the oldest.
    pub(super) fn drop_records_beyond_bounds(&mut self) {
        let (mut count, mut bytes) = (self.spool.records.len(), self.spool.record_bytes());
        let mut dropped = Vec::new();
        while count > self.limits.record_count_max || bytes > self.limits.record_bytes_max {
            let Some((place, length)) = self.least_record(&dropped) else { break };
            dropped.push(Entry::RecordDropped(place));
            count -= 1;
            bytes -= length;
        }
        self.note(dropped);
    }

    fn least_record(&self, dropped: &[Entry]) -> Option<(RecordPlace, usize)> {
        let is_free = |place: RecordPlace| {
            !self.outbox.is_sending(place) && !dropped.contains(&Entry::RecordDropped(place))
        };
        let records = self.spool.records.values().filter(|record| is_free(record.place));
        let rank = |role: Role| match role {
            Role::Watch => 0,
            Role::Fault => 1,
            Role::Opened(_) | Role::Closed(_) => 2,
        };
        records
            .min_by_key(|record| (rank(record.role), record.place))
            .map(|record| (record.place, record.text.len()))
    }

    /// Whether so much waits for the disk that a record of this kind is not taken.
    pub(super) fn is_backlog_full(&self, role: Role) -> bool {
        match role {
            Role::Watch | Role::Fault => self.tasks.len() >= BACKLOG_MAX,
            Role::Opened(_) | Role::Closed(_) => self.tasks.len() >= BACKLOG_OF_VISITS_MAX,
        }
    }

    /// Has the journal written anew when most of it is history.
    pub(super) fn compact_when_long(&mut self, now: Uptime) {
        let grown = self.journal.bytes.saturating_sub(self.journal.base_bytes);
        let is_long = self.journal.bytes > self.journal.base_bytes * COMPACT_FACTOR
            && grown > COMPACT_BYTES_MIN;
        let is_idle = self.tasks.is_empty() && self.job.is_none();
        if (is_long || self.journal.is_behind) && is_idle && self.trouble.compact_after <= now {
            self.tasks.push_back(Task::Compact);
        }
    }
}
