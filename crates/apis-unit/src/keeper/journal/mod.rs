//! The journal: every fact of the spool, one line each, in the order in which it became true.
//!
//! It begins with a whole state (`begin` and what follows) and goes on with changes. Reading it
//! from the start gives the state back; a file of a higher number replaces those before it, since
//! its own `begin` makes void what was read until then. A change that must hold before something
//! else may happen is written *and* synchronised; the others may be lost by a power cut and then
//! merely happen again (an answer is asked for once more, a file is found missing).

pub mod line;

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use apis_protocol::records::{RecordPlace, RecordTime, WallTime};
use apis_protocol::upload::UploadKind;
use apis_protocol::{Sha256Digest, VisitId};
use apis_units::Uptime;
use serde_json::{Value, json};

/// What a record does to the visit it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// How the unit fared: `watch`.
    Watch,
    /// `fault`.
    Fault,
    /// `visit_opened`: the visit is open from here.
    Opened(VisitId),
    /// `visit_closed`: the visit is over.
    Closed(VisitId),
}

impl Role {
    /// The visit it is about.
    pub fn visit(self) -> Option<VisitId> {
        match self {
            Role::Opened(visit) | Role::Closed(visit) => Some(visit),
            Role::Watch | Role::Fault => None,
        }
    }
}

/// A record as it is stored and sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// Its number.
    pub place: RecordPlace,
    /// What it is about.
    pub role: Role,
    /// Its JSON, the place in it; sent as it stands.
    pub text: String,
    /// The server's code, when it refused the record for good.
    pub parked: Option<String>,
}

/// A whole clip and its sidecar, as the index knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClipEntry {
    /// The visit it shows.
    pub visit: VisitId,
    /// The AVI file.
    pub clip: Stored,
    /// The JSON file; `None` for a clip that was found without one.
    pub sidecar: Option<Stored>,
    /// Total of the evidence, 1/1,000 nat; zero when it is not known.
    pub confidence: i32,
    /// The server's code, when it refused one of the two for good.
    pub parked: Option<String>,
}

impl ClipEntry {
    /// Bytes of both files.
    pub fn bytes(&self) -> u64 {
        self.clip.bytes + self.sidecar.map_or(0, |sidecar| sidecar.bytes)
    }

    /// Whether the server holds both files.
    pub fn is_uploaded(&self) -> bool {
        self.clip.is_uploaded && self.sidecar.is_none_or(|sidecar| sidecar.is_uploaded)
    }

    /// One of its two files.
    pub fn file(&self, kind: UploadKind) -> Option<Stored> {
        match kind {
            UploadKind::Clip => Some(self.clip),
            UploadKind::Sidecar => self.sidecar,
        }
    }
}

/// One file of a clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// Its length.
    pub bytes: u64,
    /// Its hash.
    pub sha256: Sha256Digest,
    /// Whether the server holds it and said so.
    pub is_uploaded: bool,
}

/// What the spool had to give up, counted over all boots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dropped {
    /// Records that made room for others.
    pub records: u64,
    /// Clips that the server did not have yet.
    pub clips: u64,
    /// Clips that the server had.
    pub uploaded_clips: u64,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A new state follows; what was read before is void.
    Begin {
        /// The boot that wrote it.
        boot: u32,
        /// The counts so far.
        dropped: Dropped,
    },
    /// A record was made.
    Record(StoredRecord),
    /// A record is still here: a whole state's line for one. It opens and closes no visit.
    Kept(StoredRecord),
    /// The server holds a record.
    Settled(RecordPlace),
    /// The server refused a record for good, with this code.
    Parked(RecordPlace, String),
    /// A record made room for others.
    RecordDropped(RecordPlace),
    /// A visit is open. Stands for its `visit_opened`, which may be with the server already, and
    /// carries that record's text.
    OpenVisit(VisitId, String),
    /// Something was done or refused during an open visit; JSON of the protocol's.
    Fact(VisitId, String),
    /// A clip is whole.
    Clip(ClipEntry),
    /// The server holds an object of a clip.
    Uploaded(VisitId, UploadKind),
    /// The server refused an object of a clip for good, with this code.
    ClipParked(VisitId, String),
    /// A clip's files are gone.
    ClipGone(VisitId),
    /// A check was told of then: so many a day may be.
    Check(RecordTime),
}

impl Entry {
    /// The line's content.
    pub fn to_value(&self) -> Value {
        match self {
            Entry::Begin { boot, dropped } => {
                json!(["begin", boot, dropped.records, dropped.clips, dropped.uploaded_clips])
            }
            Entry::Record(record) => record_value("record", record),
            Entry::Kept(record) => record_value("kept", record),
            Entry::Settled(place) => json!(["settled", place.boot, place.sequence]),
            Entry::Parked(place, code) => json!(["parked", place.boot, place.sequence, code]),
            Entry::RecordDropped(place) => json!(["record_dropped", place.boot, place.sequence]),
            Entry::OpenVisit(visit, text) => json!(["open_visit", visit.to_string(), text]),
            Entry::Fact(visit, text) => json!(["fact", visit.to_string(), text]),
            Entry::Clip(clip) => json!([
                "clip",
                clip.visit.to_string(),
                stored_value(&clip.clip),
                clip.sidecar.as_ref().map(stored_value),
                clip.confidence,
                clip.parked
            ]),
            Entry::Uploaded(visit, object) => {
                json!(["uploaded", visit.to_string(), object.as_str()])
            }
            Entry::ClipParked(visit, code) => json!(["clip_parked", visit.to_string(), code]),
            Entry::ClipGone(visit) => json!(["clip_gone", visit.to_string()]),
            Entry::Check(RecordTime { boot, uptime, wall }) => {
                let wall = wall.map(|wall| json!([wall.ms, wall.error_ms]));
                json!(["check", boot, uptime.micros(), wall])
            }
        }
    }

    /// The content of a line that holds several entries, true together or not at all.
    pub fn all_value(entries: &[Entry]) -> Value {
        let entries = entries.iter().map(Entry::to_value);
        core::iter::once(json!("all")).chain(entries).collect()
    }

    /// Reads a line's content: one entry or several. What this version does not know is passed
    /// over.
    pub fn from_line(value: &Value) -> Vec<Entry> {
        match value.as_array().map(Vec::as_slice) {
            Some([tag, entries @ ..]) if tag == "all" => {
                entries.iter().filter_map(Entry::from_value).collect()
            }
            Some(_) | None => Entry::from_value(value).into_iter().collect(),
        }
    }

    /// Reads one entry; `None` for one that this version does not know.
    pub fn from_value(value: &Value) -> Option<Entry> {
        let fields = Fields(value.as_array()?);
        Some(match fields.text(0)? {
            "begin" => fields.begin()?,
            "record" => Entry::Record(fields.record()?),
            "kept" => Entry::Kept(fields.record()?),
            "settled" => Entry::Settled(fields.place(1)?),
            "parked" => Entry::Parked(fields.place(1)?, fields.text(3)?.into()),
            "record_dropped" => Entry::RecordDropped(fields.place(1)?),
            "open_visit" => Entry::OpenVisit(fields.visit(1)?, fields.text(2)?.into()),
            "fact" => Entry::Fact(fields.visit(1)?, fields.text(2)?.into()),
            "clip" => Entry::Clip(ClipEntry {
                visit: fields.visit(1)?,
                clip: read_stored(fields.0.get(2)?)?,
                sidecar: fields.0.get(3).and_then(read_stored),
                confidence: i32::try_from(fields.0.get(4)?.as_i64()?).ok()?,
                parked: fields.text(5).map(Into::into),
            }),
            "uploaded" => Entry::Uploaded(fields.visit(1)?, read_object(fields.text(2)?)?),
            "clip_parked" => Entry::ClipParked(fields.visit(1)?, fields.text(2)?.into()),
            "clip_gone" => Entry::ClipGone(fields.visit(1)?),
            "check" => Entry::Check(fields.time(1)?),
            _ => return None,
        })
    }
}

/// The fields of a line, by place.
struct Fields<'a>(&'a [Value]);

impl Fields<'_> {
    fn text(&self, place: usize) -> Option<&str> {
        self.0.get(place)?.as_str()
    }

    fn integer(&self, place: usize) -> Option<u64> {
        self.0.get(place)?.as_u64()
    }

    fn narrow(&self, place: usize) -> Option<u32> {
        u32::try_from(self.integer(place)?).ok()
    }

    fn visit(&self, place: usize) -> Option<VisitId> {
        self.text(place)?.parse().ok()
    }

    fn place(&self, place: usize) -> Option<RecordPlace> {
        Some(RecordPlace { boot: self.narrow(place)?, sequence: self.narrow(place + 1)? })
    }

    fn time(&self, place: usize) -> Option<RecordTime> {
        let wall = self.0.get(place + 2)?;
        let known = |wall: &Value| {
            let error_ms = u32::try_from(wall.get(1)?.as_u64()?).ok()?;
            Some(WallTime { ms: wall.get(0)?.as_i64()?, error_ms })
        };
        let uptime = Uptime::from_micros(self.integer(place + 1)?);
        Some(RecordTime { boot: self.narrow(place)?, uptime, wall: known(wall) })
    }

    fn role(&self, place: usize) -> Option<Role> {
        match self.text(place)? {
            "watch" => Some(Role::Watch),
            "fault" => Some(Role::Fault),
            "opened" => Some(Role::Opened(self.visit(place + 1)?)),
            "closed" => Some(Role::Closed(self.visit(place + 1)?)),
            _ => None,
        }
    }

    fn record(&self) -> Option<StoredRecord> {
        Some(StoredRecord {
            place: self.place(1)?,
            role: self.role(3)?,
            text: self.text(5)?.into(),
            parked: self.text(6).map(Into::into),
        })
    }

    fn begin(&self) -> Option<Entry> {
        let dropped = Dropped {
            records: self.integer(2)?,
            clips: self.integer(3)?,
            uploaded_clips: self.integer(4)?,
        };
        Some(Entry::Begin { boot: self.narrow(1)?, dropped })
    }
}

fn record_value(tag: &str, record: &StoredRecord) -> Value {
    let (role, visit) = role_words(record.role);
    let RecordPlace { boot, sequence } = record.place;
    json!([tag, boot, sequence, role, visit, record.text, record.parked])
}

fn role_words(role: Role) -> (&'static str, Option<String>) {
    match role {
        Role::Watch => ("watch", None),
        Role::Fault => ("fault", None),
        Role::Opened(visit) => ("opened", Some(visit.to_string())),
        Role::Closed(visit) => ("closed", Some(visit.to_string())),
    }
}

fn stored_value(stored: &Stored) -> Value {
    json!([stored.bytes, stored.sha256.to_string(), stored.is_uploaded])
}

fn read_stored(value: &Value) -> Option<Stored> {
    Some(Stored {
        bytes: value.get(0)?.as_u64()?,
        sha256: value.get(1)?.as_str()?.parse().ok()?,
        is_uploaded: value.get(2)?.as_bool()?,
    })
}

fn read_object(word: &str) -> Option<UploadKind> {
    match word {
        "clip" => Some(UploadKind::Clip),
        "sidecar" => Some(UploadKind::Sidecar),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_reads_back_as_written() {
        let visit = VisitId::from_bytes([3; 16]);
        let place = RecordPlace { boot: 4, sequence: 9 };
        let stored = Stored { bytes: 70_000, sha256: Sha256Digest::of(b"clip"), is_uploaded: true };
        let record = |role, parked| {
            Entry::Record(StoredRecord { place, role, text: r#"{"a":"\n"}"#.into(), parked })
        };
        for entry in [
            Entry::Begin { boot: 7, dropped: Dropped { records: 1, clips: 2, uploaded_clips: 3 } },
            record(Role::Watch, None),
            record(Role::Fault, Some("invalid_record".into())),
            record(Role::Opened(visit), None),
            record(Role::Closed(visit), None),
            Entry::Settled(place),
            Entry::Parked(place, "invalid_record".into()),
            Entry::RecordDropped(place),
            Entry::OpenVisit(visit, "{}".into()),
            Entry::Fact(visit, "{}".into()),
            Entry::Clip(ClipEntry {
                visit,
                clip: stored,
                sidecar: Some(Stored { is_uploaded: false, ..stored }),
                confidence: -5,
                parked: Some("not_an_avi".into()),
            }),
            Entry::Clip(ClipEntry {
                visit,
                clip: stored,
                sidecar: None,
                confidence: 0,
                parked: None,
            }),
            Entry::Uploaded(visit, UploadKind::Sidecar),
            Entry::ClipParked(visit, "not_an_avi".into()),
            Entry::ClipGone(visit),
            Entry::Check(RecordTime { boot: 3, uptime: Uptime::from_millis(7), wall: None }),
            Entry::Check(RecordTime {
                boot: 3,
                uptime: Uptime::from_millis(7),
                wall: Some(WallTime { ms: 1_700_000_000_000, error_ms: 12 }),
            }),
        ] {
            assert_eq!(Entry::from_value(&entry.to_value()), Some(entry));
        }
    }

    #[test]
    fn a_line_holds_one_entry_or_several() {
        let place = RecordPlace { boot: 1, sequence: 2 };
        let entries = [Entry::Settled(place), Entry::RecordDropped(place)];
        assert_eq!(Entry::from_line(&Entry::all_value(&entries)), entries);
        assert_eq!(Entry::from_line(&entries[0].to_value()), entries[..1]);
        assert_eq!(Entry::from_line(&json!("all")), []);
    }

    #[test]
    fn a_line_of_a_later_version_is_passed_over() {
        assert_eq!(Entry::from_value(&json!(["season", 2031])), None);
        assert_eq!(Entry::from_value(&json!({"kind": "settled"})), None);
        assert_eq!(Entry::from_value(&json!(["settled", 1])), None);
    }
}
