//! `GET /api/v1/members`: who belongs to the tenant.

use axum::Json;

use apis_server_api::members::{Member, MemberList};

use crate::app::App;
use crate::http::{ApiError, AsMember};

use super::permission::SeeMembers;
use super::store;

/// Lists the tenant's members.
#[utoipa::path(
    get,
    path = "/api/v1/members",
    operation_id = "member_list",
    tag = "members",
    responses((status = 200, body = MemberList)),
)]
pub async fn list(app: App, caller: AsMember<SeeMembers>) -> Result<Json<MemberList>, ApiError> {
    let mut tx = app.db.tenant_read(caller.tenant).await?;
    let listed = store::list(&mut tx, caller.tenant).await?;
    tx.commit().await?;

    let items = listed
        .into_iter()
        .map(|member| Member {
            account_id: member.account.to_string(),
            name: member.name,
            email: member.email,
            role: member.role,
            created_at: member.created_at.rfc3339(),
        })
        .collect();
    Ok(Json(MemberList { items }))
}
