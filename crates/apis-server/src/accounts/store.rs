//! The SQL of accounts and their credentials.

use crate::clock::UnixMs;
use crate::db::{DbError, Tx};
use crate::ids::AccountId;
use crate::random;

/// Whether the account is new; `false` when the address is taken.
pub async fn insert(
    tx: &mut Tx,
    account: AccountId,
    email: &str,
    name: &str,
    now: UnixMs,
) -> Result<bool, DbError> {
    let inserted = tx
        .execute(
            "INSERT INTO account (id, email, name, created_at_ms)
             VALUES ($1, $2, $3, $4)
             ON CONFLICT (email) DO NOTHING",
            (account, email, name, now),
        )
        .await?;
    Ok(inserted == 1)
}

pub async fn insert_password(
    tx: &mut Tx,
    account: AccountId,
    secret_hash: &str,
    now: UnixMs,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO credential (id, account_id, kind, secret_hash, created_at_ms)
         VALUES ($1, $2, 'password', $3, $4)",
        (random::uuid_v7(now).to_string(), account, secret_hash, now),
    )
    .await
    .map(drop)
}

pub async fn delete_passwords(tx: &mut Tx, account: AccountId) -> Result<(), DbError> {
    tx.execute("DELETE FROM credential WHERE account_id = $1 AND kind = 'password'", (account,))
        .await
        .map(drop)
}

/// Whether there is any account.
pub async fn is_any(tx: &mut Tx) -> Result<bool, DbError> {
    let row = tx.optional::<(AccountId,)>("SELECT id FROM account LIMIT 1", ()).await?;
    Ok(row.is_some())
}

pub async fn id_of_email(tx: &mut Tx, email: &str) -> Result<Option<AccountId>, DbError> {
    let row = tx.optional("SELECT id FROM account WHERE email = $1", (email,)).await?;
    Ok(row.map(|(id,)| id))
}

/// The account of an address and its password's hash.
pub async fn password_of_email(
    tx: &mut Tx,
    email: &str,
) -> Result<Option<(AccountId, String)>, DbError> {
    tx.optional(
        "SELECT account.id, credential.secret_hash
         FROM account
         JOIN credential ON credential.account_id = account.id AND credential.kind = 'password'
         WHERE account.email = $1",
        (email,),
    )
    .await
}
