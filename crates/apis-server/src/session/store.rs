//! The SQL of sessions and their tokens.

use crate::clock::UnixMs;
use crate::db::{CorruptRow, DbError, FromRow, Row, Tx};
use crate::http::MemberCaller;
use crate::ids::{AccountId, SessionId, TenantId};

/// A new session as it is stored.
pub struct NewSession<'s> {
    pub id: SessionId,
    pub family_hash: &'s str,
    pub account: AccountId,
    pub tenant: TenantId,
    pub agent: &'s str,
    pub now: UnixMs,
    pub expires_at: UnixMs,
}

/// A session as its refresh tokens' family names it.
pub struct Family {
    pub session: SessionId,
    pub tenant: TenantId,
    pub is_reused: bool,
}

/// A session as the list tells it.
pub struct Listed {
    pub id: SessionId,
    pub agent: String,
    pub begun_at: UnixMs,
    pub used_at: UnixMs,
    pub expires_at: UnixMs,
    pub reused_at: Option<UnixMs>,
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

impl FromRow for Listed {
    fn from_row(row: &mut Row<'_>) -> Result<Listed, CorruptRow> {
        Ok(Listed {
            id: row.take()?,
            agent: row.take()?,
            begun_at: row.take()?,
            used_at: row.take()?,
            expires_at: row.take()?,
            reused_at: row.take()?,
        })
    }
}

pub async fn insert(tx: &mut Tx, session: NewSession<'_>) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO session
             (id, family_hash, account_id, tenant_id, agent, begun_at_ms, used_at_ms, expires_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $6, $7)",
        (
            session.id,
            session.family_hash,
            session.account,
            session.tenant,
            session.agent,
            session.now,
            session.expires_at,
        ),
    )
    .await
    .map(drop)
}

pub async fn insert_access(
    tx: &mut Tx,
    session: SessionId,
    token_hash: &str,
    expires_at: UnixMs,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO session_token (token_hash, session_id, kind, parent_hash, expires_at_ms)
         VALUES ($1, $2, 'access', '', $3)",
        (token_hash, session, expires_at),
    )
    .await
    .map(drop)
}

/// A refresh token, fetched by the one with the hash `parent_hash`; the first has no parent.
pub async fn insert_refresh(
    tx: &mut Tx,
    session: SessionId,
    token_hash: &str,
    parent_hash: &str,
    expires_at: UnixMs,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO session_token (token_hash, session_id, kind, parent_hash, expires_at_ms)
         VALUES ($1, $2, 'refresh', $3, $4)",
        (token_hash, session, parent_hash, expires_at),
    )
    .await
    .map(drop)
}

/// The member whose living session has this access token. A session whose membership is gone is
/// none.
pub async fn caller(
    tx: &mut Tx,
    token_hash: &str,
    now: UnixMs,
) -> Result<Option<MemberCaller>, DbError> {
    tx.optional(
        "SELECT session.id, session.account_id, session.tenant_id, member.role
         FROM session_token
         JOIN session ON session.id = session_token.session_id
         JOIN member ON member.tenant_id = session.tenant_id
             AND member.account_id = session.account_id
         WHERE session_token.token_hash = $1 AND session_token.kind = 'access'
             AND $2 < session_token.expires_at_ms AND session.reused_at_ms IS NULL",
        (token_hash, now),
    )
    .await
}

/// The member of a session that is not over.
pub async fn member(
    tx: &mut Tx,
    session: SessionId,
    now: UnixMs,
) -> Result<Option<MemberCaller>, DbError> {
    tx.optional(
        "SELECT session.id, session.account_id, session.tenant_id, member.role
         FROM session
         JOIN member ON member.tenant_id = session.tenant_id
             AND member.account_id = session.account_id
         WHERE session.id = $1 AND $2 < session.expires_at_ms AND session.reused_at_ms IS NULL",
        (session, now),
    )
    .await
}

/// The session that refresh tokens of this family belong to.
pub async fn family(
    tx: &mut Tx,
    family_hash: &str,
    now: UnixMs,
) -> Result<Option<Family>, DbError> {
    let row = tx
        .optional::<(SessionId, TenantId, Option<UnixMs>)>(
            "SELECT id, tenant_id, reused_at_ms FROM session
             WHERE family_hash = $1 AND $2 < expires_at_ms",
            (family_hash, now),
        )
        .await?;
    Ok(row.map(|(session, tenant, reused_at)| {
        let is_reused = reused_at.is_some();
        Family { session, tenant, is_reused }
    }))
}

/// Marks the session as used, and takes its turn to change: `false` when it is over.
pub async fn touch(
    tx: &mut Tx,
    session: SessionId,
    now: UnixMs,
    expires_at: UnixMs,
) -> Result<bool, DbError> {
    let touched = tx
        .execute(
            "UPDATE session SET used_at_ms = $2, expires_at_ms = $3
             WHERE id = $1 AND reused_at_ms IS NULL",
            (session, now, expires_at),
        )
        .await?;
    Ok(touched == 1)
}

/// A refresh token that is still taken.
pub struct Taken {
    /// The hash of the one that fetched it; empty for the first.
    pub parent_hash: String,
    /// Until when.
    pub expires_at: UnixMs,
}

/// The refresh token of this hash, if it is still taken.
pub async fn refresh_token(
    tx: &mut Tx,
    session: SessionId,
    token_hash: &str,
    now: UnixMs,
) -> Result<Option<Taken>, DbError> {
    let row = tx
        .optional(
            "SELECT parent_hash, expires_at_ms FROM session_token
             WHERE session_id = $1 AND token_hash = $2 AND kind = 'refresh' AND $3 < expires_at_ms",
            (session, token_hash, now),
        )
        .await?;
    Ok(row.map(|(parent_hash, expires_at)| Taken { parent_hash, expires_at }))
}

/// The token with the hash `used` is used: its parent, and whatever else the parent fetched, end.
pub async fn retire(
    tx: &mut Tx,
    session: SessionId,
    used: &str,
    parent_hash: &str,
    at: UnixMs,
) -> Result<(), DbError> {
    tx.execute(
        "UPDATE session_token SET expires_at_ms = $4
         WHERE session_id = $1 AND kind = 'refresh' AND token_hash <> $2
             AND (token_hash = $3 OR parent_hash = $3) AND $4 < expires_at_ms",
        (session, used, parent_hash, at),
    )
    .await
    .map(drop)
}

/// Ends a session for good and remembers why.
pub async fn mark_reused(tx: &mut Tx, session: SessionId, now: UnixMs) -> Result<(), DbError> {
    tx.execute(
        "UPDATE session SET reused_at_ms = $2 WHERE id = $1 AND reused_at_ms IS NULL",
        (session, now),
    )
    .await?;
    tx.execute("DELETE FROM session_token WHERE session_id = $1", (session,)).await.map(drop)
}

/// What [`super::show`] tells: account name, tenant name, end of the session and of its newest
/// access token.
pub async fn names(
    tx: &mut Tx,
    session: SessionId,
) -> Result<Option<(String, String, String, UnixMs, UnixMs)>, DbError> {
    tx.optional(
        "SELECT account.name, account.email, tenant.name, session.expires_at_ms, access.expires_at_ms
         FROM session
         JOIN account ON account.id = session.account_id
         JOIN tenant ON tenant.id = session.tenant_id
         JOIN session_token AS access ON access.session_id = session.id AND access.kind = 'access'
         WHERE session.id = $1
         ORDER BY access.expires_at_ms DESC
         LIMIT 1",
        (session,),
    )
    .await
}

/// Sessions of an account in a tenant, newest first.
pub async fn list(
    tx: &mut Tx,
    tenant: TenantId,
    account: AccountId,
    now: UnixMs,
) -> Result<Vec<Listed>, DbError> {
    tx.all(
        "SELECT id, agent, begun_at_ms, used_at_ms, expires_at_ms, reused_at_ms
         FROM session
         WHERE tenant_id = $1 AND account_id = $2 AND $3 < expires_at_ms
         ORDER BY used_at_ms DESC, id DESC
         LIMIT 200",
        (tenant, account, now),
    )
    .await
}

/// Whether there was such a session of the account in the tenant.
pub async fn delete_own(
    tx: &mut Tx,
    tenant: TenantId,
    account: AccountId,
    session: SessionId,
) -> Result<bool, DbError> {
    let deleted = tx
        .execute(
            "DELETE FROM session WHERE id = $1 AND tenant_id = $2 AND account_id = $3",
            (session, tenant, account),
        )
        .await?;
    Ok(deleted == 1)
}

pub async fn delete_all(tx: &mut Tx, tenant: TenantId, account: AccountId) -> Result<(), DbError> {
    tx.execute("DELETE FROM session WHERE tenant_id = $1 AND account_id = $2", (tenant, account))
        .await
        .map(drop)
}

pub async fn delete_of_account(tx: &mut Tx, account: AccountId) -> Result<(), DbError> {
    tx.execute("DELETE FROM session WHERE account_id = $1", (account,)).await.map(drop)
}

pub async fn delete_everybodys(tx: &mut Tx) -> Result<u64, DbError> {
    tx.execute("DELETE FROM session", ()).await
}

/// Forgets sessions that are over, and those ended by reuse before `reused_before`.
pub async fn delete_over(tx: &mut Tx, now: UnixMs, reused_before: UnixMs) -> Result<u64, DbError> {
    tx.execute("DELETE FROM session_token WHERE expires_at_ms <= $1", (now,)).await?;
    tx.execute(
        "DELETE FROM session WHERE expires_at_ms <= $1 OR reused_at_ms <= $2",
        (now, reused_before),
    )
    .await
}
