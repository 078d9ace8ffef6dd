//! Clips are given to members of their tenant, whole or in part.

use axum::http::{Method, header};

use apis_protocol::message::Message as _;
use apis_protocol::records::{Evidence, VisitKind};
use apis_protocol::sidecar::{CaptureTime, SIDECAR_VERSION, Sidecar};
use apis_protocol::upload::{UploadKind, UploadMetadata};
use apis_protocol::{Sha256Digest, UnitId, VisitId, route};
use apis_server_api::members::Role;
use apis_units::Uptime;
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value, json};

use super::avi::tests::{avi, picture, scene};
use crate::ids::{NewId as _, TenantId};
use crate::jobs;
use crate::route_tests::stage::{opened, records};
use crate::testing::{Browser, START, World, in_each_world};
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
    upload(world, (tenant, unit), visit_id, UploadKind::Clip, whole).await
}

async fn store_sidecar(world: &World, whose: (TenantId, UnitId), visit: VisitId, whole: &[u8]) {
    upload(world, whose, visit, UploadKind::Sidecar, whole).await;
}

async fn upload(
    world: &World,
    (tenant, unit): (TenantId, UnitId),
    visit_id: VisitId,
    kind: UploadKind,
    whole: &[u8],
) -> String {
    let sha256 = Sha256Digest::of(whole);
    let metadata = UploadMetadata { visit_id, kind, sha256 };
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
        for _ in ["looked into", "made playable"] {
            assert!(jobs::runner::run_next(&world.app, "test").await.unwrap());
        }
        assert!(!jobs::runner::run_next(&world.app, "test").await.unwrap());
        let reader = world.member(tenant, Role::Read).await;
        assert_eq!(reader.get(&path).await.status, 200);
    })
    .await;
}

/// A visit that its unit opened, whose it is, and who may look at it.
async fn opened_visit(world: &World) -> (Browser, (TenantId, UnitId), VisitId) {
    let tenant = world.tenant("House").await;
    let unit = world.unit(tenant).await;
    let visit = VisitId::new_at(START);
    world.app.clock.advance(std::time::Duration::from_secs(200));
    unit.send(unit.post(route::RECORDS, &records(vec![opened(1, visit)]))).await.ok();
    (world.member(tenant, Role::Read).await, (tenant, unit.id.unwrap()), visit)
}

/// Runs what is due after the sidecar had its time to come.
async fn run_jobs(world: &World) {
    world.app.clock.advance(std::time::Duration::from_secs(60));
    while jobs::runner::run_next(&world.app, "test").await.unwrap() {}
}

/// What is told of a visit's clip.
async fn play_of(reader: &Browser, visit: VisitId) -> Value {
    let shown = reader.get(&format!("/api/v1/visits/{visit}")).await.ok();
    let clips = shown["clips"].as_array().unwrap().iter();
    clips.into_iter().find(|clip| clip["kind"] == "clip").unwrap()["play"].clone()
}

#[tokio::test]
async fn a_clip_is_made_playable_with_the_times_of_its_sidecar_whichever_comes_first() {
    in_each_world(async |world| {
        let (reader, whose, visit) = opened_visit(world).await;
        let frames: Vec<Vec<u8>> = (0..4).map(|step| scene(32, 32, 90, step)).collect();
        let path = store_for(world, whose, visit, &avi(&frames)).await;
        let file = |name: &str| path.replace("content", name);
        assert_eq!(play_of(&reader, visit).await["state"], "waiting");
        assert_eq!(reader.get(&file("play.mp4")).await.refusal(), (404, "not_found".to_owned()));

        run_jobs(world).await;
        let play = play_of(&reader, visit).await;
        let told = |play: &Value| {
            let video = &play["video"];
            (video["has_times"] == true, video["frame_count"].clone(), video["duration_us"].clone())
        };
        assert_eq!(told(&play), (false, json!(4), json!(400_000)), "{play}");
        let before = reader.get(&file("play.mp4")).await;
        assert_eq!(before.header("content-type"), "video/mp4");

        let sidecar = Sidecar {
            version: SIDECAR_VERSION,
            visit_id: visit,
            kind: VisitKind::Verdict,
            boot: 1,
            frames: [0, 90, 210, 300].map(|ms| CaptureTime(Uptime::from_millis(ms))).to_vec(),
            track: Vec::new(),
            evidence: Evidence { version: 1, score_mnat: 1, terms: Vec::new() },
            verdicts: Vec::new(),
        };
        store_sidecar(world, whose, visit, &sidecar.write()).await;
        run_jobs(world).await;
        assert_eq!(told(&play_of(&reader, visit).await), (true, json!(4), json!(400_000)));
        let whole = reader.get(&file("play.mp4")).await;
        assert_ne!(whole.header("etag"), before.header("etag"), "other bytes have another name");
        let ask = async |name: header::HeaderName, value: &str| {
            let request = reader.request(Method::GET, &file("play.mp4")).header(name, value);
            reader.send(request, None).await
        };
        let part = ask(header::RANGE, "bytes=4-11").await;
        assert_eq!((part.status.as_u16(), part.bytes.as_slice()), (206, &whole.bytes[4..12]));
        assert_eq!(ask(header::IF_NONE_MATCH, whole.header("etag")).await.status, 304);
        for (name, media_type) in [
            ("poster.jpg", "image/jpeg"),
            ("thumbnail.jpg", "image/jpeg"),
            ("sprite.jpg", "image/jpeg"),
        ] {
            let answer = reader.get(&file(name)).await;
            assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, media_type));
            assert!(answer.bytes.starts_with(&[0xff, 0xd8]));
        }
        let stranger = world.member(world.tenant("Next").await, Role::Owner).await;
        assert_eq!(stranger.get(&file("play.mp4")).await.refusal(), (404, "not_found".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn a_clip_that_cannot_be_played_is_set_aside_once_and_stays_downloadable() {
    in_each_world(async |world| {
        let (reader, whose, visit) = opened_visit(world).await;
        // It is whole, and its pictures are smaller than any video may be.
        let path = store_for(world, whose, visit, &avi(&[picture()])).await;
        run_jobs(world).await;
        let play = play_of(&reader, visit).await;
        assert_eq!((&play["state"], &play["flaw"]), (&json!("set_aside"), &json!("play_size")));
        assert_eq!(reader.get(&path).await.status, 200);
        assert_eq!(reader.get(&path.replace("content", "play.mp4")).await.status, 404);
        world.app.clock.advance(std::time::Duration::from_secs(24 * 3_600));
        let mut tx = world.app.db.global_read().await.unwrap();
        let left: Vec<(String,)> =
            tx.all("SELECT id FROM job WHERE kind = 'make_playable'", ()).await.unwrap();
        assert!(left.is_empty(), "it is not tried for ever");
    })
    .await;
}
