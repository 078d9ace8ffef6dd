//! Exports hold what was seen and how long was watched, and nobody else's.

use apis_protocol::VisitId;
use apis_protocol::bounded::Token;
use apis_protocol::records::{Blindness, Fact, RawRecord, Record, RecordTime, Watch};
use apis_protocol::route;
use apis_units::Uptime;
use serde_json::{Value, json};

use crate::ids::NewId as _;
use crate::route_tests::stage::{Stage, opened, records};
use crate::testing::{Browser, START, World, in_each_world};

/// An hour that was watched but for a minute, told at its end.
fn watch(sequence: u32) -> RawRecord {
    let at = |seconds: u64| RecordTime {
        boot: 1,
        uptime: Uptime::from_micros(seconds * 1_000_000),
        wall: None,
    };
    let fact = Watch {
        from: at(0),
        to: at(199),
        watched_ms: 139_000,
        blind: vec![Blindness { reason: Token::new("light").unwrap(), blind_ms: 60_000 }],
        frames_per_ks: 14_910,
        um_per_px: None,
        insect_count: 41,
    };
    RawRecord::of(&Record { boot: 1, sequence, at: at(199), fact: Fact::Watch(fact) })
}

async fn sheet(reader: &Browser, query: &str) -> Vec<Vec<String>> {
    let answer = reader.get(&format!("/api/v1/visits/export.csv{query}")).await;
    assert_eq!(answer.status, 200);
    let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(&answer.bytes[..]);
    let rows = rows.records().map(|row| row.unwrap().iter().map(str::to_owned).collect());
    rows.collect()
}

async fn whole(reader: &Browser, query: &str) -> Value {
    reader.get(&format!("/api/v1/visits/export.json{query}")).await.ok()
}

async fn stage_that_watched(world: &World) -> Stage {
    let stage = Stage::new(world, "Own").await;
    let watched = records(vec![watch(2)]);
    stage.unit.send(stage.unit.post(route::RECORDS, &watched)).await.ok();
    stage
}

#[tokio::test]
async fn a_sheet_and_a_document_hold_visits_with_their_evidence_and_the_time_watched() {
    in_each_world(async |world| {
        let stage = stage_that_watched(world).await;
        let unit = stage.unit.id.unwrap();
        let name = json!({ "name": "=1+1" });
        stage.owner.patch(&format!("/api/v1/units/{unit}"), 1, &name).await.ok();
        let rows = sheet(&stage.owner, "").await;
        let [head, visit, watched] = &rows[..] else { panic!("{rows:?}") };
        let of = |row: &[String], column: &str| {
            let at = head.iter().position(|name| name == column);
            row[at.unwrap_or_else(|| panic!("no {column} in {head:?}"))].clone()
        };
        assert_eq!((&*of(visit, "row"), of(visit, "id")), ("visit", stage.visit.to_string()));
        assert_eq!((&*of(visit, "unit"), &*of(visit, "labels")), ("'=1+1", "hornet"));
        assert_eq!((&*of(visit, "score_mnat"), &*of(visit, "evidence")), ("900", "1=7"));
        assert_eq!((&*of(watched, "row"), of(watched, "unit_id")), ("watched", unit.to_string()));
        // What was said last narrows the visits, and never the watching.
        for (label, count) in [("hornet", 1), ("not_hornet", 0), ("none", 0)] {
            let document = whole(&stage.owner, &format!("?label={label}")).await;
            let found = ["visits", "watched"].map(|of| document[of].as_array().unwrap().len());
            assert_eq!(found, [count, 1], "{label}");
        }
        let refused = stage.owner.get("/api/v1/visits/export.csv?label=bee").await;
        assert_eq!(refused.refusal(), (422, "invalid_value".to_owned()));
        let counts = ["watched_ms", "blind_ms", "insect_count"].map(|name| of(watched, name));
        assert_eq!(counts, ["139000", "60000", "41"]);

        let told = whole(&stage.owner, "").await;
        let shown = stage.owner.get(&format!("/api/v1/visits/{}", stage.visit)).await.ok();
        assert_eq!(told["visits"], json!([shown]));
        let span = &told["watched"][0];
        // Sent a second after it ended, by the unit's own time.
        assert_eq!(span["until"], "2026-08-01T11:59:59.000Z");
        assert_eq!(span["from"], "2026-08-01T11:56:40.000Z");
        assert_eq!(span["watched_ms"], 139_000);
    })
    .await;
}

#[tokio::test]
async fn an_export_goes_on_over_pages_and_keeps_to_what_is_asked_for() {
    in_each_world(async |world| {
        let stage = stage_that_watched(world).await;
        for part in 0..4 {
            let more = (0..60).map(|at| opened(10 + part * 60 + at, VisitId::new_at(START)));
            let more = records(more.collect());
            stage.unit.send(stage.unit.post(route::RECORDS, &more)).await.ok();
        }
        assert_eq!(sheet(&stage.owner, "").await.len(), 1 + 241 + 1);
        let told = whole(&stage.owner, "").await;
        let mut ids: Vec<&Value> =
            told["visits"].as_array().unwrap().iter().map(|visit| &visit["id"]).collect();
        ids.sort_by_key(|id| id.to_string());
        ids.dedup();
        assert_eq!(ids.len(), 241);

        let nothing = json!({ "visits": [], "watched": [] });
        let unit = stage.unit.id.unwrap();
        for none in [
            "?until=2026-07-01T00:00:00Z".to_owned(),
            "?from=2026-09-01T00:00:00Z".to_owned(),
            format!("?unit_id={}", world.unit(stage.tenant).await.id.unwrap()),
        ] {
            assert_eq!(whole(&stage.owner, &none).await, nothing, "{none}");
            assert_eq!(sheet(&stage.owner, &none).await.len(), 1, "{none}");
        }
        let query = format!("?from=2026-07-31T22:00:00Z&unit_id={unit}");
        assert_eq!(sheet(&stage.owner, &query).await.len(), 243);
        for (wrong, code) in [("?from=yesterday", 422), ("?unit_id=mine", 422)] {
            let answer = stage.owner.get(&format!("/api/v1/visits/export.csv{wrong}")).await;
            assert_eq!(answer.status, code, "{wrong}");
        }
    })
    .await;
}

#[tokio::test]
async fn exports_are_limited_by_account() {
    in_each_world(async |world| {
        let stage = Stage::new(world, "Own").await;
        for _ in 0..10 {
            whole(&stage.owner, "").await;
        }
        let limited = stage.owner.get("/api/v1/visits/export.json").await;
        assert_eq!(limited.refusal(), (429, "rate_limited".to_owned()));
    })
    .await;
}
