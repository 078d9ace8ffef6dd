//! The proof: the built binaries, together, watched from outside.
//!
//! A drawn scene plays in real time before a unit that drives the simulated body and reports to a
//! server; what the server then holds, and what the body saw at its pins, is compared with the
//! truth of the scene. Nothing here reaches into a program: only command lines, HTTP, files.
//!
//! Tour: [`program`], [`server`], [`unit`] (what is started), [`proxy`] (the network that can be
//! cut), [`web`], [`held`], [`truth`], [`body_log`], [`avi`], [`clip`] (what is looked at),
//! [`judge`] (what must hold), [`proof`], [`rounds`], [`dark`], [`ends`], [`enrol_rounds`],
//! [`alone`], [`cut_off`], [`server_key`], [`film`], [`checks`], [`live`] (the tests);
//! [`foreign`] (other people's programs against ours), [`body`] (the simulated body alone),
//! [`eval`] (the eyes alone before real pictures and drawn ones); [`bad_input`] (disks that are full or cannot
//! be written, a card of the past).
#![expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

mod program;

mod server;

mod unit;

mod proxy;

mod web;

mod held;

mod truth;

mod body_log;

mod avi;

mod clip;

mod judge;

mod proof;

mod restored;

mod rounds;

mod dark;

mod ends;

mod enrol_rounds;

mod alone;

mod cut_off;

mod server_key;

mod film;

mod checks;

mod live;

mod pages;

mod foreign;

mod body;

mod eval;

mod bad_input;

use std::path::Path;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

static STAGE: RwLock<()> = RwLock::new(());

/// Held by a test that plays in real time: two at once would steal each other's processor.
fn stage() -> RwLockWriteGuard<'static, ()> {
    STAGE.write().unwrap_or_else(PoisonError::into_inner)
}

/// Held by every other test that keeps a processor busy: many at once, none while one plays.
fn wings() -> RwLockReadGuard<'static, ()> {
    STAGE.read().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the long tests are asked for (`cargo xtask test --slow`).
fn is_slow() -> bool {
    std::env::var_os("APIS_SLOW").is_some()
}

/// A seed nobody has tried; whoever uses it prints it.
fn fresh_seed() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(1, |since| since.as_millis() as u64 % 1_000_000_000)
}

/// Copies a folder of plain files and folders.
fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A temporary folder that stays when its test fails.
struct Folder(Option<tempfile::TempDir>);

impl Folder {
    fn new() -> Folder {
        let folder = tempfile::Builder::new().prefix("apis-proof-").tempdir();
        Folder(Some(folder.expect("the temporary folder is writable")))
    }

    fn path(&self) -> &Path {
        self.0.as_ref().expect("there until it is dropped").path()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(folder) = self.0.take()
        {
            eprintln!("kept for a look: {}", folder.keep().display());
        }
    }
}
