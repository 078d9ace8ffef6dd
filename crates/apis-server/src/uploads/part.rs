//! The bytes of one upload on the disk: append, sync, go back, take their final place.
//!
//! The database says how many bytes are safe, the file holds them. A file longer than that was
//! being written when the power went, and is cut back on opening: its tail was never
//! acknowledged, and a file system may have filled it with anything. Every function blocks.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;
use sha2::{Digest, Sha256};

use crate::media::durable::{make_folder, sync_file, sync_folder};

/// Bytes read at a time when a whole is hashed again.
const HASH_STEP_BYTES: usize = 256 * 1024;

/// One upload's open file.
#[derive(Debug)]
pub struct Part {
    file: File,
    path: PathBuf,
    /// Bytes that a power cut cannot take.
    synced: u64,
    /// Bytes handed to the operating system.
    written: u64,
    /// Hash of `0..written`; absent when the file was opened with bytes in it.
    running: Option<Sha256>,
}

impl Part {
    /// Makes an empty part that survives a power cut, or empties one left by an unfinished
    /// creation.
    ///
    /// Errors: of the disk; `NotFound` when `folder` is absent.
    pub fn create(folder: &Path, name: &str) -> io::Result<Part> {
        let path = folder.join(name);
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path)?;
        sync_file(&file)?;
        sync_folder(folder)?;
        Ok(Part { file, path, synced: 0, written: 0, running: Some(Sha256::new()) })
    }

    /// Opens a part of which `synced` bytes are acknowledged, and cuts off what was not.
    ///
    /// Errors: `UnexpectedEof` when acknowledged bytes are missing: the disk lost them.
    pub fn open(folder: &Path, name: &str, synced: u64) -> io::Result<Part> {
        let path = folder.join(name);
        let file = OpenOptions::new().read(true).write(true).open(&path)?;
        let found = file.metadata()?.len();
        if found < synced {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("{found} bytes of an upload are left of {synced} acknowledged ones"),
            ));
        }
        if synced < found {
            file.set_len(synced)?;
            sync_file(&file)?;
        }
        let running = (synced == 0).then(Sha256::new);
        Ok(Part { file, path, synced, written: synced, running })
    }

    /// Takes the disk's room for the first `length` bytes, so that nobody else, another tenant or
    /// another program, can have it: the disk itself then counts every promise.
    ///
    /// A file system that cannot promise (it answers that it does not know how) is left alone.
    ///
    /// Errors: of the disk; a full one is `StorageFull`, and nothing was taken.
    pub fn promise(&self, length: u64) -> io::Result<()> {
        match fallocate(&self.file, FallocateFlags::KEEP_SIZE, 0, length) {
            Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes after the last byte. The bytes are not safe before `sync`.
    ///
    /// Errors: of the disk; a full one is `StorageFull`. What was written in part is written
    /// over by the next call.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, self.written)?;
        self.written += bytes.len() as u64;
        if let Some(running) = &mut self.running {
            running.update(bytes);
        }
        Ok(())
    }

    /// Makes every written byte safe and says how many they are.
    ///
    /// Errors: of the disk. After a failed sync the kernel may have dropped the bytes, so the
    /// caller drops this part and opens it again at the last acknowledged offset.
    pub fn sync(&mut self) -> io::Result<u64> {
        if self.synced != self.written {
            sync_file(&self.file)?;
            self.synced = self.written;
        }
        Ok(self.synced)
    }

    /// Goes back to `offset`: what came after it was wrong.
    ///
    /// Errors: of the disk.
    pub fn rewind(&mut self, offset: u64) -> io::Result<()> {
        self.file.set_len(offset)?;
        sync_file(&self.file)?;
        self.synced = offset;
        self.written = offset;
        self.running = (offset == 0).then(Sha256::new);
        Ok(())
    }

    /// SHA-256 of all bytes, as lowercase hex.
    ///
    /// Errors: of the disk, when the bytes have to be read again.
    pub fn whole_sha256(&mut self) -> io::Result<String> {
        let hash = match &self.running {
            Some(running) => running.clone(),
            None => self.hash_again()?,
        };
        Ok(hex(&hash.finalize()))
    }

    fn hash_again(&mut self) -> io::Result<Sha256> {
        let mut hash = Sha256::new();
        let mut buffer = vec![0; HASH_STEP_BYTES];
        self.file.seek(SeekFrom::Start(0))?;
        let mut left = self.written;
        while 0 < left {
            let want = usize::try_from(left).unwrap_or(HASH_STEP_BYTES).min(HASH_STEP_BYTES);
            let (step, _) = buffer.split_at_mut(want);
            self.file.read_exact(step)?;
            hash.update(&*step);
            left -= want as u64;
        }
        self.running = Some(hash.clone());
        Ok(hash)
    }

    /// Gives the bytes their final name as well, and keeps the old one until `remove_part`.
    ///
    /// Doing it twice is the same as once: the final name is the bytes' own hash.
    ///
    /// Errors: of the disk.
    pub fn place(&self, target: &Path) -> io::Result<()> {
        let folder = target.parent().expect("a media path has a folder");
        make_folder(folder)?;
        match fs::hard_link(&self.path, target) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            Ok(()) | Err(_) => {}
        }
        sync_folder(folder)
    }
}

/// Deletes a part's own name; absent is as good as deleted.
///
/// Errors: of the disk.
pub fn remove_part(folder: &Path, name: &str) -> io::Result<()> {
    match fs::remove_file(folder.join(name)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => sync_folder(folder),
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;

    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes every write");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_acknowledged_is_cut_off_on_opening() {
        let folder = tempfile::tempdir().unwrap();
        let mut part = Part::create(folder.path(), "a").unwrap();
        part.append(b"safe").unwrap();
        assert_eq!(part.sync().unwrap(), 4);
        part.append(b" and not").unwrap();
        assert_eq!((part.synced, part.written), (4, 12));
        drop(part);

        let mut part = Part::open(folder.path(), "a", 4).unwrap();
        part.append(b" again").unwrap();
        part.sync().unwrap();
        assert_eq!(fs::read(folder.path().join("a")).unwrap(), b"safe again");
    }

    #[test]
    fn lost_acknowledged_bytes_are_an_error_and_not_a_shorter_upload() {
        let folder = tempfile::tempdir().unwrap();
        Part::create(folder.path(), "a").unwrap();
        let error = Part::open(folder.path(), "a", 1).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn the_hash_is_that_of_the_whole_however_it_came() {
        let expected = hex(&Sha256::digest(b"one two three"));
        let folder = tempfile::tempdir().unwrap();
        let mut part = Part::create(folder.path(), "a").unwrap();
        part.append(b"one two").unwrap();
        part.append(b" wrong").unwrap();
        part.sync().unwrap();
        part.rewind(7).unwrap();
        part.append(b" three").unwrap();
        part.sync().unwrap();
        assert_eq!(part.whole_sha256().unwrap(), expected);
        let mut again = Part::open(folder.path(), "a", 13).unwrap();
        assert_eq!(again.whole_sha256().unwrap(), expected);
    }

    #[test]
    fn placing_and_removing_may_be_done_twice() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("media/tenant/ab/abcd");
        let mut part = Part::create(folder.path(), "a").unwrap();
        part.append(b"clip").unwrap();
        part.sync().unwrap();
        part.place(&target).unwrap();
        part.place(&target).unwrap();
        remove_part(folder.path(), "a").unwrap();
        remove_part(folder.path(), "a").unwrap();
        assert_eq!(fs::read(target).unwrap(), b"clip");
    }
}
