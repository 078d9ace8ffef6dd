//! What the two engines would do differently.

use std::sync::Mutex;

use crate::db::{Constraint, DbError, Engine};
use crate::testing::on_each_engine;

use super::{insert_site, tenant_with_site};

#[tokio::test]
async fn both_engines_are_really_used() {
    let engines = Mutex::new(Vec::new());
    on_each_engine(async |db| engines.lock().unwrap().push(db.engine())).await;
    assert_eq!(*engines.lock().unwrap(), [Engine::Sqlite, Engine::Postgres]);
}

#[tokio::test]
async fn a_failed_statement_makes_the_commit_fail() {
    on_each_engine(async |db| {
        let mut tx = db.global_tx().await.unwrap();
        let insert = "INSERT INTO rate_limit (bucket, full_at_ms) VALUES ($1, $2)";
        tx.execute(insert, ("a", 1_i64)).await.unwrap();
        let again = tx.execute(insert, ("a", 2_i64)).await.unwrap_err();
        assert!(again.is_refused_by(Constraint::Unique), "{again}");
        assert!(matches!(tx.commit().await, Err(DbError::Failed)));

        let mut tx = db.global_read().await.unwrap();
        let rows: Vec<(String,)> = tx.all("SELECT bucket FROM rate_limit", ()).await.unwrap();
        assert!(rows.is_empty(), "{:?} kept rows of a failed transaction", db.engine());
    })
    .await;
}

#[tokio::test]
async fn a_sum_is_a_whole_number_once_it_is_cast() {
    on_each_engine(async |db| {
        let mut tx = db.global_tx().await.unwrap();
        let insert = "INSERT INTO rate_limit (bucket, full_at_ms) VALUES ($1, $2)";
        for (bucket, value) in [("a", 3_i64), ("b", 4)] {
            tx.execute(insert, (bucket, value)).await.unwrap();
        }
        let sum = "SELECT CAST(SUM(full_at_ms) AS BIGINT) FROM rate_limit";
        assert_eq!(tx.one::<(i64,)>(sum, ()).await.unwrap(), (7,));
        let none = "SELECT CAST(SUM(full_at_ms) AS BIGINT) FROM rate_limit WHERE bucket = 'c'";
        assert_eq!(tx.one::<(Option<i64>,)>(none, ()).await.unwrap(), (None,));
    })
    .await;
}

#[tokio::test]
async fn a_boolean_is_zero_or_one_and_anything_else_is_corrupt() {
    on_each_engine(async |db| {
        let mut tx = db.global_tx().await.unwrap();
        let asked = "SELECT CAST($1 AS BIGINT)";
        assert_eq!(tx.one::<(bool,)>(asked, (true,)).await.unwrap(), (true,));
        assert_eq!(tx.one::<(bool,)>(asked, (false,)).await.unwrap(), (false,));
        assert_eq!(tx.one::<(Option<bool>,)>(asked, (None::<bool>,)).await.unwrap(), (None,));
        let corrupt = tx.one::<(bool,)>(asked, (2_i64,)).await;
        assert!(matches!(corrupt, Err(DbError::Corrupt(_))), "{corrupt:?}");
    })
    .await;
}

#[tokio::test]
async fn a_null_keeps_its_columns_type() {
    on_each_engine(async |db| {
        let mut tx = db.global_tx().await.unwrap();
        tx.execute(
            "INSERT INTO job (id, kind, tenant_id, payload, due_at_ms, leased_until_ms, created_at_ms)
             VALUES ('j', 'sweep', $1, '{}', 1, $2, 1)",
            (None::<String>, None::<i64>),
        )
        .await
        .unwrap();
        let row: (Option<String>, Option<i64>) =
            tx.one("SELECT tenant_id, leased_until_ms FROM job", ()).await.unwrap();
        assert_eq!(row, (None, None));
    })
    .await;
}

#[tokio::test]
async fn text_sorts_by_its_bytes() {
    on_each_engine(async |db| {
        let (tenant, _) = tenant_with_site(&db).await;
        let mut names = ["b", "B", "a", "Ä", "ä", "a b", "_", "Z", "ab", "É"].map(str::to_owned);
        for name in &names {
            insert_site(&db, tenant, name).await;
        }
        let mut tx = db.tenant_read(tenant).await.unwrap();
        let sorted: Vec<(String,)> = tx
            .all(
                "SELECT name FROM site WHERE tenant_id = $1 AND name <> 'Orchard' ORDER BY name",
                (tenant,),
            )
            .await
            .unwrap();
        names.sort(); // Rust sorts text by its bytes.
        assert_eq!(sorted.into_iter().map(|(name,)| name).collect::<Vec<_>>(), names);
    })
    .await;
}

#[tokio::test]
async fn a_reading_transaction_cannot_write() {
    on_each_engine(async |db| {
        let mut tx = db.global_read().await.unwrap();
        let insert = "INSERT INTO rate_limit (bucket, full_at_ms) VALUES ('a', 1)";
        assert!(tx.execute(insert, ()).await.is_err(), "{:?}", db.engine());
    })
    .await;
}

#[tokio::test]
async fn a_transaction_that_the_engine_ended_by_itself_spoils_no_later_one() {
    on_each_engine(async |db| {
        // As SQLite does when the disk is full.
        let mut tx = db.global_tx().await.unwrap();
        tx.execute("ROLLBACK", ()).await.unwrap();
        drop(tx);
        let mut tx = db.global_tx().await.unwrap();
        let insert = "INSERT INTO rate_limit (bucket, full_at_ms) VALUES ('a', 1)";
        assert_eq!(tx.execute(insert, ()).await.unwrap(), 1, "{:?}", db.engine());
        tx.commit().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_given_up_while_it_begins_leaves_its_connection_clean() {
    on_each_engine(async |db| {
        let (tenant, _) = tenant_with_site(&db).await;
        for round in 0..300 {
            // Given up at every moment of its way: a client that goes away while it is answered.
            {
                let mut begun = std::pin::pin!(db.tenant_read(tenant));
                for _ in 0..round % 12 {
                    if futures_util::poll!(begun.as_mut()).is_ready() {
                        break;
                    }
                    std::thread::sleep(std::time::Duration::from_micros(40));
                }
            }
            // Time to get to a connection that was given back.
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            let mut tx = db.global_tx().await.unwrap();
            let sql = "INSERT INTO rate_limit (bucket, full_at_ms) VALUES ($1, 1)";
            tx.execute(sql, (format!("{round}"),)).await.expect("it may write");
            tx.commit().await.unwrap();
        }
        let mut tx = db.global_read().await.unwrap();
        let (count,): (i64,) = tx.one("SELECT COUNT(*) FROM rate_limit", ()).await.unwrap();
        assert_eq!(count, 300, "each was kept");
    })
    .await;
}
