//! Change numbers commit in their order, whoever writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use apis_protocol::{VisitId, route};
use apis_server_api::members::Role;
use serde_json::{Value, json};

use crate::db::Sql;
use crate::ids::{HiveId, NewId as _, SiteId, TenantId};
use crate::route_tests::stage::{closed, opened, records};
use crate::testing::{START, World, in_each_world, on_each_engine};

use super::{insert_site, tenant_with_site};

/// Writers take numbers at once; a reader goes by the last number it saw and must meet every row.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reader_by_change_number_skips_no_row() {
    const WRITER_COUNT: usize = 6;
    const ROWS_EACH: usize = 15;

    on_each_engine(async |db| {
        let (tenant, _) = tenant_with_site(&db).await;
        let is_over = Arc::new(AtomicBool::new(false));
        let reader = tokio::spawn({
            let (db, is_over) = (db.clone(), is_over.clone());
            async move {
                let (mut cursor, mut seen) = (0_i64, 0_usize);
                loop {
                    let is_last = is_over.load(Ordering::SeqCst);
                    let mut tx = db.tenant_read(tenant).await.unwrap();
                    let rows: Vec<(i64,)> = tx
                        .all(
                            "SELECT change_seq FROM site
                             WHERE tenant_id = $1 AND $2 < change_seq
                             ORDER BY change_seq",
                            (tenant, cursor),
                        )
                        .await
                        .unwrap();
                    tx.commit().await.unwrap();
                    seen += rows.len();
                    cursor = rows.last().map_or(cursor, |(seq,)| *seq);
                    if is_last {
                        return (seen, cursor);
                    }
                    tokio::task::yield_now().await;
                }
            }
        });
        let writers: Vec<_> = (0..WRITER_COUNT)
            .map(|writer| {
                let db = db.clone();
                tokio::spawn(async move {
                    for row in 0..ROWS_EACH {
                        insert_site(&db, tenant, &format!("{writer}-{row}")).await;
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
        is_over.store(true, Ordering::SeqCst);
        let (seen, cursor) = reader.await.unwrap();
        let written = WRITER_COUNT * ROWS_EACH + 1;
        // The hive of the fixture took one number more.
        assert_eq!((seen, cursor), (written, i64::try_from(written).unwrap() + 1));
    })
    .await;
}

/// Version and change number of one row.
async fn stamp(world: &World, table: &str, tenant: TenantId, id: &str) -> (i64, i64) {
    let sql = format!("SELECT version, change_seq FROM {table} WHERE tenant_id = $1 AND id = $2");
    let mut tx = world.app.db.tenant_read(tenant).await.unwrap();
    let row = tx.one(Sql::built(sql), (tenant, id)).await.unwrap();
    tx.commit().await.unwrap();
    row
}

#[tokio::test]
async fn every_change_of_a_site_a_hive_a_unit_and_a_visit_takes_the_tenants_next_number() {
    in_each_world(async |world| {
        let tenant = world.tenant("Bees").await;
        let owner = world.member(tenant, Role::Owner).await;
        let (site, hive) = (SiteId::new_at(START).to_string(), HiveId::new_at(START).to_string());
        let visit = VisitId::new_at(START);

        let body = json!({ "id": site, "name": "Orchard", "time_zone": "UTC" });
        owner.post("/api/v1/sites", &body).await.ok();
        let body = json!({ "id": hive, "site_id": site, "name": "Hive 1" });
        owner.post("/api/v1/hives", &body).await.ok();
        let unit = world.unit(tenant).await;
        let unit_id = unit.id.unwrap().to_string();
        let send = async |record| {
            unit.send(unit.post(route::RECORDS, &records(vec![record]))).await.ok();
        };
        send(opened(1, visit)).await;
        let stamps = async || {
            let visit_id = visit.to_string();
            let rows = [("site", &site), ("hive", &hive), ("unit", &unit_id), ("visit", &visit_id)];
            let mut stamps = Vec::new();
            for (table, id) in rows {
                stamps.push(stamp(world, table, tenant, id).await);
            }
            stamps
        };
        assert_eq!(stamps().await, [(1, 1), (1, 2), (1, 3), (1, 4)], "in the order they were made");

        owner.patch(&format!("/api/v1/hives/{hive}"), 1, &json!({ "name": "A" })).await.ok();
        owner.patch(&format!("/api/v1/sites/{site}"), 1, &json!({ "name": "B" })).await.ok();
        send(closed(2, visit)).await;
        // Known already: nothing changed. The request took its turn, so no row has its number.
        send(opened(1, visit)).await;
        let late = json!({ "name": "C" });
        let refused = owner.patch(&format!("/api/v1/sites/{site}"), 1, &late).await;
        assert_eq!(refused.status, 412);
        let path = format!("/api/v1/units/{unit_id}/release");
        owner.post(&path, &Value::Null).await.ok();
        assert_eq!(stamps().await, [(2, 6), (2, 5), (2, 9), (2, 7)]);
    })
    .await;
}
