//! The group committer.

use std::time::Duration;

use crate::db::{Constraint, GroupCommitter, GroupedInsert, Value};
use crate::testing::on_each_engine;

const BUCKETS: GroupedInsert =
    GroupedInsert { table: "rate_limit", columns: &["bucket", "full_at_ms"] };

#[tokio::test]
async fn a_group_answers_each_row_and_a_bad_row_fails_alone() {
    on_each_engine(async |db| {
        let committer = GroupCommitter::start(db.clone(), BUCKETS);
        let good = |key: &str| committer.insert(key.to_owned(), vec![Value::Int(Some(1))]);
        let bad = committer.insert("bad".to_owned(), vec![Value::Int(None)]);
        let (first, twin, other, bad) = tokio::join!(good("a"), good("a"), good("b"), bad);
        let mut twins = [first.unwrap(), twin.unwrap()];
        twins.sort_unstable();
        assert_eq!((twins, other.unwrap()), ([false, true], true));
        assert!(bad.unwrap_err().is_refused_by(Constraint::Check));
        assert!(!good("a").await.unwrap(), "a key is new only once");
    })
    .await;
}

/// Two replicas are given the same keys in opposite orders, at once. Taken in the given orders, two
/// groups on PostgreSQL would wait for each other until one is ended after a second.
#[tokio::test]
async fn groups_of_two_replicas_do_not_wait_for_each_other() {
    on_each_engine(async |db| {
        let replicas = [
            GroupCommitter::start(db.clone(), BUCKETS),
            GroupCommitter::start(db.clone(), BUCKETS),
        ];
        let begun = std::time::Instant::now();
        for round in 0..20 {
            let keys: Vec<String> = (0..40).map(|key| format!("{round}-{key:02}")).collect();
            let insert = |replica: &GroupCommitter, key: &String| {
                let (replica, key) = (replica.clone(), key.clone());
                tokio::spawn(async move { replica.insert(key, vec![Value::Int(Some(1))]).await })
            };
            let there: Vec<_> = keys.iter().map(|key| insert(&replicas[0], key)).collect();
            let back: Vec<_> = keys.iter().rev().map(|key| insert(&replicas[1], key)).collect();
            let mut new_count = 0;
            for answer in there.into_iter().chain(back) {
                new_count += usize::from(answer.await.unwrap().unwrap());
            }
            assert_eq!(new_count, keys.len(), "each key is new for exactly one replica");
        }
        // One deadlock alone would take a second (`deadlock_timeout`), twenty would take twenty.
        let taken = begun.elapsed();
        assert!(taken < Duration::from_secs(15), "{:?} took {taken:?}", db.engine());
    })
    .await;
}
