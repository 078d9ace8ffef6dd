//! The SQL of jobs.

use crate::clock::UnixMs;
use crate::db::{CorruptRow, DbError, FromRow, Row, Tx};
use crate::ids::{JobId, NewId as _};

use super::model::{ATTEMPT_COUNT_MAX, Job, JobKind, LEASE, NewJob};

impl FromRow for Job {
    fn from_row(row: &mut Row<'_>) -> Result<Job, CorruptRow> {
        let id = row.take()?;
        let word: String = row.take()?;
        let kind = JobKind::of_word(&word).ok_or_else(|| row.corrupt("unknown kind of job"))?;
        let tenant = row.take()?;
        let payload: String = row.take()?;
        let payload = serde_json::from_str(&payload).map_err(|_| row.corrupt("not JSON"))?;
        Ok(Job { id, kind, tenant, payload, attempt: row.take()? })
    }
}

pub async fn insert(tx: &mut Tx, job: NewJob, now: UnixMs) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO job (id, kind, tenant_id, payload, due_at_ms, created_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6)",
        (JobId::new_at(now), job.kind.word(), job.tenant, job.payload.to_string(), job.due_at, now),
    )
    .await
    .map(drop)
}

/// Leases the job that has been due longest. The guard in the outer statement decides: of two
/// processes that chose the same job, the second finds it leased and gets nothing.
pub async fn lease(tx: &mut Tx, worker: &str, now: UnixMs) -> Result<Option<Job>, DbError> {
    tx.optional(
        "UPDATE job
         SET leased_by = $1, leased_until_ms = $2, attempt_count = attempt_count + 1
         WHERE id = (
             SELECT id FROM job
             WHERE due_at_ms <= $3 AND attempt_count < $4
                 AND (leased_until_ms IS NULL OR leased_until_ms <= $3)
             ORDER BY due_at_ms, id
             LIMIT 1
         )
         AND (leased_until_ms IS NULL OR leased_until_ms <= $3)
         RETURNING id, kind, tenant_id, payload, attempt_count",
        (worker, now.plus(LEASE), now, ATTEMPT_COUNT_MAX),
    )
    .await
}

/// Removes a job that is done.
pub async fn delete(tx: &mut Tx, job: JobId) -> Result<(), DbError> {
    tx.execute("DELETE FROM job WHERE id = $1", (job,)).await.map(drop)
}

/// Puts a failed job back until `due_at`.
pub async fn put_back(tx: &mut Tx, job: JobId, due_at: UnixMs, error: &str) -> Result<(), DbError> {
    tx.execute(
        "UPDATE job
         SET leased_by = NULL, leased_until_ms = NULL, due_at_ms = $2, last_error = $3
         WHERE id = $1",
        (job, due_at, error),
    )
    .await
    .map(drop)
}

/// Jobs of a kind that wait or run; one that failed for the last time does neither.
pub async fn live_count(tx: &mut Tx, kind: JobKind) -> Result<i64, DbError> {
    let (count,) = tx
        .one(
            "SELECT COUNT(*) FROM job
             WHERE kind = $1 AND (attempt_count < $2 OR leased_by IS NOT NULL)",
            (kind.word(), ATTEMPT_COUNT_MAX),
        )
        .await?;
    Ok(count)
}

/// When the job that waits longest became due.
pub async fn oldest_due(tx: &mut Tx, now: UnixMs) -> Result<Option<UnixMs>, DbError> {
    let (oldest,) = tx
        .one(
            "SELECT MIN(due_at_ms) FROM job WHERE due_at_ms <= $1 AND attempt_count < $2",
            (now, ATTEMPT_COUNT_MAX),
        )
        .await?;
    Ok(oldest)
}
