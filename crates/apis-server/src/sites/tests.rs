//! Sites at the people's door.

use apis_server_api::members::Role;
use serde_json::json;

use crate::audit::verify::{Chain, verify};
use crate::ids::{NewId as _, SiteId};
use crate::testing::{START, in_each_world};

fn orchard(id: SiteId) -> serde_json::Value {
    json!({
        "id": id.to_string(), "name": " Orchard ", "latitude": 50.85, "longitude": 4.35,
        "time_zone": "Europe/Brussels",
    })
}

#[tokio::test]
async fn a_site_made_twice_is_one_and_its_id_names_nothing_else() {
    in_each_world(async |world| {
        let ann = world.member(world.tenant("Bees").await, Role::Member).await;
        let id = SiteId::new_at(START);
        let first = ann.post("/api/v1/sites", &orchard(id)).await;
        assert_eq!(
            (first.status.as_u16(), &first.headers["etag"]),
            (201, &"\"1\"".parse().unwrap())
        );
        assert_eq!(first.ok()["name"], "Orchard");
        let again = ann.post("/api/v1/sites", &orchard(id)).await;
        assert_eq!(again.ok(), first.ok());

        let mut other = orchard(id);
        other["name"] = json!("Meadow");
        assert_eq!(ann.post("/api/v1/sites", &other).await.refusal(), (409, "id_taken".to_owned()));
        assert_eq!(ann.get("/api/v1/sites").await.ok()["items"].as_array().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_rename_needs_the_version_that_was_seen() {
    in_each_world(async |world| {
        let tenant = world.tenant("Bees").await;
        let ann = world.member(tenant, Role::Member).await;
        let id = SiteId::new_at(START);
        ann.post("/api/v1/sites", &orchard(id)).await.ok();
        let path = format!("/api/v1/sites/{id}");

        let renamed = ann.patch(&path, 1, &json!({ "name": "Meadow" })).await;
        assert_eq!(
            (&renamed.ok()["name"], &renamed.ok()["version"]),
            (&json!("Meadow"), &json!(2))
        );
        let stale = ann.patch(&path, 1, &json!({ "name": "Heath" })).await;
        assert_eq!(stale.refusal(), (412, "version_mismatch".to_owned()));
        assert_eq!(stale.headers["etag"], "\"2\"");
        let blind = ann.request(axum::http::Method::PATCH, &path);
        let blind = ann.send(blind, Some(&json!({ "name": "Heath" }))).await;
        assert_eq!(blind.refusal(), (428, "version_needed".to_owned()));

        let mut tx = world.app.db.tenant_read(tenant).await.unwrap();
        let fields = super::store::field_versions(&mut tx, tenant, id).await.unwrap();
        assert_eq!(fields, r#"{"latitude":1,"longitude":1,"name":2,"time_zone":1}"#);
        let (seq,): (i64,) =
            tx.one("SELECT change_seq FROM site WHERE id = $1", (id,)).await.unwrap();
        assert_eq!(seq, 2, "refused changes take no number");
        let chain = verify(&mut tx, tenant, &world.app.audit_key).await.unwrap();
        assert_eq!(chain, Chain::Whole { first: 1, last: 3, checkpoint: None });
    })
    .await;
}

#[tokio::test]
async fn a_place_is_taken_away_and_what_is_not_named_stays() {
    in_each_world(async |world| {
        let ann = world.member(world.tenant("Bees").await, Role::Member).await;
        let id = SiteId::new_at(START);
        ann.post("/api/v1/sites", &orchard(id)).await.ok();
        let path = format!("/api/v1/sites/{id}");

        let moved = ann.patch(&path, 1, &json!({ "latitude": 51.0, "longitude": 4.0 })).await;
        assert_eq!(moved.ok()["name"], "Orchard");
        let half = ann.patch(&path, 2, &json!({ "latitude": null })).await;
        assert_eq!(half.refusal(), (422, "invalid_value".to_owned()));
        let away = ann.patch(&path, 2, &json!({ "latitude": null, "longitude": null })).await.ok();
        assert_eq!((&away["latitude"], &away["longitude"]), (&json!(null), &json!(null)));
        let named = ann.patch(&path, 3, &json!({ "name": "Meadow" })).await.ok();
        assert_eq!(named["time_zone"], orchard(id)["time_zone"]);
        assert_eq!(named["latitude"], json!(null), "what is not named stays away");
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_a_site_is_refused_with_its_field() {
    in_each_world(async |world| {
        let ann = world.member(world.tenant("Bees").await, Role::Member).await;
        let refused = async |field: &str, value: serde_json::Value| {
            let mut body = orchard(SiteId::new_at(START));
            body[field] = value;
            ann.post("/api/v1/sites", &body).await.refusal()
        };
        let invalid = (422, "invalid_value".to_owned());
        assert_eq!(refused("name", json!("  ")).await, invalid);
        assert_eq!(refused("latitude", json!(91)).await, invalid);
        assert_eq!(refused("time_zone", json!("Europe/Nowhere")).await, invalid);
        assert_eq!(refused("id", json!("7")).await, invalid);
        assert_eq!(refused("name", json!(7)).await, (400, "malformed".to_owned()));
        assert_eq!(refused("name", json!("a\0b")).await, (400, "invalid_text".to_owned()));
        let large = refused("name", json!("x".repeat(70_000))).await;
        assert_eq!(large, (413, "body_too_large".to_owned()));
        let nul = ann.get("/api/v1/sites?cursor=%00").await;
        assert_eq!(nul.refusal(), (400, "invalid_text".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn pages_hold_every_site_once() {
    in_each_world(async |world| {
        let ann = world.member(world.tenant("Bees").await, Role::Member).await;
        for _ in 0..5 {
            ann.post("/api/v1/sites", &orchard(SiteId::new_at(START))).await.ok();
        }
        let (mut seen, mut path) = (Vec::new(), "/api/v1/sites?limit=2".to_owned());
        loop {
            let page = ann.get(&path).await.ok();
            let items = page["items"].as_array().unwrap();
            seen.extend(items.iter().map(|site| site["id"].as_str().unwrap().to_owned()));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            path = format!("/api/v1/sites?limit=2&cursor={cursor}");
        }
        assert_eq!(seen.len(), 5);
        assert!(seen.is_sorted());
        let refused = ann.get("/api/v1/sites?limit=201").await;
        assert_eq!(refused.refusal(), (422, "invalid_value".to_owned()));
    })
    .await;
}
