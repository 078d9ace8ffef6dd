//! The SQL of the buckets.

use crate::clock::UnixMs;
use crate::db::{DbError, Tx};

use super::Limit;

/// Whether the bucket gave a token.
pub async fn take(tx: &mut Tx, bucket: &str, limit: Limit, now: UnixMs) -> Result<bool, DbError> {
    let one_more = now.plus(limit.period);
    let period = one_more.0 - now.0;
    let newest_start = now.plus(limit.period * (limit.burst - 1));
    let row: Option<(i64,)> = tx
        .optional(
            "INSERT INTO rate_limit (bucket, full_at_ms)
             VALUES ($1, $2)
             ON CONFLICT (bucket) DO UPDATE
             SET full_at_ms = CASE
                 WHEN rate_limit.full_at_ms < $3 THEN $2
                 ELSE rate_limit.full_at_ms + $4
             END
             WHERE rate_limit.full_at_ms <= $5
             RETURNING full_at_ms",
            (bucket, one_more, now, period, newest_start),
        )
        .await?;
    Ok(row.is_some())
}

pub async fn full_at(tx: &mut Tx, bucket: &str) -> Result<Option<UnixMs>, DbError> {
    let row = tx.optional("SELECT full_at_ms FROM rate_limit WHERE bucket = $1", (bucket,)).await?;
    Ok(row.map(|(full_at,)| full_at))
}

pub async fn delete_full(tx: &mut Tx, now: UnixMs) -> Result<u64, DbError> {
    tx.execute("DELETE FROM rate_limit WHERE full_at_ms <= $1", (now,)).await
}
