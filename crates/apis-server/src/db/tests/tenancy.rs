//! One tenant's rows are nobody else's.

use crate::db::{Constraint, Db, Engine, Scope, TABLES};
use crate::ids::TenantId;
use crate::testing::on_each_engine;
use crate::{hives, sites};

use super::{insert_hive, tenant_with_site};

/// Rows of `site` that the transaction of `tenant` sees without naming a tenant.
async fn visible(db: &Db, tenant: Option<TenantId>) -> i64 {
    let mut tx = match tenant {
        Some(tenant) => db.tenant_read(tenant).await.unwrap(),
        None => db.global_read().await.unwrap(),
    };
    let (count,) = tx.one("SELECT COUNT(*) FROM site", ()).await.unwrap();
    tx.commit().await.unwrap();
    count
}

#[tokio::test]
async fn a_store_gives_only_the_named_tenants_rows() {
    on_each_engine(async |db| {
        let (bees, site) = tenant_with_site(&db).await;
        let (wasps, _) = tenant_with_site(&db).await;
        let mut tx = db.tenant_read(wasps).await.unwrap();
        assert_eq!(sites::store::find(&mut tx, wasps, site).await.unwrap(), None);
        assert_eq!(sites::store::list_after(&mut tx, wasps, None, 9).await.unwrap().len(), 1);
        assert_eq!(hives::store::list_after(&mut tx, wasps, None, 9).await.unwrap().len(), 1);
        tx.commit().await.unwrap();
        let mut tx = db.tenant_read(bees).await.unwrap();
        assert!(sites::store::find(&mut tx, bees, site).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn a_pooled_connection_carries_no_tenant_over() {
    on_each_engine(async |db| {
        let (bees, _) = tenant_with_site(&db).await;
        for _ in 0..40 {
            // Committed, rolled back, dropped in the middle: every way back into the pool.
            db.tenant_tx(bees).await.unwrap().commit().await.unwrap();
            db.tenant_tx(bees).await.unwrap().rollback().await.unwrap();
            drop(db.tenant_tx(bees).await.unwrap());
            drop(db.tenant_read(bees).await.unwrap());
        }
        match db.engine() {
            Engine::Postgres => {
                for _ in 0..40 {
                    assert_eq!(visible(&db, None).await, 0, "an unset tenant has no rows");
                }
            }
            // SQLite has no setting that could leak; its store names the tenant.
            Engine::Sqlite => assert_eq!(visible(&db, None).await, 1),
        }
    })
    .await;
}

#[tokio::test]
async fn without_a_tenant_nothing_can_be_written() {
    on_each_engine(async |db| {
        let (bees, site) = tenant_with_site(&db).await;
        if db.engine() == Engine::Sqlite {
            return; // Row-level security is PostgreSQL's; the test above holds SQLite.
        }
        let mut tx = db.global_tx().await.unwrap();
        let changed = tx.execute("UPDATE site SET name = 'x'", ()).await.unwrap();
        assert_eq!(changed, 0);
        assert!(insert_hive(&mut tx, bees, site).await.is_err());
        assert!(tx.commit().await.is_err());
    })
    .await;
}

#[tokio::test]
async fn every_tenant_table_shows_and_takes_only_its_tenants_rows() {
    on_each_engine(async |db| {
        let (bees, _) = tenant_with_site(&db).await;
        let (wasps, site) = tenant_with_site(&db).await;
        if db.engine() == Engine::Sqlite {
            return;
        }
        assert_eq!(visible(&db, Some(bees)).await, 1);
        for table in TABLES.iter().filter(|table| table.scope == Scope::Tenant) {
            let foreign = format!("SELECT COUNT(*) FROM {} WHERE tenant_id <> $1", table.name);
            let mut tx = db.tenant_read(bees).await.unwrap();
            let (count,): (i64,) = tx.one(crate::db::Sql::built(foreign), (bees,)).await.unwrap();
            assert_eq!(count, 0, "{} shows foreign rows", table.name);
        }
        let mut tx = db.tenant_tx(bees).await.unwrap();
        let moved = tx.execute("UPDATE site SET tenant_id = $1", (wasps,)).await;
        assert!(moved.is_err(), "a row is moved to another tenant");
        let mut tx = db.tenant_tx(bees).await.unwrap();
        assert!(insert_hive(&mut tx, wasps, site).await.is_err(), "a foreign row is added");
    })
    .await;
}

#[tokio::test]
async fn an_empty_tenant_id_is_refused() {
    on_each_engine(async |db| {
        let mut tx = db.global_tx().await.unwrap();
        let insert = "INSERT INTO tenant (id, name, storage_bytes_max, created_at_ms)
                      VALUES ('', 'x', 0, 0)";
        let refused = tx.execute(insert, ()).await.unwrap_err();
        assert!(refused.is_refused_by(Constraint::Check), "{refused}");
    })
    .await;
}

#[tokio::test]
async fn a_reference_cannot_cross_tenants() {
    on_each_engine(async |db| {
        let (_, site) = tenant_with_site(&db).await;
        let (wasps, _) = tenant_with_site(&db).await;
        let mut tx = db.tenant_tx(wasps).await.unwrap();
        let refused = insert_hive(&mut tx, wasps, site).await.unwrap_err();
        assert!(refused.is_refused_by(Constraint::ForeignKey), "{refused}");
    })
    .await;
}

#[tokio::test]
async fn the_audit_can_be_added_to_and_never_changed() {
    on_each_engine(async |db| {
        let (bees, _) = tenant_with_site(&db).await;
        if db.engine() == Engine::Sqlite {
            return; // SQLite has no roles: there, the chain of hashes shows a change.
        }
        for statement in ["UPDATE audit SET action = 'x'", "DELETE FROM audit"] {
            let mut tx = db.tenant_tx(bees).await.unwrap();
            let refused = tx.execute(statement, ()).await;
            assert!(refused.is_err(), "{statement}");
        }
    })
    .await;
}
