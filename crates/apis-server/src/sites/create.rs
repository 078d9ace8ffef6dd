//! `POST /api/v1/sites`: a member makes a site. The id is the client's: sent twice, it makes one.

use axum::Json;
use axum::http::StatusCode;
use serde_json::json;

use apis_server_api::problem::Code;
use apis_server_api::sites::{NewSite, Site as SiteBody};

use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::http::{ApiError, AsMember, ETag, JsonBody};
use crate::members::permission::EditHives;
use crate::tenants;

use super::model::{Draft, Site, SiteError};
use super::store;

impl From<SiteError> for ApiError {
    fn from(error: SiteError) -> ApiError {
        ApiError::new(Code::InvalidValue).detail(error.to_string())
    }
}

/// Makes a site. The same request again gives the same site; another with its id is refused.
#[utoipa::path(
    post,
    path = "/api/v1/sites",
    operation_id = "site_create",
    tag = "sites",
    request_body = NewSite,
    responses((status = 201, body = SiteBody)),
)]
pub async fn create(
    app: App,
    caller: AsMember<EditHives>,
    JsonBody(asked): JsonBody<NewSite>,
) -> Result<(StatusCode, ETag, Json<SiteBody>), ApiError> {
    let draft = Draft::try_from(asked)?;
    let now = app.clock.now();

    let mut tx = app.db.tenant_tx(caller.tenant).await?;
    let change_seq = tenants::take_change_seq(&mut tx, caller.tenant).await?;
    if !store::insert(&mut tx, caller.tenant, &draft, change_seq, now).await? {
        let stored = store::find(&mut tx, caller.tenant, draft.id).await?;
        tx.rollback().await?;
        return match stored {
            Some(site) if site.version == 1 && site.draft == draft => Ok(created(site)),
            Some(_) | None => Err(ApiError::new(Code::IdTaken)),
        };
    }
    let entry = Entry {
        actor: Actor::Account(caller.account),
        action: "site.create",
        subject: format!("site:{}", draft.id),
        detail: json!({ "name": draft.name }),
    };
    audit::append(&mut tx, caller.tenant, entry, now).await?;
    tx.commit().await?;
    Ok(created(Site { draft, version: 1, created_at: now }))
}

fn created(site: Site) -> (StatusCode, ETag, Json<SiteBody>) {
    (StatusCode::CREATED, ETag(site.version), Json(site.into()))
}
