//! Checkpoints: the server signs where a tenant's chain stands.
//!
//! Whoever may write the database could make a chain anew from any place, hashes and all; a
//! checkpoint is signed by a key that the database does not hold, so the new chain does not meet
//! it. The daily job signs a chain only when it still meets the checkpoint before.

use apis_protocol::{PublicKey, SecretKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::store;
use super::verify::{Chain, verify_since};
use crate::app::App;
use crate::clock::UnixMs;
use crate::db::DbError;
use crate::ids::{AuditId, NewId as _, TenantId};
use crate::keys::ServerKey;
use crate::tenants;

/// Where a chain stood, signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The place of its last record.
    pub sequence: i64,
    /// That record's hash.
    pub hash: String,
    /// When it was signed.
    pub at: UnixMs,
    /// Ed25519 over [`text`], in base64url.
    pub signature: String,
}

/// The key that signs checkpoints: derived from `server.key`, never in the database.
#[derive(Debug, Clone)]
pub struct CheckpointKey(SecretKey);

impl CheckpointKey {
    /// This server's.
    pub fn of(server: &ServerKey) -> CheckpointKey {
        CheckpointKey(SecretKey::from_seed(&server.derive("audit-checkpoint")))
    }

    /// The public half, by which anybody can check a checkpoint.
    pub fn public(&self) -> PublicKey {
        self.0.public()
    }

    /// Signs where a tenant's chain stands.
    pub fn sign(&self, tenant: TenantId, sequence: i64, hash: String, at: UnixMs) -> Checkpoint {
        let signature = self.0.sign(text(tenant, sequence, &hash, at).as_bytes());
        Checkpoint { sequence, hash, at, signature: URL_SAFE_NO_PAD.encode(signature) }
    }

    /// Whether this key signed it for this tenant.
    pub fn has_signed(&self, tenant: TenantId, checkpoint: &Checkpoint) -> bool {
        let Checkpoint { sequence, hash, at, signature } = checkpoint;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok();
        let signature = signature.and_then(|bytes| <[u8; 64]>::try_from(bytes).ok());
        let text = text(tenant, *sequence, hash, *at);
        signature.is_some_and(|signature| self.public().has_signed(text.as_bytes(), &signature))
    }
}

/// What is signed.
fn text(tenant: TenantId, sequence: i64, hash: &str, at: UnixMs) -> String {
    format!("apis-audit-checkpoint-v1\n{tenant}\n{sequence}\n{hash}\n{}", at.0)
}

/// The daily job: signs every tenant's chain that grew since its last checkpoint.
///
/// Errors: of the database. A chain that is broken is told and not signed.
pub async fn run_job(app: &App) -> Result<(), DbError> {
    let mut broken_count = 0_u32;
    for tenant in tenants::all_ids(&app.db).await? {
        if let Chain::Broken { sequence } = sign(app, tenant).await? {
            broken_count += 1;
            tracing::error!(tenant.id = %tenant, sequence, "the audit is broken and not signed");
        }
    }
    metrics::gauge!("apis_audit_broken_tenants").set(f64::from(broken_count));
    Ok(())
}

async fn sign(app: &App, tenant: TenantId) -> Result<Chain, DbError> {
    let now = app.clock.now();
    let mut tx = app.db.tenant_tx(tenant).await?;
    let last = store::last_checkpoint(&mut tx, tenant).await?;
    let since = last.as_ref().map_or(0, |last| last.sequence);
    let chain = verify_since(&mut tx, tenant, &app.audit_key, since).await?;
    let head = store::head(&mut tx, tenant).await?;
    if let (Chain::Whole { .. }, Some((sequence, hash))) = (&chain, head)
        && since < sequence
    {
        let checkpoint = app.audit_key.sign(tenant, sequence, hash, now);
        store::add_checkpoint(&mut tx, tenant, AuditId::new_at(now), &checkpoint).await?;
    }
    tx.commit().await?;
    Ok(chain)
}
