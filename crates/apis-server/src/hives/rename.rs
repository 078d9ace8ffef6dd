//! `PATCH /api/v1/hives/{id}`: a member gives a hive another name.

use axum::Json;
use serde_json::json;

use apis_server_api::hives::{Hive as HiveBody, RenameHive};
use apis_server_api::problem::Code;

use crate::app::App;
use crate::audit::{self, Actor, Entry};
use crate::http::{ApiError, AsMember, ETag, IfMatch, JsonBody, PathId};
use crate::ids::HiveId;
use crate::members::permission::EditHives;
use crate::versions::FieldVersions;
use crate::{names, tenants};

use super::model::HiveError;
use super::store;

/// Renames a hive. `If-Match` names the version that the person had seen.
#[utoipa::path(
    patch,
    path = "/api/v1/hives/{id}",
    operation_id = "hive_rename",
    tag = "hives",
    params(
        ("id" = String, Path, format = "uuid", description = "The hive"),
        ("If-Match" = String, Header, description = "The hive's ETag"),
    ),
    request_body = RenameHive,
    responses((status = 200, body = HiveBody)),
)]
pub async fn rename(
    app: App,
    caller: AsMember<EditHives>,
    PathId(id): PathId<HiveId>,
    seen: IfMatch,
    JsonBody(asked): JsonBody<RenameHive>,
) -> Result<(ETag, Json<HiveBody>), ApiError> {
    let name = names::checked(&asked.name).map_err(HiveError::Name)?;
    let (tenant, now) = (caller.tenant, app.clock.now());

    let mut tx = app.db.tenant_tx(tenant).await?;
    let change_seq = tenants::take_change_seq(&mut tx, tenant).await?;
    let mut hive = store::find(&mut tx, tenant, id).await?.ok_or(ApiError::new(Code::NotFound))?;
    seen.check(hive.version)?;
    let before = std::mem::replace(&mut hive.draft.name, name);
    hive.version += 1;
    let fields = store::field_versions(&mut tx, tenant, id).await?;
    let fields = FieldVersions::of_text(&fields)
        .map_err(ApiError::internal)?
        .after_change("name", hive.version);
    store::rename(&mut tx, tenant, &hive, &fields, change_seq).await?;
    let entry = Entry {
        actor: Actor::Account(caller.account),
        action: "hive.rename",
        subject: format!("hive:{id}"),
        detail: json!({ "before": before, "after": hive.draft.name }),
    };
    audit::append(&mut tx, tenant, entry, now).await?;
    tx.commit().await?;
    Ok((ETag(hive.version), Json(hive.into())))
}
