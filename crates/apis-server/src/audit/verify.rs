//! Walks a tenant's chain and says where it breaks.

use std::collections::HashMap;

use super::checkpoint::{Checkpoint, CheckpointKey};
use super::model::START_HASH;
use super::prune;
use super::store;
use crate::db::{DbError, Tx};
use crate::ids::TenantId;

/// Records read at once.
const STEP: i64 = 500;

/// What a chain shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chain {
    /// Every record is there and as it was written.
    Whole {
        /// The first record's place: above 1 once older ones were pruned. 0 for an empty chain.
        first: i64,
        /// The last record's place.
        last: i64,
        /// The newest checkpoint.
        checkpoint: Option<Checkpoint>,
    },
    /// The first place, from the end, where a record is missing, changed, or not the one that was
    /// signed.
    Broken {
        /// That place.
        sequence: i64,
    },
}

/// Checks the chain from its head back to the first record.
///
/// Errors: of the database.
pub async fn verify(tx: &mut Tx, tenant: TenantId, key: &CheckpointKey) -> Result<Chain, DbError> {
    verify_since(tx, tenant, key, 0).await
}

/// Checks the chain from its head back to the checkpoint at `since`; 0 is the first record.
///
/// Errors: of the database.
pub async fn verify_since(
    tx: &mut Tx,
    tenant: TenantId,
    key: &CheckpointKey,
    since: i64,
) -> Result<Chain, DbError> {
    let signed = store::checkpoints_since(tx, tenant, since).await?;
    if let Some(forged) = signed.iter().find(|signed| !key.has_signed(tenant, signed)) {
        return Ok(Chain::Broken { sequence: forged.sequence });
    }
    let checkpoint = signed.last().cloned();
    let (last, last_hash) = store::head(tx, tenant).await?.unwrap_or((0, START_HASH.to_owned()));
    if let Some(cut_off) = signed.iter().find(|signed| last < signed.sequence) {
        return Ok(Chain::Broken { sequence: cut_off.sequence });
    }
    let signed: HashMap<i64, String> =
        signed.into_iter().map(|signed| (signed.sequence, signed.hash)).collect();
    let walk = Walk { expected: last, expected_hash: last_hash, pruned_to: 0, signed };
    walk.back_to(tx, tenant, since, checkpoint).await
}

/// How far a walk has come, from the end.
struct Walk {
    /// The place of the next record.
    expected: i64,
    /// The hash it must have.
    expected_hash: String,
    /// The first record that pruning left, as the records of it tell.
    pruned_to: i64,
    /// The hashes that checkpoints signed, by place.
    signed: HashMap<i64, String>,
}

impl Walk {
    async fn back_to(
        mut self,
        tx: &mut Tx,
        tenant: TenantId,
        since: i64,
        checkpoint: Option<Checkpoint>,
    ) -> Result<Chain, DbError> {
        let last = self.expected;
        while since.max(1) <= self.expected {
            let page = store::list_before(tx, tenant, self.expected + 1, STEP).await?;
            if page.is_empty() {
                return Ok(self.end_of_pruned(last, checkpoint));
            }
            for stored in page {
                let is_as_written = stored.link.sequence == self.expected
                    && stored.hash == self.expected_hash
                    && stored.link.hash() == self.expected_hash
                    && self.signed.get(&self.expected).is_none_or(|hash| *hash == stored.hash);
                if !is_as_written {
                    return Ok(Chain::Broken { sequence: self.expected });
                }
                self.pruned_to = self.pruned_to.max(prune::first_left_by(&stored.link));
                self.expected_hash = stored.link.previous_hash;
                self.expected -= 1;
                if self.expected < since {
                    break; // The checkpoint's own record was the last to look at.
                }
            }
        }
        if since == 0 && self.expected_hash != START_HASH {
            return Ok(Chain::Broken { sequence: 1 });
        }
        Ok(Chain::Whole { first: last.min(since.max(1)), last, checkpoint })
    }

    /// There is no record before this place: right if pruning says so and a checkpoint vouches for
    /// the first one that is left.
    fn end_of_pruned(self, last: i64, checkpoint: Option<Checkpoint>) -> Chain {
        let first = self.expected + 1;
        if self.pruned_to == first && self.signed.contains_key(&first) {
            Chain::Whole { first, last, checkpoint }
        } else {
            Chain::Broken { sequence: self.expected }
        }
    }
}
