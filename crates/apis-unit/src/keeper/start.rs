//! The start: read the journal, count the boot, then mend what a kill left half done.
//!
//! ```text
//! Unstarted ──listing──▶ Reading ──all read──▶ Counting ──new journal durable──▶ Started
//! ```
//!
//! The boot counts only once the journal that names it is durable; no record is numbered before.

use super::journal::{ClipEntry, Entry, Stored};
use super::storage::{Listed, SpoolFile};
use super::visits::Live;
use super::work::{Job, Sink, Task};
use super::{Keeper, KeeperInput};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use apis_protocol::VisitId;
use apis_protocol::records::{ClipFate, NoClipReason};
use apis_units::Uptime;

/// Facts that wait for the spool to be read: a start takes milliseconds, a visit seconds.
const HELD_MAX: usize = 64;

/// How far the start is.
#[derive(Debug)]
pub(super) enum Phase {
    /// The listing has not come.
    Unstarted(Vec<(KeeperInput, Uptime)>),
    /// The journals are being read.
    Reading { found: Found, held: Vec<(KeeperInput, Uptime)>, unread: usize },
    /// The boot is known and not durable yet.
    Counting(Found),
    /// Everything may happen.
    Started,
}

/// What was found in the folder.
#[derive(Debug, Default)]
pub(super) struct Found {
    files: BTreeSet<SpoolFile>,
    /// A journal could not be read, or had lines that do not match their check sum: a file that no
    /// line tells of may be one that a lost line told of, and is not deleted.
    is_journal_damaged: bool,
}

impl Default for Phase {
    fn default() -> Phase {
        Phase::Unstarted(Vec::new())
    }
}

impl Phase {
    /// Whether records may be numbered and sent.
    pub fn is_started(&self) -> bool {
        matches!(self, Phase::Started)
    }

    /// Whether the boot is known.
    pub fn is_read(&self) -> bool {
        matches!(self, Phase::Counting(_) | Phase::Started)
    }

    /// Keeps a fact until the boot is known; gives it back when it is.
    pub fn hold_back(&mut self, input: KeeperInput, now: Uptime) -> Option<KeeperInput> {
        match self {
            Phase::Unstarted(held) | Phase::Reading { held, .. } => {
                if held.len() < HELD_MAX {
                    held.push((input, now));
                }
                None
            }
            Phase::Counting(_) | Phase::Started => Some(input),
        }
    }
}

impl Keeper {
    /// Takes the listing and begins to read.
    pub(super) fn begin_start(&mut self, listing: &[Listed]) {
        let Phase::Unstarted(held) = &mut self.phase else { return };
        let held = core::mem::take(held);
        let files: BTreeSet<SpoolFile> =
            listing.iter().filter_map(|listed| listed.name.parse().ok()).collect();
        let mut unread = 0;
        for file in &files {
            match *file {
                SpoolFile::Journal(number) => {
                    unread += 1;
                    self.tasks.push_back(Task::ReadJournal(number));
                    self.journal.replaced.push(*file);
                    self.journal.number = self.journal.number.max(number);
                }
                SpoolFile::JournalDraft(number) => {
                    self.journal.replaced.push(*file);
                    self.journal.number = self.journal.number.max(number);
                }
                SpoolFile::Part(_) | SpoolFile::Clip(_) | SpoolFile::Sidecar(_) => {}
            }
        }
        let found = Found { files, is_journal_damaged: false };
        self.phase = Phase::Reading { found, held, unread };
        if unread == 0 {
            self.all_read();
        }
    }

    /// A journal was read: it counts after those of lower numbers.
    pub(super) fn journal_read(&mut self, _number: u64, job: Job) {
        let Some((Sink::Lines { lines, entries }, _)) = job.into_read() else { return };
        entries.into_iter().for_each(|entry| self.spool.apply(entry));
        self.one_read(lines.damaged > 0);
    }

    /// A journal could not be read. It stays where it is, for a person to look at.
    pub(super) fn journal_unreadable(&mut self, number: u64) {
        self.journal.replaced.retain(|file| *file != SpoolFile::Journal(number));
        self.one_read(true);
    }

    fn one_read(&mut self, is_damaged: bool) {
        let Phase::Reading { found, unread, .. } = &mut self.phase else { return };
        found.is_journal_damaged |= is_damaged;
        *unread -= 1;
        if *unread == 0 {
            self.all_read();
        }
    }

    /// The boot is known: the one after the last that any journal tells of.
    fn all_read(&mut self) {
        let phase = core::mem::take(&mut self.phase);
        let Phase::Reading { found, held, .. } = phase else { return };
        let of_records = self.spool.records.keys().map(|place| place.boot).max().unwrap_or(0);
        self.spool.boot = self.spool.boot.max(of_records).saturating_add(1);
        self.phase = Phase::Counting(found);
        self.tasks.push_back(Task::Compact);
        held.into_iter().for_each(|(input, at)| self.take_fact(input, at));
    }

    /// The boot is durable: mend what was left half done.
    pub(super) fn finish_start(&mut self) {
        let Phase::Counting(found) = core::mem::replace(&mut self.phase, Phase::Started) else {
            return;
        };
        let visits: BTreeSet<VisitId> =
            found.files.iter().filter_map(|file| file.visit()).collect();
        for visit in visits {
            self.mend_files(visit, &found);
        }
        let is_there = |visit: VisitId| {
            let names = [SpoolFile::Part(visit), SpoolFile::Clip(visit)];
            names.iter().any(|file| found.files.contains(file))
        };
        let of_clips = self.spool.clips.iter().map(|clip| clip.visit);
        let missing: Vec<VisitId> = of_clips.filter(|visit| !is_there(*visit)).collect();
        // An eviction was cut short, or somebody took the file: what is left of it goes as well.
        missing.into_iter().for_each(|visit| self.leave(visit));
        // Visits of this boot are live already; the others were open when the program ended.
        let cut = |visit: &VisitId| {
            !self.live.contains_key(visit) && !found.files.contains(&SpoolFile::Part(*visit))
        };
        let cut: Vec<VisitId> = self.spool.visits.keys().copied().filter(cut).collect();
        for visit in cut {
            self.recover_without_clip(visit);
            let fate = ClipFate::NoClip(NoClipReason::CutShort);
            self.tasks.push_back(Task::Close(visit, fate, None));
        }
    }

    /// What becomes of the files of one visit.
    fn mend_files(&mut self, visit: VisitId, found: &Found) {
        let has = |file: SpoolFile| found.files.contains(&file);
        let is_known = self.spool.clip(visit).is_some();
        if has(SpoolFile::Part(visit)) && is_known {
            self.unpublished.insert(visit);
            self.tasks.push_back(Task::Publish(visit));
        } else if has(SpoolFile::Part(visit)) && self.spool.visits.contains_key(&visit) {
            self.tasks.push_back(Task::Scan(visit));
        } else if has(SpoolFile::Clip(visit)) && !is_known {
            let sidecar = SpoolFile::Sidecar(visit);
            self.tasks.extend(has(sidecar).then_some(Task::Hash(visit, sidecar)));
            self.tasks.push_back(Task::Hash(visit, SpoolFile::Clip(visit)));
        } else if !is_known && !found.is_journal_damaged {
            // The rest of a clip that was given up: its visit was closed without one.
            self.tasks.push_back(Task::Remove(visit));
        }
    }

    /// A visit that was open at the end of the last boot, and of whose clip nothing is left.
    pub(super) fn recover_without_clip(&mut self, visit: VisitId) {
        let Some(open) = self.spool.visits.get(&visit) else { return };
        let opened = open.opened.clone();
        self.live
            .entry(visit)
            .or_insert_with(|| Live::recovered(opened, Err(NoClipReason::CutShort)));
    }

    /// A whole clip that the index did not know is taken in, its sidecar with it if it has one.
    pub(super) fn adopt(&mut self, visit: VisitId, file: SpoolFile, stored: Stored) {
        if file == SpoolFile::Sidecar(visit) {
            self.adopted_sidecars.insert(visit, stored);
            return;
        }
        let sidecar = self.adopted_sidecars.remove(&visit);
        let entry = ClipEntry { visit, clip: stored, sidecar, confidence: 0, parked: None };
        self.note(Vec::from([Entry::Clip(entry)]));
    }
}

/// Sidecars that were hashed before their clips.
pub(super) type AdoptedSidecars = BTreeMap<VisitId, Stored>;
