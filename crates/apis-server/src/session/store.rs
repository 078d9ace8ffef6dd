//! The SQL of sessions.

use crate::clock::UnixMs;
use crate::db::{CorruptRow, DbError, FromRow, Row, Tx};
use crate::http::MemberCaller;
use crate::ids::{AccountId, SessionId, TenantId};

/// A new session as it is stored.
pub struct NewSession<'s> {
    pub id: SessionId,
    pub token_hash: &'s str,
    pub account: AccountId,
    pub tenant: TenantId,
    pub now: UnixMs,
    pub expires_at: UnixMs,
}

impl FromRow for MemberCaller {
    fn from_row(row: &mut Row<'_>) -> Result<MemberCaller, CorruptRow> {
        Ok(MemberCaller {
            session: row.take()?,
            account: row.take()?,
            tenant: row.take()?,
            role: row.take()?,
        })
    }
}

pub async fn insert(tx: &mut Tx, session: NewSession<'_>) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO session (id, token_hash, account_id, tenant_id, created_at_ms, expires_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6)",
        (
            session.id,
            session.token_hash,
            session.account,
            session.tenant,
            session.now,
            session.expires_at,
        ),
    )
    .await
    .map(drop)
}

/// The member whose living session has this token. A session whose membership is gone is none.
pub async fn caller(
    tx: &mut Tx,
    token_hash: &str,
    now: UnixMs,
) -> Result<Option<MemberCaller>, DbError> {
    tx.optional(
        "SELECT session.id, session.account_id, session.tenant_id, member.role
         FROM session
         JOIN member ON member.tenant_id = session.tenant_id
             AND member.account_id = session.account_id
         WHERE session.token_hash = $1 AND $2 < session.expires_at_ms",
        (token_hash, now),
    )
    .await
}

/// What [`super::show`] tells: account name, tenant name, end.
pub async fn names(
    tx: &mut Tx,
    session: SessionId,
) -> Result<Option<(String, String, UnixMs)>, DbError> {
    tx.optional(
        "SELECT account.name, tenant.name, session.expires_at_ms
         FROM session
         JOIN account ON account.id = session.account_id
         JOIN tenant ON tenant.id = session.tenant_id
         WHERE session.id = $1",
        (session,),
    )
    .await
}

pub async fn delete(tx: &mut Tx, session: SessionId) -> Result<(), DbError> {
    tx.execute("DELETE FROM session WHERE id = $1", (session,)).await.map(drop)
}

pub async fn delete_all(tx: &mut Tx, tenant: TenantId, account: AccountId) -> Result<(), DbError> {
    tx.execute("DELETE FROM session WHERE tenant_id = $1 AND account_id = $2", (tenant, account))
        .await
        .map(drop)
}

pub async fn delete_over(tx: &mut Tx, now: UnixMs) -> Result<u64, DbError> {
    tx.execute("DELETE FROM session WHERE expires_at_ms <= $1", (now,)).await
}
