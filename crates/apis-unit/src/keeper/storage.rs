//! Storage as data: what the keeper wants done to its folder, and what came of it.
//!
//! A body performs the operations in order, one at a time, and answers each before it asks for
//! the next. Nothing is assumed durable until the operation that makes it so was answered: bytes
//! by [`StorageOp::Sync`], names by [`StorageOp::SyncFolder`].

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use apis_protocol::VisitId;
use core::fmt;
use core::str::FromStr;

/// Most bytes that one [`StorageOp::Read`] asks for.
pub const READ_BYTES_MAX: u32 = 256 * 1024;

/// A file of the spool. Each has one name, and each name that is not one of these is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SpoolFile {
    /// The journal that is appended to; the highest number counts.
    Journal(u64),
    /// A journal that is being written and does not count yet.
    JournalDraft(u64),
    /// A clip that is being recorded.
    Part(VisitId),
    /// A whole clip.
    Clip(VisitId),
    /// The facts beside a clip.
    Sidecar(VisitId),
}

impl SpoolFile {
    /// The visit it belongs to; a journal belongs to none.
    pub fn visit(self) -> Option<VisitId> {
        match self {
            SpoolFile::Part(visit) | SpoolFile::Clip(visit) | SpoolFile::Sidecar(visit) => {
                Some(visit)
            }
            SpoolFile::Journal(_) | SpoolFile::JournalDraft(_) => None,
        }
    }
}

impl fmt::Display for SpoolFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SpoolFile::Journal(number) => write!(f, "journal-{number:010}"),
            SpoolFile::JournalDraft(number) => write!(f, "journal-{number:010}.draft"),
            SpoolFile::Part(visit) => write!(f, "{visit}.avi.part"),
            SpoolFile::Clip(visit) => write!(f, "{visit}.avi"),
            SpoolFile::Sidecar(visit) => write!(f, "{visit}.json"),
        }
    }
}

/// The name is none of the spool's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotOfTheSpool;

impl FromStr for SpoolFile {
    type Err = NotOfTheSpool;

    fn from_str(name: &str) -> Result<SpoolFile, NotOfTheSpool> {
        let file = read_name(name)?;
        // Another spelling of the same number would be another file.
        if file.to_string() == name { Ok(file) } else { Err(NotOfTheSpool) }
    }
}

fn read_name(name: &str) -> Result<SpoolFile, NotOfTheSpool> {
    if let Some(number) = name.strip_prefix("journal-") {
        let (number, is_draft) = match number.strip_suffix(".draft") {
            Some(number) => (number, true),
            None => (number, false),
        };
        let number = number.parse().map_err(|_| NotOfTheSpool)?;
        let file = if is_draft { SpoolFile::JournalDraft } else { SpoolFile::Journal };
        return Ok(file(number));
    }
    let (visit, rest) = name.split_once('.').ok_or(NotOfTheSpool)?;
    let visit = visit.parse().map_err(|_| NotOfTheSpool)?;
    match rest {
        "avi.part" => Ok(SpoolFile::Part(visit)),
        "avi" => Ok(SpoolFile::Clip(visit)),
        "json" => Ok(SpoolFile::Sidecar(visit)),
        _ => Err(NotOfTheSpool),
    }
}

/// One thing to do in the spool's folder. Each is a single call of the operating system, or
/// fails as a whole; a failed [`Append`](StorageOp::Append) may leave a part of its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StorageOp {
    /// Makes the file anew with these bytes, whatever it held.
    Create {
        /// Which.
        file: SpoolFile,
        /// Its whole content.
        bytes: Vec<u8>,
    },
    /// Adds bytes at the end of a file that is there.
    Append {
        /// Which.
        file: SpoolFile,
        /// What to add.
        bytes: Vec<u8>,
    },
    /// Overwrites bytes within the file, which keeps its length.
    WriteAt {
        /// Which.
        file: SpoolFile,
        /// Bytes from its start.
        offset: u64,
        /// What to write there.
        bytes: Vec<u8>,
    },
    /// Cuts the file to a length.
    Truncate {
        /// Which.
        file: SpoolFile,
        /// Bytes to keep.
        length: u64,
    },
    /// Makes the file's bytes and length durable.
    Sync {
        /// Which.
        file: SpoolFile,
    },
    /// Gives a file another name, in place of any that had it.
    Rename {
        /// The old name.
        from: SpoolFile,
        /// The new name.
        to: SpoolFile,
    },
    /// Removes a name. One that is not there is no failure.
    Delete {
        /// Which.
        file: SpoolFile,
    },
    /// Makes all names durable: files made, renamed and deleted so far.
    SyncFolder,
    /// Reads; answered with the bytes, fewer at the end of the file.
    Read {
        /// Which.
        file: SpoolFile,
        /// Bytes from its start.
        offset: u64,
        /// At most this many; never above [`READ_BYTES_MAX`].
        length: u32,
    },
}

/// Why an operation failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StorageError {
    /// No room on the disk, or the quota is used up.
    Full,
    /// The folder may not be written.
    ReadOnly,
    /// The file is not there.
    Missing,
    /// The device failed.
    Device,
}

impl StorageError {
    /// The stable code for records, status and logs.
    pub const fn code(self) -> &'static str {
        match self {
            StorageError::Full => "disk_full",
            StorageError::ReadOnly => "spool_read_only",
            StorageError::Missing => "spool_file_missing",
            StorageError::Device => "spool_device_failed",
        }
    }
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            StorageError::Full => "the disk is full",
            StorageError::ReadOnly => "the spool folder cannot be written",
            StorageError::Missing => "a file of the spool is missing",
            StorageError::Device => "the disk failed",
        })
    }
}

impl core::error::Error for StorageError {}

/// One file that was in the folder at the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name, without the folder.
    pub name: String,
    /// Its length.
    pub bytes: u64,
}

/// How full the disk under the spool is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskSpace {
    /// Bytes in all.
    pub total_bytes: u64,
    /// Bytes that the unit may still write.
    pub free_bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_has_one_name() {
        let visit = VisitId::from_bytes([7; 16]);
        for file in [
            SpoolFile::Journal(12),
            SpoolFile::JournalDraft(12),
            SpoolFile::Part(visit),
            SpoolFile::Clip(visit),
            SpoolFile::Sidecar(visit),
        ] {
            assert_eq!(file.to_string().parse(), Ok(file));
        }
        for name in
            ["", "lost+found", "journal-x", "journal-12", "notes.txt", "07.avi", "identity.json"]
        {
            assert_eq!(name.parse::<SpoolFile>(), Err(NotOfTheSpool), "{name}");
        }
    }
}
