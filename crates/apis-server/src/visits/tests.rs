//! Records are stored once, in any order, and answered one by one.

use std::time::Duration;

use apis_protocol::bounded::Token;
use apis_protocol::records::{
    ClipFate, Departure, Evidence, EvidenceTerm, Fact, FaultChange, NoClipReason, RawRecord,
    Record, RecordOutcome, RecordTime, RecordsAnswer, RecordsRequest, VisitClosed, VisitKind,
    VisitOpened, WallTime, Watch,
};
use apis_protocol::{VisitId, route};
use apis_server_api::members::Role;
use apis_units::Uptime;
use serde_json::{Value, json};

use crate::clips::avi::tests::{avi, picture};
use crate::clips::tests::store_for;
use crate::ids::{LabelId, NewId as _, SiteId};
use crate::testing::{Browser, START, TestUnit, World, in_each_world};

const STORED: RecordOutcome = RecordOutcome::Stored { is_time_suspect: false };
const SUSPECT: RecordOutcome = RecordOutcome::Stored { is_time_suspect: true };

fn at(seconds: u64, wall_ms: Option<i64>) -> RecordTime {
    let wall = wall_ms.map(|ms| WallTime { ms, error_ms: 20 });
    RecordTime { boot: 1, uptime: Uptime::from_micros(seconds * 1_000_000), wall }
}

fn evidence(score_mnat: i32) -> Evidence {
    Evidence { version: 1, score_mnat, terms: vec![EvidenceTerm { term: 1, value: 7 }] }
}

fn record(sequence: u32, at: RecordTime, fact: Fact) -> RawRecord {
    RawRecord::of(&Record { boot: 1, sequence, at, fact })
}

fn opened(sequence: u32, visit_id: VisitId) -> RawRecord {
    let start = at(100, Some(START.0));
    let fact = VisitOpened {
        visit_id,
        kind: VisitKind::Verdict,
        start,
        evidence: evidence(900),
        detector: "eyes-1".to_owned(),
        settings_generation: None,
    };
    record(sequence, at(101, Some(START.0 + 1_000)), Fact::VisitOpened(fact))
}

fn closed(sequence: u32, visit_id: VisitId) -> RawRecord {
    let fact = VisitClosed {
        visit_id,
        kind: VisitKind::Verdict,
        start: at(100, Some(START.0)),
        end: at(109, Some(START.0 + 9_000)),
        departure: Some(Departure::Left),
        evidence: evidence(1_200),
        emissions: Vec::new(),
        emissions_dropped: 0,
        refusals: Vec::new(),
        clip: ClipFate::NoClip(NoClipReason::NoFrames),
    };
    record(sequence, at(114, Some(START.0 + 14_000)), Fact::VisitClosed(fact))
}

fn fault(sequence: u32, at: RecordTime) -> RawRecord {
    let fault = Token::new("camera").unwrap();
    let fact = FaultChange { fault, is_present: true, detail: String::new() };
    record(sequence, at, Fact::Fault(fact))
}

async fn send(unit: &TestUnit, records: Vec<RawRecord>) -> Vec<RecordOutcome> {
    let request = RecordsRequest { sent: at(3_600, None), records };
    let answer = unit.send(unit.post(route::RECORDS, &request)).await;
    let answer: RecordsAnswer = answer.message();
    answer.answers.into_iter().map(|answer| answer.outcome).collect()
}

async fn house(world: &World) -> (TestUnit, Browser) {
    let tenant = world.tenant("House").await;
    (world.unit(tenant).await, world.member(tenant, Role::Read).await)
}

#[tokio::test]
async fn visits_that_a_device_does_not_keep_are_no_changes_for_it() {
    in_each_world(async |world| {
        let (unit, reader) = house(world).await;
        send(&unit, vec![opened(1, VisitId::from_bytes([7; 16]))]).await;
        let count = async |from: &str| {
            let page = reader.get(&format!("/api/v1/changes?visits_from={from}")).await.ok();
            let items = page["items"].as_array().unwrap();
            items.iter().filter(|item| item["kind"] == "visit").count()
        };
        let ever = count("1971-01-01T00:00:00Z").await;
        assert_eq!((ever, count("2999-01-01T00:00:00Z").await), (1, 0));
        let answer = reader.get("/api/v1/changes?visits_from=yesterday").await;
        assert_eq!(answer.refusal(), (422, "invalid_value".to_owned()));
    })
    .await;
}

async fn visits(reader: &Browser) -> Vec<Value> {
    reader.get("/api/v1/visits").await.ok()["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn either_half_of_a_visit_may_come_first_and_once() {
    in_each_world(async |world| {
        let (unit, reader) = house(world).await;
        let visit = VisitId::new_at(START);
        world.app.clock.advance(Duration::from_secs(20));
        assert_eq!(send(&unit, vec![closed(8, visit)]).await, [STORED]);
        let shown = visits(&reader).await;
        assert_eq!(shown[0]["is_opened"], false);
        assert_eq!(shown[0]["no_clip_reason"], "no_frames");

        assert_eq!(send(&unit, vec![opened(7, visit), closed(8, visit)]).await, [STORED, STORED]);
        assert_eq!(send(&unit, vec![opened(7, visit), opened(7, visit)]).await, [STORED, STORED]);
        let shown = visits(&reader).await;
        assert_eq!(shown.len(), 1);
        assert_eq!(shown[0]["version"], 2);
        assert_eq!(shown[0]["opened_at"], "2026-08-01T12:00:00.000Z");
        assert_eq!(shown[0]["closed_at"], "2026-08-01T12:00:09.000Z");
        assert_eq!(shown[0]["evidence"]["score_mnat"], 1_200);
        assert_eq!(reader.get(&format!("/api/v1/visits/{visit}")).await.ok(), shown[0]);
    })
    .await;
}

#[tokio::test]
async fn another_record_in_the_same_place_is_a_conflict_and_changes_nothing() {
    in_each_world(async |world| {
        let (unit, reader) = house(world).await;
        let (visit, other) = (VisitId::new_at(START), VisitId::new_at(START));
        world.app.clock.advance(Duration::from_secs(20));
        assert_eq!(send(&unit, vec![opened(7, visit)]).await, [STORED]);
        // The unit's card was restored from an old image: it counts again from where it was.
        let outcomes = send(&unit, vec![opened(7, other), opened(9, other)]).await;
        assert_eq!(outcomes, [RecordOutcome::SequenceConflict, STORED]);
        assert_eq!(visits(&reader).await.len(), 2);
        assert_eq!(send(&unit, vec![opened(7, visit)]).await, [STORED]);
    })
    .await;
}

#[tokio::test]
async fn an_unreadable_record_does_not_sink_its_neighbours() {
    in_each_world(async |world| {
        let (unit, _) = house(world).await;
        let raw = |text: &str| RawRecord::from_bytes(text.as_bytes()).unwrap();
        let unknown =
            raw(r#"{"boot":1,"sequence":2,"at":{"boot":1,"uptime_us":5},"fact":{"dance":{}}}"#);
        let nonsense = raw(r#"{"hello":1}"#);
        let good = fault(3, at(5, None));
        let outcomes = send(&unit, vec![unknown, nonsense, good]).await;
        let codes: Vec<&str> = outcomes
            .iter()
            .map(|outcome| match outcome {
                RecordOutcome::Refused { code, .. } => code.as_str(),
                RecordOutcome::Stored { .. } => "stored",
                RecordOutcome::SequenceConflict | RecordOutcome::Later => "other",
            })
            .collect();
        assert_eq!(codes, ["unknown_variant", "malformed", "stored"]);
    })
    .await;
}

#[tokio::test]
async fn a_time_that_cannot_be_right_is_stored_and_marked() {
    in_each_world(async |world| {
        let (unit, _) = house(world).await;
        world.app.clock.advance(Duration::from_secs(20));
        let now = world.app.clock.now().0;
        let records = vec![
            fault(1, at(50, Some(now))),
            fault(2, at(40, Some(now))),
            fault(3, at(60, Some(START.0 - 60_000))),
            fault(4, at(61, Some(now + 3_600_000))),
            fault(5, at(62, None)),
        ];
        let expected = [STORED, SUSPECT, SUSPECT, SUSPECT, STORED];
        assert_eq!(send(&unit, records.clone()).await, expected);
        assert_eq!(send(&unit, records).await, expected, "repeated as it was answered");
    })
    .await;
}

#[tokio::test]
async fn faults_and_hours_of_watching_are_stored() {
    in_each_world(async |world| {
        let tenant = world.tenant("House").await;
        let unit = world.unit(tenant).await;
        let watch = Watch {
            from: at(0, None),
            to: at(3_600, None),
            watched_ms: 3_500_000,
            blind: Vec::new(),
            frames_per_ks: 15_000,
            um_per_px: Some(900),
            insect_count: 812,
        };
        let watch = record(2, at(3_600, None), Fact::Watch(watch));
        assert_eq!(send(&unit, vec![fault(1, at(9, None)), watch]).await, [STORED, STORED]);
        let mut tx = world.app.db.tenant_read(tenant).await.unwrap();
        let sql = "SELECT kind, body FROM record WHERE tenant_id = $1 ORDER BY sequence";
        let rows = tx.all::<(String, String)>(sql, (tenant,)).await.unwrap();
        assert_eq!([rows[0].0.as_str(), rows[1].0.as_str()], ["fault", "watch"]);
        assert!(rows[1].1.contains("\"insect_count\":812"));
    })
    .await;
}

#[tokio::test]
async fn a_visit_is_its_units_and_its_tenants_alone() {
    in_each_world(async |world| {
        let tenant = world.tenant("House").await;
        let (unit, twin) = (world.unit(tenant).await, world.unit(tenant).await);
        let (stranger, reader) = house(world).await;
        let visit = VisitId::new_at(START);
        world.app.clock.advance(Duration::from_secs(20));
        assert_eq!(send(&unit, vec![opened(7, visit)]).await, [STORED]);
        let outcome = send(&twin, vec![closed(7, visit)]).await;
        assert!(matches!(outcome[0], RecordOutcome::Refused { .. }), "{outcome:?}");
        // Another tenant's unit may use the same name for a visit of its own.
        assert_eq!(visits(&reader).await.len(), 0);
        assert_eq!(reader.get(&format!("/api/v1/visits/{visit}")).await.status, 404);
        assert_eq!(send(&stranger, vec![closed(7, visit)]).await, [STORED]);
        assert_eq!(visits(&reader).await.len(), 1);
    })
    .await;
}

/// Makes a site and returns its id as text.
async fn site(owner: &Browser, name: &str) -> String {
    let id = SiteId::new_at(START).to_string();
    let body = json!({ "id": id, "name": name, "time_zone": "UTC" });
    owner.post("/api/v1/sites", &body).await.ok();
    id
}

/// A visit happened where its unit stood when the first half came, whatever becomes of the unit.
#[tokio::test]
async fn a_visit_keeps_the_site_it_happened_at_when_its_unit_moves() {
    in_each_world(async |world| {
        let tenant = world.tenant("House").await;
        let owner = world.member(tenant, Role::Owner).await;
        let (orchard, meadow) = (site(&owner, "Orchard").await, site(&owner, "Meadow").await);
        let made = owner.post("/api/v1/claims", &json!({ "site_id": orchard })).await.ok();
        let claim = made["claim"].as_str().unwrap().parse().unwrap();
        let (unit, homeless) = (world.unit_by(&claim).await, world.unit(tenant).await);
        let unit_path = format!("/api/v1/units/{}", unit.id.unwrap());
        assert_eq!(owner.get(&unit_path).await.ok()["site_id"], *orchard);

        let visit = VisitId::new_at(START);
        world.app.clock.advance(Duration::from_secs(20));
        assert_eq!(send(&unit, vec![opened(7, visit)]).await, [STORED]);
        let mut tx = world.app.db.tenant_tx(tenant).await.unwrap();
        let sql = "UPDATE unit SET site_id = $3 WHERE tenant_id = $1 AND id = $2";
        tx.execute(sql, (tenant, unit.id.unwrap(), meadow.as_str())).await.unwrap();
        tx.commit().await.unwrap();
        let (later, nowhere) = (VisitId::new_at(START), VisitId::new_at(START));
        assert_eq!(send(&unit, vec![closed(8, visit), opened(6, later)]).await, [STORED, STORED]);
        assert_eq!(send(&homeless, vec![opened(7, nowhere)]).await, [STORED]);

        assert_eq!(owner.get(&unit_path).await.ok()["site_id"], *meadow);
        for (visit, site) in
            [(visit, json!(orchard)), (later, json!(meadow)), (nowhere, Value::Null)]
        {
            let shown = owner.get(&format!("/api/v1/visits/{visit}")).await.ok();
            assert_eq!((&shown["site_id"], &shown["hive_id"]), (&site, &Value::Null));
        }
    })
    .await;
}

#[tokio::test]
async fn a_clip_that_comes_later_changes_its_visit_for_whoever_follows() {
    in_each_world(async |world| {
        let tenant = world.tenant("House").await;
        let unit = world.unit(tenant).await;
        let reader = world.member(tenant, Role::Read).await;
        let visit = VisitId::new_at(START);
        let whose = (tenant, unit.id.unwrap());
        world.app.clock.advance(Duration::from_secs(20));
        assert_eq!(send(&unit, vec![opened(7, visit)]).await, [STORED]);
        let page = reader.get("/api/v1/changes").await.ok();
        let cursor = page["cursor"].as_str().unwrap();
        for (whole, state) in [(avi(&[picture()]), "stored"), (b"no clip".to_vec(), "rejected")] {
            store_for(world, whose, visit, &whole).await;
            let page = reader.get(&format!("/api/v1/changes?cursor={cursor}")).await.ok();
            let [change] = page["items"].as_array().unwrap().as_slice() else { panic!("{page}") };
            assert_eq!(change["kind"], "visit");
            let states = change["record"]["clips"].as_array().unwrap().iter();
            assert!(states.into_iter().any(|clip| clip["state"] == state), "{change}");
        }
        // Of a visit that has not come, nobody is told anything yet.
        let newest = reader.get("/api/v1/changes").await.ok()["cursor"].clone();
        store_for(world, whose, VisitId::new_at(START), &avi(&[picture(), picture()])).await;
        let path = format!("/api/v1/changes?cursor={}", newest.as_str().unwrap());
        assert_eq!(reader.get(&path).await.ok()["items"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn what_people_say_stands_beside_the_verdict_and_changes_nothing_of_it() {
    in_each_world(async |world| {
        let tenant = world.tenant("House").await;
        let unit = world.unit(tenant).await;
        let reader = world.member(tenant, Role::Read).await;
        let (ann, ben) =
            (world.member(tenant, Role::Member).await, world.member(tenant, Role::Admin).await);
        let visit = VisitId::new_at(START);
        world.app.clock.advance(Duration::from_secs(20));
        assert_eq!(send(&unit, vec![opened(7, visit)]).await, [STORED]);
        let path = format!("/api/v1/visits/{visit}");
        let before = reader.get(&path).await.ok();
        assert_eq!(before["labels"], json!([]));
        let cursor = reader.get("/api/v1/changes").await.ok()["cursor"].clone();

        let said = |id: LabelId, label: &str| json!({ "id": id.to_string(), "label": label });
        let labels = format!("{path}/labels");
        let id = LabelId::new_at(START);
        let first = ann.post(&labels, &said(id, "not_hornet")).await;
        assert_eq!((first.status.as_u16(), &first.ok()["label"]), (201, &json!("not_hornet")));
        assert_eq!(ann.post(&labels, &said(id, "not_hornet")).await.ok(), first.ok(), "once");
        // The same id for something else, or of somebody else, is refused.
        for (who, label) in [(&ann, "hornet"), (&ben, "not_hornet")] {
            assert_eq!(
                who.post(&labels, &said(id, label)).await.refusal(),
                (409, "id_taken".into())
            );
        }
        world.app.clock.advance(Duration::from_secs(1));
        ben.post(&labels, &said(LabelId::new_at(START), "other_species")).await.ok();
        assert_eq!(ben.post(&labels, &said(LabelId::new_at(START), "wasp")).await.status, 400);

        let after = reader.get(&path).await.ok();
        let shown: Vec<&Value> =
            after["labels"].as_array().unwrap().iter().map(|label| &label["label"]).collect();
        assert_eq!(shown, ["not_hornet", "other_species"]);
        assert_eq!(after["kind"], before["kind"]);
        assert_eq!(after["evidence"], before["evidence"]);
        let path = format!("/api/v1/changes?cursor={}", cursor.as_str().unwrap());
        let told = reader.get(&path).await.ok();
        let [change] = told["items"].as_array().unwrap().as_slice() else { panic!("{told}") };
        assert_eq!(change["record"], after, "who follows the changes has it");

        // Said twice on end it is one; its author alone takes it back.
        let again = ben.post(&labels, &said(LabelId::new_at(START), "other_species")).await.ok();
        assert_eq!(again, after["labels"][1]);
        let own = format!("{labels}/{id}");
        assert_eq!(ben.delete(&own).await.refusal(), (404, "not_found".into()));
        assert_eq!(ann.delete(&own).await.status, 204);
        assert_eq!(ann.delete(&own).await.refusal(), (404, "not_found".into()));
        let left = reader.get(&format!("/api/v1/visits/{visit}")).await.ok();
        assert_eq!(left["labels"], json!([again]));
    })
    .await;
}

#[tokio::test]
async fn what_does_not_count_is_kept_with_its_kind_and_listed_when_asked_for() {
    in_each_world(async |world| {
        let (unit, reader) = house(world).await;
        let of_kind = |record: RawRecord, kind: VisitKind| {
            let mut record = record.record().unwrap();
            match &mut record.fact {
                Fact::VisitOpened(opened) => opened.kind = kind,
                Fact::VisitClosed(closed) => closed.kind = kind,
                Fact::Watch(_) | Fact::Fault(_) => {}
            }
            RawRecord::of(&record)
        };
        let visit = VisitId::new_at(START);
        let kinds = [VisitKind::Verdict, VisitKind::NearMiss, VisitKind::Sample];
        let mut records = Vec::new();
        let mut ids = Vec::new();
        for (at, kind) in (1_u32..).zip(kinds) {
            let id = if at == 1 { visit } else { VisitId::new_at(START) };
            ids.push(id.to_string());
            // The half that comes first says what it is.
            records.push(of_kind(closed(2 * at, id), kind));
            records.push(of_kind(opened(2 * at - 1, id), kind));
        }
        let outcomes = send(&unit, records).await;
        let is_stored = |one: &RecordOutcome| matches!(one, RecordOutcome::Stored { .. });
        assert!(outcomes.iter().all(is_stored), "{outcomes:?}");
        let listed = async |query: &str| {
            let page = reader.get(&format!("/api/v1/visits{query}")).await.ok();
            let items = page["items"].as_array().unwrap().iter();
            items.map(|item| item["kind"].as_str().unwrap().to_owned()).collect::<Vec<String>>()
        };
        assert_eq!(listed("").await, ["verdict"], "what counts");
        for kind in ["verdict", "near_miss", "sample"] {
            assert_eq!(listed(&format!("?kind={kind}")).await, [kind]);
        }
        assert_eq!(listed("?kind=all").await.len(), 3);
        let refused = reader.get("/api/v1/visits?kind=swarm").await;
        assert_eq!(refused.refusal(), (422, "invalid_value".to_owned()));

        let exported = async |query: &str| {
            let told = reader.get(&format!("/api/v1/visits/export.json{query}")).await.ok();
            told["visits"].as_array().unwrap().len()
        };
        assert_eq!((exported("").await, exported("?kind=all").await), (1, 3));
        assert_eq!(exported("?kind=near_miss").await, 1);
        // A device has them all: it shows what its reader asks for.
        let changes = reader.get("/api/v1/changes?visits_from=1971-01-01T00:00:00Z").await.ok();
        let items = changes["items"].as_array().unwrap().iter();
        assert_eq!(items.filter(|item| item["kind"] == "visit").count(), 3, "{changes}");
        let shown = reader.get(&format!("/api/v1/visits/{}", ids[1])).await.ok();
        assert_eq!(shown["kind"], "near_miss");
    })
    .await;
}
