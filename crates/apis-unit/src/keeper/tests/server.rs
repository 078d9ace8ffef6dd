//! A server in memory that keeps its promises over a network that keeps none.
//!
//! It stores records by place and hash, uploads by tus with durable offsets, and judges a whole
//! clip with a reader of its own. Before each request it draws what the network does to it.

use super::draw::Draw;
use crate::keeper::{Answer, Message, Reply, SpoolRange};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use apis_protocol::message::Message as _;
use apis_protocol::problem::Code;
use apis_protocol::records::{
    Record, RecordAnswer, RecordOutcome, RecordPlace, RecordsAnswer, RecordsRequest,
};
use apis_protocol::sidecar::Sidecar;
use apis_protocol::upload::{UploadKind, UploadMetadata, UploadState};
use apis_protocol::{Sha256Digest, VisitId};
use core::time::Duration;

/// One upload.
#[derive(Debug)]
pub struct Upload {
    pub metadata: UploadMetadata,
    pub length: u64,
    pub bytes: Vec<u8>,
    pub state: UploadState,
    /// Every offset that the unit was told.
    told: BTreeSet<u64>,
}

/// The server.
#[derive(Debug, Default)]
pub struct SimServer {
    pub records: BTreeMap<RecordPlace, (Sha256Digest, Record)>,
    pub uploads: BTreeMap<String, Upload>,
    next_upload: u32,
    pub conflicts: u32,
    /// Every text that was ever sent under a place.
    pub sent: BTreeMap<RecordPlace, BTreeSet<String>>,
    /// Share of requests that the network or the server spoils, in percent.
    pub trouble_percent: usize,
    /// Answers every record whose text holds this with a refusal.
    pub refuses: Option<&'static str>,
    /// Refuses a whole request that holds such a record.
    pub refuses_whole: bool,
    /// Cannot be reached.
    pub is_away: bool,
    /// Answers everything with this.
    pub closed: Option<Reply>,
    /// Rejects every clip as not being one.
    pub rejects_clips: bool,
    /// Ends uploads at random, as an expiry does.
    pub forgets: bool,
    pub requests: usize,
}

impl SimServer {
    /// Answers one request. `read` gives the bytes of a range, as the body reads them.
    pub fn answer(
        &mut self,
        message: &Message,
        read: impl Fn(&SpoolRange) -> Option<Vec<u8>>,
        draw: &mut Draw,
    ) -> Answer {
        self.requests += 1;
        if self.is_away {
            return Answer::Unreachable;
        }
        if let Some(reply) = &self.closed {
            return Answer::Reply(reply.clone());
        }
        let is_spoilt = draw.below(100) < self.trouble_percent;
        let spoiling = if is_spoilt { draw.below(5) } else { 5 };
        match spoiling {
            0 => return Answer::Unreachable,
            1 => return Answer::Reply(problem(Code::Overloaded)),
            2 => return Answer::Reply(problem(Code::RateLimited)),
            _ => {}
        }
        if self.forgets && draw.below(12) == 0 {
            self.uploads.retain(|_, upload| upload.state != UploadState::Receiving);
        }
        let keeps = if spoiling == 4 { Some(draw.next()) } else { None };
        let reply = match message {
            Message::Records { body } => self.take_records(body),
            Message::CreateUpload(new) => self.create(new.metadata, new.bytes),
            Message::AskOffset { location } => self.tell(location),
            Message::SendRange { location, range } => {
                let Some(bytes) = read(range) else {
                    return Answer::Unreadable(crate::keeper::StorageError::Missing);
                };
                assert_eq!(bytes.len(), range.length as usize, "a range is whole");
                self.patch(location, range.offset, &bytes, keeps)
            }
        };
        // The server did it, and nobody heard.
        if (3..5).contains(&spoiling) { Answer::Unreachable } else { Answer::Reply(reply) }
    }

    /// Whole uploads of one kind, by visit.
    pub fn verified(&self, kind: UploadKind) -> BTreeMap<VisitId, &Upload> {
        self.uploads
            .values()
            .filter(|it| it.state == UploadState::Verified && it.metadata.kind == kind)
            .map(|it| (it.metadata.visit_id, it))
            .collect()
    }

    fn take_records(&mut self, body: &[u8]) -> Reply {
        let request = RecordsRequest::read(body).expect("the batch is a message");
        assert!(!request.records.is_empty());
        let is_refused =
            |text: &str, refuses: Option<&str>| refuses.is_some_and(|it| text.contains(it));
        let mut answers = Vec::new();
        for raw in &request.records {
            let place = raw.place().unwrap();
            self.sent.entry(place).or_default().insert(raw.as_str().to_string());
            if self.refuses_whole && is_refused(raw.as_str(), self.refuses) {
                return problem(Code::Malformed);
            }
        }
        for raw in request.records {
            let (place, digest) = (raw.place().unwrap(), raw.digest());
            let outcome = match self.records.get(&place) {
                Some((known, _)) if *known == digest => {
                    RecordOutcome::Stored { is_time_suspect: false }
                }
                Some(_) => {
                    self.conflicts += 1;
                    RecordOutcome::SequenceConflict
                }
                None if is_refused(raw.as_str(), self.refuses) => {
                    RecordOutcome::refused(Code::UnknownVariant, "not today")
                }
                None => {
                    self.records.insert(place, (digest, raw.record().unwrap()));
                    RecordOutcome::Stored { is_time_suspect: false }
                }
            };
            answers.push(RecordAnswer { place: Some(place), outcome });
        }
        Reply { status: 200, body: RecordsAnswer { answers }.write(), ..Reply::default() }
    }

    fn create(&mut self, metadata: UploadMetadata, length: u64) -> Reply {
        let known = self.uploads.iter().find(|(_, upload)| upload.metadata == metadata);
        if let Some((location, upload)) = known {
            assert_eq!(upload.length, length);
            let (location, state) = (location.clone(), upload.state);
            return Reply {
                status: 200,
                location: Some(location),
                upload_state: Some(state),
                ..Reply::default()
            };
        }
        self.next_upload += 1;
        let location = format!("/api/v1/unit/uploads/{}", self.next_upload);
        let upload = Upload {
            metadata,
            length,
            bytes: Vec::new(),
            state: UploadState::Receiving,
            told: BTreeSet::from([0]),
        };
        self.uploads.insert(location.clone(), upload);
        Reply {
            status: 201,
            location: Some(location),
            upload_offset: Some(0),
            upload_state: Some(UploadState::Receiving),
            ..Reply::default()
        }
    }

    fn tell(&mut self, location: &str) -> Reply {
        let Some(upload) = self.uploads.get_mut(location) else {
            return problem(Code::NotFound);
        };
        let offset = upload.bytes.len() as u64;
        upload.told.insert(offset);
        Reply {
            status: 200,
            upload_offset: Some(offset),
            upload_state: Some(upload.state),
            ..Reply::default()
        }
    }

    /// `keeps`: how much of a cut piece arrived, by a random number.
    fn patch(&mut self, location: &str, offset: u64, bytes: &[u8], keeps: Option<u64>) -> Reply {
        let rejects_clips = self.rejects_clips;
        let Some(upload) = self.uploads.get_mut(location) else {
            return problem(Code::UploadGone);
        };
        assert!(upload.told.contains(&offset), "{offset} was told to nobody");
        if offset != upload.bytes.len() as u64 {
            return problem(Code::OffsetConflict);
        }
        let kept = keeps.map_or(bytes.len(), |keeps| (keeps % (bytes.len() as u64 + 1)) as usize);
        upload.bytes.extend_from_slice(&bytes[..kept]);
        let mut reply = Reply { status: 204, ..Reply::default() };
        if upload.bytes.len() as u64 == upload.length {
            if Sha256Digest::of(&upload.bytes) != upload.metadata.sha256 {
                upload.bytes.clear();
                return problem(Code::ObjectMismatch);
            }
            upload.state = judge(upload, rejects_clips);
            if upload.state == UploadState::Rejected {
                reply.upload_reason = Some("not_an_avi".into());
            }
        }
        let offset = upload.bytes.len() as u64;
        upload.told.insert(offset);
        Reply { upload_offset: Some(offset), upload_state: Some(upload.state), ..reply }
    }
}

fn judge(upload: &Upload, rejects_clips: bool) -> UploadState {
    let is_good = match upload.metadata.kind {
        UploadKind::Clip => !rejects_clips && super::player::frames(&upload.bytes).is_some(),
        UploadKind::Sidecar => Sidecar::read(&upload.bytes).is_ok(),
    };
    if is_good { UploadState::Verified } else { UploadState::Rejected }
}

/// The answer for a code, with a `Retry-After` where it has one.
pub fn problem(code: Code) -> Reply {
    let has_retry_after = matches!(code, Code::Overloaded | Code::RateLimited);
    Reply {
        status: code.status(),
        code: Some(code.as_str().into()),
        retry_after: has_retry_after.then_some(Duration::from_secs(2)),
        ..Reply::default()
    }
}
