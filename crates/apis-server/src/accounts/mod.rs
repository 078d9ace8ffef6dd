//! Accounts: people's logins. An account owns nothing; it is a member of tenants.

pub mod password;
pub mod change_password;
pub mod create;
pub(crate) mod store;

use crate::db::{DbError, Tx};
use crate::ids::AccountId;

/// Whether there is any account.
pub(crate) async fn is_any(tx: &mut Tx) -> Result<bool, DbError> {
    store::is_any(tx).await
}

/// The account with this folded address.
pub(crate) async fn id_of_email(tx: &mut Tx, email: &str) -> Result<Option<AccountId>, DbError> {
    store::id_of_email(tx, email).await
}

/// The account with this folded address, and its password's hash.
pub(crate) async fn password_of_email(
    tx: &mut Tx,
    email: &str,
) -> Result<Option<(AccountId, String)>, DbError> {
    store::password_of_email(tx, email).await
}

/// The address as it is stored and compared: without surrounding white space, in lower case.
/// `None` when it cannot be an address.
pub fn folded_email(text: &str) -> Option<String> {
    /// RFC 5321 §4.5.3.1.3: a path is at most 256 octets with its brackets.
    const EMAIL_BYTES_MAX: usize = 254;

    let email = text.trim().to_lowercase();
    let (local, domain) = email.rsplit_once('@')?;
    let is_address = email.len() <= EMAIL_BYTES_MAX
        && !local.is_empty()
        && !domain.is_empty()
        && !email.chars().any(|char| char.is_control() || char.is_whitespace());
    is_address.then_some(email)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_compared_in_lower_case() {
        assert_eq!(folded_email(" Ann@Bees.Example "), Some("ann@bees.example".to_owned()));
        for wrong in ["", "ann", "@bees.example", "ann@", "a nn@bees.example", "ann@bees\0"] {
            assert_eq!(folded_email(wrong), None, "{wrong:?}");
        }
    }
}
