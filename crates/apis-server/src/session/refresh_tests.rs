//! Refreshing: a lost reply costs nothing, a copied token ends the session for both.

use std::time::Duration;

use apis_server_api::members::Role;
use serde_json::json;

use crate::testing::{Answer, Browser, World, in_each_world};

const MINUTE: Duration = Duration::from_secs(60);

async fn refresh(browser: &Browser) -> Answer {
    browser.post("/api/v1/session/refresh", &json!({})).await
}

/// Refreshes and keeps what is answered.
async fn refreshed(browser: &mut Browser) {
    let answer = refresh(browser).await;
    answer.ok();
    browser.keep_cookies(&answer);
}

async fn shown(browser: &Browser) -> u16 {
    browser.get("/api/v1/session").await.status.as_u16()
}

async fn owner(world: &World) -> Browser {
    let tenant = world.tenant("Bees").await;
    world.member(tenant, Role::Owner).await
}

#[tokio::test]
async fn a_session_goes_on_by_refreshing_and_ends_when_nobody_does() {
    in_each_world(async |world| {
        let mut browser = owner(world).await;
        world.app.clock.advance(15 * MINUTE);
        let over = browser.get("/api/v1/session").await;
        assert_eq!(over.refusal(), (401, "sign_in_needed".to_owned()));
        // Its cookie is gone by then as well.
        browser.forget_access();
        refreshed(&mut browser).await;
        assert_eq!(browser.get("/api/v1/session").await.ok()["refresh_in_ms"], 600_000);

        world.app.clock.advance(60 * 24 * 60 * MINUTE);
        refreshed(&mut browser).await;
        world.app.clock.advance(60 * 24 * 60 * MINUTE);
        refreshed(&mut browser).await;
        assert_eq!(shown(&browser).await, 200, "each use counts from its own day");

        world.app.clock.advance(90 * 24 * 60 * MINUTE);
        assert_eq!(refresh(&browser).await.refusal(), (401, "sign_in_needed".to_owned()));
        assert_eq!(super::sweep(&world.app.db, world.app.clock.now()).await.unwrap(), 1);
        let mut tx = world.app.db.global_read().await.unwrap();
        let (left,): (i64,) = tx.one("SELECT count(*) FROM session_token", ()).await.unwrap();
        assert_eq!(left, 0);
    })
    .await;
}

#[tokio::test]
async fn a_lost_reply_costs_nothing() {
    in_each_world(async |world| {
        let mut browser = owner(world).await;
        for _ in 0..3 {
            refresh(&browser).await.ok();
            world.app.clock.advance(20 * MINUTE);
        }
        refreshed(&mut browser).await;
        world.app.clock.advance(20 * MINUTE);
        refreshed(&mut browser).await;
        assert_eq!(shown(&browser).await, 200);
    })
    .await;
}

/// Two pages of one browser ask at the same moment, and the cookie that came last is kept.
#[tokio::test]
async fn two_pages_that_refresh_at_once_stay_signed_in() {
    in_each_world(async |world| {
        let mut browser = owner(world).await;
        let (one, other) = tokio::join!(refresh(&browser), refresh(&browser));
        one.ok();
        browser.keep_cookies(&other);
        for _ in 0..2 {
            world.app.clock.advance(10 * MINUTE);
            refreshed(&mut browser).await;
        }
        assert_eq!(shown(&browser).await, 200);
    })
    .await;
}

/// A token whose successor was used gives access for a moment, and no line of its own.
#[tokio::test]
async fn whoever_follows_close_behind_gets_no_second_line() {
    in_each_world(async |world| {
        let mut browser = owner(world).await;
        let mut thief = browser.clone();
        refreshed(&mut browser).await;
        refreshed(&mut browser).await;
        world.app.clock.advance(Duration::from_secs(29));
        refreshed(&mut thief).await;
        assert_eq!((shown(&browser).await, shown(&thief).await), (200, 200));
        world.app.clock.advance(Duration::from_secs(2));
        assert_eq!(refresh(&thief).await.refusal(), (401, "session_reused".to_owned()));
        assert_eq!(shown(&browser).await, 401);
    })
    .await;
}

#[tokio::test]
async fn a_copied_token_ends_the_session_for_both_and_the_member_is_told() {
    in_each_world(async |world| {
        let mut browser = owner(world).await;
        let mut thief = browser.clone();
        refreshed(&mut thief).await;
        refreshed(&mut thief).await;
        world.app.clock.advance(Duration::from_secs(31));

        let reused = (401, "session_reused".to_owned());
        assert_eq!(refresh(&browser).await.refusal(), reused);
        assert_eq!(refresh(&thief).await.refusal(), reused, "whoever it is");
        assert_eq!((shown(&browser).await, shown(&thief).await), (401, 401));

        // Signed in again, the member sees what happened; later it is forgotten.
        let again = world.session_of(&browser).await;
        let listed = again.get("/api/v1/sessions").await.ok();
        let ended: Vec<bool> = listed["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|session| session["reused_at"].is_string())
            .collect();
        assert_eq!(ended, [false, true], "{listed}");
        let audit = again.get("/api/v1/audit").await.ok();
        let is_told = |record: &serde_json::Value| record["action"] == "session.reused";
        assert_eq!(audit["items"].as_array().unwrap().iter().filter(|one| is_told(one)).count(), 1);
        world.app.clock.advance(30 * 24 * 60 * MINUTE);
        assert_eq!(super::sweep(&world.app.db, world.app.clock.now()).await.unwrap(), 1);
        browser.forget_access();
        assert_eq!(refresh(&browser).await.refusal(), (401, "sign_in_needed".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn a_token_of_the_family_that_is_known_no_more_counts_as_copied() {
    in_each_world(async |world| {
        let mut browser = owner(world).await;
        let thief = browser.clone();
        for _ in 0..3 {
            refreshed(&mut browser).await;
        }
        world.app.clock.advance(24 * 60 * MINUTE);
        super::sweep(&world.app.db, world.app.clock.now()).await.unwrap();
        assert_eq!(refresh(&thief).await.refusal(), (401, "session_reused".to_owned()));
        assert_eq!(refresh(&browser).await.refusal(), (401, "session_reused".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn after_signing_out_a_copy_of_either_token_is_worth_nothing() {
    in_each_world(async |world| {
        let browser = owner(world).await;
        let thief = browser.clone();
        let answer = browser.delete("/api/v1/session").await;
        answer.ok();
        let set: Vec<&str> =
            answer.headers.get_all("set-cookie").iter().map(|set| set.to_str().unwrap()).collect();
        assert!(set.len() == 2 && set.iter().all(|set| set.ends_with("Max-Age=0")), "{set:?}");
        assert_eq!(shown(&thief).await, 401);
        assert_eq!(refresh(&thief).await.refusal(), (401, "sign_in_needed".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn a_member_sees_their_sessions_and_ends_one() {
    in_each_world(async |world| {
        let lost = owner(world).await;
        world.app.clock.advance(MINUTE);
        let own = world.session_of(&lost).await;
        let other = world.member(own.tenant.unwrap(), Role::Owner).await;
        let listed = own.get("/api/v1/sessions").await.ok();
        let items = listed["items"].as_array().unwrap();
        let own_first: Vec<bool> = items.iter().map(|one| one["is_own"] == true).collect();
        assert_eq!(own_first, [true, false], "one's own alone, newest first: {listed}");

        let path = format!("/api/v1/sessions/{}", items[1]["id"].as_str().unwrap());
        assert_eq!(other.delete(&path).await.refusal(), (404, "not_found".to_owned()));
        own.delete(&path).await.ok();
        assert_eq!((shown(&lost).await, shown(&own).await), (401, 200));
        assert_eq!(refresh(&lost).await.refusal(), (401, "sign_in_needed".to_owned()));
        assert_eq!(own.delete(&path).await.refusal(), (404, "not_found".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn a_removed_member_cannot_refresh() {
    in_each_world(async |world| {
        let tenant = world.tenant("Bees").await;
        let owner = world.member(tenant, Role::Owner).await;
        let member = world.member(tenant, Role::Member).await;
        let path = format!("/api/v1/members/{}", member.account.unwrap());
        owner.delete(&path).await.ok();
        assert_eq!(refresh(&member).await.refusal(), (401, "sign_in_needed".to_owned()));
    })
    .await;
}
