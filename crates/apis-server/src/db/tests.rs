//! The pitfalls of two engines and of row-level security, each with a test on both.

use super::{DbError, Engine, GroupCommitter, GroupedInsert, Value};
use crate::testing::on_each_engine;

#[tokio::test]
async fn a_failed_statement_makes_the_commit_fail() {
    on_each_engine(async |db| {
        let mut tx = db.global_tx().await.unwrap();
        let insert = "INSERT INTO rate_limit (bucket, full_at_ms) VALUES ($1, $2)";
        tx.execute(insert, ("a", 1_i64)).await.unwrap();
        let again = tx.execute(insert, ("a", 2_i64)).await.unwrap_err();
        assert!(again.is_refused_by(super::Constraint::Unique), "{again}");
        assert!(matches!(tx.commit().await, Err(DbError::Failed)));

        let mut tx = db.global_read().await.unwrap();
        let rows: Vec<(String,)> = tx.all("SELECT bucket FROM rate_limit", ()).await.unwrap();
        assert!(rows.is_empty(), "{:?} kept rows of a failed transaction", db.engine());
    })
    .await;
}

#[tokio::test]
async fn a_group_answers_each_row_and_a_bad_row_fails_alone() {
    on_each_engine(async |db| {
        const BUCKETS: GroupedInsert =
            GroupedInsert { table: "rate_limit", columns: &["bucket", "full_at_ms"] };
        let committer = GroupCommitter::start(db.clone(), BUCKETS);
        let good = |key: &str| committer.insert(key.to_owned(), vec![Value::Int(Some(1))]);
        let bad = committer.insert("bad".to_owned(), vec![Value::Int(None)]);
        let (first, twin, other, bad) = tokio::join!(good("a"), good("a"), good("b"), bad);
        assert_eq!([first.unwrap(), twin.unwrap(), other.unwrap()], [true, false, true]);
        assert!(bad.unwrap_err().is_refused_by(super::Constraint::Check));
        assert!(!good("a").await.unwrap(), "a key is new only once");
    })
    .await;
}

#[tokio::test]
async fn both_engines_are_really_used() {
    let engines = std::sync::Mutex::new(Vec::new());
    on_each_engine(async |db| engines.lock().unwrap().push(db.engine())).await;
    assert_eq!(*engines.lock().unwrap(), [Engine::Sqlite, Engine::Postgres]);
}
