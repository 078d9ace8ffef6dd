//! The SQL of members.

use apis_server_api::members::Role;

use crate::clock::UnixMs;
use crate::db::{Column, CorruptRow, DbError, FromRow, Row, Tx};
use crate::ids::{AccountId, TenantId};

use super::Membership;

impl Column for Role {
    fn read(row: &mut Row<'_>) -> Result<Role, CorruptRow> {
        let word: String = row.take()?;
        Role::of_word(&word).ok_or_else(|| row.corrupt("not a role"))
    }
}

/// A member with the account's name and address.
pub struct Listed {
    pub account: AccountId,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub created_at: UnixMs,
}

impl FromRow for Listed {
    fn from_row(row: &mut Row<'_>) -> Result<Listed, CorruptRow> {
        Ok(Listed {
            account: row.take()?,
            name: row.take()?,
            email: row.take()?,
            role: row.take()?,
            created_at: row.take()?,
        })
    }
}

impl FromRow for Membership {
    fn from_row(row: &mut Row<'_>) -> Result<Membership, CorruptRow> {
        Ok(Membership { tenant: row.take()?, tenant_name: row.take()? })
    }
}

pub async fn list(tx: &mut Tx, tenant: TenantId) -> Result<Vec<Listed>, DbError> {
    tx.all(
        "SELECT account.id, account.name, account.email, member.role, member.created_at_ms
         FROM member
         JOIN account ON account.id = member.account_id
         WHERE member.tenant_id = $1
         ORDER BY account.name, account.id",
        (tenant,),
    )
    .await
}

pub async fn of_account(tx: &mut Tx, account: AccountId) -> Result<Vec<Membership>, DbError> {
    tx.all(
        "SELECT tenant.id, tenant.name
         FROM member
         JOIN tenant ON tenant.id = member.tenant_id
         WHERE member.account_id = $1
         ORDER BY tenant.name, tenant.id",
        (account,),
    )
    .await
}

pub async fn role(
    tx: &mut Tx,
    tenant: TenantId,
    account: AccountId,
) -> Result<Option<Role>, DbError> {
    let row = tx
        .optional(
            "SELECT role FROM member WHERE tenant_id = $1 AND account_id = $2",
            (tenant, account),
        )
        .await?;
    Ok(row.map(|(role,)| role))
}

pub async fn owner_count(tx: &mut Tx, tenant: TenantId) -> Result<i64, DbError> {
    let (count,) = tx
        .one("SELECT COUNT(*) FROM member WHERE tenant_id = $1 AND role = 'owner'", (tenant,))
        .await?;
    Ok(count)
}

/// Adds the member or changes the role of one who is there.
pub async fn upsert(
    tx: &mut Tx,
    tenant: TenantId,
    account: AccountId,
    role: Role,
    now: UnixMs,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO member (tenant_id, account_id, role, created_at_ms)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, account_id) DO UPDATE SET role = excluded.role",
        (tenant, account, role.word(), now),
    )
    .await
    .map(drop)
}

pub async fn delete(tx: &mut Tx, tenant: TenantId, account: AccountId) -> Result<(), DbError> {
    tx.execute("DELETE FROM member WHERE tenant_id = $1 AND account_id = $2", (tenant, account))
        .await
        .map(drop)
}
