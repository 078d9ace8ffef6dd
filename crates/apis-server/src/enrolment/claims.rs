//! `POST` and `GET /api/v1/claims`: a member makes claims and sees what became of them.

use axum::Json;
use axum::http::StatusCode;

use apis_server_api::claims::{Claim as View, ClaimPage, NewClaim, NewClaimAnswer};
use apis_server_api::page::PageQuery as Asked;
use apis_server_api::problem::Code;

use super::claim::{ClaimError, create_claim};
use super::store::{self, StoredClaim};
use crate::app::App;
use crate::audit::Actor;
use crate::clock::UnixMs;
use crate::http::{ApiError, AsMember, JsonBody, PageQuery};
use crate::ids::ClaimId;
use crate::members::permission::EditUnits;

impl From<ClaimError> for ApiError {
    fn from(error: ClaimError) -> ApiError {
        match error {
            ClaimError::NotFound => ApiError::new(Code::NotFound).detail("site_id: no such site"),
            ClaimError::NoDoor => ApiError::internal(error),
            ClaimError::Db(source) => source.into(),
        }
    }
}

/// Makes a claim: one use, 15 minutes. The text is shown this once.
#[utoipa::path(
    post,
    path = "/api/v1/claims",
    operation_id = "claim_create",
    tag = "claims",
    request_body = NewClaim,
    responses((status = 201, body = NewClaimAnswer)),
)]
pub async fn create(
    app: App,
    caller: AsMember<EditUnits>,
    JsonBody(asked): JsonBody<NewClaim>,
) -> Result<(StatusCode, Json<NewClaimAnswer>), ApiError> {
    let site = asked.site_id.map(|text| text.parse()).transpose();
    let site = site.map_err(|_| ApiError::new(Code::InvalidValue).detail("site_id"))?;
    let actor = Actor::Account(caller.account);
    let whose = (caller.tenant, site);
    let now = app.clock.now();
    let (claim, stored) = create_claim(&app.db, &app.units.settings, whose, actor, now).await?;
    let answer = NewClaimAnswer {
        id: stored.id.to_string(),
        claim: claim.to_string(),
        expires_at: stored.expires_at.rfc3339(),
    };
    Ok((StatusCode::CREATED, Json(answer)))
}

/// Lists the tenant's claims, without their secrets.
#[utoipa::path(
    get,
    path = "/api/v1/claims",
    operation_id = "claim_list",
    tag = "claims",
    params(Asked),
    responses((status = 200, body = ClaimPage)),
)]
pub async fn list(
    app: App,
    caller: AsMember<EditUnits>,
    page: PageQuery<ClaimId>,
) -> Result<Json<ClaimPage>, ApiError> {
    let mut tx = app.db.tenant_read(caller.tenant).await?;
    let mut claims =
        store::list_claims(&mut tx, caller.tenant, page.after, page.row_count()).await?;
    tx.commit().await?;
    let next_cursor = page.cut(&mut claims, |last| last.id.to_string());
    Ok(Json(ClaimPage { items: claims.into_iter().map(view).collect(), next_cursor }))
}

fn view(claim: StoredClaim) -> View {
    View {
        id: claim.id.to_string(),
        site_id: claim.site.map(|site| site.to_string()),
        created_at: claim.created_at.rfc3339(),
        expires_at: claim.expires_at.rfc3339(),
        used_at: claim.used_at.map(UnixMs::rfc3339),
        unit_id: claim.unit.map(|unit| unit.to_string()),
    }
}
