//! The folder for real: every operation, a full disk, a folder that cannot be written.
//!
//! The full and the read-only disk are small file systems in memory. Each is mounted by a child in
//! a mount namespace of the child's own and reached through `/proc`, so that no right to mount is
//! needed and nothing is left behind, whatever becomes of the test.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use apis_unit::eyes::{Departure, VisitClosed, VisitNumber, VisitOpened};
use apis_unit::keeper::{JpegFrame, Keeper, KeeperInput, KeeperOutput, Limits};
use apis_units::{Fraction, PicturePoint, Uptime};
use apis_vision::{Evidence, Term, TermCode, TrackId};

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
    assert!(is_soon(|| Disk::open(folder.path()).is_ok()));
}

/// Whether it is so within two seconds: a child that another test starts just now holds every lock
/// until it runs its own program.
pub fn is_soon(mut is_so: impl FnMut() -> bool) -> bool {
    (0..100).any(|_| {
        let is = is_so();
        if !is {
            std::thread::sleep(Duration::from_millis(20));
        }
        is
    })
}

/// A file system of `size` in memory, until it is dropped.
struct SmallDisk {
    child: Child,
    said: BufReader<std::process::ChildStdout>,
    place: tempfile::TempDir,
}

impl SmallDisk {
    fn new(size: &str) -> SmallDisk {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().to_str().unwrap();
        let script = format!(
            "mount -t tmpfs -o size={size} tmpfs {path} && echo mounted && read line && \
             mount -o remount,ro {path} && echo read-only && read line"
        );
        let mut child = Command::new("unshare")
            .args(["--map-root-user", "--mount", "sh", "-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program `unshare` (package util-linux) runs");
        let said = BufReader::new(child.stdout.take().unwrap());
        let mut disk = SmallDisk { child, said, place };
        disk.expect("mounted");
        disk
    }

    fn folder(&self) -> PathBuf {
        let inside = self.place.path().strip_prefix("/").unwrap();
        PathBuf::from(format!("/proc/{}/root", self.child.id())).join(inside)
    }

    fn make_read_only(&mut self) {
        self.child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
        self.expect("read-only");
    }

    fn expect(&mut self, word: &str) {
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        assert_eq!(line.trim(), word, "this machine lets nobody mount in a namespace of their own");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // The namespace ends with its process, and the mount with it.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A keeper on a real folder.
struct Unit {
    keeper: Keeper,
    disk: Disk,
    millis: u64,
}

impl Unit {
    fn start(folder: &Path) -> Unit {
        let disk = Disk::open(folder).unwrap();
        let limits = Limits { post_roll: Duration::ZERO, ..Limits::default() };
        let mut unit = Unit { keeper: Keeper::new(limits), disk, millis: 0 };
        let listing = unit.disk.listing().unwrap();
        unit.give(KeeperInput::Start(listing));
        unit
    }

    fn give(&mut self, input: KeeperInput) {
        let mut next = Some(input);
        while let Some(input) = next.take() {
            self.keeper.handle(input, self.now());
            while let Some(output) = self.keeper.next_output() {
                let KeeperOutput::Store(operation) = output else { panic!("there is no server") };
                next = Some(match self.disk.perform(&operation) {
                    Ok(bytes) => KeeperInput::StorageDone(bytes),
                    Err(error) => KeeperInput::StorageFailed(error),
                });
            }
        }
    }

    fn now(&self) -> Uptime {
        Uptime::from_millis(self.millis)
    }

    /// A visit of two seconds with 5 kB a frame.
    fn visit(&mut self, number: u8) {
        for frame in 0..20 {
            self.millis += 100;
            let mut bytes = vec![0x11; 5_000];
            bytes[..2].copy_from_slice(&[0xff, 0xd8]);
            bytes[4_998..].copy_from_slice(&[0xff, 0xd9]);
            let captured_at = self.now();
            self.give(KeeperInput::Frame(JpegFrame { captured_at, width: 64, height: 48, bytes }));
            if frame == 5 {
                self.open(number);
            }
        }
        self.give(KeeperInput::VisitClosed(VisitClosed {
            visit: VisitNumber(number.into()),
            last_seen_at: self.now(),
            point: PicturePoint::default(),
            departure: Departure::Left,
        }));
        self.give(KeeperInput::Tick);
    }

    fn open(&mut self, number: u8) {
        let opened = VisitOpened {
            visit: VisitNumber(number.into()),
            track: TrackId(number.into()),
            point: PicturePoint::default(),
            length: Fraction::from_raw(900),
            hover_since: self.now(),
            captured_at: self.now(),
            // Of high confidence: the newest of these are kept to the end.
            evidence: Evidence::of(&[Term { code: TermCode::Total, value: 9_000 }]),
        };
        self.give(KeeperInput::VisitOpened { id: VisitId::from_bytes([number; 16]), opened });
    }
}

#[test]
fn a_full_disk_keeps_what_is_stored_and_every_record() {
    let small = SmallDisk::new("300k");
    let mut unit = Unit::start(&small.folder());
    (1..=6).for_each(|number| unit.visit(number));
    let status = unit.keeper.status(unit.now());
    assert!(status.storage_failures > 0, "the disk was never full");
    assert!(status.clip_count >= 1, "{status:?}");
    assert_eq!(status.report.record_count, 12, "{status:?}");
    drop(unit);

    let unit = Unit::start(&small.folder());
    let again = unit.keeper.status(unit.now());
    assert_eq!((again.clip_count, again.report.record_count), (status.clip_count, 12));
    for clip in unit.keeper.clips() {
        let path = small.folder().join(SpoolFile::Clip(clip.visit).to_string());
        assert_eq!(fs::metadata(path).unwrap().len(), clip.bytes);
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_refused_or_told() {
    let mut small = SmallDisk::new("2m");
    let mut unit = Unit::start(&small.folder());
    unit.visit(1);
    assert_eq!(unit.keeper.status(unit.now()).report.record_count, 2);
    small.make_read_only();
    unit.visit(2);
    let status = unit.keeper.status(unit.now());
    assert_eq!(status.trouble, Some(StorageError::ReadOnly));
    assert_eq!(status.trouble.map(StorageError::code), Some("spool_read_only"));
    assert_eq!((status.clip_count, status.report.record_count), (1, 2), "what was stored stays");
    drop(unit);
    let refused = Disk::open(&small.folder()).unwrap_err();
    assert_eq!(refused.code(), "spool_read_only");
}
