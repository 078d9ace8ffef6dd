//! `POST /api/v1/hives`: a member makes a hive. The id is the client's: sent twice, it makes one.

use axum::Json;
use axum::http::StatusCode;
use serde_json::json;

use apis_server_api::hives::{Hive as HiveBody, NewHive};
use apis_server_api::problem::Code;

use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::db::Constraint;
use crate::http::{ApiError, AsMember, ETag, JsonBody};
use crate::members::permission::EditHives;
use crate::tenants;

use super::model::{Draft, Hive, HiveError};
use super::store;

impl From<HiveError> for ApiError {
    fn from(error: HiveError) -> ApiError {
        let code = match error {
            HiveError::Id(_) | HiveError::Name(_) => Code::InvalidValue,
            // Another tenant's site is none: the same answer as for one that never was.
            HiveError::UnknownSite => Code::NotFound,
        };
        ApiError::new(code).detail(error.to_string())
    }
}

/// Makes a hive. The same request again gives the same hive; another with its id is refused.
#[utoipa::path(
    post,
    path = "/api/v1/hives",
    operation_id = "hive_create",
    tag = "hives",
    request_body = NewHive,
    responses((status = 201, body = HiveBody)),
)]
pub async fn create(
    app: App,
    caller: AsMember<EditHives>,
    JsonBody(asked): JsonBody<NewHive>,
) -> Result<(StatusCode, ETag, Json<HiveBody>), ApiError> {
    let draft = Draft::try_from(asked)?;
    let now = app.clock.now();

    let mut tx = app.db.tenant_tx(caller.tenant).await?;
    let change_seq = tenants::take_change_seq(&mut tx, caller.tenant).await?;
    let inserted = store::insert(&mut tx, caller.tenant, &draft, change_seq, now).await;
    if inserted.as_ref().is_err_and(|error| error.is_refused_by(Constraint::ForeignKey)) {
        return Err(HiveError::UnknownSite.into());
    }
    if !inserted? {
        let stored = store::find(&mut tx, caller.tenant, draft.id).await?;
        tx.rollback().await?;
        return match stored {
            Some(hive) if hive.version == 1 && hive.draft == draft => Ok(created(hive)),
            Some(_) | None => Err(ApiError::new(Code::IdTaken)),
        };
    }
    let entry = Entry {
        actor: Actor::Account(caller.account),
        action: "hive.create",
        subject: format!("hive:{}", draft.id),
        detail: json!({ "name": draft.name }),
    };
    audit::append(&mut tx, caller.tenant, entry, now).await?;
    tx.commit().await?;
    Ok(created(Hive { draft, version: 1, created_at: now }))
}

fn created(hive: Hive) -> (StatusCode, ETag, Json<HiveBody>) {
    (StatusCode::CREATED, ETag(hive.version), Json(hive.into()))
}
