//! A data folder that cannot be written: told with a code and a status, and nothing is changed.

use super::small_disk::SmallDisk;
use super::{failure_of, tells};
use crate::server::{Engine, Server};
use crate::unit::{Start, Unit, Watched};
use crate::{Folder, wings};
use apis_testkit::ports::free_port;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Every file beneath `folder` with its bytes.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(tree(&path));
        } else {
            found.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
    assert!(!found.is_empty() || folder.read_dir().unwrap().next().is_none());
    found
}

#[test]
fn a_server_on_a_read_only_folder_says_so_and_changes_nothing() {
    let _wings = wings();
    let folder = Folder::new();
    let mut disk = SmallDisk::new("16m");
    let data = disk.inside().join("data");
    let entered_by = disk.enter();
    let port = free_port();
    let own = folder.path().join("server");
    let place = (data.as_path(), entered_by.as_slice());
    let server = Server::unset(Engine::Sqlite, &own, place, (port, "127.0.0.1:1"), "");
    let server = server.with_tenant();
    disk.make_read_only();
    let before = tree(&disk.outside());
    assert!(!before.is_empty());
    let serve = ["serve", "--people", "127.0.0.1:0", "--units", "127.0.0.1:0"];
    let refused = |words: &[&str]| failure_of(server.command().args(words));
    assert_eq!(refused(&serve), ("folder_unwritable".to_owned(), 1));
    assert_eq!(refused(&["tenant", "create", "--name", "More"]).1, 1);
    assert_eq!(tree(&disk.outside()), before);
}

#[test]
fn a_unit_whose_card_turns_read_only_says_so_sees_on_and_refuses_the_next_start() {
    let _wings = wings();
    let folder = Folder::new();
    let mut disk = SmallDisk::new("16m");
    let mut unit = Unit::new("card", &folder.path().join("unit"));
    std::os::unix::fs::symlink(disk.outside(), unit.data()).unwrap();
    let hornets = "hover@3+4".to_owned();
    let watched = Watched { preset: "garden", seed: 21, hornets, bees: None, seconds: 120 };
    unit.start(&watched, Start { standalone: true, ..Start::default() });
    disk.make_read_only();
    let before = tree(&disk.outside());

    tells(&unit, "visit_opened", |_| true);
    tells(&unit, "fault", |fault| fault["code"] == "spool_read_only");
    let status = unit.status();
    assert_eq!(status["spool"]["trouble"], "spool_read_only");
    assert!(1 <= status["errors"]["spool_read_only"].as_u64().unwrap(), "{status}");
    unit.terminate();

    let run = ["run", "--standalone", "--source", "pipe:-", "--local", "off"];
    let refused = failure_of(unit.command().args(run));
    assert_eq!(refused, ("data_folder_not_writable".to_owned(), 1));
    assert_eq!(tree(&disk.outside()), before);
}
