//! The index of the spool in memory: what the journal says, folded.
//!
//! It holds what is true on the disk and nothing that is only wished for. [`Spool::apply`] is the
//! one way in, for a line read at the start and for a line just written.

use super::facts::{VisitFact, VisitFacts};
use super::journal::{ClipEntry, Dropped, Entry, Role, StoredRecord};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use apis_protocol::VisitId;
use apis_protocol::message::Message as _;
use apis_protocol::records::{
    CHECKS_A_DAY_MAX, Fact, Record, RecordPlace, RecordTime, VisitOpened,
};
use apis_protocol::upload::UploadKind;

/// Everything the unit keeps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spool {
    /// The boot under which records are numbered; zero before the first.
    pub boot: u32,
    /// Records that the server does not hold, and those it refused.
    pub records: BTreeMap<RecordPlace, StoredRecord>,
    /// Visits that were opened and not closed.
    pub visits: BTreeMap<VisitId, OpenVisit>,
    /// Whole clips, oldest first.
    pub clips: Vec<ClipEntry>,
    /// When the last checks were told of, oldest first.
    pub checks: Vec<RecordTime>,
    /// What had to go.
    pub dropped: Dropped,
}

/// A visit between its two records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenVisit {
    /// Its `visit_opened`, as stored.
    pub text: String,
    /// The same, read.
    pub opened: VisitOpened,
    /// What the deterrent did so far.
    pub facts: VisitFacts,
}

impl Spool {
    /// Takes over one entry.
    pub fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::Begin { boot, dropped } => *self = Spool { boot, dropped, ..Spool::default() },
            Entry::Record(record) => self.add_record(record),
            Entry::Kept(record) => drop(self.records.insert(record.place, record)),
            Entry::Settled(place) => drop(self.records.remove(&place)),
            Entry::Parked(place, code) => {
                if let Some(record) = self.records.get_mut(&place) {
                    record.parked = Some(code);
                }
            }
            Entry::RecordDropped(place) => {
                self.dropped.records += u64::from(self.records.remove(&place).is_some());
            }
            Entry::OpenVisit(visit, text) => self.open_visit(visit, text),
            Entry::Fact(visit, text) => {
                let fact = VisitFact::from_text(&text);
                if let (Some(visit), Some(fact)) = (self.visits.get_mut(&visit), fact) {
                    visit.facts.add(fact);
                }
            }
            Entry::Clip(clip) => {
                self.clips.retain(|known| known.visit != clip.visit);
                self.clips.push(clip);
            }
            Entry::Uploaded(visit, kind) => self.mark_uploaded(visit, kind),
            Entry::ClipParked(visit, code) => {
                if let Some(clip) = self.clip_mut(visit) {
                    clip.parked = Some(code);
                }
            }
            Entry::ClipGone(visit) => self.remove_clip(visit),
            Entry::Check(time) => {
                self.checks.push(time);
                let surplus = self.checks.len().saturating_sub(CHECKS_A_DAY_MAX);
                self.checks.drain(..surplus);
            }
        }
    }

    /// The whole state as entries: applied to nothing, they give it back.
    pub fn snapshot(&self) -> Vec<Entry> {
        let begin = Entry::Begin { boot: self.boot, dropped: self.dropped };
        let visits = self.visits.iter().flat_map(|(visit, open)| {
            let facts = open.facts.iter().map(|fact| Entry::Fact(*visit, fact.to_text()));
            core::iter::once(Entry::OpenVisit(*visit, open.text.clone())).chain(facts)
        });
        let records = self.records.values().cloned().map(Entry::Kept);
        let clips = self.clips.iter().cloned().map(Entry::Clip);
        let checks = self.checks.iter().copied().map(Entry::Check);
        core::iter::once(begin).chain(records).chain(visits).chain(clips).chain(checks).collect()
    }

    /// Records to be sent, in the unit's order.
    pub fn unsent(&self) -> impl Iterator<Item = &StoredRecord> {
        self.records.values().filter(|record| record.parked.is_none())
    }

    /// One clip.
    pub fn clip(&self, visit: VisitId) -> Option<&ClipEntry> {
        self.clips.iter().find(|clip| clip.visit == visit)
    }

    /// Bytes of the records' JSON.
    pub fn record_bytes(&self) -> usize {
        self.records.values().map(|record| record.text.len()).sum()
    }

    /// Bytes of clips and sidecars.
    pub fn clip_bytes(&self) -> u64 {
        self.clips.iter().map(ClipEntry::bytes).sum()
    }

    /// The same spool with every unsent record of `first` and later boots under new boots: the
    /// oldest of them `to`, the others above it in the same order, none of them ever used before.
    ///
    /// `to` is above every boot of this unit so far. What a record says of its own time does not
    /// change: that names the boot whose uptime it is.
    pub fn renumbered(&self, first: u32, to: u32) -> Spool {
        let moves = |record: &StoredRecord| record.place.boot >= first && record.parked.is_none();
        let mut boots: Vec<u32> =
            self.records.values().filter(|record| moves(record)).map(|it| it.place.boot).collect();
        boots.push(self.boot);
        boots.dedup();
        let new_boot = |boot: u32| {
            let step = boots.iter().position(|known| *known == boot).unwrap_or(0);
            to.saturating_add(step as u32)
        };
        let mut spool = self.clone();
        spool.boot = new_boot(self.boot);
        spool.records = BTreeMap::new();
        for record in self.records.values() {
            let mut record = record.clone();
            if moves(&record) {
                let place = RecordPlace { boot: new_boot(record.place.boot), ..record.place };
                if let Some(text) = with_place(&record.text, place) {
                    (record.place, record.text) = (place, text);
                }
            }
            spool.records.insert(record.place, record);
        }
        spool
    }

    fn add_record(&mut self, record: StoredRecord) {
        match record.role {
            Role::Opened(visit) => self.open_visit(visit, record.text.clone()),
            Role::Closed(visit) => drop(self.visits.remove(&visit)),
            Role::Watch | Role::Fault => {}
        }
        self.records.insert(record.place, record);
    }

    fn open_visit(&mut self, visit: VisitId, text: String) {
        let Ok(record) = Record::read(text.as_bytes()) else { return };
        if let Fact::VisitOpened(opened) = record.fact {
            self.visits.insert(visit, OpenVisit { text, opened, facts: VisitFacts::default() });
        }
    }

    fn clip_mut(&mut self, visit: VisitId) -> Option<&mut ClipEntry> {
        self.clips.iter_mut().find(|clip| clip.visit == visit)
    }

    fn mark_uploaded(&mut self, visit: VisitId, kind: UploadKind) {
        let Some(clip) = self.clip_mut(visit) else { return };
        match kind {
            UploadKind::Clip => clip.clip.is_uploaded = true,
            UploadKind::Sidecar => {
                if let Some(sidecar) = &mut clip.sidecar {
                    sidecar.is_uploaded = true;
                }
            }
        }
    }

    fn remove_clip(&mut self, visit: VisitId) {
        let Some(place) = self.clips.iter().position(|clip| clip.visit == visit) else { return };
        let clip = self.clips.remove(place);
        if clip.is_uploaded() {
            self.dropped.uploaded_clips += 1;
        } else {
            self.dropped.clips += 1;
        }
    }
}

/// A record's JSON with another place in it; `None` for one this version cannot read, which then
/// stays where it is until the server answers something else.
fn with_place(text: &str, place: RecordPlace) -> Option<String> {
    let mut record = Record::read(text.as_bytes()).ok()?;
    record.boot = place.boot;
    record.sequence = place.sequence;
    String::from_utf8(record.write()).ok()
}

#[cfg(test)]
mod tests {
    use super::super::journal::Stored;
    use super::*;
    use apis_protocol::Sha256Digest;
    use apis_protocol::records::{Evidence, FaultChange, VisitKind};
    use apis_units::Uptime;

    const VISIT: VisitId = VisitId::from_bytes([1; 16]);

    fn record(boot: u32, sequence: u32, role: Role) -> StoredRecord {
        let at = RecordTime { boot, uptime: Uptime::from_millis(5), wall: None };
        let fact = match role {
            Role::Opened(visit_id) => Fact::VisitOpened(VisitOpened {
                visit_id,
                kind: VisitKind::Verdict,
                start: at,
                evidence: Evidence { version: 1, score_mnat: 5, terms: Vec::new() },
                detector: "eyes".into(),
                settings_generation: None,
            }),
            Role::Closed(_) | Role::Watch | Role::Fault => Fact::Fault(FaultChange {
                fault: apis_protocol::bounded::Token::new("test").unwrap(),
                is_present: true,
                detail: String::new(),
            }),
        };
        let text = Record { boot, sequence, at, fact }.write();
        StoredRecord {
            place: RecordPlace { boot, sequence },
            role,
            text: String::from_utf8(text).unwrap(),
            parked: None,
        }
    }

    fn clip() -> ClipEntry {
        let stored = Stored { bytes: 10, sha256: Sha256Digest::of(b"x"), is_uploaded: false };
        ClipEntry { visit: VISIT, clip: stored, sidecar: Some(stored), confidence: 9, parked: None }
    }

    fn spool() -> Spool {
        let mut spool = Spool::default();
        let refusal = r#"{"refusal":{"rule":"rest","first_us":1,"last_us":2,"count":3}}"#;
        for entry in [
            Entry::Begin { boot: 4, dropped: Dropped { records: 1, ..Dropped::default() } },
            Entry::Record(record(3, 8, Role::Watch)),
            Entry::Record(record(4, 1, Role::Opened(VISIT))),
            Entry::Fact(VISIT, refusal.into()),
            Entry::Record(record(4, 2, Role::Fault)),
            Entry::Clip(clip()),
            Entry::Check(RecordTime { boot: 3, uptime: Uptime::from_millis(5), wall: None }),
        ] {
            spool.apply(entry);
        }
        spool
    }

    #[test]
    fn a_snapshot_gives_the_spool_back() {
        let mut spool = spool();
        for change in [
            Entry::Settled(RecordPlace { boot: 4, sequence: 1 }),
            Entry::Parked(RecordPlace { boot: 4, sequence: 2 }, "malformed".into()),
            Entry::Uploaded(VISIT, UploadKind::Sidecar),
            Entry::Record(record(4, 3, Role::Closed(VISIT))),
            Entry::ClipGone(VISIT),
        ] {
            spool.apply(change);
            let mut again = Spool::default();
            spool.snapshot().into_iter().for_each(|entry| again.apply(entry));
            assert_eq!(again, spool);
        }
        assert_eq!((spool.records.len(), spool.visits.len(), spool.dropped.clips), (3, 0, 1));
    }

    #[test]
    fn a_conflict_moves_what_is_unsent_above_every_boot_so_far() {
        let mut spool = spool();
        spool.apply(Entry::Parked(RecordPlace { boot: 4, sequence: 2 }, "malformed".into()));
        let moved = spool.renumbered(3, 10);
        let places: Vec<(u32, u32)> =
            moved.records.keys().map(|place| (place.boot, place.sequence)).collect();
        assert_eq!(places, [(4, 2), (10, 8), (11, 1)]);
        assert_eq!(moved.boot, 11);
        let text = &moved.records[&RecordPlace { boot: 11, sequence: 1 }].text;
        let record = Record::read(text.as_bytes()).unwrap();
        assert_eq!((record.boot, record.at.boot), (11, 4));

        let moved = spool.renumbered(4, 10);
        let boots: Vec<u32> = moved.records.keys().map(|place| place.boot).collect();
        assert_eq!((boots, moved.boot), (alloc::vec![3, 4, 10], 10));
    }
}
