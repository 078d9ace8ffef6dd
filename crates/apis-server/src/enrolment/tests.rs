//! A claim is used once, in time, by the key that signs; nobody learns which claims exist.

use std::time::Duration;

use apis_protocol::claim::{Claim, ClaimSecret};
use apis_protocol::enrolment::EnrolmentAnswer;
use apis_protocol::settings::Settings;
use apis_protocol::{SecretKey, route};
use apis_server_api::members::Role;
use serde_json::json;

use crate::testing::{Answer, in_each_world};

#[track_caller]
fn assert_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.refusal(), (status, code.to_owned()));
}

#[tokio::test]
async fn a_claim_makes_a_unit_and_tells_it_whose_it_is() {
    in_each_world(async |world| {
        let tenant = world.tenant("House").await;
        let owner = world.member(tenant, Role::Owner).await;
        let made = owner.post("/api/v1/claims", &json!({})).await.ok();
        let claim: Claim = made["claim"].as_str().unwrap().parse().unwrap();
        let unit = world.new_unit();
        let answer: EnrolmentAnswer = unit.enrol(&claim.secret).await.message();
        assert_eq!(answer.tenant_id, tenant);
        let settings: Settings = answer.settings.open(answer.tenant_key).unwrap();
        let now = world.app.clock.now().0;
        settings.check(answer.unit_id, None, Some(now)).unwrap();
        assert_eq!(settings.server_urls, world.app.units.settings.server_urls);

        let units = owner.get("/api/v1/units").await.ok();
        assert_eq!(units["items"][0]["id"], json!(answer.unit_id.to_string()));
        assert_eq!(units["items"][0]["liveness"], "never_heard");
        let claims = owner.get("/api/v1/claims").await.ok();
        assert_eq!(claims["items"][0]["unit_id"], json!(answer.unit_id.to_string()));
        assert!(unit.beat().await.status.is_success());
    })
    .await;
}

#[tokio::test]
async fn used_expired_and_guessed_claims_are_refused_alike() {
    in_each_world(async |world| {
        let tenant = world.tenant("House").await;
        let used = world.claim(tenant).await;
        let unit = world.new_unit();
        let first: EnrolmentAnswer = unit.enrol(&used.secret).await.message();

        let other = world.new_unit();
        let by_other = other.enrol(&used.secret).await;
        let guessed = other.enrol(&ClaimSecret::from_bytes([5; 16])).await;
        let late = world.claim(tenant).await;
        world.app.clock.advance(Duration::from_secs(15 * 60 + 1));
        let expired = other.enrol(&late.secret).await;
        for answer in [&by_other, &guessed, &expired] {
            assert_refused(answer, 403, "claim_refused");
            assert_eq!(answer.bytes, by_other.bytes);
        }
        // The same claim with the same key repeats the answer, for a day.
        let again: EnrolmentAnswer = unit.enrol(&used.secret).await.message();
        assert_eq!(again.unit_id, first.unit_id);
        world.app.clock.advance(Duration::from_secs(24 * 3_600));
        assert_refused(&unit.enrol(&used.secret).await, 403, "claim_refused");
    })
    .await;
}

#[tokio::test]
async fn a_released_unit_does_not_hear_its_answer_again() {
    in_each_world(async |world| {
        let tenant = world.tenant("House").await;
        let owner = world.member(tenant, Role::Owner).await;
        let claim = world.claim(tenant).await;
        let unit = world.new_unit();
        let answer: EnrolmentAnswer = unit.enrol(&claim.secret).await.message();
        owner.post(&format!("/api/v1/units/{}/release", answer.unit_id), &json!({})).await.ok();
        assert_refused(&unit.enrol(&claim.secret).await, 403, "claim_refused");
        // Its key is spent too: it joins again with a new one.
        let next = world.claim(tenant).await;
        assert_refused(&unit.enrol(&next.secret).await, 403, "claim_refused");
        let renewed = world.new_unit();
        renewed.enrol(&next.secret).await.message::<EnrolmentAnswer>();
    })
    .await;
}

#[tokio::test]
async fn the_key_that_is_brought_must_have_signed() {
    in_each_world(async |world| {
        let tenant = world.tenant("House").await;
        let claim = world.claim(tenant).await;
        let unit = world.new_unit();
        let other = unit.clone().with_key(SecretKey::from_seed(&[3; 32]));
        let foreign = unit.post(route::ENROLMENT, &other.enrolment(&claim.secret));
        assert_refused(&unit.send(foreign).await, 403, "proof_missing");

        let mut weak = serde_json::to_value(unit.enrolment(&claim.secret)).unwrap();
        weak["public_key"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        let body = weak.to_string().into_bytes();
        let sent =
            unit.sign("POST", route::ENROLMENT, &[("content-type", "application/json")], body);
        assert_refused(&unit.send(sent).await, 400, "malformed");

        let replayed = unit.post(route::ENROLMENT, &unit.enrolment(&claim.secret));
        unit.send(replayed.clone()).await.message::<EnrolmentAnswer>();
        assert_refused(&unit.send(replayed).await, 401, "nonce_replayed");
    })
    .await;
}

#[tokio::test]
async fn a_claim_used_by_two_units_at_once_makes_one_unit() {
    in_each_world(async |world| {
        let tenant = world.tenant("House").await;
        let claim = world.claim(tenant).await;
        let (one, other) = (world.new_unit(), world.new_unit());
        let (one, other) = tokio::join!(one.enrol(&claim.secret), other.enrol(&claim.secret));
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 403]);
        let owner = world.member(tenant, Role::Owner).await;
        let units = owner.get("/api/v1/units").await.ok();
        assert_eq!(units["items"].as_array().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn guessing_is_slowed_down() {
    in_each_world(async |world| {
        let unit = world.new_unit();
        for _ in 0..20 {
            let guess = ClaimSecret::from_bytes(crate::random::bytes());
            assert_refused(&unit.enrol(&guess).await, 403, "claim_refused");
        }
        let answer = unit.enrol(&ClaimSecret::from_bytes([5; 16])).await;
        assert_refused(&answer, 429, "rate_limited");
        assert_eq!(answer.header("retry-after"), "10");
        world.app.clock.advance(Duration::from_secs(10));
        let answer = unit.enrol(&ClaimSecret::from_bytes([5; 16])).await;
        assert_refused(&answer, 403, "claim_refused");
    })
    .await;
}
