//! One tenant with one of everything that a route can name.

use apis_protocol::Sha256Digest;
use apis_protocol::VisitId;
use apis_protocol::claim::Claim;
use apis_protocol::records::{
    ClipFate, Evidence, EvidenceTerm, Fact, NoClipReason, RawRecord, Record, RecordTime,
    RecordsRequest, VisitClosed, VisitKind, VisitOpened,
};
use apis_protocol::route;
use apis_protocol::upload::{UploadKind, UploadMetadata};
use apis_server_api::members::Role;
use apis_units::Uptime;
use serde_json::json;

use crate::clips::avi::tests::{avi, picture, scene};
use crate::ids::{AccountId, HiveId, LabelId, NewId as _, SiteId, TenantId};
use crate::testing::{Browser, START, Sent, TestUnit, World};
use crate::{accounts, members};

/// The field that every request of tus carries.
pub const TUS: (&str, &str) = ("tus-resumable", "1.0.0");

/// The password of every stage's named account.
pub const PASSWORD: &str = "correct horse";

/// A tenant's things, by their ids.
pub struct Stage {
    /// Marks every name, so that a leak shows.
    pub mark: String,
    pub tenant: TenantId,
    pub site: SiteId,
    pub hive: HiveId,
    /// A member with a password, to sign in as.
    pub email: String,
    /// The owner, signed in.
    pub owner: Browser,
    /// The owner's session.
    pub session: String,
    /// A member to remove.
    pub member: AccountId,
    pub unit: TestUnit,
    /// A claim that nobody used yet.
    pub claim: Claim,
    pub visit: VisitId,
    /// What the owner said of it.
    pub label: String,
    /// The clip of the visit, stored.
    pub clip: String,
    /// An upload that has begun.
    pub upload: String,
    pub command: String,
    /// A stream token of the unit.
    pub stream_token: String,
}

impl Stage {
    /// Makes the tenant and its things through the doors.
    pub async fn new(world: &World, word: &str) -> Stage {
        let mark = format!("{word}-{}", crate::random::instance_id());
        let tenant = world.tenant(&mark).await;
        let owner = world.member(tenant, Role::Owner).await;
        let member = world.member(tenant, Role::Read).await.account.unwrap();
        let email = format!("{mark}@bees.example");
        let operator = world.operator();
        accounts::create::create(&operator, &email, &mark, PASSWORD).await.unwrap();
        members::add::add(&operator, tenant, &email, Role::Owner).await.unwrap();

        let (site, hive) = (SiteId::new_at(START), HiveId::new_at(START));
        let body = json!({ "id": site, "name": mark, "time_zone": "UTC" });
        owner.post("/api/v1/sites", &body).await.ok();
        let body = json!({ "id": hive.to_string(), "site_id": site, "name": mark });
        owner.post("/api/v1/hives", &body).await.ok();

        let unit = world.unit(tenant).await;
        let path = format!("/api/v1/units/{}/commands", unit.id.unwrap());
        let command = owner.post(&path, &json!({ "kind": "disarm" })).await.ok();
        let path = format!("/api/v1/units/{}/stream-tokens", unit.id.unwrap());
        let stream_token = owner.post(&path, &json!({ "name": mark })).await.ok();
        let visit = VisitId::new_at(START);
        let records = records(vec![opened(1, visit)]);
        unit.send(unit.post(route::RECORDS, &records)).await.ok();
        let label = LabelId::new_at(START).to_string();
        let body = json!({ "id": label, "label": "hornet" });
        owner.post(&format!("/api/v1/visits/{visit}/labels"), &body).await.ok();
        let whole = avi(&[scene(32, 32, 90, 0), scene(32, 32, 90, 4)]);
        let clip = create_upload(&unit, visit, &whole).await;
        unit.send(patch(&unit, &clip, &whole)).await.ok();
        let id = id_of(&clip).parse().unwrap();
        crate::clips::play::make(&world.app, tenant, id).await.unwrap();
        let upload = create_upload(&unit, visit, &avi(&[picture()])).await;
        Stage {
            command: command["id"].as_str().unwrap().to_owned(),
            stream_token: stream_token["id"].as_str().unwrap().to_owned(),
            session: session_of(&owner).await,
            owner,
            clip: id_of(&clip),
            upload: id_of(&upload),
            claim: world.claim(tenant).await,
            mark,
            tenant,
            site,
            hive,
            email,
            member,
            unit,
            visit,
            label,
        }
    }

    /// Texts that no answer to another tenant may hold.
    pub fn secrets(&self) -> Vec<String> {
        vec![
            self.mark.clone(),
            self.tenant.to_string(),
            self.hive.to_string(),
            self.member.to_string(),
            self.unit.id.unwrap().to_string(),
            self.clip.clone(),
            self.upload.clone(),
            self.command.clone(),
            self.stream_token.clone(),
            self.session.clone(),
            self.label.clone(),
        ]
    }
}

/// The session that a browser has.
async fn session_of(browser: &Browser) -> String {
    let listed = browser.get("/api/v1/sessions").await.ok();
    listed["items"][0]["id"].as_str().unwrap().to_owned()
}

/// A moment of the stage's units.
fn at(seconds: u64) -> RecordTime {
    RecordTime { boot: 1, uptime: Uptime::from_micros(seconds * 1_000_000), wall: None }
}

/// A request with `records`.
pub fn records(records: Vec<RawRecord>) -> RecordsRequest {
    RecordsRequest { sent: at(200), records }
}

/// The record that a visit begins with.
pub fn opened(sequence: u32, visit_id: VisitId) -> RawRecord {
    let fact = VisitOpened {
        visit_id,
        kind: VisitKind::Verdict,
        start: at(100),
        evidence: Evidence {
            version: 1,
            score_mnat: 900,
            terms: vec![EvidenceTerm { term: 1, value: 7 }],
        },
        detector: "eyes-1".to_owned(),
        settings_generation: None,
    };
    RawRecord::of(&Record { boot: 1, sequence, at: at(101), fact: Fact::VisitOpened(fact) })
}

/// The record that it ends with.
pub fn closed(sequence: u32, visit_id: VisitId) -> RawRecord {
    let fact = VisitClosed {
        visit_id,
        kind: VisitKind::Verdict,
        start: at(100),
        end: at(109),
        departure: None,
        evidence: Evidence { version: 1, score_mnat: 900, terms: Vec::new() },
        emissions: Vec::new(),
        emissions_dropped: 0,
        refusals: Vec::new(),
        clip: ClipFate::NoClip(NoClipReason::NoFrames),
    };
    RawRecord::of(&Record { boot: 1, sequence, at: at(114), fact: Fact::VisitClosed(fact) })
}

/// The request that begins an upload.
pub fn creation(unit: &TestUnit, visit: VisitId, whole: &[u8]) -> Sent {
    let sha256 = Sha256Digest::of(whole);
    let metadata = UploadMetadata { visit_id: visit, kind: UploadKind::Clip, sha256 };
    let (metadata, length) = (metadata.to_field(), whole.len().to_string());
    let fields = [TUS, ("upload-length", &length), ("upload-metadata", &metadata)];
    unit.sign("POST", route::UPLOADS, &fields, Vec::new())
}

/// The request that brings an upload's first bytes.
pub fn patch(unit: &TestUnit, location: &str, bytes: &[u8]) -> Sent {
    let kind = ("content-type", "application/offset+octet-stream");
    unit.sign("PATCH", location, &[TUS, kind, ("upload-offset", "0")], bytes.to_vec())
}

async fn create_upload(unit: &TestUnit, visit: VisitId, whole: &[u8]) -> String {
    let answer = unit.send(creation(unit, visit, whole)).await;
    answer.ok();
    answer.header("location").to_owned()
}

fn id_of(location: &str) -> String {
    location.rsplit('/').next().unwrap().to_owned()
}
