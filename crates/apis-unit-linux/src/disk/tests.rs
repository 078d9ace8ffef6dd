//! The folder for real: every operation, a full disk, a folder that cannot be written.
//!
//! The full and the read-only disk are small file systems in memory, each in a mount namespace of
//! the test's own, so that nothing is left behind. Making one needs the right to mount; a machine
//! without it fails these two tests and says why.

use super::*;
use apis_protocol::VisitId;

const VISIT: VisitId = VisitId::from_bytes([9; 16]);

fn folder() -> (tempfile::TempDir, Disk) {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::open(folder.path()).unwrap();
    (folder, disk)
}

fn create(bytes: &[u8]) -> StorageOp {
    StorageOp::Create { file: SpoolFile::Part(VISIT), bytes: bytes.to_vec() }
}

fn append(bytes: &[u8]) -> StorageOp {
    StorageOp::Append { file: SpoolFile::Part(VISIT), bytes: bytes.to_vec() }
}

fn content(disk: &Disk, file: SpoolFile) -> Result<Vec<u8>, StorageError> {
    disk.perform(&StorageOp::Read { file, offset: 0, length: 1_000 })
}

#[test]
fn every_operation_does_what_it_says() {
    let (_folder, disk) = folder();
    let (part, clip) = (SpoolFile::Part(VISIT), SpoolFile::Clip(VISIT));
    assert_eq!(disk.perform(&append(b"x")), Err(StorageError::Missing));
    for operation in [
        create(b"old and long"),
        create(b"abc"),
        append(b"defgh"),
        StorageOp::Truncate { file: part, length: 6 },
        StorageOp::WriteAt { file: part, offset: 1, bytes: b"XY".to_vec() },
        StorageOp::Sync { file: part },
        StorageOp::Rename { from: part, to: clip },
        StorageOp::SyncFolder,
        StorageOp::Delete { file: part },
    ] {
        assert_eq!(disk.perform(&operation), Ok(Vec::new()), "{operation:?}");
    }
    assert_eq!(content(&disk, clip), Ok(b"aXYdef".to_vec()));
    assert_eq!(content(&disk, part), Err(StorageError::Missing));
    let read = StorageOp::Read { file: clip, offset: 4, length: 100 };
    assert_eq!(disk.perform(&read), Ok(b"ef".to_vec()));
}

#[test]
fn the_listing_names_every_file_with_its_length() {
    let (folder, disk) = folder();
    disk.perform(&create(b"abc")).unwrap();
    std::fs::create_dir(folder.path().join("inner")).unwrap();
    let mut listing = disk.listing().unwrap();
    listing.sort_by(|one, other| one.name.cmp(&other.name));
    let part = SpoolFile::Part(VISIT).to_string();
    let expected = [Listed { name: part, bytes: 3 }, Listed { name: LOCK_FILE.into(), bytes: 0 }];
    assert_eq!(listing, expected);
}

#[test]
fn a_range_is_whole_or_missing() {
    let (folder, disk) = folder();
    disk.perform(&create(b"abcdef")).unwrap();
    let range = |offset, length| SpoolRange { file: SpoolFile::Part(VISIT), offset, length };
    assert_eq!(read_range(folder.path(), &range(2, 3)), Ok(b"cde".to_vec()));
    assert_eq!(read_range(folder.path(), &range(4, 3)), Err(StorageError::Missing));
}

#[test]
fn a_folder_serves_one_program_at_a_time() {
    let (folder, disk) = folder();
    let refused = Disk::open(folder.path()).unwrap_err();
    assert_eq!(refused.code(), "spool_in_use");
    drop(disk);
    assert!(Disk::open(folder.path()).is_ok());
}
