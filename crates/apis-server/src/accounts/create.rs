//! An account is made, with a password.

use crate::app::Operator;
use crate::clock::UnixMs;
use crate::db::{DbError, Tx};
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

/// An account that can be made.
pub struct NewAccount {
    /// Its id.
    pub id: AccountId,
    email: String,
    name: String,
    secret_hash: String,
}

impl NewAccount {
    /// Checks what it is made of, and hashes its password, which takes tens of milliseconds.
    pub fn checked(
        email: &str,
        name: &str,
        password: &str,
        now: UnixMs,
    ) -> Result<NewAccount, CreateError> {
        let email = folded_email(email).ok_or(CreateError::Email)?;
        let name = names::checked(name)?;
        password::checked(password)?;
        let secret_hash = password::hash(password);
        Ok(NewAccount { id: AccountId::new_at(now), email, name, secret_hash })
    }

    /// Makes it, with its password.
    pub async fn insert(&self, tx: &mut Tx, now: UnixMs) -> Result<(), CreateError> {
        if !store::insert(tx, self.id, &self.email, &self.name, now).await? {
            return Err(CreateError::EmailTaken);
        }
        store::insert_password(tx, self.id, &self.secret_hash, now).await?;
        Ok(())
    }
}

/// Makes an account and returns its id.
pub async fn create(
    operator: &Operator,
    email: &str,
    name: &str,
    password: &str,
) -> Result<AccountId, CreateError> {
    let now = operator.clock.now();
    let account = NewAccount::checked(email, name, password, now)?;
    let mut tx = operator.db.global_tx().await?;
    account.insert(&mut tx, now).await?;
    tx.commit().await?;
    Ok(account.id)
}
