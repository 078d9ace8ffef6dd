//! Walks a tenant's chain and says where it breaks.

use crate::db::{DbError, Tx};
use crate::ids::TenantId;

use super::model::START_HASH;
use super::store;

/// Records read at once.
const STEP: i64 = 500;

/// What a chain shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chain {
    /// Every record is there and as it was written.
    Whole {
        /// How many.
        record_count: i64,
    },
    /// The first place, from the end, where a record is missing or changed.
    Broken {
        /// That place.
        sequence: i64,
    },
}

/// Checks the chain from its head back to the first record.
pub async fn verify(tx: &mut Tx, tenant: TenantId) -> Result<Chain, DbError> {
    let Some((record_count, mut expected_hash)) = store::head(tx, tenant).await? else {
        return Ok(Chain::Whole { record_count: 0 });
    };
    let mut expected = record_count;
    while 0 < expected {
        let page = store::list_before(tx, tenant, expected + 1, STEP).await?;
        if page.is_empty() {
            return Ok(Chain::Broken { sequence: expected });
        }
        for stored in page {
            let is_as_written = stored.link.sequence == expected
                && stored.hash == expected_hash
                && stored.link.hash() == expected_hash;
            if !is_as_written {
                return Ok(Chain::Broken { sequence: expected });
            }
            expected_hash = stored.link.previous_hash;
            expected -= 1;
        }
    }
    if expected_hash != START_HASH {
        return Ok(Chain::Broken { sequence: 1 });
    }
    Ok(Chain::Whole { record_count })
}
