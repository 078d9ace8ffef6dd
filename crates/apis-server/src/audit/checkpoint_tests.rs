//! What is signed cannot be made anew, and what is pruned can still be checked.

use std::time::Duration;

use apis_server_api::members::Role;

use super::checkpoint;
use super::prune::{PruneError, prune};
use super::tests::{chain, note, tamper};
use super::verify::Chain;
use crate::clock::UnixMs;
use crate::db::{Db, OpenError};
use crate::ids::TenantId;
use crate::testing::{World, birth, in_each_world, location};

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// A tenant with its making and three notes, signed at the fourth record, and two notes more.
async fn signed_house(world: &World) -> TenantId {
    let tenant = world.tenant("Bees").await;
    for number in 0..3 {
        note(&world.app.db, tenant, number).await;
    }
    checkpoint::run_job(&world.app).await.unwrap();
    for number in 3..5 {
        note(&world.app.db, tenant, number).await;
    }
    tenant
}

/// First and last record, and the place of the newest checkpoint.
async fn whole(world: &World, tenant: TenantId) -> (i64, i64, i64) {
    match chain(world, tenant).await {
        Chain::Whole { first, last, checkpoint } => {
            (first, last, checkpoint.map_or(0, |signed| signed.sequence))
        }
        Chain::Broken { sequence } => panic!("broken at {sequence}"),
    }
}

async fn owner(world: &World) -> Db {
    Db::open_as_owner(&location(&world.database), &birth()).await.unwrap()
}

#[tokio::test]
async fn the_job_signs_what_grew_and_nothing_twice() {
    in_each_world(async |world| {
        let tenant = signed_house(world).await;
        assert_eq!(whole(world, tenant).await, (1, 6, 4));
        checkpoint::run_job(&world.app).await.unwrap();
        checkpoint::run_job(&world.app).await.unwrap();
        assert_eq!(whole(world, tenant).await, (1, 6, 6));
        let mut tx = world.app.db.tenant_read(tenant).await.unwrap();
        let (count,): (i64,) = tx.one("SELECT COUNT(*) FROM audit_checkpoint", ()).await.unwrap();
        assert_eq!(count, 2);
    })
    .await;
}

/// The chain alone would not show it: every hash is right.
#[tokio::test]
async fn a_chain_made_anew_with_other_records_does_not_meet_its_checkpoint() {
    in_each_world(async |world| {
        let tenant = signed_house(world).await;
        let (_, hash_before) = {
            let mut tx = world.app.db.tenant_read(tenant).await.unwrap();
            let page = super::store::list_before(&mut tx, tenant, 3, 1).await.unwrap();
            (page[0].link.sequence, page[0].hash.clone())
        };
        tamper(world, tenant, "DELETE FROM audit WHERE sequence > 2").await;
        let mut tx = world.app.db.tenant_tx(tenant).await.unwrap();
        let head = "UPDATE audit_head SET last_sequence = 2, last_hash = $1";
        tx.execute(head, (hash_before,)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(chain(world, tenant).await, Chain::Broken { sequence: 4 }, "it is cut off");
        for number in 10..14 {
            note(&world.app.db, tenant, number).await;
        }
        assert_eq!(chain(world, tenant).await, Chain::Broken { sequence: 4 }, "it is another");

        // The job does not sign over it.
        checkpoint::run_job(&world.app).await.unwrap();
        assert_eq!(chain(world, tenant).await, Chain::Broken { sequence: 4 });
    })
    .await;
}

#[tokio::test]
async fn a_checkpoint_that_is_not_the_servers_is_noticed() {
    let changes = [
        "UPDATE audit_checkpoint SET hash = 'x'",
        "UPDATE audit_checkpoint SET at_ms = at_ms + 1",
        "UPDATE audit_checkpoint SET signature = 'AAAA'",
    ];
    for change in changes {
        in_each_world(async |world| {
            let tenant = signed_house(world).await;
            tamper(world, tenant, change).await;
            assert_eq!(chain(world, tenant).await, Chain::Broken { sequence: 4 }, "{change}");
        })
        .await;
    }
}

#[tokio::test]
async fn pruning_leaves_a_chain_that_holds_from_a_checkpoint_on() {
    in_each_world(async |world| {
        let tenant = signed_house(world).await;
        let (owner, key) = (owner(world).await, &world.app.audit_key);
        let signed_at = world.app.clock.now();
        world.app.clock.advance(DAY);
        let now = world.app.clock.now();
        let count = prune(&owner, key, tenant, signed_at, now).await.unwrap();
        assert_eq!(count, 0, "the checkpoint is not older");
        let count = prune(&owner, key, tenant, now, now).await.unwrap();
        assert_eq!(count, 3);
        assert_eq!(whole(world, tenant).await, (4, 7, 4));
        let member = world.member(tenant, Role::Owner).await;
        let audit = member.get("/api/v1/audit?limit=1").await.ok();
        assert_eq!(audit["items"][0]["action"], "audit.prune");
        assert_eq!(audit["items"][0]["detail"]["count"], 3);

        assert_eq!(prune(&owner, key, tenant, now, now).await.unwrap(), 0, "nothing is left to do");
        checkpoint::run_job(&world.app).await.unwrap();
        assert_eq!(whole(world, tenant).await, (4, 7, 7));
        world.app.clock.advance(DAY);
        let now = world.app.clock.now();
        assert_eq!(prune(&owner, key, tenant, now, now).await.unwrap(), 3);
        assert_eq!(whole(world, tenant).await, (7, 8, 7));

        // Somebody prunes by hand: no record says so.
        checkpoint::run_job(&world.app).await.unwrap();
        tamper(world, tenant, "DELETE FROM audit WHERE sequence < 8").await;
        assert_eq!(chain(world, tenant).await, Chain::Broken { sequence: 7 });
        owner.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_broken_chain_is_not_pruned() {
    in_each_world(async |world| {
        let tenant = signed_house(world).await;
        tamper(world, tenant, "UPDATE audit SET detail = '{}' WHERE sequence = 2").await;
        let (owner, key) = (owner(world).await, &world.app.audit_key);
        let refused = prune(&owner, key, tenant, UnixMs(i64::MAX), UnixMs(0)).await.unwrap_err();
        assert!(matches!(refused, PruneError::Broken { sequence: 2, .. }), "{refused}");
        assert_eq!(chain(world, tenant).await, Chain::Broken { sequence: 2 }, "it still shows");
        owner.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_applications_role_cannot_prune() {
    in_each_world(async |world| {
        let tenant = signed_house(world).await;
        let key = &world.app.audit_key;
        if world.database.file().is_some() {
            return; // SQLite has no roles.
        }
        let refused = prune(&world.app.db, key, tenant, UnixMs(i64::MAX), UnixMs(0)).await;
        assert!(matches!(refused, Err(PruneError::Db(_))), "{refused:?}");
        assert_eq!(whole(world, tenant).await, (1, 6, 4));
        let without = match location(&world.database) {
            crate::db::Location::Postgres { url, .. } => {
                crate::db::Location::Postgres { url, owner_url: None }
            }
            sqlite @ crate::db::Location::Sqlite { .. } => sqlite,
        };
        let refused = Db::open_as_owner(&without, &birth()).await.unwrap_err();
        assert!(matches!(refused, OpenError::OwnerNeeded));
    })
    .await;
}
