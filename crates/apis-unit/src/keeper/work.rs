//! The queue of work for the disk: tasks as they are wished for, jobs as they are done.
//!
//! A task says what is to become true; only when its turn comes is it made into the operations of
//! a job, from what is true then. One operation is under way at a time.

use super::avi::scan::Scan;
use super::facts::VisitFact;
use super::journal::line::{Lines, encode};
use super::journal::{ClipEntry, Entry, Role};
use super::storage::{READ_BYTES_MAX, SpoolFile, StorageOp};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use apis_protocol::records::{ClipFate, Fact, RecordPlace, RecordTime};
use apis_protocol::{Sha256Digest, VisitId};
use sha2::{Digest as _, Sha256};

/// Something to become true on the disk.
#[derive(Debug)]
pub enum Task {
    /// Read a journal that was there at the start.
    ReadJournal(u64),
    /// Write the whole state as a new journal.
    Compact,
    /// Store a record, with the clip that it tells of.
    Record(Box<Draft>),
    /// Store that a visit is over, from what is known of it then.
    Close(VisitId, ClipFate, Option<Box<ClipEntry>>),
    /// Note what the deterrent did during a visit.
    Fact(VisitId, VisitFact),
    /// Note what already counts in memory.
    Note(Vec<Entry>),
    /// Write what waits of a recording.
    Flush(VisitId),
    /// Make a recorded file a whole one.
    Seal(VisitId),
    /// Hash a file of a visit.
    Hash(VisitId, SpoolFile),
    /// Write the sidecar.
    Sidecar(VisitId),
    /// Give a whole clip its name.
    Publish(VisitId),
    /// Remove every file of a visit.
    Remove(VisitId),
    /// Remove a file that no longer means anything.
    Discard(SpoolFile),
    /// Find out what a cut recording still holds.
    Scan(VisitId),
}

/// A record before it is stored.
#[derive(Debug)]
pub struct Draft {
    /// When it was made.
    pub at: RecordTime,
    /// What it does to its visit.
    pub role: Role,
    /// What it says.
    pub fact: Fact,
    /// What becomes true with it, in the same line or not at all.
    pub with: Option<Entry>,
    /// Its number, once it was tried to be stored: another attempt is the same record.
    pub place: Option<RecordPlace>,
}

/// A task being done.
#[derive(Debug)]
pub struct Job {
    operations: VecDeque<StorageOp>,
    reading: Option<Reading>,
    /// What becomes true when all is done.
    pub entries: Vec<Entry>,
    /// Bytes that are appended.
    pub bytes: usize,
}

#[derive(Debug)]
struct Reading {
    file: SpoolFile,
    offset: u64,
    is_over: bool,
    sink: Sink,
}

/// What is made of the bytes read.
#[derive(Debug)]
pub enum Sink {
    /// Lines of a journal.
    Lines {
        /// The reader.
        lines: Lines,
        /// What was read so far.
        entries: Vec<Entry>,
    },
    /// A clip's chunks.
    Scan(Scan),
    /// A hash.
    Hash(Sha256),
}

impl Job {
    /// A job of these operations.
    pub fn of(operations: impl IntoIterator<Item = StorageOp>) -> Job {
        let operations = operations.into_iter().collect();
        Job { operations, reading: None, entries: Vec::new(), bytes: 0 }
    }

    /// A job that reads a whole file.
    pub fn reading(file: SpoolFile, sink: Sink) -> Job {
        let reading = Reading { file, offset: 0, is_over: false, sink };
        Job { reading: Some(reading), ..Job::of([]) }
    }

    /// The next operation; `None` when all are done.
    pub fn next(&mut self) -> Option<StorageOp> {
        if let Some(operation) = self.operations.pop_front() {
            return Some(operation);
        }
        let reading = self.reading.as_ref().filter(|reading| !reading.is_over)?;
        let (file, offset) = (reading.file, reading.offset);
        Some(StorageOp::Read { file, offset, length: READ_BYTES_MAX })
    }

    /// Takes the bytes of the last read; of other operations there are none.
    pub fn take(&mut self, bytes: &[u8]) {
        let Some(reading) = &mut self.reading else { return };
        reading.offset += bytes.len() as u64;
        let wants_more = match &mut reading.sink {
            Sink::Lines { lines, entries } => {
                entries.extend(lines.feed(bytes).iter().flat_map(Entry::from_line));
                true
            }
            Sink::Scan(scan) => scan.feed(bytes),
            Sink::Hash(hash) => {
                hash.update(bytes);
                true
            }
        };
        reading.is_over = bytes.len() < READ_BYTES_MAX as usize || !wants_more;
    }

    /// What was read, and how many bytes.
    pub fn into_read(self) -> Option<(Sink, u64)> {
        self.reading.map(|reading| (reading.sink, reading.offset))
    }
}

/// The digest of all that was fed to `hash`.
pub fn digest(hash: Sha256) -> Sha256Digest {
    Sha256Digest::from_bytes(hash.finalize().into())
}

/// The lines of these entries, each on its own.
pub fn lines(entries: &[Entry]) -> String {
    entries.iter().map(|entry| encode(&entry.to_value())).collect()
}

/// One line of these entries: all of them become true, or none.
pub fn one_line(entries: &[Entry]) -> String {
    match entries {
        [entry] => encode(&entry.to_value()),
        _ => encode(&Entry::all_value(entries)),
    }
}
