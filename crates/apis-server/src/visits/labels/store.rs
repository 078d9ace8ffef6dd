//! The SQL of labels.

use apis_protocol::VisitId;
use apis_server_api::visits::{Label as LabelView, LabelKind};

use crate::clock::UnixMs;
use crate::db::{CorruptRow, DbError, FromRow, Row, Sql, Tx};
use crate::ids::{AccountId, LabelId, TenantId};

/// What somebody says of a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// The visit.
    pub visit: VisitId,
    /// Who says so.
    pub account: AccountId,
    /// What it was.
    pub label: LabelKind,
}

/// A label as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Its name.
    pub id: LabelId,
    /// What was said by whom.
    pub said: Said,
    /// The name of the account.
    pub account_name: String,
    /// When it was said.
    pub created_at: UnixMs,
}

impl FromRow for Label {
    fn from_row(row: &mut Row<'_>) -> Result<Label, CorruptRow> {
        let (id, visit, account) = (row.take()?, row.take()?, row.take()?);
        let word: String = row.take()?;
        let label = LabelKind::ALL.into_iter().find(|label| label.word() == word);
        let label = label.ok_or_else(|| row.corrupt(format!("{word} is no label")))?;
        let said = Said { visit, account, label };
        Ok(Label { id, said, account_name: row.take()?, created_at: row.take()? })
    }
}

impl From<Label> for LabelView {
    fn from(label: Label) -> LabelView {
        LabelView {
            id: label.id.to_string(),
            label: label.said.label,
            account_id: label.said.account.to_string(),
            account_name: label.account_name,
            created_at: label.created_at.rfc3339(),
        }
    }
}

/// Adds a label. Returns whether it is new; `false` when its id is there already.
pub async fn add(
    tx: &mut Tx,
    tenant: TenantId,
    id: LabelId,
    said: Said,
    now: UnixMs,
) -> Result<bool, DbError> {
    let added = tx
        .execute(
            "INSERT INTO visit_label (tenant_id, id, visit_id, account_id, label, created_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (tenant_id, id) DO NOTHING",
            (tenant, id, said.visit, said.account, said.label.word(), now),
        )
        .await?;
    Ok(added == 1)
}

const LABELS: &str =
    "SELECT visit_label.id, visit_id, account_id, label, account.name, visit_label.created_at_ms
     FROM visit_label
     JOIN account ON account.id = account_id
     WHERE visit_label.tenant_id = $1";

/// A label by its name.
pub async fn find(tx: &mut Tx, tenant: TenantId, id: LabelId) -> Result<Option<Label>, DbError> {
    let sql = format!("{LABELS} AND visit_label.id = $2");
    tx.optional(Sql::built(sql), (tenant, id)).await
}

/// What people said of a visit, oldest first.
pub async fn of_visit(
    tx: &mut Tx,
    tenant: TenantId,
    visit: VisitId,
) -> Result<Vec<Label>, DbError> {
    let sql = format!(
        "{LABELS} AND visit_id = $2
         ORDER BY visit_label.created_at_ms, visit_label.id"
    );
    tx.all(Sql::built(sql), (tenant, visit)).await
}

/// Removes a label of this account. Returns whether there was one.
pub async fn remove(
    tx: &mut Tx,
    tenant: TenantId,
    (visit, id): (VisitId, LabelId),
    account: AccountId,
) -> Result<bool, DbError> {
    let removed = tx
        .execute(
            "DELETE FROM visit_label
             WHERE tenant_id = $1 AND id = $2 AND visit_id = $3 AND account_id = $4",
            (tenant, id, visit, account),
        )
        .await?;
    Ok(removed == 1)
}
