//! The chain holds under concurrent writers and shows what was changed.

use apis_server_api::members::Role;
use serde_json::json;

use super::verify::{Chain, verify};
use super::{Actor, Entry, append};
use crate::db::Db;
use crate::ids::TenantId;
use crate::testing::{START, World, in_each_world};

pub(super) async fn note(db: &Db, tenant: TenantId, number: usize) {
    let entry = Entry {
        actor: Actor::Server,
        action: "test.note",
        subject: format!("note:{number}"),
        detail: json!({ "number": number }),
    };
    let mut tx = db.tenant_tx(tenant).await.unwrap();
    append(&mut tx, tenant, entry, START).await.unwrap();
    tx.commit().await.unwrap();
}

pub(super) async fn chain(world: &World, tenant: TenantId) -> Chain {
    let mut tx = world.app.db.tenant_read(tenant).await.unwrap();
    let chain = verify(&mut tx, tenant, &world.app.audit_key).await.unwrap();
    tx.commit().await.unwrap();
    chain
}

/// Changes rows as somebody with the owner's rights could.
pub(super) async fn tamper(world: &World, tenant: TenantId, change: &'static str) {
    match world.database.file() {
        Some(_) => {
            let mut tx = world.app.db.tenant_tx(tenant).await.unwrap();
            tx.execute(change, ()).await.unwrap();
            tx.commit().await.unwrap();
        }
        None => {
            world.database.run_as_superuser(change);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_writers_make_one_chain() {
    in_each_world(async |world| {
        let tenant = world.tenant("Bees").await;
        let writers: Vec<_> = (0..20)
            .map(|number| {
                let db = world.app.db.clone();
                tokio::spawn(async move { note(&db, tenant, number).await })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
        let whole = Chain::Whole { first: 1, last: 21, checkpoint: None };
        assert_eq!(chain(world, tenant).await, whole);
    })
    .await;
}

#[tokio::test]
async fn what_is_rolled_back_is_not_in_the_audit() {
    in_each_world(async |world| {
        let tenant = world.tenant("Bees").await;
        let owner = world.member(tenant, Role::Owner).await;
        let mut tx = world.app.db.tenant_tx(tenant).await.unwrap();
        let entry = Entry {
            actor: Actor::Server,
            action: "test.note",
            subject: "note:0".to_owned(),
            detail: json!({}),
        };
        append(&mut tx, tenant, entry, START).await.unwrap();
        drop(tx);
        let audit = owner.get("/api/v1/audit").await.ok();
        assert_eq!(audit["items"].as_array().unwrap().len(), 1, "the tenant's making alone");
        note(&world.app.db, tenant, 1).await;
        let page = owner.get("/api/v1/audit?limit=1").await.ok();
        assert_eq!(page["items"][0]["action"], "test.note");
        let rest = owner.get("/api/v1/audit?limit=1&cursor=2").await.ok();
        assert_eq!(rest["items"][0]["action"], "tenant.create");
        assert!(rest.get("next_cursor").is_none());
    })
    .await;
}

/// Somebody with the owner's rights changes, removes or cuts off a record: the chain says where.
#[tokio::test]
async fn a_changed_or_missing_record_breaks_the_chain() {
    let changes = [
        ("UPDATE audit SET detail = '{}' WHERE sequence = 2", 2),
        ("DELETE FROM audit WHERE sequence = 3", 3),
        ("DELETE FROM audit WHERE sequence = 4", 4),
    ];
    for (change, sequence) in changes {
        in_each_world(async |world| {
            let tenant = world.tenant("Bees").await;
            for number in 0..3 {
                note(&world.app.db, tenant, number).await;
            }
            tamper(world, tenant, change).await;
            assert_eq!(chain(world, tenant).await, Chain::Broken { sequence });
        })
        .await;
    }
}
