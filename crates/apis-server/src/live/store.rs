//! The SQL of stream tokens. They stand in a global table: a token is all that its bearer brings.

use apis_protocol::UnitId;

use crate::clock::UnixMs;
use crate::db::{CorruptRow, DbError, FromRow, Row, Tx};
use crate::ids::{AccountId, StreamTokenId, TenantId};

/// A token as its tenant sees it: never the token itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamToken {
    /// Its name in every table.
    pub id: StreamTokenId,
    /// What its maker calls it.
    pub name: String,
    /// The name of the account that made it.
    pub account_name: String,
    /// When it was made.
    pub created_at: UnixMs,
}

impl FromRow for StreamToken {
    fn from_row(row: &mut Row<'_>) -> Result<StreamToken, CorruptRow> {
        Ok(StreamToken {
            id: row.take()?,
            name: row.take()?,
            account_name: row.take()?,
            created_at: row.take()?,
        })
    }
}

/// Keeps a new token by its hash.
pub async fn add(
    tx: &mut Tx,
    (tenant, unit, account): (TenantId, UnitId, AccountId),
    (id, token_hash, name): (StreamTokenId, &str, &str),
    now: UnixMs,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO token_directory (id, token_hash, kind, tenant_id, account_id, subject, name,
                                      created_at_ms)
         VALUES ($1, $2, 'stream', $3, $4, $5, $6, $7)",
        (id, token_hash, tenant, account, unit, name, now),
    )
    .await?;
    Ok(())
}

/// The tokens of a unit, oldest first.
pub async fn list(
    tx: &mut Tx,
    tenant: TenantId,
    unit: UnitId,
) -> Result<Vec<StreamToken>, DbError> {
    tx.all(
        "SELECT token_directory.id, token_directory.name, account.name,
                token_directory.created_at_ms
         FROM token_directory
         JOIN account ON account.id = token_directory.account_id
         WHERE token_directory.tenant_id = $1 AND token_directory.subject = $2
         ORDER BY token_directory.id",
        (tenant, unit),
    )
    .await
}

/// Removes a token. Returns whether it was there.
pub async fn remove(
    tx: &mut Tx,
    tenant: TenantId,
    unit: UnitId,
    id: StreamTokenId,
) -> Result<bool, DbError> {
    let removed = tx
        .execute(
            "DELETE FROM token_directory WHERE tenant_id = $1 AND subject = $2 AND id = $3",
            (tenant, unit, id),
        )
        .await?;
    Ok(removed == 1)
}

/// The tenant whose unit may be looked at with this token: while its maker is a member.
pub async fn tenant_of(
    tx: &mut Tx,
    unit: UnitId,
    token_hash: &str,
) -> Result<Option<TenantId>, DbError> {
    let row = tx
        .optional::<(TenantId,)>(
            "SELECT token_directory.tenant_id
             FROM token_directory
             JOIN member ON member.tenant_id = token_directory.tenant_id
                 AND member.account_id = token_directory.account_id
             WHERE token_directory.token_hash = $1 AND token_directory.kind = 'stream'
                 AND token_directory.subject = $2",
            (token_hash, unit),
        )
        .await?;
    Ok(row.map(|(tenant,)| tenant))
}
