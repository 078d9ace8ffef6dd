//! Orderly ends: a unit asked to end while it is lit, and a server asked to end while a clip comes
//! in. Both leave nothing half done that a start does not finish.

use crate::avi;
use crate::dark::{ON_ITS_WAY_US, hover, standalone};
use crate::proof::is_all_safe;
use crate::server::Server;
use crate::stage;
use crate::unit::{PAST_THE_FIRST_MINUTE, Start, Unit, Watched, is_event, wait_until};
use apis_sim::clock::monotonic_us;
use std::time::Duration;

/// A control period: the guard hears of the end within it.
const CONTROL_PERIOD_US: u64 = 20_000;

#[test]
fn a_unit_asked_to_end_while_lit_is_dark_at_once_and_keeps_the_visit() {
    let _stage = stage();
    let folder = crate::Folder::new();
    let mut unit = Unit::new("ended", &folder.path().join("unit"));
    unit.start(&hover(20), standalone(Some(PAST_THE_FIRST_MINUTE)));
    unit.arm();
    let lit = unit.running().line(Duration::from_secs(20), |line| is_event(line, "emission_began"));
    lit.unwrap_or_else(|why| panic!("never lit: {why}"));
    std::thread::sleep(Duration::from_millis(300));
    let asked_us = monotonic_us();
    unit.terminate();
    let last = unit.lit().pop().expect("it was lit");
    assert!(asked_us <= last.to_us, "it was dark before it was asked to end");
    let late_us = last.to_us - asked_us;
    assert!(late_us <= CONTROL_PERIOD_US + ON_ITS_WAY_US, "lit for {late_us} µs more");
    assert_eq!(unit.events("stopped").len(), 1, "{}", unit.account());

    let visit = unit.events("visit_opened")[0]["visit_id"].as_str().unwrap().to_owned();
    unit.start(&Watched { hornets: "none".to_owned(), ..hover(20) }, standalone(None));
    let clips = || unit.ask(&["clips"])["clips"].clone();
    let is_kept = || clips()[0]["visit_id"] == visit.as_str();
    wait_until(|| format!("its clip: {}", unit.account()), Duration::from_secs(10), is_kept);
    assert!(!avi::frames(&unit.spooled(&format!("{visit}.avi"))).unwrap().is_empty());
    unit.terminate();
}

#[test]
fn a_server_asked_to_end_while_a_clip_comes_in_ends_soon_and_loses_nothing() {
    let _stage = stage();
    let folder = crate::Folder::new();
    let mut server = Server::at_home(folder.path());
    let mut unit = Unit::new("loyal", &folder.path().join("unit"));
    unit.enrol(&server.claim());
    let hornets = "hover@3+4".to_owned();
    let watched = Watched { hornets, seconds: 16, ..hover(16) };
    unit.start(&watched, Start { uptime_offset: Some(PAST_THE_FIRST_MINUTE), ..Start::default() });
    let first =
        unit.running().line(Duration::from_secs(40), |it| is_event(it, "upload_acknowledged"));
    first.unwrap_or_else(|why| panic!("no upload: {why}"));
    // The rest is on its way, the channel is open, a heartbeat waits to be written.
    let ended = server.terminate(Duration::from_secs(10));
    assert!(ended.success(), "{ended}");

    server.start(None);
    let is_safe = || !unit.events("visit_opened").is_empty() && is_all_safe(&unit);
    let what = || format!("all is safe: {}\n{}", unit.account(), server.account());
    wait_until(what, Duration::from_secs(60), is_safe);
    let person = server.owner();
    assert_eq!(server.all(&person, "/api/v1/visits").len(), unit.events("visit_opened").len());
    unit.terminate();
}
