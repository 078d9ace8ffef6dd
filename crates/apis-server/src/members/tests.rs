//! Members at the people's door and at the command line.

use apis_server_api::members::Role;
use serde_json::json;

use super::add::{AddError, add};
use crate::accounts;
use crate::testing::in_each_world;

#[tokio::test]
async fn a_removed_member_is_cut_off_at_once() {
    in_each_world(async |world| {
        let tenant = world.tenant("Bees").await;
        let owner = world.member(tenant, Role::Owner).await;
        let ann = world.member(tenant, Role::Admin).await;
        ann.get("/api/v1/sites").await.ok();

        owner.delete(&format!("/api/v1/members/{}", ann.account.unwrap())).await.ok();
        assert_eq!(ann.get("/api/v1/sites").await.refusal(), (401, "sign_in_needed".to_owned()));
        let left = owner.get("/api/v1/members").await.ok();
        assert_eq!(left["items"].as_array().unwrap().len(), 1);
        let again = owner.delete(&format!("/api/v1/members/{}", ann.account.unwrap())).await;
        assert_eq!(again.refusal(), (404, "not_found".to_owned()));

        let audit = owner.get("/api/v1/audit").await.ok();
        assert_eq!(audit["items"][0]["action"], "member.remove");
        assert_eq!(audit["items"][0]["actor"], format!("account:{}", owner.account.unwrap()));
    })
    .await;
}

#[tokio::test]
async fn a_member_removed_by_another_process_is_cut_off_at_once() {
    in_each_world(async |world| {
        let tenant = world.tenant("Bees").await;
        let owner = world.member(tenant, Role::Owner).await;
        let ann = world.member(tenant, Role::Admin).await;
        ann.get("/api/v1/sites").await.ok();
        let elsewhere = world.replica().await;
        let path = format!("/api/v1/members/{}", ann.account.unwrap());
        owner.at(&elsewhere).delete(&path).await.ok();
        assert_eq!(ann.get("/api/v1/sites").await.refusal(), (401, "sign_in_needed".to_owned()));
        elsewhere.app.db.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_last_owner_stays_and_only_owners_remove_owners() {
    in_each_world(async |world| {
        let tenant = world.tenant("Bees").await;
        let owner = world.member(tenant, Role::Owner).await;
        let admin = world.member(tenant, Role::Admin).await;
        let path = format!("/api/v1/members/{}", owner.account.unwrap());
        assert_eq!(owner.delete(&path).await.refusal(), (409, "conflict".to_owned()));
        assert_eq!(admin.delete(&path).await.refusal(), (403, "forbidden".to_owned()));

        let second = world.member(tenant, Role::Owner).await;
        second.delete(&path).await.ok();
    })
    .await;
}

#[tokio::test]
async fn the_operator_adds_an_account_that_exists() {
    in_each_world(async |world| {
        let (operator, tenant) = (world.operator(), world.tenant("Bees").await);
        let email = "ann@bees.example";
        let unknown = add(&operator, tenant, email, Role::Owner).await;
        assert!(matches!(unknown, Err(AddError::UnknownAccount)), "{unknown:?}");
        accounts::create::create(&operator, email, "Ann", "correct horse").await.unwrap();
        let twin =
            accounts::create::create(&operator, "ANN@bees.example", "A", "correct horse").await;
        assert!(matches!(twin, Err(accounts::create::CreateError::EmailTaken)), "{twin:?}");

        add(&operator, tenant, email, Role::Owner).await.unwrap();
        let demoted = add(&operator, tenant, email, Role::Read).await;
        assert!(matches!(demoted, Err(AddError::LastOwner)), "{demoted:?}");

        let eve = world.member(tenant, Role::Read).await;
        let listed = eve.get("/api/v1/members").await.ok();
        assert_eq!(listed["items"][0]["email"], json!(email));
    })
    .await;
}
