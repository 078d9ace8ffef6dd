//! Signing in and out, at the people's door.

use std::net::SocketAddr;
use std::time::Duration;

use apis_server_api::members::Role;
use axum::extract::ConnectInfo;
use axum::http::Method;
use serde_json::{Value, json};

use crate::testing::{Answer, World, broken_off, in_each_world};
use crate::{accounts, members};

const EMAIL: &str = "ann@bees.example";
const PASSWORD: &str = "correct horse";

async fn account(world: &World) {
    accounts::create::create(&world.operator(), EMAIL, "Ann", PASSWORD).await.unwrap();
}

async fn sign_in(world: &World, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password });
    world.browser().post("/api/v1/session", &body).await
}

#[tokio::test]
async fn a_member_signs_in_and_out() {
    in_each_world(async |world| {
        let tenant = world.tenant("Bees").await;
        account(world).await;
        members::add::add(&world.operator(), tenant, EMAIL, Role::Member).await.unwrap();

        let mut browser = world.browser();
        assert_eq!(browser.get("/api/v1/session").await.refusal().1, "sign_in_needed");
        let answer = sign_in(world, " ANN@bees.example", PASSWORD).await;
        assert_eq!(answer.ok()["role"], "member");
        browser.keep_cookies(&answer);
        let shown = browser.get("/api/v1/session").await.ok();
        assert_eq!(shown["tenant_name"], "Bees");
        assert_eq!(
            shown["permissions"],
            json!([
                "look",
                "edit_hives",
                "label_visits",
                "delete_visits",
                "command_units",
                "see_members"
            ])
        );
        assert_eq!(shown["expires_at"], "2026-10-30T12:00:00.000Z");
        assert_eq!(shown["refresh_in_ms"], 600_000);

        browser.delete("/api/v1/session").await.ok();
        assert_eq!(browser.get("/api/v1/session").await.refusal().1, "sign_in_needed");
    })
    .await;
}

#[tokio::test]
async fn nobody_learns_which_accounts_exist() {
    in_each_world(async |world| {
        account(world).await;
        let unknown = sign_in(world, "eve@bees.example", PASSWORD).await;
        let wrong = sign_in(world, EMAIL, "wrong horse").await;
        assert_eq!(wrong.refusal(), (401, "sign_in_refused".to_owned()));
        assert_eq!((unknown.status, &unknown.bytes), (wrong.status, &wrong.bytes));
        let names =
            |answer: &Answer| answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(&unknown), names(&wrong));
        assert_eq!(sign_in(world, "no address", PASSWORD).await.bytes, wrong.bytes);
    })
    .await;
}

#[tokio::test]
async fn guessing_is_slowed_by_account_and_the_wait_is_told() {
    in_each_world(async |world| {
        account(world).await;
        for _ in 0..10 {
            assert_eq!(sign_in(world, EMAIL, "wrong horse").await.status, 401);
        }
        let limited = sign_in(world, EMAIL, PASSWORD).await;
        assert_eq!(limited.refusal(), (429, "rate_limited".to_owned()));
        assert_eq!(limited.headers["retry-after"], "60");
        assert_eq!(sign_in(world, "eve@bees.example", PASSWORD).await.status, 401);

        world.app.clock.advance(Duration::from_secs(60));
        let answer = sign_in(world, EMAIL, PASSWORD).await;
        assert_eq!(answer.refusal(), (403, "forbidden".to_owned()), "right, but no member yet");
    })
    .await;
}

#[tokio::test]
async fn a_member_of_several_tenants_names_one() {
    in_each_world(async |world| {
        let (first, second) = (world.tenant("Bees").await, world.tenant("Wasps").await);
        account(world).await;
        for tenant in [first, second] {
            members::add::add(&world.operator(), tenant, EMAIL, Role::Read).await.unwrap();
        }
        let unnamed = sign_in(world, EMAIL, PASSWORD).await;
        assert_eq!(unnamed.refusal(), (409, "tenant_needed".to_owned()));
        let bees = json!({ "id": first.to_string(), "name": "Bees" });
        let wasps = json!({ "id": second.to_string(), "name": "Wasps" });
        assert_eq!(unnamed.json()["tenants"], json!([bees, wasps]));

        let named = async |tenant: &str| -> Answer {
            let body = json!({ "email": EMAIL, "password": PASSWORD, "tenant_id": tenant });
            world.browser().post("/api/v1/session", &body).await
        };
        assert_eq!(named(&second.to_string()).await.ok()["tenant_name"], "Wasps");
        let foreign = world.tenant("Not hers").await.to_string();
        assert_eq!(named(&foreign).await.refusal(), (403, "forbidden".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn a_page_of_another_member_or_tenant_is_told_so_and_does_nothing() {
    in_each_world(async |world| {
        let (bees, wasps) = (world.tenant("Bees").await, world.tenant("Wasps").await);
        let browser = world.member(bees, Role::Owner).await;
        let other = world.member(wasps, Role::Owner).await;
        let ask = async |member: String| {
            let request = browser.request(Method::POST, "/api/v1/sites");
            let request = request.header("x-apis-member", member);
            let id = crate::ids::SiteId::from_bytes([7; 16]);
            let body = json!({ "id": id, "name": "Orchard", "time_zone": "UTC" });
            browser.send(request, Some(&body)).await
        };
        let (own, foreign) = (browser.account.unwrap(), other.account.unwrap());
        for believed in [format!("{wasps}/{foreign}"), format!("{bees}/{foreign}"), String::new()] {
            assert_eq!(ask(believed).await.refusal(), (409, "other_member".to_owned()));
        }
        assert_eq!(ask(format!("{bees}/{own}")).await.status, 201);
    })
    .await;
}

#[tokio::test]
async fn another_origin_cannot_sign_anybody_in() {
    in_each_world(async |world| {
        let browser = world.browser();
        let body = json!({ "email": EMAIL, "password": PASSWORD });
        let post = || axum::http::Request::builder().method("POST").uri("/api/v1/session");
        let refused = async |request: axum::http::request::Builder, body: &Value| {
            browser.send(request, Some(body)).await.refusal()
        };
        let foreign = (403, "foreign_origin".to_owned());
        let evil = post().header("origin", "https://evil.example").header("x-apis", "1");
        assert_eq!(refused(evil, &body).await, foreign);
        let without_header = post().header("origin", "http://127.0.0.1:8080");
        assert_eq!(refused(without_header, &body).await, foreign);
        assert_eq!(refused(post(), &body).await, foreign);
    })
    .await;
}

#[tokio::test]
async fn a_form_of_another_site_does_nothing_in_a_members_name() {
    in_each_world(async |world| {
        let tenant = world.tenant("Bees").await;
        let owner = world.member(tenant, Role::Owner).await;
        // What a browser sends by itself when a page of another site has it send a form, with the
        // cookies that a lax browser may add.
        let forms = [
            ("application/x-www-form-urlencoded", "name=Heath&timezone=Europe%2FParis"),
            ("text/plain", r#"{"name":"Heath","timezone":"Europe/Paris","x":"="}"#),
            ("multipart/form-data; boundary=b", "--b\r\n\r\nHeath\r\n--b--\r\n"),
        ];
        for (media_type, form) in forms {
            for site in [Some("cross-site"), Some("same-site"), None] {
                let origins = match site {
                    Some(_) => vec!["https://evil.example", "null"],
                    None => vec!["https://evil.example"],
                };
                for origin in origins {
                    let mut request = owner.request(Method::POST, "/api/v1/sites");
                    let headers = request.headers_mut().unwrap();
                    headers.insert("origin", origin.parse().unwrap());
                    headers.insert("content-type", media_type.parse().unwrap());
                    headers.remove("x-apis");
                    headers.remove("sec-fetch-site");
                    if let Some(site) = site {
                        headers.insert("sec-fetch-site", site.parse().unwrap());
                    }
                    let answer = owner.send_body(request, form.into()).await;
                    let foreign = (403, "foreign_origin".to_owned());
                    assert_eq!(answer.refusal(), foreign, "{media_type} {site:?} {origin}");
                }
            }
        }
        assert_eq!(owner.get("/api/v1/sites").await.ok()["items"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn the_token_is_stored_hashed() {
    in_each_world(async |world| {
        let tenant = world.tenant("Bees").await;
        account(world).await;
        members::add::add(&world.operator(), tenant, EMAIL, Role::Owner).await.unwrap();
        let answer = sign_in(world, EMAIL, PASSWORD).await;
        let sets = answer.headers.get_all("set-cookie").iter();
        let told: Vec<&str> =
            sets.filter_map(|set| set.to_str().unwrap().split(['=', ';']).nth(1)).collect();
        let [access, refresh] = told[..] else { panic!("two cookies: {told:?}") };
        let (family, refresh) = refresh.split_once('.').unwrap();

        let mut tx = world.app.db.global_read().await.unwrap();
        let (id, family_hash): (String, String) =
            tx.one("SELECT id, family_hash FROM session", ()).await.unwrap();
        assert_eq!(family_hash, super::token::hash(family));
        let rows: Vec<(String, String)> =
            tx.all("SELECT token_hash, kind FROM session_token ORDER BY kind", ()).await.unwrap();
        let hashed = |token, kind: &str| (super::token::hash(token), kind.to_owned());
        assert_eq!(rows, [hashed(access, "access"), hashed(refresh, "refresh")]);
        assert!(![access, family, refresh].contains(&id.as_str()));
    })
    .await;
}

/// Who guesses at many accounts from one place is slowed by the place; others go on.
#[tokio::test]
async fn guessing_is_slowed_by_address_whatever_account_it_names() {
    in_each_world(async |world| {
        let browser = world.browser();
        let guess = async |address: &str, number: usize| {
            let peer = SocketAddr::new(address.parse().unwrap(), 40_000);
            let request = browser.request(Method::POST, "/api/v1/session");
            let request = request.extension(ConnectInfo(peer));
            let body = json!({ "email": format!("{number}@bees.example"), "password": PASSWORD });
            browser.send(request, Some(&body)).await
        };
        let (home, same_home) = ("2001:db8:1:2::7", "2001:db8:1:2:ffff::9");
        for number in 0..20 {
            assert_eq!(guess(home, number).await.status, 401, "{number}");
        }
        let limited = guess(same_home, 20).await;
        assert_eq!(limited.refusal(), (429, "rate_limited".to_owned()));
        assert_eq!(limited.headers["retry-after"], "6");
        assert_eq!(guess("2001:db8:1:3::7", 21).await.status, 401, "another house");
        assert_eq!(guess("192.0.2.7", 22).await.status, 401, "another house");

        world.app.clock.advance(Duration::from_secs(6));
        assert_eq!(guess(home, 23).await.status, 401);
        assert_eq!(guess(home, 24).await.status, 429);
    })
    .await;
}

#[tokio::test]
async fn a_form_that_breaks_off_is_malformed_and_not_too_large() {
    in_each_world(async |world| {
        let browser = world.browser();
        let form = json!({ "email": EMAIL, "password": PASSWORD }).to_string();
        for kept_bytes in [0, 1, form.len()] {
            let request = browser.request(Method::POST, "/api/v1/session");
            let request = request.header("content-type", "application/json");
            let body = broken_off(&form.as_bytes()[..kept_bytes]);
            let answer = browser.send_body(request, body).await;
            assert_eq!(answer.refusal(), (400, "malformed".to_owned()), "{kept_bytes}");
            assert_eq!(answer.json()["detail"], "the body broke off");
        }
    })
    .await;
}
