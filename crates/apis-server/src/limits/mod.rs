//! Token buckets that all replicas share.
//!
//! A bucket is one number, the moment when it will be full again (the generic cell rate algorithm
//! of ITU-T I.371 §A): taking a token moves that moment on by one period, and is refused when it
//! would lie more than a whole bucket ahead. One guarded statement decides, so two requests cannot
//! take the same token.

mod store;

use std::time::Duration;

use apis_server_api::problem::Code;

use crate::app::App;
use crate::clock::UnixMs;
use crate::db::{Db, DbError, Tx};
use crate::http::ApiError;

/// How much one bucket allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// What is limited; the first part of the bucket's name.
    pub class: &'static str,
    /// Tokens of a full bucket.
    pub burst: u32,
    /// Time in which one token comes back.
    pub period: Duration,
}

/// What a bucket answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// The token is yours.
    Yes,
    /// None is left; one will be after this time.
    No {
        /// How long.
        wait: Duration,
    },
}

impl Taken {
    /// A refusal of the people's door when no token was left.
    pub fn into_result(self) -> Result<(), ApiError> {
        match self {
            Taken::Yes => Ok(()),
            Taken::No { wait } => Err(ApiError::new(Code::RateLimited).retry_after(wait)),
        }
    }
}

/// Takes a token from the bucket of `key`.
pub async fn take(db: &Db, limit: Limit, key: &str, now: UnixMs) -> Result<Taken, DbError> {
    let mut tx = db.global_tx().await?;
    let taken = take_within(&mut tx, limit, key, now).await?;
    tx.commit().await?;
    Ok(taken)
}

/// The same within a transaction, which has the bucket for itself until it ends.
pub async fn take_within(
    tx: &mut Tx,
    limit: Limit,
    key: &str,
    now: UnixMs,
) -> Result<Taken, DbError> {
    let bucket = format!("{}:{key}", limit.class);
    if store::take(tx, &bucket, limit, now).await? {
        return Ok(Taken::Yes);
    }
    let full_at = store::full_at(tx, &bucket).await?.unwrap_or(now);
    let free_at = full_at.minus(limit.period * (limit.burst - 1));
    let wait = u64::try_from(free_at.0 - now.0).unwrap_or(0);
    metrics::counter!("apis_rate_limited_total", "class" => limit.class).increment(1);
    Ok(Taken::No { wait: Duration::from_millis(wait) })
}

/// Takes a token for a request of the people's door, which is refused when there is none.
pub async fn ensure(app: &App, limit: Limit, key: &str) -> Result<(), ApiError> {
    take(&app.db, limit, key, app.clock.now()).await?.into_result()
}

/// Forgets buckets that are full: they say no more than a missing one.
pub async fn sweep(db: &Db, now: UnixMs) -> Result<u64, DbError> {
    let mut tx = db.global_tx().await?;
    let forgotten = store::delete_full(&mut tx, now).await?;
    tx.commit().await?;
    Ok(forgotten)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{START, on_each_engine};

    #[tokio::test]
    async fn a_bucket_gives_its_burst_and_then_one_a_period() {
        const LIMIT: Limit = Limit { class: "test", burst: 3, period: Duration::from_secs(10) };
        on_each_engine(async |db| {
            let at = |seconds: u64| START.plus(Duration::from_secs(seconds));
            let take = async |seconds| take(&db, LIMIT, "a", at(seconds)).await.unwrap();
            for _ in 0..3 {
                assert_eq!(take(0).await, Taken::Yes);
            }
            assert_eq!(take(0).await, Taken::No { wait: Duration::from_secs(10) });
            assert_eq!(take(4).await, Taken::No { wait: Duration::from_secs(6) });
            assert_eq!(take(10).await, Taken::Yes);
            assert_eq!(take(10).await, Taken::No { wait: Duration::from_secs(10) });
            let other = super::take(&db, LIMIT, "b", at(10)).await.unwrap();
            assert_eq!(other, Taken::Yes, "another key has a bucket of its own");

            assert_eq!(sweep(&db, at(20)).await.unwrap(), 1);
            assert_eq!(sweep(&db, at(100)).await.unwrap(), 1);
        })
        .await;
    }
}
