//! A unit's card is restored from an old image: what it says now is kept beside what it said then.

use super::{tells, wait_for};
use crate::held::visits;
use crate::server::{Engine, Server};
use crate::unit::{Start, Unit, Watched};
use crate::{Folder, copy_folder, wings};
use apis_testkit::ports::free_port;
use std::fs;

fn watched(hornets: &str, seed: u64) -> Watched {
    let hornets = hornets.to_owned();
    Watched { preset: "garden", seed, hornets, bees: None, seconds: 120 }
}

/// Watches a visit until the server has its `visit_opened`; returns its id.
fn open_visit(unit: &mut Unit, seed: u64) -> String {
    unit.start(&watched("hover@3+4", seed), Start::default());
    let opened = tells(unit, "visit_opened", |_| true).json();
    tells(unit, "record_stored", |stored| stored["visit_id"] == opened["visit_id"]);
    opened["visit_id"].as_str().expect("a visit has an id").to_owned()
}

#[test]
fn a_card_restored_from_an_old_image_takes_a_higher_boot_and_nothing_is_lost_or_doubled() {
    let _wings = wings();
    let folder = Folder::new();
    let port = free_port();
    let authority = format!("127.0.0.1:{port}");
    let own = folder.path().join("server");
    let mut server = Server::set_up(Engine::Sqlite, &own, port, &authority);
    server.start(None);
    let mut unit = Unit::new("restored", &folder.path().join("unit"));
    unit.enrol(&server.claim());
    unit.start(&watched("none", 1), Start::default());
    tells(&unit, "heartbeat", |_| true);
    unit.terminate();
    let image = folder.path().join("image");
    copy_folder(&unit.data(), &image);

    let then = open_visit(&mut unit, 21);
    let boot_then = unit.status()["boot"].as_u64().unwrap();
    unit.kill();
    fs::remove_dir_all(unit.data()).unwrap();
    copy_folder(&image, &unit.data());

    let now = open_visit(&mut unit, 22);
    tells(&unit, "record_stored", |stored| stored["kind"] == "visit_closed");
    let raised = unit.events("boot_raised");
    assert_eq!(raised.len(), 1, "{}", unit.account());
    assert_eq!(raised[0]["from"].as_u64(), Some(boot_then), "the card counts as it did then");
    assert!(raised[0]["from"].as_u64() < raised[0]["to"].as_u64());
    let conflicts = unit.events("sequence_conflict");
    assert!(!conflicts.is_empty());
    assert!(conflicts.iter().all(|told| told["code"] == "sequence_conflict"));
    let status = unit.status();
    assert!(1 <= status["errors"]["sequence_conflict"].as_u64().unwrap(), "{status}");
    assert_eq!(status["errors"]["boot_raised"], 1);
    assert!(boot_then < status["boot"].as_u64().unwrap());
    assert_eq!(status["spool"]["parked_records"], 0);
    assert!(1.0 <= server.metric("apis_records_total{outcome=\"sequence_conflict\"}"));

    let person = server.owner();
    let held = wait_for("both visits are on the server", || {
        let held = visits(&server, &person, "restored");
        (2 <= held.len()).then_some(held)
    });
    let mut kept: Vec<&str> = held.iter().map(|visit| visit.id.as_str()).collect();
    kept.sort_unstable();
    let mut told = [then.as_str(), now.as_str()];
    told.sort_unstable();
    assert_eq!(kept, told);
    // How the first one ended was on the card that is gone.
    let is_closed = |id: &str| {
        let visit = held.iter().find(|visit| visit.id == id).expect("both are held");
        visit.whole["closed_at"].is_string()
    };
    assert_eq!((is_closed(&then), is_closed(&now)), (false, true));
    unit.terminate();
}
