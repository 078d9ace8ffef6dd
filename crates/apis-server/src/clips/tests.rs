//! Clips are given to members of their tenant, whole or in part.

use axum::http::{Method, header};

use apis_protocol::upload::{UploadKind, UploadMetadata};
use apis_protocol::{Sha256Digest, UnitId, VisitId};
use apis_server_api::members::Role;
use bytes::Bytes;
use futures_util::stream;

use super::avi::tests::{avi, picture};
use crate::ids::{NewId as _, TenantId};
use crate::jobs;
use crate::testing::{START, World, in_each_world};
use crate::uploads::Patch;

/// Stores a clip of a unit and returns its content's path.
pub(super) async fn store(world: &World, tenant: TenantId, whole: &[u8]) -> String {
    let unit = world.unit(tenant).await.id.unwrap();
    store_of(world, tenant, unit, whole).await
}

/// The same of this unit.
pub(super) async fn store_of(
    world: &World,
    tenant: TenantId,
    unit: UnitId,
    whole: &[u8],
) -> String {
    store_for(world, (tenant, unit), VisitId::new_at(START), whole).await
}

/// The same of this visit.
pub(crate) async fn store_for(
    world: &World,
    (tenant, unit): (TenantId, UnitId),
    visit_id: VisitId,
    whole: &[u8],
) -> String {
    let sha256 = Sha256Digest::of(whole);
    let metadata = UploadMetadata { visit_id, kind: UploadKind::Clip, sha256 };
    let (uploads, length) = (&world.app.units.uploads, whole.len() as u64);
    let created = uploads.create(tenant, unit, metadata, length).await.unwrap();
    let patch = Patch { offset: 0, length, digest: sha256 };
    let body = stream::iter(vec![Ok::<_, ()>(Bytes::copy_from_slice(whole))]);
    uploads.receive(tenant, unit, created.id, patch, body).await.unwrap();
    format!("/api/v1/clips/{}/content", created.id)
}

#[tokio::test]
async fn a_member_gets_the_whole_or_a_part_and_keeps_it() {
    in_each_world(async |world| {
        let tenant = world.tenant("House").await;
        let reader = world.member(tenant, Role::Read).await;
        let whole = avi(&[picture(), picture()]);
        let path = store(world, tenant, &whole).await;
        let all = reader.get(&path).await;
        assert_eq!((all.status.as_u16(), &all.bytes), (200, &whole));
        assert_eq!(all.header("content-type"), "video/x-msvideo");
        let etag = all.header("etag").to_owned();
        assert_eq!(etag, format!("\"{}\"", Sha256Digest::of(&whole)));

        let ask = async |name: header::HeaderName, value: &str| {
            reader.send(reader.request(Method::GET, &path).header(name, value), None).await
        };
        let part = ask(header::RANGE, "bytes=4-11").await;
        assert_eq!((part.status.as_u16(), part.bytes.as_slice()), (206, &whole[4..12]));
        assert_eq!(part.header("content-range"), format!("bytes 4-11/{}", whole.len()));
        let beyond = ask(header::RANGE, "bytes=999999-").await;
        assert_eq!(beyond.refusal(), (416, "range_unsatisfiable".to_owned()));
        assert_eq!(ask(header::IF_NONE_MATCH, &etag).await.status, 304);
        assert_eq!(ask(header::IF_NONE_MATCH, "\"other\"").await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_clip_of_another_tenant_is_not_there() {
    in_each_world(async |world| {
        let (tenant, other) = (world.tenant("House").await, world.tenant("Next").await);
        let whole = avi(&[picture()]);
        let path = store(world, tenant, &whole).await;
        let stranger = world.member(other, Role::Owner).await;
        assert_eq!(stranger.get(&path).await.refusal(), (404, "not_found".to_owned()));
        // The same bytes of another tenant are another object.
        let own = store(world, other, &whole).await;
        assert_eq!(stranger.get(&own).await.bytes, whole);
        let object = |tenant| world.app.media.object(tenant, &Sha256Digest::of(&whole).to_string());
        assert!(object(tenant).exists() && object(other).exists());
    })
    .await;
}

#[tokio::test]
async fn the_job_finds_a_clip_that_was_looked_into_already() {
    in_each_world(async |world| {
        let tenant = world.tenant("House").await;
        let path = store(world, tenant, &avi(&[picture()])).await;
        world.app.clock.advance(std::time::Duration::from_secs(60));
        assert!(jobs::runner::run_next(&world.app, "test").await.unwrap());
        assert!(!jobs::runner::run_next(&world.app, "test").await.unwrap());
        let reader = world.member(tenant, Role::Read).await;
        assert_eq!(reader.get(&path).await.status, 200);
    })
    .await;
}
