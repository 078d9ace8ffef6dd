//! Files of the repository that are made from the program, and checked in.
//!
//! A test compares; with `APIS_BLESS=1` in its environment it writes instead,
//! and the difference is the review.

use std::fs;
use std::path::Path;

/// Compares a file, named from the repository's root, with what it should be.
pub fn assert_checked_in(file: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
    if std::env::var_os("APIS_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, made).unwrap();
        return;
    }
    let checked_in = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        checked_in == made,
        "{file} is not what the program says: run `APIS_BLESS=1 cargo test -p apis-server --lib checked_in` and review the change"
    );
}

/// The text of every source file of this crate, with its path.
pub fn sources() -> Vec<(String, String)> {
    let mut sources = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut sources);
    sources
}

fn collect(folder: &Path, sources: &mut Vec<(String, String)>) {
    let mut entries: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}
