//! The operator makes an account with a password.

use crate::app::Operator;
use crate::db::DbError;
use crate::ids::{AccountId, NewId as _};
use crate::names::{self, NameError};

use super::password::{self, PasswordError};
use super::{folded_email, store};

/// Why an account was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The address cannot be one.
    #[error("not an e-mail address")]
    Email,
    /// Another account has the address.
    #[error("an account has this e-mail address already")]
    EmailTaken,
    /// The name cannot be one.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The password cannot be one.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The database failed.
    #[error("could not store the account")]
    Db(#[from] DbError),
}

/// Makes an account and returns its id.
pub async fn create(
    operator: &Operator,
    email: &str,
    name: &str,
    password: &str,
) -> Result<AccountId, CreateError> {
    let email = folded_email(email).ok_or(CreateError::Email)?;
    let name = names::checked(name)?;
    password::checked(password)?;
    let secret_hash = password::hash(password);
    let now = operator.clock.now();
    let account = AccountId::new_at(now);

    let mut tx = operator.db.global_tx().await?;
    if !store::insert(&mut tx, account, &email, &name, now).await? {
        return Err(CreateError::EmailTaken);
    }
    store::insert_password(&mut tx, account, &secret_hash, now).await?;
    tx.commit().await?;
    Ok(account)
}
