//! Passwords: argon2id, with the same work whether or not the account exists.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

/// Memory of one hash, in KiB. OWASP's first choice (19 MiB, 2 passes, 1 lane) for argon2id;
/// more would let fewer sign in at once on a household's small board.
const MEMORY_KIB: u32 = 19 * 1024;

/// Passes over the memory.
const PASS_COUNT: u32 = 2;

/// Hashes computed at once: each holds a core and 19 MiB for tens of milliseconds.
const CONCURRENT_MAX: usize = 2;

/// Shortest password (NIST SP 800-63B §5.1.1.1 asks for 8 and more).
pub const PASSWORD_CHARS_MIN: usize = 10;

/// Longest password: hashing has a cost per byte too.
pub const PASSWORD_CHARS_MAX: usize = 200;

/// The text cannot be a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a password has {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters")]
pub struct PasswordError;

/// Checks and hashes passwords, a few at a time. Cheap to clone.
#[derive(Clone)]
pub struct PasswordCheck {
    permits: Arc<Semaphore>,
    /// The hash of no password, compared with when there is no account.
    nobody: Arc<str>,
}

impl PasswordCheck {
    /// Prepares the hash that stands for no account.
    pub fn new() -> PasswordCheck {
        let nobody = hash_now(&crate::random::instance_id(), crate::random::bytes());
        PasswordCheck { permits: Arc::new(Semaphore::new(CONCURRENT_MAX)), nobody: nobody.into() }
    }

    /// Whether `password` is the one of `stored`; with `None` the same work for a plain no.
    pub async fn is_right(&self, password: String, stored: Option<String>) -> bool {
        let permit = self.permits.acquire().await.expect("the semaphore is never closed");
        let is_known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.to_string());
        let is_equal = tokio::task::spawn_blocking(move || verify_now(&password, &stored))
            .await
            .unwrap_or(false);
        drop(permit);
        is_known && is_equal
    }
}

impl Default for PasswordCheck {
    fn default() -> PasswordCheck {
        PasswordCheck::new()
    }
}

/// Refuses what cannot be a password.
pub fn checked(password: &str) -> Result<(), PasswordError> {
    let length = password.chars().count();
    if (PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&length) {
        Ok(())
    } else {
        Err(PasswordError)
    }
}

/// The hash to store, in PHC form; takes tens of milliseconds.
pub fn hash(password: &str) -> String {
    hash_now(password, crate::random::bytes())
}

fn hash_now(password: &str, salt: [u8; 16]) -> String {
    argon2()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .expect("the parameters and a salt of 16 bytes are valid")
        .to_string()
}

fn verify_now(password: &str, stored: &str) -> bool {
    PasswordHash::new(stored)
        .is_ok_and(|stored| argon2().verify_password(password.as_bytes(), &stored).is_ok())
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASS_COUNT, 1, None).expect("the parameters are valid");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_right_password_alone_is_right() {
        let check = PasswordCheck::new();
        let stored = hash("correct horse");
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        let is_right = |password: &str, stored: Option<&str>| {
            check.is_right(password.to_owned(), stored.map(str::to_owned))
        };
        assert!(is_right("correct horse", Some(&stored)).await);
        assert!(!is_right("wrong horse", Some(&stored)).await);
        assert!(!is_right("correct horse", Some("not a hash")).await);
        assert!(!is_right("correct horse", None).await);
    }

    #[test]
    fn a_missing_account_costs_the_same_parameters() {
        let check = PasswordCheck::new();
        let parameters = |text: &str| text.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(parameters(&check.nobody), parameters(&hash("anything at all")));
    }
}
