//! When an upload is over: what says so, what its unit may end, and what stays.

use std::time::Duration;

use apis_protocol::VisitId;
use apis_server_api::members::Role;

use super::tests::{
    TUS, assert_refused, assert_stands, clip, create, creation, head, head_with_body, house, patch,
};
use crate::ids::NewId as _;
use crate::testing::{START, in_each_world};

#[tokio::test]
async fn every_answer_about_an_unfinished_upload_says_when_it_is_over() {
    in_each_world(async |world| {
        let (_, unit) = house(world).await;
        let (visit, whole) = (VisitId::new_at(START), clip());
        let created = unit.send(creation(&unit, visit, &whole)).await;
        assert_eq!(created.header("upload-expires"), "Sat, 08 Aug 2026 12:00:00 GMT");
        let location = created.header("location");
        // Each byte that comes gives it its week again.
        world.app.clock.advance(Duration::from_secs(24 * 3_600));
        let later = "Sun, 09 Aug 2026 12:00:00 GMT";
        let taken = unit.send(patch(&unit, location, 0, &whole[..50])).await;
        assert_stands(&taken, 204, 50, "receiving");
        assert_eq!(taken.header("upload-expires"), later);
        let again = unit.send(creation(&unit, visit, &whole)).await;
        assert_eq!((again.header("upload-expires"), again.status.as_u16()), (later, 201));
        assert_eq!(head(&unit, location).await.header("upload-expires"), later);

        let done = unit.send(patch(&unit, location, 50, &whole[50..])).await;
        assert_stands(&done, 204, whole.len(), "verified");
        assert!(done.headers.get("upload-expires").is_none(), "what is whole does not expire");
    })
    .await;
}

#[tokio::test]
async fn an_abandoned_upload_is_over_after_a_week_and_swept() {
    in_each_world(async |world| {
        let (tenant, unit) = house(world).await;
        let (visit, whole) = (VisitId::new_at(START), clip());
        let location = create(&unit, visit, &whole).await;
        unit.send(patch(&unit, &location, 0, &whole[..50])).await;
        world.app.clock.advance(Duration::from_secs(7 * 24 * 3_600 + 1));
        assert_refused(&head_with_body(&unit, &location).await, 410, "upload_gone");
        assert_eq!(world.app.units.uploads.sweep(tenant).await.unwrap(), 1);
        assert_refused(&head_with_body(&unit, &location).await, 404, "not_found");
        assert_ne!(create(&unit, visit, &whole).await, location);
    })
    .await;
}

#[tokio::test]
async fn a_clip_that_is_stored_is_not_ended_by_its_unit() {
    in_each_world(async |world| {
        let (tenant, unit) = house(world).await;
        let (visit, whole) = (VisitId::new_at(START), clip());
        let location = create(&unit, visit, &whole).await;
        let done = unit.send(patch(&unit, &location, 0, &whole)).await;
        assert_stands(&done, 204, whole.len(), "verified");
        let standing = async || {
            let mut tx = world.app.db.tenant_read(tenant).await.unwrap();
            crate::quotas::standing(&mut tx, tenant).await.unwrap()
        };
        let used = standing().await;
        for _ in 0..2 {
            let ended = unit.send(unit.sign("DELETE", &location, &[TUS], Vec::new())).await;
            assert_eq!(ended.status, 204);
        }
        assert_eq!(standing().await, used);
        assert_stands(&head(&unit, &location).await, 200, whole.len(), "verified");
        let reader = world.member(tenant, Role::Read).await;
        let id = location.rsplit('/').next().unwrap();
        let content = reader.get(&format!("/api/v1/clips/{id}/content")).await;
        assert_eq!(content.bytes, whole);
    })
    .await;
}
