//! The group committer: many small inserts of one table in one durable transaction.
//!
//! A request hands in its row and waits; rows that arrive while a commit is under way go together
//! in the next one. Each is answered after the commit: `true` when its row is new, `false` when
//! its key was there already. A group touches one global table and no tenant's row, and takes its
//! keys in their order, so two groups cannot wait for each other; its statement may not fail on
//! data, and if it does, the rows are inserted one by one so that a bad one fails alone.

use std::collections::HashSet;

use tokio::sync::{mpsc, oneshot};

use super::Db;
use super::error::DbError;
use super::tx::Sql;
use super::value::Value;

/// Most rows of one statement. 128 rows of 4 columns reach the rate at which the commit itself no
/// longer matters, and stay far under both engines' limits of bound values (32,766 and 65,535).
const GROUP_ROW_COUNT_MAX: usize = 128;

/// Rows that may wait. At 20,000 rows a second, half a second's: more would only be late.
const WAITING_ROW_COUNT_MAX: usize = 8_192;

/// What a committer inserts. The first column is the key: unique, and never NULL.
#[derive(Debug, Clone, Copy)]
pub struct GroupedInsert {
    /// The table, global.
    pub table: &'static str,
    /// Its columns, the key first.
    pub columns: &'static [&'static str],
}

/// The way into the group. Cheap to clone.
#[derive(Debug, Clone)]
pub struct GroupCommitter {
    waiting: mpsc::Sender<Waiting>,
}

struct Waiting {
    key: String,
    rest: Vec<Value>,
    answer: oneshot::Sender<Result<bool, DbError>>,
}

impl GroupCommitter {
    /// Starts the committer's task, which ends when every clone of the committer is gone.
    pub fn start(db: Db, insert: GroupedInsert) -> GroupCommitter {
        let (waiting, arriving) = mpsc::channel(WAITING_ROW_COUNT_MAX);
        tokio::spawn(run(db, insert, arriving));
        GroupCommitter { waiting }
    }

    /// Inserts one row and answers when it is durable: whether its key is new.
    ///
    /// Shape:  `rest` are the values of the columns after the key.
    /// Errors: [`DbError::Ended`] when the server is ending; the engine's when the row failed.
    pub async fn insert(&self, key: String, rest: Vec<Value>) -> Result<bool, DbError> {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { key, rest, answer };
        self.waiting.send(waiting).await.map_err(|_| DbError::Ended)?;
        answered.await.map_err(|_| DbError::Ended)?
    }
}

async fn run(db: Db, insert: GroupedInsert, mut arriving: mpsc::Receiver<Waiting>) {
    let mut group = Vec::with_capacity(GROUP_ROW_COUNT_MAX);
    while arriving.recv_many(&mut group, GROUP_ROW_COUNT_MAX).await != 0 {
        // Two replicas that insert the same keys in opposite orders would wait for each other.
        group.sort_by(|one, other| one.key.cmp(&other.key));
        metrics::histogram!("apis_group_commit_rows").record(group.len() as f64);
        commit_group(&db, insert, std::mem::take(&mut group)).await;
    }
}

async fn commit_group(db: &Db, insert: GroupedInsert, group: Vec<Waiting>) {
    match insert_rows(db, insert, &group).await {
        Ok(mut new_keys) => {
            for waiting in group {
                // The first of two equal keys in a group takes the new one away.
                let is_new = new_keys.remove(&waiting.key);
                let _ = waiting.answer.send(Ok(is_new)); // The request may have gone away.
            }
        }
        Err(_) if group.len() == 1 => insert_singly(db, insert, group).await,
        Err(error) => {
            tracing::warn!(table = insert.table, rows = group.len(), %error, "a group failed and is redone singly");
            metrics::counter!("apis_group_commit_redone_total").increment(1);
            insert_singly(db, insert, group).await;
        }
    }
}

async fn insert_singly(db: &Db, insert: GroupedInsert, group: Vec<Waiting>) {
    for waiting in group {
        let outcome = insert_rows(db, insert, std::slice::from_ref(&waiting)).await;
        let _ = waiting.answer.send(outcome.map(|new_keys| new_keys.contains(&waiting.key)));
    }
}

/// Inserts the rows in one transaction and returns the keys that are new, once they are durable.
async fn insert_rows(
    db: &Db,
    insert: GroupedInsert,
    group: &[Waiting],
) -> Result<HashSet<String>, DbError> {
    let mut tx = db.global_tx().await?;
    let mut new_keys = HashSet::with_capacity(group.len());
    let mut left = group;
    while !left.is_empty() {
        let (rows, later) = left.split_at(prepared_count(left.len()));
        let values: Vec<Value> = rows
            .iter()
            .flat_map(|waiting| {
                std::iter::once(Value::Text(Some(waiting.key.clone()))).chain(waiting.rest.clone())
            })
            .collect();
        let added: Vec<(String,)> = tx.all(insert.statement(rows.len()), values).await?;
        new_keys.extend(added.into_iter().map(|(key,)| key));
        left = later;
    }
    tx.commit().await?;
    Ok(new_keys)
}

/// How many of `count` rows one statement takes: a power of two, so that all the statements there
/// are stay prepared whatever the size of a group. Parsing one costs more than running it.
fn prepared_count(count: usize) -> usize {
    1 << count.ilog2()
}

impl GroupedInsert {
    fn statement(&self, row_count: usize) -> Sql {
        let width = self.columns.len();
        let rows: Vec<String> = (0..row_count)
            .map(|row| {
                let places: Vec<String> =
                    (0..width).map(|column| format!("${}", row * width + column + 1)).collect();
                format!("({})", places.join(", "))
            })
            .collect();
        let (table, columns, key) = (self.table, self.columns.join(", "), self.columns[0]);
        Sql::built(format!(
            "INSERT INTO {table} ({columns}) VALUES {} ON CONFLICT ({key}) DO NOTHING RETURNING {key}",
            rows.join(", ")
        ))
    }
}
