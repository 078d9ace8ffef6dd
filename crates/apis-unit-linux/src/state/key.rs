//! The unit's private key: made at the first start, never leaves the data folder.

use anyhow::Context;
use apis_protocol::{SecretKey, encoding};

use super::DataFolder;
use crate::clock::random_bytes;
use crate::failure::{Coded, Failure};
use crate::hold;

/// The file, for the unit's user alone: the 32-byte seed as base64url.
const FILE: &str = "unit.key";

/// Reads the key of `folder`, or makes it when there is none.
///
/// Errors: `key_unreadable` for a file that is there and is no key. A new key in its place would
///         lose the unit's name on its server, so a person has to decide that.
pub fn load_or_make(folder: &DataFolder) -> Result<SecretKey, Failure> {
    if let Some(bytes) = folder.read(FILE).coded("key_unreadable")? {
        let seed = std::str::from_utf8(&bytes)
            .ok()
            .and_then(|text| encoding::array_from_base64url(text.trim()).ok())
            .with_context(|| format!("{} holds no key", folder.file(FILE).display()))
            .coded("key_unreadable")?;
        return Ok(SecretKey::from_seed(&seed));
    }
    let seed: [u8; 32] = random_bytes();
    let text = format!("{}\n", encoding::to_base64url(&seed));
    folder.write(FILE, text.as_bytes()).coded("data_folder_not_writable")?;
    hold::point("identity.key_written");
    Ok(SecretKey::from_seed(&seed))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_is_for_one_user() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        let made = load_or_make(&data).unwrap().public();
        assert_eq!(load_or_make(&data).unwrap().public(), made);
        let mode = std::fs::metadata(data.file(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_spoilt_key_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        data.write(FILE, b"not a key").unwrap();
        assert_eq!(load_or_make(&data).unwrap_err().code, "key_unreadable");
        assert_eq!(data.read(FILE).unwrap().unwrap(), b"not a key");
    }
}
