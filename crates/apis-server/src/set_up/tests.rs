//! The set-up link: once, with the right token, and never again.

use serde_json::{Value, json};

use crate::set_up::SetUpToken;
use crate::testing::{Answer, World, in_each_world};
use crate::{accounts, members};

const ORIGIN: &str = "http://127.0.0.1:8080";

fn asked(world: &World) -> Value {
    let link = world.app.set_up.link(ORIGIN);
    let token = link.strip_prefix("http://127.0.0.1:8080/set-up#").expect("a link to the page");
    json!({
        "token": token,
        "tenant_name": "Lime apiary",
        "name": "Ann",
        "email": "Ann@bees.example",
        "password": "correct horse",
    })
}

async fn set_up(world: &World, body: &Value) -> Answer {
    world.browser().post("/api/v1/set-up", body).await
}

#[tokio::test]
async fn the_link_makes_an_owner_who_is_signed_in_and_then_no_other() {
    in_each_world(async |world| {
        let mut browser = world.browser();
        assert_eq!(browser.get("/api/v1/set-up").await.ok(), json!({ "is_needed": true }));
        let answer = set_up(world, &asked(world)).await;
        assert_eq!(answer.status, 201);
        assert_eq!(answer.ok()["tenant_name"], "Lime apiary");
        browser.keep_cookies(&answer);
        assert_eq!(browser.get("/api/v1/session").await.ok()["role"], "owner");
        assert_eq!(browser.get("/api/v1/set-up").await.ok(), json!({ "is_needed": false }));

        let actions = browser.get("/api/v1/audit").await.ok();
        let actions: Vec<&str> = actions["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|record| record["action"].as_str().unwrap())
            .collect();
        for action in ["tenant.create", "member.add", "session.begin"] {
            assert!(actions.contains(&action), "{actions:?}");
        }

        let mut other = asked(world);
        other["email"] = json!("eve@bees.example");
        assert_eq!(set_up(world, &other).await.refusal(), (409, "set_up_over".to_owned()));
        let body = json!({ "email": "ann@bees.example", "password": "correct horse" });
        assert_eq!(world.browser().post("/api/v1/session", &body).await.status, 201);
    })
    .await;
}

#[tokio::test]
async fn two_at_once_make_one_owner() {
    in_each_world(async |world| {
        let (mut first, mut second) = (asked(world), asked(world));
        first["email"] = json!("first@bees.example");
        second["email"] = json!("second@bees.example");
        let (one, other) = tokio::join!(set_up(world, &first), set_up(world, &second));
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409]);
        let mut tx = world.app.db.global_read().await.unwrap();
        let (accounts,): (i64,) = tx.one("SELECT count(*) FROM account", ()).await.unwrap();
        let (tenants,): (i64,) = tx.one("SELECT count(*) FROM tenant", ()).await.unwrap();
        assert_eq!((accounts, tenants), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn another_link_and_what_cannot_be_are_refused_and_leave_nothing() {
    in_each_world(async |world| {
        let refused = async |field: &str, value: &str| {
            let mut body = asked(world);
            body[field] = json!(value);
            let answer = set_up(world, &body).await;
            let (_, code) = answer.refusal();
            (code, answer.json()["detail"].as_str().unwrap_or_default().to_owned())
        };
        for wrong in ["", "guessed", &"x".repeat(43)] {
            assert_eq!(refused("token", wrong).await.0, "set_up_refused");
        }
        for (field, wrong) in [
            ("tenant_name", ""),
            ("tenant_name", "two\nlines"),
            ("name", &"x".repeat(10_000)),
            ("email", "no address"),
            ("password", "short"),
        ] {
            let (code, detail) = refused(field, wrong).await;
            assert_eq!(code, "invalid_value", "{field} {wrong:?}");
            assert!(detail.starts_with(&format!("{field}: ")), "{detail}");
        }
        let link = world.app.set_up.link(ORIGIN);
        assert_eq!(world.browser().get("/api/v1/set-up").await.ok()["is_needed"], true, "{link}");
    })
    .await;
}

/// An account that the operator made is the first as well.
#[tokio::test]
async fn a_server_whose_operator_made_an_account_is_set_up() {
    in_each_world(async |world| {
        let operator = world.operator();
        let tenant = world.tenant("Bees").await;
        accounts::create::create(&operator, "ann@bees.example", "Ann", "correct horse")
            .await
            .unwrap();
        let role = apis_server_api::members::Role::Owner;
        members::add::add(&operator, tenant, "ann@bees.example", role).await.unwrap();
        assert_eq!(set_up(world, &asked(world)).await.refusal(), (409, "set_up_over".to_owned()));
    })
    .await;
}

#[test]
fn each_server_has_a_link_of_its_own_and_always_the_same() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let link = |folder: &tempfile::TempDir| {
        let key = crate::keys::ServerKey::load_or_make(folder.path()).unwrap();
        SetUpToken::of(&key).link(ORIGIN)
    };
    assert_eq!(link(&one), link(&one));
    assert_ne!(link(&one), link(&other));
}
