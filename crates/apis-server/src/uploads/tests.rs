//! Uploads through the units' door: what the contract promises, on both engines.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use tokio::sync::oneshot;
use tokio::time::Instant;

use apis_protocol::upload::{UploadKind, UploadMetadata};
use apis_protocol::{Sha256Digest, VisitId, route};
use apis_server_api::members::Role;

use crate::clips::avi::tests::{avi, picture};
use crate::ids::{NewId as _, TenantId};
use crate::testing::{Answer, START, Sent, TestUnit, World, broken_off, in_each_world};

pub(super) const TUS: (&str, &str) = ("tus-resumable", "1.0.0");

pub(super) fn clip() -> Vec<u8> {
    avi(&[picture(), Vec::new(), picture(), picture()])
}

pub(super) fn creation(unit: &TestUnit, visit: VisitId, whole: &[u8]) -> Sent {
    let sha256 = Sha256Digest::of(whole);
    let metadata = UploadMetadata { visit_id: visit, kind: UploadKind::Clip, sha256 };
    let (metadata, length) = (metadata.to_field(), whole.len().to_string());
    let fields = [TUS, ("upload-length", &length), ("upload-metadata", &metadata)];
    unit.sign("POST", route::UPLOADS, &fields, Vec::new())
}

pub(super) async fn create(unit: &TestUnit, visit: VisitId, whole: &[u8]) -> String {
    let answer = unit.send(creation(unit, visit, whole)).await;
    assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.bytes));
    answer.header("location").to_owned()
}

pub(super) fn patch(unit: &TestUnit, location: &str, offset: usize, bytes: &[u8]) -> Sent {
    let offset = offset.to_string();
    let kind = ("content-type", "application/offset+octet-stream");
    unit.sign("PATCH", location, &[TUS, kind, ("upload-offset", &offset)], bytes.to_vec())
}

pub(super) async fn head(unit: &TestUnit, location: &str) -> Answer {
    unit.send(unit.sign("HEAD", location, &[TUS], Vec::new())).await
}

#[track_caller]
pub(super) fn assert_stands(answer: &Answer, status: u16, offset: usize, state: &str) {
    let text = String::from_utf8_lossy(&answer.bytes);
    assert_eq!(answer.status, status, "{text}");
    assert_eq!(answer.header("upload-offset"), offset.to_string());
    assert_eq!(answer.header("apis-upload-state"), state);
    assert_eq!(answer.header("tus-resumable"), "1.0.0");
}

#[track_caller]
pub(super) fn assert_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.refusal(), (status, code.to_owned()));
    assert_eq!(answer.header("tus-resumable"), "1.0.0");
}

pub(super) async fn house(world: &World) -> (TenantId, TestUnit) {
    let tenant = world.tenant("House").await;
    (tenant, world.unit(tenant).await)
}

/// A body that falls silent after `bytes`, and word of when the server has taken them and waits.
fn silent_body(bytes: &[u8]) -> (Body, oneshot::Receiver<()>) {
    let (taken, is_taken) = oneshot::channel();
    let first = stream::iter([Ok(Bytes::copy_from_slice(bytes))]);
    let silence = stream::once(async move {
        let _ = taken.send(());
        std::future::pending::<Result<Bytes, &str>>().await
    });
    (Body::from_stream(first.chain(silence)), is_taken)
}

#[tokio::test]
async fn a_clip_comes_in_pieces_and_is_verified_with_its_last_byte() {
    in_each_world(async |world| {
        let (tenant, unit) = house(world).await;
        let (visit, whole) = (VisitId::new_at(START), clip());
        let location = create(&unit, visit, &whole).await;
        assert_eq!(create(&unit, visit, &whole).await, location, "one reservation, one place");
        let half = whole.len() / 2;
        let (first, rest) = whole.split_at(half);
        assert_stands(&unit.send(patch(&unit, &location, 0, first)).await, 204, half, "receiving");
        assert_stands(&head(&unit, &location).await, 200, half, "receiving");
        assert_eq!(
            head(&unit, &location).await.header("upload-expires"),
            "Sat, 08 Aug 2026 12:00:00 GMT"
        );
        let done = unit.send(patch(&unit, &location, half, rest)).await;
        assert_stands(&done, 204, whole.len(), "verified");
        // The answer was lost: everything repeats it.
        assert_stands(&head(&unit, &location).await, 200, whole.len(), "verified");
        let again = unit.send(creation(&unit, visit, &whole)).await;
        assert_stands(&again, 201, whole.len(), "verified");
        assert_refused(
            &unit.send(patch(&unit, &location, half, rest)).await,
            409,
            "offset_conflict",
        );

        let reader = world.member(tenant, Role::Read).await;
        let id = location.rsplit('/').next().unwrap();
        let content = reader.get(&format!("/api/v1/clips/{id}/content")).await;
        assert_eq!(content.bytes, whole);
    })
    .await;
}

#[tokio::test]
async fn a_cut_request_keeps_its_bytes_and_a_wrong_one_goes_back_to_its_start() {
    in_each_world(async |world| {
        let (_, unit) = house(world).await;
        let whole = clip();
        let location = create(&unit, VisitId::new_at(START), &whole).await;
        let cut = patch(&unit, &location, 0, &whole);
        unit.send_body(&cut, broken_off(&whole[..100])).await;
        assert_stands(&head(&unit, &location).await, 200, 100, "receiving");

        let mut wrong = patch(&unit, &location, 100, &whole[100..200]);
        wrong.body[50] ^= 1;
        assert_refused(&unit.send(wrong).await, 400, "digest_mismatch");
        assert_stands(&head(&unit, &location).await, 200, 100, "receiving");
        let other = patch(&unit, &location, 150, &whole[150..]);
        let refused = unit.send(other).await;
        assert_refused(&refused, 409, "offset_conflict");
        assert_eq!(refused.header("upload-offset"), "100");
        let done = unit.send(patch(&unit, &location, 100, &whole[100..])).await;
        assert_stands(&done, 204, whole.len(), "verified");
    })
    .await;
}

#[tokio::test]
async fn a_newer_request_ends_a_silent_one_at_once_and_keeps_its_bytes() {
    in_each_world(async |world| {
        let (_, unit) = house(world).await;
        let mut fastest = Duration::MAX;
        // A machine that is busy with other tests may be late once; a lock that times out
        // would be late every time.
        for round in 0..5 {
            let mut whole = clip();
            whole.extend([round; 64]);
            let location = create(&unit, VisitId::new_at(START), &whole).await;
            let silent = patch(&unit, &location, 0, &whole);
            let (stalled, is_taken) = silent_body(&whole[..100]);
            let running = {
                let unit = unit.clone();
                tokio::spawn(async move { unit.send_body(&silent, stalled).await })
            };
            is_taken.await.unwrap();
            let asked = Instant::now();
            let stands = head(&unit, &location).await;
            fastest = fastest.min(asked.elapsed());
            assert_stands(&stands, 200, 100, "receiving");
            assert_refused(&running.await.unwrap(), 503, "overloaded");
        }
        assert!(fastest <= Duration::from_millis(100), "{fastest:?}");
    })
    .await;
}

#[tokio::test]
async fn a_whole_that_is_not_what_was_promised_begins_again() {
    in_each_world(async |world| {
        let (_, unit) = house(world).await;
        let whole = clip();
        let location = create(&unit, VisitId::new_at(START), &whole).await;
        let mut wrong = whole.clone();
        wrong[30] ^= 1;
        let refused = unit.send(patch(&unit, &location, 0, &wrong)).await;
        assert_refused(&refused, 460, "object_mismatch");
        assert_eq!(refused.header("upload-offset"), "0");
        assert_stands(&head(&unit, &location).await, 200, 0, "receiving");
        let done = unit.send(patch(&unit, &location, 0, &whole)).await;
        assert_stands(&done, 204, whole.len(), "verified");
    })
    .await;
}

#[tokio::test]
async fn what_is_no_avi_is_rejected_for_good_and_takes_no_room() {
    in_each_world(async |world| {
        let (tenant, unit) = house(world).await;
        let text = b"<html>this was said to be a clip</html>".to_vec();
        let visit = VisitId::new_at(START);
        let location = create(&unit, visit, &text).await;
        let done = unit.send(patch(&unit, &location, 0, &text)).await;
        assert_stands(&done, 204, text.len(), "rejected");
        assert_eq!(done.header("apis-upload-reason"), "not_avi");
        let again = unit.send(creation(&unit, visit, &text)).await;
        assert_stands(&again, 201, text.len(), "rejected");

        let reader = world.member(tenant, Role::Read).await;
        let id = location.rsplit('/').next().unwrap();
        assert_eq!(reader.get(&format!("/api/v1/clips/{id}/content")).await.status, 404);
        let mut tx = world.app.db.tenant_read(tenant).await.unwrap();
        assert_eq!(crate::quotas::standing(&mut tx, tenant).await.unwrap(), (0, 0));
        let object = world.app.media.object(tenant, &Sha256Digest::of(&text).to_string());
        assert!(!object.exists());
    })
    .await;
}

#[tokio::test]
async fn room_for_the_whole_is_reserved_before_its_first_byte() {
    in_each_world(async |world| {
        let (tenant, unit) = house(world).await;
        let whole = clip();
        let mut tx = world.app.db.tenant_tx(tenant).await.unwrap();
        let limit = whole.len() as i64 + 10;
        let sql = "UPDATE tenant SET storage_bytes_max = $2 WHERE id = $1";
        tx.execute(sql, (tenant, limit)).await.unwrap();
        tx.commit().await.unwrap();

        let location = create(&unit, VisitId::new_at(START), &whole).await;
        let other = [whole.clone(), vec![0]].concat();
        let refused = unit.send(creation(&unit, VisitId::new_at(START), &other)).await;
        assert_refused(&refused, 507, "quota_exceeded");
        assert_ne!(refused.header("retry-after"), "");
        // Ended, it makes room.
        let ended = unit.send(unit.sign("DELETE", &location, &[TUS], Vec::new())).await;
        assert_eq!(ended.status, 204);
        assert_refused(&head_with_body(&unit, &location).await, 404, "not_found");
        create(&unit, VisitId::new_at(START), &other).await;
    })
    .await;
}

/// A HEAD's refusal has no body, so a PATCH asks instead.
pub(super) async fn head_with_body(unit: &TestUnit, location: &str) -> Answer {
    unit.send(patch(unit, location, 0, b"x")).await
}

#[tokio::test]
async fn an_upload_is_its_units_alone() {
    in_each_world(async |world| {
        let (tenant, unit) = house(world).await;
        let (twin, (_, stranger)) = (world.unit(tenant).await, house(world).await);
        let whole = clip();
        let location = create(&unit, VisitId::new_at(START), &whole).await;
        for other in [&twin, &stranger] {
            assert_refused(&head_with_body(other, &location).await, 404, "not_found");
            let end = other.sign("DELETE", &location, &[TUS], Vec::new());
            assert_refused(&other.send(end).await, 404, "not_found");
        }
        assert_stands(&head(&unit, &location).await, 200, 0, "receiving");
    })
    .await;
}

#[tokio::test]
async fn malformed_uploads_are_refused_by_name() {
    in_each_world(async |world| {
        let (_, unit) = house(world).await;
        let whole = clip();
        let sha256 = Sha256Digest::of(&whole);
        let visit_id = VisitId::new_at(START);
        let metadata = UploadMetadata { visit_id, kind: UploadKind::Clip, sha256 }.to_field();
        let create = async |fields: &[(&str, &str)]| {
            unit.send(unit.sign("POST", route::UPLOADS, fields, Vec::new())).await
        };
        let (length, meta) = (("upload-length", "10"), ("upload-metadata", metadata.as_str()));
        assert_refused(&create(&[length, meta]).await, 412, "tus_version");
        let old = ("tus-resumable", "0.2.2");
        assert_refused(&create(&[old, length, meta]).await, 412, "tus_version");
        assert_refused(&create(&[TUS, meta]).await, 400, "upload_malformed");
        assert_refused(&create(&[TUS, length]).await, 400, "upload_malformed");
        for wrong in ["0", "-1", "1e3", "010", "99999999999999999999"] {
            let answer = create(&[TUS, ("upload-length", wrong), meta]).await;
            assert_refused(&answer, 400, "upload_malformed");
        }
        let huge = ("upload-length", "201326593");
        assert_refused(&create(&[TUS, huge, meta]).await, 413, "upload_too_large");
        assert_refused(
            &create(&[TUS, length, ("upload-metadata", "kind Y2xpcA==")]).await,
            400,
            "upload_malformed",
        );

        let location = self::create(&unit, visit_id, &whole).await;
        let offset = ("upload-offset", "0");
        let typed = ("content-type", "application/offset+octet-stream");
        let patch = async |fields: &[(&str, &str)], body: &[u8]| {
            unit.send(unit.sign("PATCH", &location, fields, body.to_vec())).await
        };
        let json = ("content-type", "application/json");
        assert_refused(&patch(&[TUS, json, offset], b"x").await, 415, "media_type_unsupported");
        assert_refused(&patch(&[TUS, typed], b"x").await, 400, "upload_malformed");
        assert_refused(&patch(&[TUS, typed, offset], b"").await, 400, "upload_malformed");
        let more = [whole.as_slice(), b"x"].concat();
        assert_refused(&patch(&[TUS, typed, offset], &more).await, 400, "upload_malformed");
    })
    .await;
}

#[tokio::test]
async fn one_unit_cannot_open_uploads_without_end() {
    in_each_world(async |world| {
        let (tenant, unit) = house(world).await;
        let count = super::Limits::default().unit_upload_count_max;
        for number in 0..count {
            create(&unit, VisitId::new_at(START), &number.to_be_bytes()).await;
        }
        let refused = unit.send(creation(&unit, VisitId::new_at(START), b"one more")).await;
        assert_refused(&refused, 429, "rate_limited");
        assert_ne!(refused.header("retry-after"), "");
        let twin = world.unit(tenant).await;
        create(&twin, VisitId::new_at(START), b"one more").await;
    })
    .await;
}

#[tokio::test]
async fn a_foreign_client_can_ask_what_is_spoken() {
    in_each_world(async |world| {
        let (_, unit) = house(world).await;
        let asked = Sent {
            method: "OPTIONS",
            target: route::UPLOADS.to_owned(),
            fields: Vec::new(),
            body: Vec::new(),
        };
        let answer = unit.send(asked).await;
        assert_eq!(answer.status, 204);
        assert_eq!(answer.header("tus-version"), "1.0.0");
        assert_eq!(answer.header("tus-extension"), "creation,expiration,termination");
    })
    .await;
}

#[tokio::test]
async fn a_unit_released_while_its_bytes_come_is_cut_off_and_told_so() {
    in_each_world(async |world| {
        let (tenant, unit) = house(world).await;
        let owner = world.member(tenant, Role::Owner).await;
        let elsewhere = world.replica().await;
        let whole = clip();
        let location = create(&unit, VisitId::new_at(START), &whole).await;
        let sent = patch(&unit, &location, 0, &whole);
        let (body, is_taken) = silent_body(&whole[..100]);
        let sending = tokio::spawn({
            let unit = unit.clone();
            async move { unit.send_body(&sent, body).await }
        });
        is_taken.await.unwrap();
        let path = format!("/api/v1/units/{}/release", unit.id.unwrap());
        owner.at(&elsewhere).post(&path, &serde_json::json!({})).await.ok();
        assert_refused(&sending.await.unwrap(), 403, "unit_released");

        assert_eq!(head(&unit, &location).await.status, 403);
        let again = unit.send(patch(&unit, &location, 0, &whole)).await;
        assert_eq!(again.refusal(), (403, "unit_released".to_owned()));
        let anew = unit.send(creation(&unit, VisitId::new_at(START), &whole)).await;
        assert_eq!(anew.refusal(), (403, "unit_released".to_owned()));
        elsewhere.app.db.close().await;
    })
    .await;
}
