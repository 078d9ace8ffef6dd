//! What the unit remembers over a restart, apart from its spool: the data folder and its files.
//!
//! Every file is replaced whole (write, sync, rename, sync of the folder), so a power cut leaves
//! the old one or the new one. One process at a time has the folder.

mod enrolment;
mod key;

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context;
use rustix::fs::FlockOperation;

pub use enrolment::{Enrolment, last_command, save_command};
pub use key::load_or_make as load_or_make_key;

use crate::failure::{Coded, Failure};

/// Mode of every file: the unit's own user alone may read it.
const OWN: u32 = 0o600;

/// The data folder of one unit, held by this process.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    /// Holding this file's lock is holding the folder; the kernel lets go of it with the process.
    _lock: File,
}

impl DataFolder {
    /// Makes the folder if it is not there, and holds it.
    ///
    /// Errors: `data_folder_locked` when another process has it, `data_folder_not_writable` when it
    ///         cannot be written.
    pub fn open(path: &Path) -> Result<DataFolder, Failure> {
        let unwritable = "data_folder_not_writable";
        let named = || format!("the data folder {}", path.display());
        fs::create_dir_all(path).with_context(named).coded(unwritable)?;
        let lock = path.join("lock");
        // Opened to write, so that a folder that cannot be written is known now; held to read, so
        // that the lock itself never stands in the way of making the medium read-only.
        let made = File::options().create(true).truncate(false).write(true).mode(OWN).open(&lock);
        made.with_context(named).coded(unwritable)?;
        let lock = File::open(&lock).with_context(named).coded(unwritable)?;
        if rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            let message = format!("another apis-unit uses the data folder {}", path.display());
            return Err(Failure::new("data_folder_locked", message));
        }
        let folder = DataFolder { path: path.to_owned(), _lock: lock };
        // A folder on a medium that went read-only can still hold a lock file from before.
        folder.replace("probe", b"").with_context(named).coded(unwritable)?;
        fs::remove_file(folder.file("probe")).with_context(named).coded(unwritable)?;
        Ok(folder)
    }

    /// The path of the file `name`.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The bytes of the file `name`, if it is there.
    ///
    /// Errors: what reading gave, with the file's name.
    pub fn read(&self, name: &str) -> anyhow::Result<Option<Vec<u8>>> {
        match fs::read(self.file(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e).with_context(|| format!("read {name}")),
        }
    }

    /// The whole number in the file `name`, if it is there.
    ///
    /// Errors: when the file holds anything else.
    pub fn read_number(&self, name: &str) -> anyhow::Result<Option<u64>> {
        let Some(bytes) = self.read(name)? else { return Ok(None) };
        let text = String::from_utf8_lossy(&bytes);
        let number = text.trim().parse();
        number.map(Some).with_context(|| format!("the file {name} holds no number"))
    }

    /// Replaces the number in the file `name`.
    ///
    /// Errors: what writing gave, with the file's name.
    pub fn write_number(&self, name: &str, number: u64) -> anyhow::Result<()> {
        self.write(name, format!("{number}\n").as_bytes())
    }

    /// Replaces the file `name`.
    ///
    /// Errors: what writing gave, with the file's name.
    pub fn write(&self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        self.replace(name, bytes).with_context(|| format!("write {name}"))
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let partial = self.path.join(format!("{name}.part"));
        let mut file =
            File::options().create(true).truncate(true).write(true).mode(OWN).open(&partial)?;
        // The mode above is only for a file made now; a left-over one keeps its own.
        file.set_permissions(fs::Permissions::from_mode(OWN))?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&partial, self.path.join(name))?;
        File::open(&self.path)?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_is_no_number_is_not_taken_for_zero() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        data.write("count", b"seven").unwrap();
        assert!(data.read_number("count").unwrap_err().to_string().contains("count"));
    }

    #[test]
    fn only_one_holds_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataFolder::open(folder.path()).unwrap();
        assert_eq!(DataFolder::open(folder.path()).unwrap_err().code, "data_folder_locked");
        drop(first);
        assert!(crate::disk::tests::is_soon(|| DataFolder::open(folder.path()).is_ok()));
    }

    #[test]
    fn secrets_are_for_one_user_even_over_a_left_over_part() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        data.write("local.token.part", b"left over").unwrap();
        data.write("local.token", b"secret").unwrap();
        let mode = fs::metadata(data.file("local.token")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(data.read("local.token").unwrap().unwrap(), b"secret");
    }

    #[test]
    fn a_path_that_is_a_file_is_no_data_folder() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, b"").unwrap();
        assert_eq!(DataFolder::open(&file).unwrap_err().code, "data_folder_not_writable");
    }
}
