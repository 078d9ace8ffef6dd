//! What the keeper wants sent, sent: records and uploads, one request at a time, each answered
//! exactly once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use apis_protocol::VisitId;
use apis_protocol::message::Message as _;
use apis_protocol::records::{
    Fact, Record, RecordOutcome, RecordPlace, RecordsAnswer, RecordsRequest,
};
use apis_protocol::route;
use apis_protocol::upload::{
    APIS_UPLOAD_REASON, APIS_UPLOAD_STATE, OFFSET_OCTET_STREAM, TUS_RESUMABLE, TUS_VERSION,
    UPLOAD_LENGTH, UPLOAD_METADATA, UPLOAD_OFFSET, UploadMetadata, UploadState, parse_bytes,
};
use apis_unit::keeper::{
    Answer, KeeperInput, Message, NewUpload, Reply, Send, ServerAnswer, StorageError,
};
use bytes::Bytes;
use reqwest::Method;
use serde_json::json;
use tokio::sync::mpsc::Receiver;

use super::client::{Answered, Client, Unsigned};
use crate::clock::random_bytes;
use crate::disk::read_range;
use crate::hold;
use crate::run::Shared;

/// The keeper's way out.
#[derive(Clone)]
pub struct Sender {
    shared: Shared,
    client: Client,
    spool: PathBuf,
    /// Which visit's object each upload is, for the story.
    uploads: Arc<Mutex<BTreeMap<String, UploadMetadata>>>,
}

impl Sender {
    /// A sender that reads ranges from the folder `spool`.
    pub fn new(shared: Shared, client: Client, spool: PathBuf) -> Sender {
        Sender { shared, client, spool, uploads: Arc::default() }
    }

    /// Sends what is wanted for ever. A record does not wait for a piece of a clip: the keeper
    /// wants one of each at a time, and both go at once.
    pub async fn run(self, mut wanted: Receiver<Send>) {
        while let Some(send) = wanted.recv().await {
            tokio::spawn(self.clone().perform(send));
        }
    }

    async fn perform(self, send: Send) {
        let answer = self.answer_to(&send.message).await;
        let draw = u64::from_le_bytes(random_bytes());
        // The one fact that must not be dropped: the keeper would wait for it for ever.
        while !self.shared.keeper.has_room() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let answer = ServerAnswer { id: send.id, answer, draw };
        self.shared.keeper.push(KeeperInput::Answer(answer));
    }

    async fn answer_to(&self, message: &Message) -> Answer {
        let request = match unsigned(&self.spool, message) {
            Ok(request) => request,
            Err(error) => {
                self.shared.report.count_error(error.code());
                return Answer::Unreadable(error);
            }
        };
        hold_before(message);
        let Ok(answered) = self.client.send(&request).await else { return Answer::Unreachable };
        hold_after(message);
        let reply = reply(&answered);
        self.tell(message, &answered, &reply);
        Answer::Reply(reply)
    }

    fn tell(&self, message: &Message, answered: &Answered, reply: &Reply) {
        if !answered.status.is_success() {
            self.tell_refusal(reply);
        }
        match message {
            Message::Records { body } => self.tell_records(body, answered),
            Message::CreateUpload(upload) => {
                if let Some(location) = &reply.location {
                    self.uploads().insert(location.clone(), upload.metadata);
                    self.tell_verified(location, reply);
                }
            }
            Message::AskOffset { location } => {
                self.tell_offset("upload_offset", location, reply);
                self.tell_verified(location, reply);
            }
            Message::SendRange { location, .. } => {
                self.tell_offset("upload_acknowledged", location, reply);
                self.tell_verified(location, reply);
            }
        }
    }

    fn uploads(&self) -> MutexGuard<'_, BTreeMap<String, UploadMetadata>> {
        // Each change is whole in itself; a panic elsewhere spoils nothing.
        self.uploads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell_refusal(&self, reply: &Reply) {
        let code = match reply.status {
            401 | 403 => "server_refuses_unit",
            429 | 503 => "server_busy",
            _ => "server_refused_request",
        };
        self.shared.report.count_error(code);
        let facts = json!({ "status": reply.status, "code": reply.code });
        self.shared.story.tell("server_refusal", facts, || {
            let told = reply.code.as_deref().unwrap_or("without a reason");
            format!("the server answered {} {told}; nothing is thrown away", reply.status)
        });
    }

    fn tell_records(&self, body: &[u8], answered: &Answered) {
        let sent = RecordsRequest::read(body).map(|sent| sent.records).unwrap_or_default();
        let answers = RecordsAnswer::read(&answered.body).map(|answer| answer.answers);
        for (raw, answer) in sent.iter().zip(answers.unwrap_or_default()) {
            let Ok(record) = raw.record() else { continue };
            let RecordOutcome::Stored { is_time_suspect } = answer.outcome else {
                self.tell_not_stored(&record, &answer.outcome);
                continue;
            };
            let kind = record.fact.kind();
            let facts = json!({
                "kind": kind,
                "boot": record.boot,
                "sequence": record.sequence,
                "visit_id": visit_of(&record.fact).map(|id| id.to_string()),
                "is_time_suspect": is_time_suspect,
            });
            self.shared.story.tell("record_stored", facts, || {
                let what = match &record.fact {
                    Fact::VisitOpened(_) => "that a visit began",
                    Fact::VisitClosed(_) => "that a visit is over",
                    Fact::Watch(_) => "how long was watched",
                    Fact::Fault(_) => "that something failed",
                };
                format!("the server has on record {what} (number {})", record.sequence)
            });
        }
    }

    fn tell_not_stored(&self, record: &Record, outcome: &RecordOutcome) {
        self.shared.report.count_error("record_not_stored");
        let (event, code, becomes) = match outcome {
            RecordOutcome::SequenceConflict => {
                self.shared.report.count_error("sequence_conflict");
                let becomes = "it has another record of this number, the unit takes a higher boot";
                ("sequence_conflict", "sequence_conflict", becomes)
            }
            RecordOutcome::Refused { code, .. } => {
                self.shared.report.count_error("record_parked");
                ("record_parked", code.as_str(), "it is parked")
            }
            RecordOutcome::Stored { .. } | RecordOutcome::Later => return,
        };
        let RecordPlace { boot, sequence } = record.place();
        let facts = json!({ "code": code, "boot": boot, "sequence": sequence });
        self.shared.story.tell(event, facts, || {
            format!("the server did not take record {sequence} of boot {boot} ({code}): {becomes}")
        });
    }

    /// How much of an upload the server says it has: on being asked, or after taking a piece.
    fn tell_offset(&self, event: &str, location: &str, reply: &Reply) {
        let Some(offset) = reply.upload_offset else { return };
        let facts = json!({ "upload": location, "offset": offset });
        let sentence = || format!("the server has {offset} bytes of a clip");
        self.shared.story.tell_step(event, facts, sentence);
    }

    fn tell_verified(&self, location: &str, reply: &Reply) {
        let (event, words) = match reply.upload_state {
            Some(UploadState::Verified) => ("upload_verified", "is safe on the server"),
            Some(UploadState::Rejected) => ("upload_rejected", "was rejected by the server"),
            Some(UploadState::Receiving) | None => return,
        };
        let Some(metadata) = self.uploads().remove(location) else { return };
        let (visit, kind) = (metadata.visit_id, metadata.kind.as_str());
        let facts = json!({ "visit_id": visit.to_string(), "kind": kind });
        self.shared.story.tell(event, facts, || format!("the {kind} of visit {visit} {words}"));
    }
}

fn visit_of(fact: &Fact) -> Option<VisitId> {
    match fact {
        Fact::VisitOpened(opened) => Some(opened.visit_id),
        Fact::VisitClosed(closed) => Some(closed.visit_id),
        Fact::Watch(_) | Fact::Fault(_) => None,
    }
}

/// Where a test may stop before a request is sent.
fn hold_before(message: &Message) {
    match message {
        Message::Records { .. } => hold::point("record.sent"),
        Message::CreateUpload(_) => hold::point("upload.creating"),
        Message::AskOffset { .. } => hold::point("upload.asking"),
        Message::SendRange { .. } => hold::point("upload.chunk_sent"),
    }
}

/// Where a test may stop after a request was answered, before the keeper knows.
fn hold_after(message: &Message) {
    match message {
        Message::Records { .. } => hold::point("record.answered"),
        Message::CreateUpload(_) => hold::point("upload.created"),
        Message::AskOffset { .. } => hold::point("upload.asked"),
        Message::SendRange { .. } => hold::point("upload.chunk_answered"),
    }
}

/// The request for `message`.
///
/// Errors: when its bytes cannot be read from the spool.
fn unsigned(spool: &Path, message: &Message) -> Result<Unsigned, StorageError> {
    let tus = |method, path: &str, mut fields: Vec<(&'static str, String)>| {
        fields.push((TUS_RESUMABLE, TUS_VERSION.to_owned()));
        Unsigned { method, path: path.to_owned(), content: None, fields }
    };
    match message {
        Message::Records { body } => {
            Ok(Unsigned::post(route::RECORDS, Bytes::copy_from_slice(body)))
        }
        Message::CreateUpload(upload) => {
            Ok(tus(Method::POST, route::UPLOADS, creation_fields(upload)))
        }
        Message::AskOffset { location } => Ok(tus(Method::HEAD, path_of(location), Vec::new())),
        Message::SendRange { location, range } => {
            let bytes = read_range(spool, range)?.into();
            let offset = (UPLOAD_OFFSET, range.offset.to_string());
            let request = tus(Method::PATCH, path_of(location), vec![offset]);
            Ok(Unsigned { content: Some((OFFSET_OCTET_STREAM, bytes)), ..request })
        }
    }
}

fn creation_fields(upload: &NewUpload) -> Vec<(&'static str, String)> {
    vec![(UPLOAD_LENGTH, upload.bytes.to_string()), (UPLOAD_METADATA, upload.metadata.to_field())]
}

/// The path of a `Location`, which may be a whole address: requests go only where the settings
/// say the server is.
fn path_of(location: &str) -> &str {
    let Some((_, rest)) = location.split_once("://") else { return location };
    rest.find('/').and_then(|start| rest.get(start..)).unwrap_or("/")
}

fn reply(answered: &Answered) -> Reply {
    Reply {
        status: answered.status.as_u16(),
        code: answered.problem().map(|problem| problem.code),
        retry_after: answered
            .field("retry-after")
            .and_then(|field| field.parse().ok())
            .map(Duration::from_secs),
        location: answered.field("location").map(str::to_owned),
        upload_offset: answered.field(UPLOAD_OFFSET).and_then(parse_bytes),
        upload_state: answered.field(APIS_UPLOAD_STATE).and_then(UploadState::from_text),
        upload_reason: answered.field(APIS_UPLOAD_REASON).map(str::to_owned),
        body: answered.body.to_vec(),
    }
}
