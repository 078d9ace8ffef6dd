//! What each task does to the disk, and what is true when it is done.
//!
//! The order within a job is the safety of it: bytes are durable before the name that promises
//! them, a journal's line before anything that is done because of it.

use super::avi::scan::Scan;
use super::journal::line::Lines;
use super::journal::{Entry, Role, Stored, StoredRecord};
use super::recording::Recording;
use super::storage::{SpoolFile, StorageOp};
use super::trouble::GiveUp;
use super::visits::Live;
use super::work::{Draft, Job, Sink, Task, digest, lines, one_line};
use super::{Keeper, KeeperOutput};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use apis_protocol::message::Message as _;
use apis_protocol::records::{NoClipReason, Record, RecordPlace};
use apis_protocol::{Sha256Digest, VisitId};
use apis_units::Uptime;
use sha2::Sha256;

impl Keeper {
    /// Gives the disk its next operation, if it has none and may have one.
    pub(super) fn work(&mut self, now: Uptime) {
        self.trouble.unblock(now);
        while !self.is_operation_under_way && !self.trouble.is_blocked() {
            let Some((_, job)) = &mut self.job else {
                let Some(task) = self.tasks.pop_front() else { return };
                self.job = self.begin(task, now);
                continue;
            };
            if let Some(operation) = job.next() {
                self.is_operation_under_way = true;
                self.outputs.push_back(KeeperOutput::Store(operation));
                return;
            }
            if let Some((task, job)) = self.job.take() {
                self.done(task, job, now);
            }
        }
    }

    /// The operation under way was done.
    pub(super) fn operation_done(&mut self, bytes: &[u8]) {
        self.is_operation_under_way = false;
        if let Some((_, job)) = &mut self.job {
            job.take(bytes);
        }
        self.trouble.after_success();
    }

    /// Makes a task into a job from what is true now; `None` when there is nothing to do any more.
    fn begin(&mut self, task: Task, now: Uptime) -> Option<(Task, Job)> {
        let job = match &task {
            Task::ReadJournal(number) => {
                let sink = Sink::Lines { lines: Lines::default(), entries: Vec::new() };
                Job::reading(SpoolFile::Journal(*number), sink)
            }
            Task::Compact => self.begin_compact(),
            Task::Record(_) => return self.begin_record(task),
            Task::Close(visit, fate, entry) => {
                let entry = entry.as_deref().cloned();
                let draft = self.closed_draft(*visit, *fate, entry, now)?;
                return self.begin_record(Task::Record(Box::new(draft)));
            }
            Task::Fact(visit, fact) => {
                let entry = Entry::Fact(*visit, fact.to_text());
                self.spool.apply(entry.clone());
                self.begin_append(Vec::from([entry]), false)
            }
            Task::Note(entries) => self.begin_append(entries.clone(), false),
            Task::Flush(visit) => self.begin_flush(*visit, now)?,
            Task::Seal(visit) => self.begin_seal(*visit)?,
            Task::Hash(_, file) => Job::reading(*file, Sink::Hash(Sha256::default())),
            Task::Sidecar(visit) => self.begin_sidecar(*visit)?,
            Task::Publish(visit) => Job::of([
                StorageOp::Rename { from: SpoolFile::Part(*visit), to: SpoolFile::Clip(*visit) },
                StorageOp::SyncFolder,
            ]),
            Task::Remove(visit) => Job::of([
                StorageOp::Delete { file: SpoolFile::Clip(*visit) },
                StorageOp::Delete { file: SpoolFile::Part(*visit) },
                StorageOp::Delete { file: SpoolFile::Sidecar(*visit) },
                StorageOp::SyncFolder,
            ]),
            Task::Discard(file) => Job::of([StorageOp::Delete { file: *file }]),
            Task::Scan(visit) => Job::reading(SpoolFile::Part(*visit), Sink::Scan(Scan::default())),
        };
        Some((task, job))
    }

    /// What is true once a job is done.
    fn done(&mut self, task: Task, job: Job, now: Uptime) {
        match task {
            Task::ReadJournal(number) => self.journal_read(number, job),
            Task::Compact => self.compacted(&job),
            Task::Record(draft) => {
                self.appended(&job);
                self.record_stored(&draft, job.entries);
            }
            Task::Close(..) | Task::Discard(_) => {}
            Task::Fact(..) | Task::Note(_) => self.appended(&job),
            Task::Flush(visit) => self.flushed(visit, job.bytes, now),
            Task::Seal(visit) => {
                self.tasks.push_front(Task::Hash(visit, SpoolFile::Part(visit)));
            }
            Task::Hash(visit, file) => self.hashed(visit, file, job),
            Task::Sidecar(visit) => self.close_with_clip(visit),
            Task::Publish(visit) => drop(self.unpublished.remove(&visit)),
            Task::Remove(visit) => self.removed(visit),
            Task::Scan(visit) => self.scanned(visit, job),
        }
    }

    /// Appends entries to the journal, after whatever a failure left there.
    fn begin_append(&mut self, entries: Vec<Entry>, is_durable: bool) -> Job {
        let file = SpoolFile::Journal(self.journal.number);
        let bytes = one_line(&entries).into_bytes();
        let length = bytes.len();
        let cut = StorageOp::Truncate { file, length: self.journal.bytes };
        let mut operations = Vec::new();
        operations.extend(self.journal.is_torn.then_some(cut));
        operations.push(StorageOp::Append { file, bytes });
        operations.extend(is_durable.then_some(StorageOp::Sync { file }));
        let mut job = Job::of(operations);
        job.bytes = length;
        job.entries = entries;
        job
    }

    fn appended(&mut self, job: &Job) {
        self.journal.is_torn = false;
        self.journal.bytes += job.bytes as u64;
    }

    /// Numbers a record and writes it. A number once tried stays with its record: whether the
    /// first attempt reached the disk is not known.
    fn begin_record(&mut self, task: Task) -> Option<(Task, Job)> {
        let Task::Record(mut draft) = task else { return None };
        let place = *draft.place.get_or_insert_with(|| {
            let sequence = self.next_sequence;
            self.next_sequence += 1;
            RecordPlace { boot: self.spool.boot, sequence }
        });
        let Draft { at, role, ref fact, ref with, .. } = *draft;
        let RecordPlace { boot, sequence } = place;
        let record = Record { boot, sequence, at, fact: fact.clone() };
        let text = String::from_utf8(record.write()).expect("JSON is UTF-8");
        let mut entries =
            Vec::from([Entry::Record(StoredRecord { place, role, text, parked: None })]);
        entries.extend(with.clone());
        let job = self.begin_append(entries, true);
        Some((Task::Record(draft), job))
    }

    fn record_stored(&mut self, draft: &Draft, entries: Vec<Entry>) {
        entries.into_iter().for_each(|entry| self.spool.apply(entry));
        if let Role::Closed(visit) = draft.role {
            self.live.remove(&visit);
        }
        if let Some(Entry::Clip(clip)) = &draft.with {
            self.unpublished.insert(clip.visit);
            self.tasks.push_front(Task::Publish(clip.visit));
        }
        if let Some(Entry::ClipGone(visit)) = &draft.with {
            self.leaving.remove(visit);
        }
        self.drop_records_beyond_bounds();
    }

    /// Writes the whole state as the next journal. Until its name is durable the old one counts.
    fn begin_compact(&mut self) -> Job {
        let (draft, file) = (self.next_draft(), SpoolFile::Journal(self.journal.number + 1));
        let entries = match self.is_renumbering {
            Some(order) => self.spool.renumbered(order.first, order.to).snapshot(),
            None => self.spool.snapshot(),
        };
        let bytes = lines(&entries).into_bytes();
        let length = bytes.len();
        let mut operations = Vec::from([
            StorageOp::Create { file: draft, bytes },
            StorageOp::Sync { file: draft },
            StorageOp::Rename { from: draft, to: file },
            StorageOp::SyncFolder,
        ]);
        let replaced = self.journal.replaced.iter().copied();
        operations.extend(replaced.map(|file| StorageOp::Delete { file }));
        let mut job = Job::of(operations);
        job.bytes = length;
        job
    }

    /// The journal that is written next, while it does not count.
    pub(super) fn next_draft(&self) -> SpoolFile {
        SpoolFile::JournalDraft(self.journal.number + 1)
    }

    fn compacted(&mut self, job: &Job) {
        let number = self.journal.number + 1;
        let bytes = job.bytes as u64;
        self.journal = super::JournalFile {
            number,
            bytes,
            base_bytes: bytes,
            is_torn: false,
            is_behind: false,
            replaced: Vec::from([SpoolFile::Journal(number)]),
        };
        if let Some(order) = self.is_renumbering.take() {
            self.spool = self.spool.renumbered(order.first, order.to);
            self.outbox.renumbered();
        }
        if !self.phase.is_started() {
            self.finish_start();
        }
    }

    /// Writes what waits of a recording; makes it durable now and then.
    fn begin_flush(&mut self, visit: VisitId, now: Uptime) -> Option<Job> {
        let live = self.live.get_mut(&visit)?;
        live.is_flushing = false;
        let recording = live.clip.as_ref().ok().filter(|recording| recording.has_waiting())?;
        let file = SpoolFile::Part(visit);
        let bytes = recording.waiting().to_vec();
        let length = bytes.len();
        let mut operations = Vec::new();
        if recording.written() == 0 {
            operations.push(StorageOp::Create { file, bytes });
            operations.push(StorageOp::Sync { file });
            operations.push(StorageOp::SyncFolder);
        } else {
            let cut = StorageOp::Truncate { file, length: u64::from(recording.written()) };
            operations.extend(live.is_torn.then_some(cut));
            operations.push(StorageOp::Append { file, bytes });
            let is_due = Keeper::is_sync_due(recording, now);
            operations.extend(is_due.then_some(StorageOp::Sync { file }));
        }
        let mut job = Job::of(operations);
        job.bytes = length;
        Some(job)
    }

    fn flushed(&mut self, visit: VisitId, bytes: usize, now: Uptime) {
        let Some(live) = self.live.get_mut(&visit) else { return };
        live.is_torn = false;
        if let Ok(recording) = &mut live.clip {
            if recording.written() == 0 || Keeper::is_sync_due(recording, now) {
                recording.synced_at = now;
            }
            recording.confirm(bytes);
        }
    }

    fn begin_seal(&mut self, visit: VisitId) -> Option<Job> {
        let live = self.live.get(&visit)?;
        let seal = live.clip.as_ref().ok()?.seal()?;
        let file = SpoolFile::Part(visit);
        let length = u64::from(seal.length);
        let mut job = Job::of([
            // An index of before a restart, or half of one, goes first.
            StorageOp::Truncate { file, length },
            StorageOp::Append { file, bytes: seal.index },
            StorageOp::WriteAt { file, offset: 0, bytes: seal.header },
            StorageOp::Sync { file },
        ]);
        job.bytes = seal.bytes as usize;
        Some(job)
    }

    fn begin_sidecar(&mut self, visit: VisitId) -> Option<Job> {
        let file = SpoolFile::Sidecar(visit);
        let bytes = self.sidecar(visit)?;
        let live = self.live.get_mut(&visit)?;
        live.sidecar = Some(Stored {
            bytes: bytes.len() as u64,
            sha256: Sha256Digest::of(&bytes),
            is_uploaded: false,
        });
        Some(Job::of([
            StorageOp::Create { file, bytes },
            StorageOp::Sync { file },
            StorageOp::SyncFolder,
        ]))
    }

    /// A file was hashed: of a visit that closes, or one that the index did not know.
    fn hashed(&mut self, visit: VisitId, file: SpoolFile, job: Job) {
        let Some((Sink::Hash(hash), bytes)) = job.into_read() else { return };
        let stored = Stored { bytes, sha256: digest(hash), is_uploaded: false };
        match (self.live.get_mut(&visit), file) {
            (Some(live), SpoolFile::Part(_)) => {
                live.clip_file = Some(stored);
                self.tasks.push_front(Task::Sidecar(visit));
            }
            (None, SpoolFile::Clip(_) | SpoolFile::Sidecar(_)) => self.adopt(visit, file, stored),
            (Some(_) | None, _) => {}
        }
    }

    /// What a cut recording still holds, or that it holds nothing.
    fn scanned(&mut self, visit: VisitId, job: Job) {
        let found = match job.into_read() {
            Some((Sink::Scan(scan), _)) => scan.finish(),
            Some((Sink::Lines { .. } | Sink::Hash(_), _)) | None => None,
        };
        let Some(open) = self.spool.visits.get(&visit) else { return };
        let recording = found.map(Recording::recovered).filter(Recording::has_frames);
        let opened = open.opened.clone();
        match recording {
            Some(recording) => {
                self.live.insert(visit, Live::recovered(opened, Ok(recording)));
                self.tasks.push_front(Task::Seal(visit));
            }
            None => {
                let clip = Err(NoClipReason::CutShort);
                self.live.insert(visit, Live::recovered(opened, clip));
                self.give_up_clip(visit, GiveUp::Because(NoClipReason::CutShort));
            }
        }
    }
}
