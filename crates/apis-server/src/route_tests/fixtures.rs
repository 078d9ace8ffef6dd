//! For each operation: the request that names a stage's things, and what becomes of it when they are
//! a foreign tenant's.

use apis_protocol::live::FrameHeader;
use apis_protocol::route;
use apis_units::Uptime;
use futures_util::SinkExt as _;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::clips::avi::tests::{avi, picture};
use crate::ids::{HiveId, LabelId, NewId as _, SiteId, VisitId};
use crate::testing::{Answer, Browser, START, Sent, TestUnit, World, closed};

use super::stage::{PASSWORD, Stage, TUS, creation, opened, patch, records};

/// What becomes of a request that names a foreign tenant's things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// 404 or 403.
    Refused,
    /// Nothing of it can be named: the request does its work in the own tenant.
    NamesNothing,
    /// The caller ended its session with the first request.
    SessionIsOver,
    /// A server with accounts never does it, for nobody.
    NeverDone,
}

/// How an operation is tried.
#[derive(Debug, Clone, Copy)]
pub struct Fixture {
    /// Those that end what others use have higher numbers.
    pub order: u32,
    /// What is sent.
    pub request: Request,
    /// What becomes of it on foreign things.
    pub foreign: Foreign,
    /// What stands in the audit, once, when it was done.
    pub audited: Option<&'static str>,
}

/// One operation's request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request(&'static str);

/// Operations with a fixture.
pub const IDS: &[&str] = &[
    "audit_list",
    "channel_open",
    "change_list",
    "claim_create",
    "claim_list",
    "clip_content",
    "clip_frames",
    "clip_poster",
    "clip_progress",
    "clip_sprite",
    "clip_thumbnail",
    "clip_video",
    "command_create",
    "command_show",
    "heartbeat_record",
    "hive_create",
    "hive_list",
    "hive_rename",
    "live_mjpeg",
    "live_open",
    "live_snapshot",
    "live_view",
    "member_list",
    "member_remove",
    "ops_livez",
    "ops_readyz",
    "record_ingest",
    "session_list",
    "session_refresh",
    "session_revoke",
    "session_show",
    "session_sign_in",
    "session_sign_out",
    "set_up",
    "set_up_show",
    "site_change",
    "site_create",
    "site_list",
    "stream_token_create",
    "stream_token_list",
    "stream_token_revoke",
    "unit_change",
    "unit_enrol",
    "unit_list",
    "unit_release",
    "unit_show",
    "upload_create",
    "upload_describe",
    "upload_end",
    "upload_receive",
    "upload_stand",
    "visit_bin",
    "visit_delete",
    "visit_export_csv",
    "visit_export_json",
    "visit_label",
    "visit_list",
    "visit_restore",
    "visit_show",
    "visit_unlabel",
];

/// The fixture of an operation.
///
/// Panics when there is none: an operation that nobody tries is an operation that nobody knows.
pub fn fixture(operation: &str) -> Fixture {
    let id = IDS.iter().find(|id| **id == operation);
    let id = id.unwrap_or_else(|| panic!("operation {operation:?} has no fixture"));
    let order = match *id {
        // Its foreign case makes an own site with the foreign id, which a rename would then find.
        "site_create" | "upload_end" | "visit_delete" | "visit_unlabel" => 1,
        "unit_release" | "visit_restore" => 2,
        "session_sign_out" => 3,
        _ => 0,
    };
    let foreign = match *id {
        "clip_content"
        | "clip_frames"
        | "clip_poster"
        | "clip_progress"
        | "clip_sprite"
        | "clip_thumbnail"
        | "clip_video"
        | "command_create"
        | "command_show"
        | "claim_create"
        | "hive_create"
        | "hive_rename"
        | "live_mjpeg"
        | "live_snapshot"
        | "live_view"
        | "member_remove"
        | "session_revoke"
        | "session_sign_in"
        | "stream_token_create"
        | "stream_token_list"
        | "stream_token_revoke"
        | "site_change"
        | "unit_enrol"
        | "unit_release"
        | "unit_change"
        | "unit_show"
        | "upload_end"
        | "upload_receive"
        | "upload_stand"
        | "visit_delete"
        | "visit_label"
        | "visit_restore"
        | "visit_show"
        | "visit_unlabel" => Foreign::Refused,
        "session_sign_out" => Foreign::SessionIsOver,
        "set_up" => Foreign::NeverDone,
        _ => Foreign::NamesNothing,
    };
    Fixture { order, request: Request(id), foreign, audited: audited(id) }
}

fn audited(id: &str) -> Option<&'static str> {
    let action = match id {
        "claim_create" => "claim.create",
        "command_create" => "command.create",
        "hive_create" => "hive.create",
        "hive_rename" => "hive.rename",
        "member_remove" => "member.remove",
        "session_revoke" => "session.revoke",
        "session_sign_in" => "session.begin",
        "session_sign_out" => "session.end",
        "site_create" => "site.create",
        "site_change" => "site.change",
        "stream_token_create" => "stream_token.create",
        "stream_token_revoke" => "stream_token.revoke",
        "unit_enrol" => "unit.enrol",
        "unit_release" => "unit.release",
        "unit_change" => "unit.change",
        "visit_delete" => "visit.delete",
        "visit_label" => "visit.label",
        "visit_restore" => "visit.restore",
        "visit_unlabel" => "visit.unlabel",
        _ => return None,
    };
    Some(action)
}

impl Request {
    /// A member of `own` asks for the things of `whose`.
    pub async fn send_member(self, browser: &Browser, own: &Stage, whose: &Stage) -> Answer {
        match self.path_read(own, whose) {
            Some(path) => browser.get(&path).await,
            None if self.0.starts_with("live_") => self.look(browser, own, whose).await,
            None => self.change(browser, own, whose).await,
        }
    }

    /// The path of an operation that only tells.
    fn path_read(self, own: &Stage, whose: &Stage) -> Option<String> {
        let unit = whose.unit.id.unwrap();
        let of_clip = |end: &str| format!("clips/{}/{end}", whose.clip);
        let rest = match self.0 {
            "audit_list" => "audit?limit=200".to_owned(),
            "change_list" => "changes?limit=200".to_owned(),
            "claim_list" => "claims?limit=200".to_owned(),
            "clip_content" => of_clip("content"),
            "clip_poster" => of_clip("poster.jpg"),
            "clip_frames" => of_clip("frames.json"),
            "clip_progress" => of_clip("progress"),
            "clip_sprite" => of_clip("sprite.jpg"),
            "clip_thumbnail" => of_clip("thumbnail.jpg"),
            "clip_video" => of_clip("play.mp4"),
            // The own unit with the foreign command: half a foreign name is one too.
            "command_show" => {
                format!("units/{}/commands/{}", own.unit.id.unwrap(), whose.command)
            }
            "hive_list" => "hives?limit=200".to_owned(),
            "member_list" => "members".to_owned(),
            "session_list" => "sessions".to_owned(),
            "session_show" => "session".to_owned(),
            "site_list" => "sites?limit=200".to_owned(),
            "stream_token_list" => format!("units/{unit}/stream-tokens"),
            "unit_list" => "units?limit=200".to_owned(),
            "unit_show" => format!("units/{unit}"),
            "visit_bin" => "visits/bin".to_owned(),
            "visit_export_csv" => "visits/export.csv".to_owned(),
            "visit_export_json" => "visits/export.json".to_owned(),
            "visit_list" => "visits?limit=200".to_owned(),
            "visit_show" => format!("visits/{}", whose.visit),
            _ => return None,
        };
        Some(format!("/api/v1/{rest}"))
    }

    async fn look(self, browser: &Browser, own: &Stage, whose: &Stage) -> Answer {
        let unit = whose.unit.id.unwrap();
        match self.0 {
            "live_view" => browser.handshake(&format!("/api/v1/units/{unit}/live")).await,
            "live_mjpeg" => browser.begin(&format!("/api/v1/units/{unit}/live.mjpeg")).await,
            "live_snapshot" => {
                let path = format!("/api/v1/units/{unit}/live.jpg");
                tokio::select! {
                    answer = browser.get(&path) => answer,
                    never = send_a_frame(&own.unit) => match never {},
                }
            }
            other => panic!("{other} is not a member's"),
        }
    }

    async fn change(self, browser: &Browser, own: &Stage, whose: &Stage) -> Answer {
        let unit = whose.unit.id.unwrap();
        let is_own = own.tenant == whose.tenant;
        let (path, body) = match self.0 {
            "session_sign_out" => return browser.delete("/api/v1/session").await,
            "session_revoke" => {
                let listed = browser.get("/api/v1/sessions").await.json();
                let items = listed["items"].as_array().into_iter().flatten();
                let mut others = items.filter(|session| session["is_own"] == false);
                let other = others.next().filter(|_| is_own).map(|other| &other["id"]);
                let id = other.and_then(Value::as_str).unwrap_or(&whose.session);
                return browser.delete(&format!("/api/v1/sessions/{id}")).await;
            }
            "member_remove" => {
                return browser.delete(&format!("/api/v1/members/{}", whose.member)).await;
            }
            "stream_token_revoke" => {
                // The own unit with the foreign token: half a foreign name is one too.
                let unit = own.unit.id.unwrap();
                let path = format!("/api/v1/units/{unit}/stream-tokens/{}", whose.stream_token);
                return browser.delete(&path).await;
            }
            "visit_unlabel" => {
                // What the member itself said before: of others' labels none is taken back.
                let path = format!("/api/v1/visits/{}", whose.visit);
                let visit = browser.get(&path).await.json();
                let mut labels = visit["labels"].as_array().into_iter().flatten();
                let account = json!(browser.account.map(|account| account.to_string()));
                let own = labels.find(|label| label["account_id"] == account);
                let id = own.and_then(|label| label["id"].as_str()).unwrap_or(&whose.label);
                return browser.delete(&format!("{path}/labels/{id}")).await;
            }
            "site_change" => return rename(browser, &format!("sites/{}", whose.site), own).await,
            "hive_rename" => return rename(browser, &format!("hives/{}", whose.hive), own).await,
            "unit_change" => return rename(browser, &format!("units/{unit}"), own).await,
            "command_create" => (format!("units/{unit}/commands"), json!({ "kind": "locate" })),
            "claim_create" => ("claims".to_owned(), json!({ "site_id": whose.site })),
            "site_create" => {
                // The id of a foreign site says nothing: it makes one of the own tenant.
                let id = if is_own { SiteId::new_at(START) } else { whose.site };
                ("sites".to_owned(), json!({ "id": id, "name": "New", "time_zone": "UTC" }))
            }
            "hive_create" => {
                let id = HiveId::new_at(START).to_string();
                ("hives".to_owned(), json!({ "id": id, "site_id": whose.site, "name": "New" }))
            }
            "stream_token_create" => {
                (format!("units/{unit}/stream-tokens"), json!({ "name": own.mark }))
            }
            "visit_label" => {
                let id = LabelId::new_at(START).to_string();
                let body = json!({ "id": id, "label": "not_hornet" });
                (format!("visits/{}/labels", whose.visit), body)
            }
            "visit_delete" => ("visits/delete".to_owned(), json!({ "ids": [whose.visit] })),
            "visit_restore" => ("visits/restore".to_owned(), json!({ "ids": [whose.visit] })),
            "unit_release" => (format!("units/{unit}/release"), Value::Null),
            other => panic!("{other} is not a member's"),
        };
        browser.post(&format!("/api/v1/{path}"), &body).await
    }

    /// A unit of `own`, or nobody, asks for the things of `whose`.
    pub async fn send_other(self, world: &World, own: &Stage, whose: &Stage) -> Answer {
        let (unit, is_own) = (&own.unit, own.tenant == whose.tenant);
        let location = format!("{}/{}", route::UPLOADS, whose.upload);
        let nobody = world.browser();
        match self.0 {
            "ops_livez" => nobody.get("/livez").await,
            "ops_readyz" => nobody.get("/readyz").await,
            "set_up_show" => nobody.get("/api/v1/set-up").await,
            "set_up" => {
                let token = world.app.set_up.link("").replace("/set-up#", "");
                let body = json!({
                    "token": token, "tenant_name": "Other", "name": "Eve",
                    "email": "eve@bees.example", "password": PASSWORD,
                });
                nobody.post("/api/v1/set-up", &body).await
            }
            "session_refresh" => own.owner.post("/api/v1/session/refresh", &Value::Null).await,
            "session_sign_in" => {
                let body = json!({
                    "email": own.email, "password": PASSWORD, "tenant_id": whose.tenant,
                });
                nobody.post("/api/v1/session", &body).await
            }
            "channel_open" => {
                unit.handshake(unit.sign("GET", route::CHANNEL, &[], Vec::new())).await
            }
            "live_open" => unit.handshake(unit.sign("GET", route::LIVE, &[], Vec::new())).await,
            "unit_enrol" => {
                // A foreign claim moves no unit that is somebody's already.
                let comer = if is_own { &world.new_unit() } else { unit };
                comer.enrol(&whose.claim.secret).await
            }
            "heartbeat_record" => unit.beat().await,
            "record_ingest" => {
                // A visit's id is the unit's own making: the foreign one names a visit of its own.
                let (sequence, visit) =
                    if is_own { (2, VisitId::new_at(START)) } else { (3, whose.visit) };
                let records = records(vec![opened(sequence, visit)]);
                unit.send(unit.post(route::RECORDS, &records)).await
            }
            "upload_describe" => {
                let sent = Sent {
                    method: "OPTIONS",
                    target: route::UPLOADS.to_owned(),
                    fields: Vec::new(),
                    body: Vec::new(),
                };
                unit.send(sent).await
            }
            "upload_create" => {
                let whole = avi(&[picture(), picture(), picture()]);
                unit.send(creation(unit, whose.visit, &whole)).await
            }
            "upload_stand" => unit.send(unit.sign("HEAD", &location, &[TUS], Vec::new())).await,
            "upload_receive" => unit.send(patch(unit, &location, b"RIFF")).await,
            "upload_end" => unit.send(unit.sign("DELETE", &location, &[TUS], Vec::new())).await,
            other => panic!("{other} is a member's"),
        }
    }
}

async fn rename(browser: &Browser, path: &str, own: &Stage) -> Answer {
    let name = format!("{} again", own.mark);
    browser.patch(&format!("/api/v1/{path}"), 1, &json!({ "name": name })).await
}

/// Sends a frame as soon as somebody looks, and stays.
async fn send_a_frame(unit: &TestUnit) -> std::convert::Infallible {
    let address = unit.listen().await;
    let header = FrameHeader { jpeg_bytes: 4, sequence: 1, captured_at: Uptime::from_micros(1) };
    let frame = [&header.to_bytes()[..], b"JPEG"].concat();
    loop {
        let sent = unit.sign("GET", route::LIVE, &[], Vec::new());
        let mut uplink = unit.shake(address, sent).await.unwrap();
        // Where nobody looks yet it is closed at once.
        let _ = uplink.send(Message::Binary(frame.clone().into())).await;
        closed(&mut uplink).await;
    }
}
