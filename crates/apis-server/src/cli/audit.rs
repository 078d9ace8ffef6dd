//! `audit`: check every tenant's chain, and prune old records behind a checkpoint.

use clap::Subcommand;
use serde_json::json;

use crate::audit::checkpoint::CheckpointKey;
use crate::audit::prune::{PruneError, prune};
use crate::audit::verify::{Chain, verify};
use crate::clock::Clock;
use crate::config::Config;
use crate::db::DbError;
use crate::keys::ServerKey;
use crate::serve::{open_database_as_owner, prepare_folder};
use crate::tenants;

use super::people::operator;
use super::{Answer, Failure, block_on};

/// Days that records are kept (product.md R43).
const KEEP_DAYS: u32 = 400;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// What `audit` does.
#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Check every tenant's records and checkpoints. Status 1 when one does not hold.
    Check,
    /// Remove old records behind a checkpoint. On PostgreSQL the owner alone may.
    Prune {
        /// Days of records to keep.
        #[arg(long, value_name = "DAYS", default_value_t = KEEP_DAYS)]
        keep_days: u32,
    },
}

pub(super) fn audit(config: &Config, command: AuditCommand) -> Result<Answer, Failure> {
    let key = |config: &Config| {
        ServerKey::load_or_make(&config.keys_folder())
            .map(|key| CheckpointKey::of(&key))
            .map_err(|error| Failure::of("keys_unusable", error))
    };
    match command {
        AuditCommand::Check => block_on(check(config, key(config)?))?,
        AuditCommand::Prune { keep_days } => block_on(prune_all(config, key(config)?, keep_days))?,
    }
}

async fn check(config: &Config, key: CheckpointKey) -> Result<Answer, Failure> {
    let operator = operator(config).await?;
    let (mut lines, mut tenants_json, mut broken) = (Vec::new(), Vec::new(), Vec::new());
    for tenant in tenants::all_ids(&operator.db).await.map_err(database_failed)? {
        let mut tx = operator.db.tenant_read(tenant).await.map_err(database_failed)?;
        let chain = verify(&mut tx, tenant, &key).await.map_err(database_failed)?;
        tx.commit().await.map_err(database_failed)?;
        match chain {
            Chain::Whole { first, last, checkpoint } => {
                let signed = checkpoint.as_ref().map(|signed| signed.sequence);
                let until = signed.map_or("nothing".to_owned(), |place| format!("up to {place}"));
                lines.push(format!("tenant {tenant}: records {first} to {last}, signed: {until}"));
                tenants_json.push(json!({
                    "tenant_id": tenant,
                    "first": first,
                    "last": last,
                    "checkpoint": checkpoint.map(|signed| json!({
                        "sequence": signed.sequence,
                        "hash": signed.hash,
                        "at": signed.at.rfc3339(),
                        "signature": signed.signature,
                    })),
                }));
            }
            Chain::Broken { sequence } => {
                broken.push(format!("tenant {tenant} at record {sequence}"));
            }
        }
    }
    if !broken.is_empty() {
        let text = format!("records are missing or changed: {}", broken.join(", "));
        return Err(Failure::new("audit_broken", text));
    }
    let public_key = key.public().to_string();
    lines.push(format!("signed by the key {public_key}"));
    let json = json!({ "tenants": tenants_json, "public_key": public_key });
    Ok(Answer { text: lines.join("\n"), json })
}

async fn prune_all(config: &Config, key: CheckpointKey, keep_days: u32) -> Result<Answer, Failure> {
    prepare_folder(config)?;
    let clock = Clock::system();
    let owner = open_database_as_owner(config, &clock).await?;
    let now = clock.now();
    let before = crate::clock::UnixMs(now.0 - i64::from(keep_days) * DAY_MS);
    let mut count = 0;
    for tenant in tenants::all_ids(&owner).await.map_err(database_failed)? {
        count += prune(&owner, &key, tenant, before, now).await.map_err(|error| match error {
            PruneError::Broken { .. } => Failure::of("audit_broken", error),
            PruneError::Db(error) => database_failed(error),
        })?;
    }
    owner.close().await;
    Ok(Answer { text: format!("{count} records removed"), json: json!({ "removed": count }) })
}

fn database_failed(error: DbError) -> Failure {
    Failure::of("database_failed", error)
}
