//! Making a claim: what a member hands to a unit.

use apis_protocol::SiteId;
use apis_protocol::claim::{Claim, ClaimSecret, ServerTrust, VALID_MS};
use serde_json::json;

use super::store::{self, StoredClaim};
use crate::audit::{self, Actor, Entry};
use crate::clock::UnixMs;
use crate::db::{Constraint, Db, DbError};
use crate::door::SettingsSource;
use crate::ids::{ClaimId, NewId as _, TenantId};
use crate::random;

/// Why a claim was not made.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// The tenant has no such site, or there is no such tenant.
    #[error("no such tenant or site")]
    NotFound,
    /// The units' door was never open, so nobody knows where a unit would go.
    #[error("the server has never been started: a claim names the address of its units' door")]
    NoDoor,
    /// The database failed.
    #[error("could not store the claim")]
    Db(#[from] DbError),
}

/// Makes a claim and returns it with its row. Its secret is nowhere stored: this is the only time
/// that it can be shown.
///
/// Errors: see [`ClaimError`].
pub async fn create_claim(
    db: &Db,
    source: &SettingsSource,
    (tenant, site): (TenantId, Option<SiteId>),
    actor: Actor,
    now: UnixMs,
) -> Result<(Claim, StoredClaim), ClaimError> {
    let server_url = source.server_urls.first().ok_or(ClaimError::NoDoor)?.clone();
    let pin = *source.pins.first().ok_or(ClaimError::NoDoor)?;
    let secret = ClaimSecret::from_bytes(random::bytes());
    let stored = StoredClaim {
        id: ClaimId::new_at(now),
        site,
        created_at: now,
        expires_at: UnixMs(now.0.saturating_add(VALID_MS)),
        used_at: None,
        used_by: None,
        unit: None,
    };

    let mut tx = db.tenant_tx(tenant).await?;
    store::add_claim(&mut tx, tenant, &stored, secret.digest(), &actor.text())
        .await
        .map_err(not_found)?;
    let entry = Entry {
        actor,
        action: "claim.create",
        subject: format!("claim:{}", stored.id),
        detail: json!({ "site_id": site.map(|site| site.to_string()) }),
    };
    audit::append(&mut tx, tenant, entry, now).await?;
    tx.commit().await?;
    let claim = Claim { server_url, trust: ServerTrust::Pin(pin), secret };
    Ok((claim, stored))
}

fn not_found(error: DbError) -> ClaimError {
    if error.is_refused_by(Constraint::ForeignKey) { ClaimError::NotFound } else { error.into() }
}
