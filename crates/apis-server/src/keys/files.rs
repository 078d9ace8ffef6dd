//! Secret files: made once, readable by their owner alone, safe against a power cut.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Most bytes a secret file may have; a PEM key has some 250.
const FILE_BYTES_MAX: u64 = 16 * 1024;

/// Why a secret file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The disk refused.
    #[error("could not use the key file {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the disk said.
        source: io::Error,
    },
    /// Others than the owner may read it.
    #[error("the key file {} may be read by others (mode {mode:03o}); run chmod 600 on it", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It does not hold what it should.
    #[error("the key file {} is malformed", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
    },
}

/// The content of `path`, which `make` provides when there is no such file.
///
/// Two processes that start at once end up with the same content.
///
/// Errors: of the disk; `Exposed` when anyone but the owner may read it.
pub fn load_or_make(path: &Path, make: impl FnOnce() -> Vec<u8>) -> Result<Vec<u8>, KeyFileError> {
    let io = |source| KeyFileError::Io { path: path.to_path_buf(), source };
    match load(path) {
        Err(KeyFileError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            make_new(path, &make()).map_err(io)?;
            load(path)
        }
        other => other,
    }
}

fn load(path: &Path) -> Result<Vec<u8>, KeyFileError> {
    let io = |source| KeyFileError::Io { path: path.to_path_buf(), source };
    let file = File::open(path).map_err(io)?;
    let mode = file.metadata().map_err(io)?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Exposed { path: path.to_path_buf(), mode });
    }
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(io)?;
    Ok(bytes)
}

/// Writes beside, then links into place: the file is whole or absent, and never replaced.
fn make_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().expect("a key file has a folder");
    fs::create_dir_all(folder)?;
    let draft =
        path.with_extension(format!("draft{:016x}", u64::from_le_bytes(crate::random::bytes())));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Ok(()) | Err(_) => {}
    }
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_made_file_is_its_owners_alone_and_is_never_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/one.key");
        assert_eq!(load_or_make(&path, || b"first".to_vec()).unwrap(), b"first");
        assert_eq!(load_or_make(&path, || b"second".to_vec()).unwrap(), b"first");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path().join("keys")).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one.key");
        load_or_make(&path, || b"first".to_vec()).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = load_or_make(&path, || b"second".to_vec()).unwrap_err();
        assert!(matches!(error, KeyFileError::Exposed { mode: 0o640, .. }), "{error}");
    }
}
