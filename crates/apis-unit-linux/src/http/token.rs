//! The local token: made at the first start, in the data folder for the unit's user alone.

use apis_protocol::{Sha256Digest, encoding};

use crate::clock::random_bytes;
use crate::failure::{Coded, Failure};
use crate::state::DataFolder;

/// The file that holds it.
pub const TOKEN_FILE: &str = "local.token";

/// Fewest characters of a token; a shorter one in the file was not made by us.
const CHARS_MIN: usize = 32;

/// Reads the token of `folder`, or makes it when there is none.
///
/// Errors: `token_unreadable` for a file that is there and holds no token.
pub fn load_or_make_token(folder: &DataFolder) -> Result<String, Failure> {
    if let Some(bytes) = folder.read(TOKEN_FILE).coded("token_unreadable")? {
        let token = String::from_utf8_lossy(&bytes).trim().to_owned();
        if token.len() < CHARS_MIN {
            let message = format!("{} holds no token", folder.file(TOKEN_FILE).display());
            return Err(Failure::new("token_unreadable", message));
        }
        return Ok(token);
    }
    let token = encoding::to_base64url(&random_bytes::<32>());
    let line = format!("{token}\n");
    folder.write(TOKEN_FILE, line.as_bytes()).coded("data_folder_not_writable")?;
    Ok(token)
}

/// Whether `given` is `token`, in a time that says nothing of where they differ: what is compared
/// are their hashes, which a guesser cannot steer.
pub fn is_token(given: &str, token: &str) -> bool {
    let (given, token) = (Sha256Digest::of(given.as_bytes()), Sha256Digest::of(token.as_bytes()));
    let pairs = given.to_bytes().into_iter().zip(token.to_bytes());
    pairs.fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_made_once_and_only_it_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        let token = load_or_make_token(&data).unwrap();
        assert_eq!(load_or_make_token(&data).unwrap(), token);
        assert!(is_token(&token, &token));
        assert!(!is_token("", &token));
        assert!(!is_token(&token[1..], &token));
    }
}
