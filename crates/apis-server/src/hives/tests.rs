//! Hives at the people's door.

use apis_server_api::members::Role;
use serde_json::json;

use crate::ids::{HiveId, NewId as _, SiteId};
use crate::testing::{START, in_each_world};

#[tokio::test]
async fn a_hive_stands_at_a_site_of_its_own_tenant() {
    in_each_world(async |world| {
        let ann = world.member(world.tenant("Bees").await, Role::Member).await;
        let eve = world.member(world.tenant("Wasps").await, Role::Owner).await;
        let (site, hive) = (SiteId::new_at(START), HiveId::new_at(START));
        let body = json!({ "id": site.to_string(), "name": "Orchard", "time_zone": "UTC" });
        ann.post("/api/v1/sites", &body).await.ok();

        let body = json!({ "id": hive.to_string(), "site_id": site.to_string(), "name": "Hive 1" });
        let stolen = eve.post("/api/v1/hives", &body).await;
        assert_eq!(stolen.refusal(), (404, "not_found".to_owned()));
        let made = ann.post("/api/v1/hives", &body).await.ok();
        assert_eq!(ann.post("/api/v1/hives", &body).await.ok(), made);

        let path = format!("/api/v1/hives/{hive}");
        let renamed = ann.patch(&path, 1, &json!({ "name": "Queen's" })).await.ok();
        assert_eq!(ann.get("/api/v1/hives").await.ok()["items"], json!([renamed]));
        let foreign = eve.patch(&path, 2, &json!({ "name": "Mine" })).await;
        assert_eq!(foreign.refusal(), (404, "not_found".to_owned()));
        assert_eq!(eve.get("/api/v1/hives").await.ok()["items"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn a_renamed_hive_says_in_which_version_each_field_changed() {
    in_each_world(async |world| {
        let tenant = world.tenant("Bees").await;
        let ann = world.member(tenant, Role::Member).await;
        let (site, hive) = (SiteId::new_at(START), HiveId::new_at(START));
        let body = json!({ "id": site.to_string(), "name": "Orchard", "time_zone": "UTC" });
        ann.post("/api/v1/sites", &body).await.ok();
        let body = json!({ "id": hive.to_string(), "site_id": site.to_string(), "name": "Hive 1" });
        ann.post("/api/v1/hives", &body).await.ok();
        let versions = async || {
            let mut tx = world.app.db.tenant_read(tenant).await.unwrap();
            let fields = super::store::field_versions(&mut tx, tenant, hive).await.unwrap();
            let hive = super::store::find(&mut tx, tenant, hive).await.unwrap().unwrap();
            (fields, hive.version)
        };
        assert_eq!(versions().await, (r#"{"name":1,"site_id":1}"#.to_owned(), 1));

        let path = format!("/api/v1/hives/{hive}");
        ann.patch(&path, 1, &json!({ "name": "Queen's" })).await.ok();
        let renamed = (r#"{"name":2,"site_id":1}"#.to_owned(), 2);
        assert_eq!(versions().await, renamed);
        let stale = ann.patch(&path, 1, &json!({ "name": "Hive 2" })).await;
        assert_eq!(stale.refusal(), (412, "version_mismatch".to_owned()));
        let nameless = ann.patch(&path, 2, &json!({ "name": " " })).await;
        assert_eq!(nameless.refusal(), (422, "invalid_value".to_owned()));
        assert_eq!(versions().await, renamed, "what is refused changes nothing");
    })
    .await;
}
