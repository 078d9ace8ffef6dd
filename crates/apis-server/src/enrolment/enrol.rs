//! `POST /api/v1/unit/enrolment`: a unit brings a claim and the key that signed the request.

use std::time::Duration;

use axum::Json;
use axum::extract::Request;
use serde_json::json;

use apis_protocol::enrolment::{EnrolmentAnswer, EnrolmentRequest, REPEAT_MS};
use apis_protocol::message::Message as _;
use apis_protocol::problem::Code;
use apis_protocol::{CommandNumber, Generation, KeyId, SecretKey, UnitId, version};

use super::store::{self, StoredClaim};
use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::clock::UnixMs;
use crate::db::{DbError, Tx};
use crate::door::{KnownKey, TenantKeyError};
use crate::http::address::ClientAddress;
use crate::http::signed_body::{check_content, parse, unproven_bytes};
use crate::http::{ApiError, NewUnitCaller};
use crate::ids::{NewId as _, TenantId};
use crate::limits::{self, Limit, Taken};
use crate::units::NewUnit;
use crate::{door, hold, tenants, units};

/// Enrolments of one address: a beekeeper's ten units in a row, then one in ten seconds. A claim
/// has 128 bits, so the limit is for the database's sake.
const LIMIT: Limit = Limit { class: "enrolment", burst: 20, period: Duration::from_secs(10) };

/// Why an enrolment was refused. One variant per answer.
#[derive(Debug, thiserror::Error)]
enum EnrolError {
    /// Unknown, used and expired alike: nobody learns which claims exist.
    #[error("the claim was refused")]
    ClaimRefused,
    /// The database failed.
    #[error("could not store the enrolment")]
    Db(#[from] DbError),
    /// The tenant's key is not at hand.
    #[error("could not sign the settings")]
    Key(#[from] TenantKeyError),
}

impl From<EnrolError> for ApiError {
    fn from(error: EnrolError) -> ApiError {
        match error {
            EnrolError::ClaimRefused => {
                metrics::counter!("apis_claims_refused_total").increment(1);
                ApiError::unit(Code::ClaimRefused)
            }
            EnrolError::Db(source) => source.into(),
            EnrolError::Key(source) => source.into(),
        }
    }
}

/// Enrols a unit by its claim.
#[utoipa::path(post, path = "/api/v1/unit/enrolment", operation_id = "unit_enrol", tag = "unit",
    responses((status = 200, description = "an enrolment answer of the unit protocol")))]
pub async fn enrol(
    app: App,
    caller: NewUnitCaller,
    address: ClientAddress,
    request: Request,
) -> Result<Json<EnrolmentAnswer>, ApiError> {
    let now = app.clock.now();
    if let Taken::No { wait } = limits::take(&app.db, LIMIT, &address.bucket(), now).await? {
        return Err(ApiError::unit(Code::RateLimited).retry_after(wait));
    }
    let bytes = unproven_bytes(request, EnrolmentRequest::BYTES_MAX).await?;
    let request: EnrolmentRequest = parse(&bytes)?;
    let proven = caller.prove(&app, request.public_key).await?;
    let content = proven.content.ok_or_else(|| ApiError::unit(Code::Malformed))?;
    check_content(content, &bytes)?;
    if !version::is_supported(request.protocol) {
        return Err(ApiError::unit(Code::ProtocolUnsupported));
    }
    let (key, tenant_key) = answer(&app, &request, proven.key_id, now).await?;
    let settings = app.units.settings.envelope(key.unit, key.settings_generation, &tenant_key, now);
    Ok(Json(EnrolmentAnswer {
        unit_id: key.unit,
        tenant_id: key.tenant,
        tenant_key: tenant_key.public(),
        settings,
    }))
}

/// Enrols, or repeats what an earlier request with the same claim and key did.
async fn answer(
    app: &App,
    request: &EnrolmentRequest,
    key_id: KeyId,
    now: UnixMs,
) -> Result<(KnownKey, SecretKey), EnrolError> {
    let mut tx = app.db.global_read().await?;
    let owner = store::find_owner(&mut tx, request.claim.digest()).await?;
    tx.rollback().await?;
    let (tenant, claim_id) = owner.ok_or(EnrolError::ClaimRefused)?;

    let mut tx = app.db.tenant_tx(tenant).await?;
    let change_seq = tenants::take_change_seq(&mut tx, tenant).await?;
    let claim = store::find_claim(&mut tx, tenant, claim_id).await?;
    let claim = claim.ok_or(EnrolError::ClaimRefused)?;
    let known = door::store::known_keys(&mut tx, &[key_id]).await?.into_iter().next();
    let tenant_key = app.units.tenant_keys.get_or_make(&mut tx, tenant, now).await?;
    if let Some(known) = known {
        // A key enrols once: here only to hear its own answer again.
        tx.rollback().await?;
        let is_repeat = is_repeat(&claim, &known, now);
        return if is_repeat { Ok((known, tenant_key)) } else { Err(EnrolError::ClaimRefused) };
    }
    let unit = UnitId::new_at(now);
    let key = first_key(request, key_id, tenant, unit, now);
    add_unit(&mut tx, &key, &claim, request, change_seq, now).await?;
    hold::reach("enrolment.unit_added").await;
    tx.commit().await?;
    hold::reach("enrolment.kept").await;
    tracing::info!(tenant.id = %tenant, unit.id = %unit, "a unit was enrolled");
    Ok((key, tenant_key))
}

/// The same claim with the same key within a day, and the unit was not released meanwhile.
fn is_repeat(claim: &StoredClaim, known: &KnownKey, now: UnixMs) -> bool {
    let is_same = claim.used_by == Some(known.key_id) && claim.unit == Some(known.unit);
    let is_recent =
        claim.used_at.is_some_and(|used_at| now.0 <= used_at.0.saturating_add(REPEAT_MS));
    is_same && is_recent && !known.is_released
}

fn first_key(
    request: &EnrolmentRequest,
    key_id: KeyId,
    tenant: TenantId,
    unit: UnitId,
    now: UnixMs,
) -> KnownKey {
    KnownKey {
        key_id,
        public_key: request.public_key,
        tenant,
        unit,
        is_released: false,
        settings_generation: Generation::after(None, now.0),
        last_command_number: CommandNumber::new(0).expect("zero is a number"),
        highest_boot: 0,
    }
}

/// The unit, its key and the used claim, all or nothing.
async fn add_unit(
    tx: &mut Tx,
    key: &KnownKey,
    claim: &StoredClaim,
    request: &EnrolmentRequest,
    change_seq: i64,
    now: UnixMs,
) -> Result<(), EnrolError> {
    let new = NewUnit {
        id: key.unit,
        site: claim.site,
        serial: request.serial.clone(),
        hardware: request.hardware.clone(),
        key_id: key.key_id,
    };
    units::add(tx, key.tenant, &new, change_seq, now).await?;
    let used_by = (key.key_id, key.unit);
    if !store::use_claim(tx, key.tenant, claim.id, used_by, now).await? {
        return Err(EnrolError::ClaimRefused);
    }
    door::store::add_key(tx, key).await?;
    let entry = Entry {
        actor: Actor::Unit(key.unit),
        action: "unit.enrol",
        subject: format!("unit:{}", key.unit),
        detail: json!({ "claim_id": claim.id.to_string(), "key_id": key.key_id.to_string() }),
    };
    audit::append(tx, key.tenant, entry, now).await?;
    Ok(())
}
