//! The spool's folder: does the keeper's storage operations, one call each, and decides nothing.
//!
//! The keeper (`apis-unit`) says what is done and in which order; this file only does it, and says
//! what came of it in the keeper's four words. `hold` points stand before and after every
//! operation, so that a test can kill the program between any two of them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use apis_unit::keeper::{DiskSpace, Listed, SpoolFile, SpoolRange, StorageError, StorageOp};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::hold;

/// Held locked while a program uses the folder; the keeper knows no file of this name.
const LOCK_FILE: &str = "lock";

/// Why the folder cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// Another program has it.
    #[error("another program uses the spool folder {0}")]
    InUse(PathBuf),
    /// It cannot be made, locked or written.
    #[error("the spool folder {folder} cannot be used: {cause}")]
    Unusable {
        /// Which.
        folder: PathBuf,
        /// In the keeper's words.
        cause: StorageError,
        /// In the kernel's.
        source: io::Error,
    },
}

impl DiskError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            DiskError::InUse(_) => "spool_in_use",
            DiskError::Unusable { cause, .. } => cause.code(),
        }
    }
}

/// The folder, held by this program alone.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    /// Locked as long as it is open.
    _lock: File,
}

impl Disk {
    /// Opens the folder, and makes it when it is not there.
    ///
    /// Errors: `InUse` when another program has it, `Unusable` when it cannot be written.
    pub fn open(folder: &Path) -> Result<Disk, DiskError> {
        let unusable = |source: io::Error| DiskError::Unusable {
            folder: folder.to_owned(),
            cause: storage_error(&source),
            source,
        };
        fs::create_dir_all(folder).map_err(unusable)?;
        let path = folder.join(LOCK_FILE);
        // Opened to write, so that a folder that cannot be written is known now; held to read, so
        // that the lock itself never stands in the way of making the disk read-only.
        OpenOptions::new().create(true).append(true).open(&path).map_err(unusable)?;
        let lock = File::open(&path).map_err(unusable)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Disk { folder: folder.to_owned(), _lock: lock }),
            Err(Errno::WOULDBLOCK) => Err(DiskError::InUse(folder.to_owned())),
            Err(error) => Err(unusable(error.into())),
        }
    }

    /// What the folder holds: the keeper's first input.
    ///
    /// Errors: as the operations.
    pub fn listing(&self) -> Result<Vec<Listed>, StorageError> {
        let mut listing = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(|error| storage_error(&error))? {
            let entry = entry.map_err(|error| storage_error(&error))?;
            let metadata = entry.metadata().map_err(|error| storage_error(&error))?;
            // A name that is not text is none of the keeper's.
            if let (true, Ok(name)) = (metadata.is_file(), entry.file_name().into_string()) {
                listing.push(Listed { name, bytes: metadata.len() });
            }
        }
        Ok(listing)
    }

    /// Does one operation; the bytes are those of a read.
    ///
    /// Errors: what the kernel said, in the keeper's words. The operation may then be half done.
    pub fn perform(&self, operation: &StorageOp) -> Result<Vec<u8>, StorageError> {
        hold::point("keeper.operation");
        let done = self.call(operation).map_err(|error| {
            let code = storage_error(&error);
            tracing::warn!(%error, code = code.code(), kind = kind(operation), "storage failed");
            code
        });
        hold::point("keeper.operation_done");
        done
    }

    /// How full the disk is.
    ///
    /// Errors: `Device` when the kernel does not say.
    pub fn space(&self) -> Result<DiskSpace, StorageError> {
        let found = rustix::fs::statvfs(&self.folder).map_err(|_| StorageError::Device)?;
        Ok(DiskSpace {
            total_bytes: found.f_blocks.saturating_mul(found.f_frsize),
            free_bytes: found.f_bavail.saturating_mul(found.f_frsize),
        })
    }

    fn call(&self, operation: &StorageOp) -> io::Result<Vec<u8>> {
        match operation {
            StorageOp::Create { file, bytes } => {
                File::create(self.path(*file))?.write_all(bytes)?
            }
            StorageOp::Append { file, bytes } => {
                OpenOptions::new().append(true).open(self.path(*file))?.write_all(bytes)?;
            }
            StorageOp::WriteAt { file, offset, bytes } => {
                let mut opened = OpenOptions::new().write(true).open(self.path(*file))?;
                opened.seek(SeekFrom::Start(*offset))?;
                opened.write_all(bytes)?;
            }
            StorageOp::Truncate { file, length } => {
                OpenOptions::new().write(true).open(self.path(*file))?.set_len(*length)?;
            }
            StorageOp::Sync { file } => File::open(self.path(*file))?.sync_all()?,
            StorageOp::Rename { from, to } => fs::rename(self.path(*from), self.path(*to))?,
            StorageOp::Delete { file } => match fs::remove_file(self.path(*file)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                other => other?,
            },
            StorageOp::SyncFolder => File::open(&self.folder)?.sync_all()?,
            StorageOp::Read { file, offset, length } => {
                return read(&self.path(*file), *offset, *length);
            }
        }
        Ok(Vec::new())
    }

    fn path(&self, file: SpoolFile) -> PathBuf {
        self.folder.join(file.to_string())
    }
}

/// The bytes of a range, for the thread that sends them: whole clips do not change.
///
/// Errors: `Missing` when the file is not there or is shorter than the range.
pub fn read_range(folder: &Path, range: &SpoolRange) -> Result<Vec<u8>, StorageError> {
    let path = folder.join(range.file.to_string());
    let bytes = read(&path, range.offset, range.length).map_err(|error| storage_error(&error))?;
    if bytes.len() == range.length as usize { Ok(bytes) } else { Err(StorageError::Missing) }
}

/// At most `length` bytes of a file from `offset` on; fewer at its end.
fn read(path: &Path, offset: u64, length: u32) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::with_capacity(length as usize);
    file.take(u64::from(length)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The kernel's error in the keeper's words.
fn storage_error(error: &io::Error) -> StorageError {
    match error.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::NOSPC | Errno::DQUOT) => StorageError::Full,
        Some(Errno::ROFS | Errno::ACCESS | Errno::PERM) => StorageError::ReadOnly,
        Some(Errno::NOENT) => StorageError::Missing,
        Some(_) | None => StorageError::Device,
    }
}

/// The operation's name for the log, which must not hold what is written.
fn kind(operation: &StorageOp) -> &'static str {
    match operation {
        StorageOp::Create { .. } => "create",
        StorageOp::Append { .. } => "append",
        StorageOp::WriteAt { .. } => "write_at",
        StorageOp::Truncate { .. } => "truncate",
        StorageOp::Sync { .. } => "sync",
        StorageOp::Rename { .. } => "rename",
        StorageOp::Delete { .. } => "delete",
        StorageOp::SyncFolder => "sync_folder",
        StorageOp::Read { .. } => "read",
    }
}

#[cfg(test)]
pub(crate) mod tests;
