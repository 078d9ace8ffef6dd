//! An account gets another password, by the operator's hand: who forgot theirs asks them.

use crate::app::Operator;
use crate::db::DbError;
use crate::ids::AccountId;
use crate::session;

use super::password::{self, PasswordError};
use super::{folded_email, store};

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// No account has the address.
    #[error("no account has this e-mail address")]
    NoAccount,
    /// The password cannot be one.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The database failed.
    #[error("could not store the password")]
    Db(#[from] DbError),
}

/// Changes it, and ends every session of the account: who had the old one is out.
pub async fn change_password(
    operator: &Operator,
    email: &str,
    password: &str,
) -> Result<AccountId, ChangePasswordError> {
    password::checked(password)?;
    let email = folded_email(email).ok_or(ChangePasswordError::NoAccount)?;
    let secret_hash = password::hash(password);
    let now = operator.clock.now();
    let mut tx = operator.db.global_tx().await?;
    let account = store::id_of_email(&mut tx, &email).await?;
    let account = account.ok_or(ChangePasswordError::NoAccount)?;
    store::delete_passwords(&mut tx, account).await?;
    store::insert_password(&mut tx, account, &secret_hash, now).await?;
    session::end_account(&mut tx, account).await?;
    tx.commit().await?;
    Ok(account)
}
