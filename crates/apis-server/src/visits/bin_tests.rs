//! The bin: out of every list at once, back as it was, and after a month for good.

use std::time::Duration;

use apis_server_api::members::Role;
use serde_json::{Value, json};

use crate::ids::TenantId;
use crate::jobs;
use crate::quotas;
use crate::route_tests::stage::Stage;
use crate::testing::{Browser, World, in_each_world};

const DAY: Duration = Duration::from_secs(24 * 3_600);

async fn listed(reader: &Browser) -> usize {
    reader.get("/api/v1/visits").await.ok()["items"].as_array().unwrap().len()
}

async fn in_bin(reader: &Browser) -> Vec<Value> {
    reader.get("/api/v1/visits/bin").await.ok()["items"].as_array().unwrap().clone()
}

/// What a device that follows the changes is told of a visit.
async fn pulled(reader: &Browser, visit: &str) -> Value {
    let page = reader.get("/api/v1/changes?limit=200").await.ok();
    let items = page["items"].as_array().unwrap();
    let found = items.iter().find(|item| item["record"]["id"] == visit);
    found.expect("the visit is among the changes")["record"].clone()
}

async fn used_bytes(world: &World, tenant: TenantId) -> i64 {
    let mut tx = world.app.db.tenant_read(tenant).await.unwrap();
    let (used, _) = quotas::standing(&mut tx, tenant).await.unwrap();
    tx.commit().await.unwrap();
    used
}

async fn days_pass(world: &World, days: u32) {
    world.app.clock.advance(DAY * days);
    jobs::recurring::ensure(&world.app).await.unwrap();
    while jobs::runner::run_next(&world.app, "test").await.unwrap() {}
}

#[tokio::test]
async fn a_deleted_visit_is_on_no_list_and_comes_back_as_it_was() {
    in_each_world(async |world| {
        let stage = Stage::new(world, "Own").await;
        let visit = stage.visit.to_string();
        let body = json!({ "ids": [visit] });
        let before = stage.owner.get(&format!("/api/v1/visits/{visit}")).await.ok();
        let deleted = stage.owner.post("/api/v1/visits/delete", &body).await.ok();
        assert_eq!(deleted, json!({ "count": 1 }));
        assert_eq!(listed(&stage.owner).await, 0);
        let told = pulled(&stage.owner, &visit).await;
        assert_eq!(told["deleted_at"], "2026-08-01T12:00:00.000Z");
        assert_eq!(in_bin(&stage.owner).await, [told]);
        let again = stage.owner.post("/api/v1/visits/delete", &body).await.ok();
        assert_eq!(again, json!({ "count": 0 }), "the same again is no change");

        // A day short of a month nothing is gone.
        days_pass(world, 29).await;
        let owner = world.session_of(&stage.owner).await;
        assert_eq!(in_bin(&owner).await.len(), 1);
        owner.post("/api/v1/visits/restore", &body).await.ok();
        assert_eq!(in_bin(&owner).await, [] as [Value; 0]);
        assert_eq!(listed(&owner).await, 1);
        let after = pulled(&owner, &visit).await;
        let without_version = |mut visit: Value| {
            visit["version"] = Value::Null;
            visit
        };
        assert_eq!(without_version(after), without_version(before));
    })
    .await;
}

#[tokio::test]
async fn after_a_month_the_bytes_are_given_back_and_the_name_stays() {
    in_each_world(async |world| {
        let stage = Stage::new(world, "Own").await;
        let (visit, clip) = (stage.visit.to_string(), stage.clip.clone());
        let body = json!({ "ids": [visit] });
        stage.owner.post("/api/v1/visits/delete", &body).await.ok();
        let folder = world.app.media.renditions(stage.tenant, clip.parse().unwrap());
        assert!(folder.is_dir() && used_bytes(world, stage.tenant).await > 0);
        days_pass(world, 31).await;
        assert!(!folder.exists());
        assert_eq!(used_bytes(world, stage.tenant).await, 0);
        let owner = world.session_of(&stage.owner).await;
        for path in ["content", "play.mp4"] {
            assert_eq!(owner.get(&format!("/api/v1/clips/{clip}/{path}")).await.status, 404);
        }
        days_pass(world, 1).await;
        let owner = world.session_of(&stage.owner).await;
        let told = pulled(&owner, &visit).await;
        assert!(told["deleted_at"].is_string(), "{told}");
        let mut clips = told["clips"].as_array().unwrap().iter();
        let removed = clips.find(|one| one["id"] == clip.as_str()).unwrap();
        assert_eq!(removed["flaw"], "visit_deleted");
    })
    .await;
}

#[tokio::test]
async fn what_names_no_visit_of_the_tenant_moves_none_of_them() {
    in_each_world(async |world| {
        let (own, foreign) = (Stage::new(world, "Own").await, Stage::new(world, "Foreign").await);
        let refused = async |ids: Value| {
            let body = json!({ "ids": ids });
            own.owner.post("/api/v1/visits/delete", &body).await.refusal()
        };
        let both = json!([own.visit, foreign.visit]);
        assert_eq!(refused(both).await, (404, "not_found".to_owned()));
        let invalid = (422, "invalid_value".to_owned());
        assert_eq!(refused(json!([])).await, invalid);
        assert_eq!(refused(json!(["no id"])).await, invalid);
        assert_eq!(refused(json!(vec![own.visit; 201])).await, invalid);
        assert_eq!((listed(&own.owner).await, listed(&foreign.owner).await), (1, 1));

        let reader = world.member(own.tenant, Role::Read).await;
        let answer = reader.post("/api/v1/visits/delete", &json!({ "ids": [own.visit] })).await;
        assert_eq!(answer.refusal(), (403, "forbidden".to_owned()));
    })
    .await;
}
