//! The SQL of changes: every table that people work with is asked alike.

use super::{Changed, Span};
use crate::db::{DbError, FromRow, Sql, Tx};
use crate::ids::TenantId;

/// What changed in a table within a span, oldest first; its rows are read by these columns.
pub(crate) async fn changed<T: FromRow>(
    tx: &mut Tx,
    tenant: TenantId,
    (table, columns): (&'static str, &'static str),
    span: Span,
) -> Result<Vec<Changed<T>>, DbError> {
    let sql = format!(
        "SELECT change_seq, {columns}
         FROM {table}
         WHERE tenant_id = $1 AND $2 < change_seq AND change_seq <= $3
         ORDER BY change_seq
         LIMIT $4"
    );
    tx.all(Sql::built(sql), (tenant, span.after, span.until, span.row_count)).await
}
