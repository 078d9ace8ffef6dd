//! Change numbers commit in their order, whoever writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::testing::on_each_engine;

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
