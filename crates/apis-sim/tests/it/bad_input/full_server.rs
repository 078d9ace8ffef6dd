//! The disk of a server is full: clips wait at the unit, then everything does, and nothing is lost.

use super::small_disk::SmallDisk;
use super::{tells, wait_for};
use crate::held::{content, visits};
use crate::server::{Engine, Server};
use crate::unit::{Start, Unit, Watched};
use crate::web::Person;
use crate::{Folder, wings};
use apis_testkit::ports::free_port;

/// Bytes that clips leave to the database.
const RESERVE: &str = "free_bytes_min = 4194304";

fn one_visit() -> Watched {
    let hornets = "hover@3+4".to_owned();
    Watched { preset: "garden", seed: 21, hornets, bees: None, seconds: 120 }
}

#[test]
fn a_server_on_a_full_disk_refuses_clips_then_all_and_takes_them_when_there_is_room() {
    let _wings = wings();
    let folder = Folder::new();
    let disk = SmallDisk::new("32m");
    let port = free_port();
    let authority = format!("127.0.0.1:{port}");
    let data = disk.inside().join("data");
    let place = (data.as_path(), disk.enter());
    let own = folder.path().join("server");
    let place = (place.0, place.1.as_slice());
    let server = Server::unset(Engine::Sqlite, &own, place, (port, &authority), RESERVE);
    let mut server = server.with_tenant();
    server.start(None);
    let mut unit = Unit::new("patient", &folder.path().join("unit"));
    unit.enrol(&server.claim());
    assert_eq!(server.readiness().0, 200);
    let person = server.owner();

    // Clips are refused while the database still has its reserve.
    disk.fill(3 << 20);
    unit.start(&one_visit(), Start::default());
    let refusal = tells(&unit, "server_refusal", |_| true).json();
    assert_eq!((&refusal["status"], &refusal["code"]), (&507.into(), &"quota_exceeded".into()));
    let (status, said) = server.readiness();
    assert!(status == 503 && said.contains("disk space"), "{status} {said}");
    wait_for("the visit is on the server without its clip", || is_closed(&server, &person));
    assert!(1.0 <= server.metric("apis_upload_refusals_total{cause=\"no_room\"}"));
    let code = "apis_http_problems_total{door=\"units\",code=\"quota_exceeded\"}";
    assert!(1.0 <= server.metric(code));
    assert!(server.metric("apis_disk_free_bytes") < 4_194_304.0);

    // Then somebody takes the reserve as well: not even a nonce can be kept.
    disk.free();
    disk.fill(0);
    let begun = unit.running().lines().len();
    let busy = wait_for("a heartbeat is refused", || {
        let told = unit.running().lines();
        told[begun..].iter().map(|line| line.json()).find(|line| line["code"] == "server_busy")
    });
    assert_eq!(busy["event"], "fault");
    assert!(1.0 <= server.metric("apis_database_full_total"));
    assert!(1 <= unit.status()["errors"]["server_busy"].as_u64().unwrap());

    disk.free();
    tells(&unit, "fault_over", |over| over["code"] == "server_busy");
    wait_for("the clip is on the server", || {
        let held = visits(&server, &person, "patient");
        let kept = |kind: &&str| content(&person, &held[0], kind).is_ok();
        ["clip", "sidecar"].iter().all(kept).then_some(())
    });
    assert_eq!(visits(&server, &person, "patient").len(), 1);
    assert_eq!(server.readiness().0, 200);
    unit.terminate();
}

fn is_closed(server: &Server, person: &Person) -> Option<()> {
    let held = visits(server, person, "patient");
    held.first()?.whole["closed_at"].is_string().then_some(())
}
