//! The disk of a unit is full: it goes on seeing, says so everywhere, and catches up.

use super::small_disk::SmallDisk;
use super::{tells, wait_for};
use crate::held::{HeldVisit, visits};
use crate::server::Server;
use crate::unit::{Start, Unit, Watched};
use crate::{Folder, wings};
use serde_json::Value;

/// Two visits, the first while the disk is full.
fn two_visits() -> Watched {
    let hornets = "hover@3+4,hover@16+4".to_owned();
    Watched { preset: "garden", seed: 21, hornets, bees: None, seconds: 120 }
}

#[test]
fn a_unit_on_a_full_disk_sees_on_and_sends_all_once_there_is_room() {
    let _wings = wings();
    let folder = Folder::new();
    let server = Server::at_home(folder.path());
    let disk = SmallDisk::new("48m");
    let mut unit = Unit::new("full", &folder.path().join("unit"));
    std::os::unix::fs::symlink(disk.outside(), unit.data()).unwrap();
    unit.enrol(&server.claim());
    unit.start(&two_visits(), Start::default());
    tells(&unit, "heartbeat", |_| true);
    disk.fill(0);

    let opened = tells(&unit, "visit_opened", |_| true).json();
    tells(&unit, "fault", |fault| fault["code"] == "disk_full");
    assert_full_is_told(&unit, &server);
    let closed = tells(&unit, "visit_closed", |_| true).json();
    assert_eq!(closed["visit"], opened["visit"]);
    disk.free();
    tells(&unit, "fault_over", |fault| fault["code"] == "disk_full");

    let person = server.owner();
    let held = wait_for("both visits are whole on the server", || {
        let held = visits(&server, &person, "full");
        (held.len() == 2 && held.iter().all(is_whole)).then_some(held)
    });
    let first = held.iter().find(|visit| visit.id == opened["visit_id"]).unwrap();
    let second = held.iter().find(|visit| visit.id != first.id).unwrap();
    assert_eq!(clip_states(first), Vec::<&str>::new(), "{}", first.whole);
    wait_for("the second visit has its clip", || {
        let held = visits(&server, &person, "full");
        let second = held.iter().find(|visit| visit.id == second.id)?;
        (clip_states(second) == ["stored", "stored"]).then_some(())
    });
    // A record is forgotten a moment after the server has it.
    let status = wait_for("nothing is left to send", || {
        let status = unit.status();
        let left = ["records", "parked_records"].map(|kind| status["spool"][kind].as_u64());
        (left == [Some(0), Some(0)]).then_some(status)
    });
    assert_eq!(status["spool"]["trouble"], Value::Null);
    assert_eq!(status["faults"], serde_json::json!([]));
    unit.terminate();
}

/// In `/status`, counted there, and in the heartbeat as its people see it.
fn assert_full_is_told(unit: &Unit, server: &Server) {
    let status = unit.status();
    assert_eq!(status["spool"]["trouble"], "disk_full", "{status}");
    assert!(1 <= status["spool"]["storage_failures"].as_u64().unwrap(), "{status}");
    assert!(1 <= status["errors"]["disk_full"].as_u64().unwrap(), "{status}");
    let person = server.owner();
    wait_for("the heartbeat tells of the full disk", || {
        let units = server.all(&person, "/api/v1/units");
        let faults = units[0]["state"]["faults"].as_array()?.clone();
        faults.contains(&"disk_full".into()).then_some(())
    });
}

fn is_whole(visit: &HeldVisit) -> bool {
    visit.whole["closed_at"].is_string()
}

fn clip_states(visit: &HeldVisit) -> Vec<&str> {
    let clips = visit.whole["clips"].as_array().into_iter().flatten();
    clips.filter_map(|clip| clip["state"].as_str()).collect()
}
