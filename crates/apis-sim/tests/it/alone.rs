//! A built unit on its own: without a server for good, and without one for as long as a visit
//! lasts, before it ever knew what time it is.

use crate::clip;
use crate::judge::judge;
use crate::proof::is_all_safe;
use crate::proxy::Proxy;
use crate::server::{Engine, Server, loopback};
use crate::stage;
use crate::unit::{PAST_THE_FIRST_MINUTE, Start, Unit, Watched, is_event, wait_until};
use apis_testkit::ports::free_port;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// A scene is drawn, and what follows it is written, within this time.
const PATIENCE: Duration = Duration::from_secs(45);

fn one_visit() -> Watched {
    let hornets = "hover@3+5".to_owned();
    Watched { preset: "garden", seed: 21, hornets, bees: None, seconds: 18 }
}

fn wait_for_scene(unit: &Unit) {
    let over = unit.running().line(PATIENCE, |line| is_event(line, "source_over"));
    over.unwrap_or_else(|why| panic!("the scene goes on: {why}"));
}

#[test]
fn a_unit_without_a_server_sees_lights_and_keeps_the_clip() {
    let _stage = stage();
    let folder = crate::Folder::new();
    let mut unit = Unit::new("alone", &folder.path().join("unit"));
    let uptime_offset = Some(PAST_THE_FIRST_MINUTE);
    unit.start(&one_visit(), Start { uptime_offset, standalone: true, ..Start::default() });
    unit.arm();
    // Whoever stands before it disarms and arms it as well by its own command line.
    for (word, is_armed) in [("disarm", false), ("arm", true)] {
        unit.ask(&[word]);
        assert_eq!(unit.ask(&["status"])["guard"]["is_armed"], is_armed);
    }
    wait_for_scene(&unit);
    let listed = || unit.ask(&["clips"])["clips"].as_array().cloned().unwrap_or_default();
    wait_until(|| format!("a clip: {}", unit.account()), PATIENCE, || !listed().is_empty());

    let clips = listed();
    let opened = unit.events("visit_opened");
    assert_eq!((opened.len(), clips.len()), (1, 1), "{clips:?}\n{}", unit.account());
    let visit = opened[0]["visit_id"].as_str().unwrap();
    assert_eq!(clips[0]["visit_id"], visit);
    let saved = folder.path().join("saved.avi");
    unit.ask(&["clips", "--save", visit, "--out", saved.to_str().unwrap()]);
    let sidecar: Value = serde_json::from_slice(&unit.spooled(&format!("{visit}.json"))).unwrap();
    let truth = unit.truth();
    let hornet = truth.true_visits().next().expect("a hover of five seconds is a visit").hornet;
    let avi = std::fs::read(&saved).unwrap();
    let shown = clip::look(&avi, &sidecar, &truth, hornet, unit.booted_us());
    let shown = shown.unwrap_or_else(|why| panic!("{why}; files in {}", folder.path().display()));
    assert!(shown.is_tracked(), "{shown:?}; files in {}", folder.path().display());
    assert!(!unit.lit().is_empty(), "never lit: {}", unit.account());
    is_explained(&unit, &opened[0], &sidecar, folder.path());

    // A start later it is still there.
    unit.kill();
    let empty = Watched { hornets: "none".to_owned(), ..one_visit() };
    unit.start(&empty, Start { standalone: true, ..Start::default() });
    assert_eq!(unit.ask(&["clips"])["clips"].as_array().unwrap(), &clips);
    unit.terminate();
}

/// The verdict that the unit told of is what its clip tells of, long after and elsewhere.
fn is_explained(unit: &Unit, opened: &Value, sidecar: &Value, folder: &Path) {
    let visit = opened["visit_id"].as_str().unwrap();
    let drawing = folder.join("why.svg");
    let told = unit.ask(&["explain", visit, "--rerun", "--draw", drawing.to_str().unwrap()]);
    let verdict = &told["recorded"]["verdicts"][0];
    for name in ["hover_since_us", "captured_us"] {
        let in_clip = if name == "captured_us" { "decided_us" } else { name };
        assert_eq!(verdict[in_clip], opened[name], "{told}");
    }
    let terms = verdict["evidence"]["terms"].as_array().unwrap().iter();
    let pairs: Vec<Value> = terms.map(|term| json!([term["code"], term["value"]])).collect();
    assert_eq!(json!(pairs), opened["evidence"]);
    assert_eq!(verdict["evidence"]["version"], opened["evidence_version"]);
    let words = verdict["evidence"]["words"].to_string();
    assert!(words.contains("body lengths for"), "{words}");
    assert!(!verdict["way"].as_array().unwrap().is_empty(), "{told}");
    assert!(told["rerun"]["pictures"].as_u64() > Some(0), "{told}");
    let svg = std::fs::read_to_string(&drawing).unwrap();
    assert!(svg.contains("<image ") && svg.contains("body lengths for"));

    // A copy of both files is explained where no unit ever ran.
    let copy = folder.join("copy");
    std::fs::create_dir(&copy).unwrap();
    let clip = copy.join("clip.avi");
    std::fs::write(&clip, unit.spooled(&format!("{visit}.avi"))).unwrap();
    std::fs::write(copy.join("clip.json"), sidecar.to_string()).unwrap();
    assert_eq!(unit.ask(&["explain", clip.to_str().unwrap()])["recorded"], told["recorded"]);
}

#[test]
fn a_visit_that_the_pictures_end_in_is_closed_and_kept() {
    let _stage = stage();
    let folder = crate::Folder::new();
    let mut unit = Unit::new("cut", &folder.path().join("unit"));
    let watched = Watched { hornets: "hover@3+20".to_owned(), seconds: 8, ..one_visit() };
    unit.start(&watched, Start { standalone: true, ..Start::default() });
    wait_for_scene(&unit);
    assert_eq!(unit.events("visit_opened").len(), 1, "{}", unit.account());
    let listed = || unit.ask(&["clips"])["clips"].as_array().cloned().unwrap_or_default();
    wait_until(|| format!("a clip: {}", unit.account()), PATIENCE, || !listed().is_empty());
    let visit = listed()[0]["visit_id"].as_str().unwrap().to_owned();
    let sidecar: Value = serde_json::from_slice(&unit.spooled(&format!("{visit}.json"))).unwrap();
    let clip = unit.spooled(&format!("{visit}.avi"));
    let truth = unit.truth();
    let shown = clip::look(&clip, &sidecar, &truth, 1, unit.booted_us());
    let shown = shown.unwrap_or_else(|why| panic!("{why}; files in {}", folder.path().display()));
    assert!(shown.is_tracked(), "{shown:?}; files in {}", folder.path().display());
    assert!(!unit.events("fault").is_empty(), "its end is told: {}", unit.account());
    unit.terminate();
}

#[test]
fn a_visit_from_before_the_time_was_known_reaches_the_server_with_its_time() {
    let _stage = stage();
    let folder = crate::Folder::new();
    let port = free_port();
    let wire = Proxy::start(loopback(port));
    let authority = format!("127.0.0.1:{}", wire.port());
    let server_folder = folder.path().join("server");
    let mut server = Server::set_up(Engine::Sqlite, &server_folder, port, &authority);
    server.start(None);
    let mut unit = Unit::new("offline", &folder.path().join("unit"));
    unit.enrol(&server.claim());
    wire.cut_after(0);
    let uptime_offset = Some(PAST_THE_FIRST_MINUTE);
    unit.start(&one_visit(), Start { uptime_offset, ..Start::default() });
    unit.arm();
    wait_for_scene(&unit);
    assert_eq!(unit.events("visit_closed").len(), 1, "{}", unit.account());
    for event in ["heartbeat", "clock_set", "record_stored"] {
        assert!(unit.events(event).is_empty(), "{event} without a network");
    }

    wire.mend();
    let is_over = || !unit.events("visit_opened").is_empty() && is_all_safe(&unit);
    wait_until(|| format!("all is safe: {}", unit.account()), PATIENCE, is_over);
    let person = server.owner();
    unit.terminate();
    let finding = judge(&unit, &server, &person);
    let faults: Vec<&String> = finding.faults().collect();
    assert!(faults.is_empty(), "{faults:?}; files in {}", folder.path().display());
    assert_eq!((finding.true_visits, finding.lit_visits, finding.clips), (1, 1, 1));
    let visits = server.all(&person, "/api/v1/visits");
    assert_eq!(visits[0]["is_time_suspect"], false, "{}", visits[0]);
}
