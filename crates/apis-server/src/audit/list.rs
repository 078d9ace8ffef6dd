//! `GET /api/v1/audit`: what was done in the tenant, the newest first.

use axum::Json;

use apis_server_api::audit::{AuditPage, AuditRecord};
use apis_server_api::page::PageQuery as Asked;

use crate::app::App;
use crate::http::{ApiError, AsMember, PageQuery};
use crate::members::permission::ReadAudit;

use super::store::{self, Stored};

/// Lists the audit, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/audit",
    operation_id = "audit_list",
    tag = "audit",
    params(Asked),
    responses((status = 200, body = AuditPage)),
)]
pub async fn list(
    app: App,
    caller: AsMember<ReadAudit>,
    page: PageQuery<i64>,
) -> Result<Json<AuditPage>, ApiError> {
    let mut tx = app.db.tenant_read(caller.tenant).await?;
    let before = page.after.unwrap_or(i64::MAX);
    let mut stored = store::list_before(&mut tx, caller.tenant, before, page.row_count()).await?;
    tx.commit().await?;

    let next_cursor = page.cut(&mut stored, |last| last.link.sequence.to_string());
    let items = stored.into_iter().map(record).collect();
    Ok(Json(AuditPage { items, next_cursor }))
}

fn record(stored: Stored) -> AuditRecord {
    let Stored { link, hash } = stored;
    AuditRecord {
        sequence: link.sequence,
        at: link.at.rfc3339(),
        actor: link.actor,
        action: link.action,
        subject: link.subject,
        detail: serde_json::from_str(&link.detail).unwrap_or_default(),
        hash,
    }
}
