//! The units' door refuses what it must, each with its code, on both engines.

use std::time::Duration;

use axum::body::Body;

use apis_protocol::http::{Nonce, SigningTerms};
use apis_protocol::message::Message as _;
use apis_protocol::{SecretKey, route};
use apis_server_api::members::Role;
use serde_json::json;

use crate::testing::{START, Sent, TestUnit, World, broken_off, in_each_world};

async fn unit(world: &World) -> TestUnit {
    let tenant = world.tenant("House").await;
    world.unit(tenant).await
}

#[track_caller]
fn assert_refused(answer: &crate::testing::Answer, status: u16, code: &str) {
    assert_eq!(answer.refusal(), (status, code.to_owned()));
    assert_eq!(answer.header("content-type"), "application/problem+json");
}

#[tokio::test]
async fn an_unsigned_request_is_told_how_to_sign() {
    in_each_world(async |world| {
        let unit = unit(world).await;
        let beat = unit.post(route::HEARTBEAT, &unit.report());
        let answer = unit.send(beat.clone().with("signature", None)).await;
        assert_refused(&answer, 401, "signature_missing");
        assert!(Nonce::from_accept_signature(answer.header("accept-signature")).is_some());
        assert_eq!(answer.header("date"), "Sat, 01 Aug 2026 12:00:00 GMT");
        assert!(unit.send(beat).await.status.is_success());
    })
    .await;
}

#[tokio::test]
async fn a_replayed_request_is_refused_even_after_a_restart() {
    for database in apis_testkit::database::TestDatabase::on_each_engine() {
        let world = World::new(database).await;
        let unit = unit(&world).await;
        let beat = unit.post(route::HEARTBEAT, &unit.report());
        assert!(unit.send(beat.clone()).await.status.is_success());
        assert_refused(&unit.send(beat.clone()).await, 401, "nonce_replayed");

        let world = world.restarted().await;
        let unit = unit.at(&world);
        assert_refused(&unit.send(beat.clone()).await, 401, "nonce_replayed");
        assert!(unit.beat().await.status.is_success());
        world.app.clock.advance(Duration::from_secs(61));
        assert_refused(&unit.send(beat).await, 401, "signature_time");
        world.app.db.close().await;
    }
}

#[tokio::test]
async fn two_equal_requests_at_once_are_accepted_once() {
    in_each_world(async |world| {
        let unit = unit(world).await;
        let beat = unit.post(route::HEARTBEAT, &unit.report());
        let (one, other) = tokio::join!(unit.send(beat.clone()), unit.send(beat));
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401]);
    })
    .await;
}

#[tokio::test]
async fn a_skewed_clock_is_refused_and_the_servers_nonce_lets_it_in_once() {
    in_each_world(async |world| {
        let unit = unit(world).await;
        let beat_at = |now_ms: i64, nonce: Nonce| {
            let body = unit.report().write();
            let fields = [("content-type", "application/json")];
            let terms = SigningTerms::at(now_ms, nonce);
            unit.sign_with("POST", route::HEARTBEAT, &fields, body, terms)
        };
        let own = || Nonce::from_random(&crate::random::bytes());
        for (now_ms, is_accepted) in [
            (START.0 + 30_000, true),
            (START.0 + 31_000, false),
            (START.0 - 60_000, true),
            (START.0 - 61_000, false),
            (0, false),
        ] {
            let answer = unit.send(beat_at(now_ms, own())).await;
            assert_eq!(answer.status.is_success(), is_accepted, "{now_ms}");
        }
        let refused = unit.send(beat_at(0, own())).await;
        assert_refused(&refused, 401, "signature_time");
        let nonce = Nonce::from_accept_signature(refused.header("accept-signature")).unwrap();
        let cold = beat_at(0, nonce.clone());
        assert!(unit.send(cold.clone()).await.status.is_success());
        assert_refused(&unit.send(cold).await, 401, "nonce_replayed");

        let other = unit.send(beat_at(0, own())).await;
        let nonce = Nonce::from_accept_signature(other.header("accept-signature")).unwrap();
        world.app.clock.advance(Duration::from_secs(61));
        assert_refused(&unit.send(beat_at(0, nonce)).await, 401, "signature_time");
    })
    .await;
}

#[tokio::test]
async fn what_was_changed_after_signing_is_refused() {
    in_each_world(async |world| {
        let unit = unit(world).await;
        let beat = || unit.post(route::HEARTBEAT, &unit.report());
        let check = async |sent: Sent, status, code| {
            assert_refused(&unit.send(sent).await, status, code);
        };
        let changed = |change: fn(&mut Sent)| {
            let mut sent = beat();
            change(&mut sent);
            sent
        };
        check(changed(|sent| sent.target += "?x=1"), 401, "signature_invalid").await;
        check(beat().with("host", Some("evil.example")), 421, "authority_unknown").await;
        check(beat().with("x-http-method-override", Some("PUT")), 401, "signature_malformed").await;
        check(beat().with("content-digest", None), 401, "signature_malformed").await;
        check(beat().with("content-type", Some("text/plain")), 401, "signature_invalid").await;
        check(changed(|sent| sent.body[10] ^= 1), 400, "digest_mismatch").await;
        check(changed(|sent| sent.body.truncate(20)), 400, "digest_mismatch").await;
        let stranger = unit.clone().with_key(SecretKey::from_seed(&[9; 32]));
        check(stranger.post(route::HEARTBEAT, &unit.report()), 401, "key_unknown").await;
    })
    .await;
}

#[tokio::test]
async fn a_body_is_bounded_and_of_the_right_kind() {
    in_each_world(async |world| {
        let unit = unit(world).await;
        let send = async |kind: &str, body: Vec<u8>| {
            let sent = unit.sign("POST", route::HEARTBEAT, &[("content-type", kind)], body);
            unit.send(sent).await
        };
        let json = "application/json";
        assert_refused(&send(json, vec![b' '; 17 * 1024]).await, 413, "body_too_large");
        assert_refused(&send(json, b"{\"protocol\":".to_vec()).await, 400, "malformed");
        assert_refused(&send("text/plain", b"{}".to_vec()).await, 415, "media_type_unsupported");
        let mut report = serde_json::to_value(unit.report()).unwrap();
        report["clock"]["state"] = json!("guessed");
        let body = report.to_string().into_bytes();
        assert_refused(&send(json, body).await, 422, "unknown_variant");
        report["clock"]["state"] = json!("coarse");
        report["firmware"] = json!("a\u{0}b");
        assert_refused(&send(json, report.to_string().into_bytes()).await, 400, "invalid_text");

        // More than was signed: the rest is not even read.
        let beat = unit.post(route::HEARTBEAT, &unit.report());
        let more = [beat.body.clone(), vec![b' '; 64 * 1024]].concat();
        let answer = unit.send_body(&beat, Body::from(more)).await;
        assert_refused(&answer, 413, "body_too_large");
    })
    .await;
}

#[tokio::test]
async fn a_body_that_breaks_off_is_not_the_one_that_was_signed() {
    in_each_world(async |world| {
        let tenant = world.tenant("House").await;
        let unit = world.unit(tenant).await;
        let (new, claim) = (world.new_unit(), world.claim(tenant).await);
        let beat = || unit.post(route::HEARTBEAT, &unit.report());
        let enrolment = || new.post(route::ENROLMENT, &new.enrolment(&claim.secret));
        for sign in [&beat as &dyn Fn() -> Sent, &enrolment] {
            for kept in [|_| 0, |_| 1, |length| length - 1] {
                let sent = sign();
                let kept_bytes: usize = kept(sent.body.len());
                let answer = unit.send_body(&sent, broken_off(&sent.body[..kept_bytes])).await;
                assert_refused(&answer, 400, "digest_mismatch");
                assert_eq!(answer.json()["detail"], "the body broke off");
            }
        }
        // Nothing was lost by it: the claim is unused, the unit is let in.
        assert!(unit.send(enrolment()).await.status.is_success());
        assert!(unit.send(beat()).await.status.is_success());
    })
    .await;
}

#[tokio::test]
async fn a_released_unit_is_refused_at_once_and_for_ever() {
    in_each_world(async |world| {
        let tenant = world.tenant("House").await;
        let unit = world.unit(tenant).await;
        let owner = world.member(tenant, Role::Owner).await;
        assert!(unit.beat().await.status.is_success());
        let path = format!("/api/v1/units/{}/release", unit.id.unwrap());
        owner.post(&path, &json!({})).await.ok();
        assert_refused(&unit.beat().await, 403, "unit_released");
        owner.post(&path, &json!({})).await.ok();
        let shown = owner.get(&format!("/api/v1/units/{}", unit.id.unwrap())).await.ok();
        assert_eq!(shown["liveness"], "released");
        let command = format!("/api/v1/units/{}/commands", unit.id.unwrap());
        let refused = owner.post(&command, &json!({ "kind": "arm" })).await;
        assert_eq!(refused.refusal(), (409, "conflict".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn nonces_are_forgotten_only_once_their_request_could_no_longer_be_accepted() {
    in_each_world(async |world| {
        let unit = unit(world).await;
        let beat = unit.post(route::HEARTBEAT, &unit.report());
        unit.send(beat.clone()).await.message::<apis_protocol::heartbeat::HeartbeatAnswer>();
        let forget = async || {
            let mut tx = world.app.db.global_tx().await.unwrap();
            let now = world.app.clock.now();
            let count = super::store::forget_nonces(&mut tx, now).await.unwrap();
            tx.commit().await.unwrap();
            count
        };
        world.app.clock.advance(Duration::from_secs(60));
        assert_eq!(forget().await, 0);
        assert_refused(&unit.send(beat.clone()).await, 401, "nonce_replayed");
        world.app.clock.advance(Duration::from_secs(61));
        // The enrolment's and the heartbeat's.
        assert_eq!(forget().await, 2);
        assert_refused(&unit.send(beat).await, 401, "signature_time");
    })
    .await;
}
