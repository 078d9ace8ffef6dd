//! A small file system in memory, which a test may fill and make read-only.
//!
//! It is mounted by a child in a mount namespace of the child's own and reached through `/proc`, so
//! that no right to mount is needed and nothing is left behind, whatever becomes of the test. A
//! program that resolves links itself (SQLite does) is started within the namespace.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// The disk, until it is dropped.
#[derive(Debug)]
pub struct SmallDisk {
    child: Child,
    said: BufReader<ChildStdout>,
    place: tempfile::TempDir,
}

impl SmallDisk {
    /// An empty disk of `size` (`4m`).
    pub fn new(size: &str) -> SmallDisk {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().to_str().expect("a temporary folder's name is text");
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
        let said = BufReader::new(child.stdout.take().expect("standard output is piped"));
        let mut disk = SmallDisk { child, said, place };
        disk.expect("mounted");
        disk
    }

    /// Its folder, for whoever is outside.
    pub fn outside(&self) -> PathBuf {
        let path = self.place.path().strip_prefix("/").expect("a temporary folder is absolute");
        PathBuf::from(format!("/proc/{}/root", self.child.id())).join(path)
    }

    /// Its folder, for a program that was entered by [`SmallDisk::enter`].
    pub fn inside(&self) -> &Path {
        self.place.path()
    }

    /// The words that start a program where the disk is mounted.
    pub fn enter(&self) -> Vec<String> {
        let target = self.child.id().to_string();
        let words = ["nsenter", "--target", &target, "--user", "--mount", "--preserve-credentials"];
        words.iter().copied().chain(["--"]).map(str::to_owned).collect()
    }

    /// Somebody else takes all the room that is left but `spared` bytes.
    pub fn fill(&self, spared: u64) {
        let file = File::create(self.hog()).unwrap();
        let mut file = &file;
        while file.write_all(&[7; 4_096]).is_ok() {}
        let taken = file.metadata().unwrap().len();
        file.set_len(taken.saturating_sub(spared)).unwrap();
    }

    /// They go again.
    pub fn free(&self) {
        fs::remove_file(self.hog()).unwrap();
    }

    fn hog(&self) -> PathBuf {
        self.outside().join("somebody-else")
    }

    /// From now on nothing can be written.
    pub fn make_read_only(&mut self) {
        self.child.stdin.as_mut().expect("standard input is piped").write_all(b"\n").unwrap();
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
        // The namespace ends with its last process, and the mount with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
