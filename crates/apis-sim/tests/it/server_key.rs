//! The server's own key: it goes on with the next one and every unit stays in touch; another one
//! altogether is met with silence until the right one is back.

use crate::held::visits;
use crate::proof::is_all_safe;
use crate::server::{Engine, Server};
use crate::unit::{Start, Unit, Watched, wait_until};
use crate::{Folder, wings};
use serde_json::Value;
use std::fs;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

fn watched(hornets: &str) -> Watched {
    let hornets = hornets.to_owned();
    Watched { preset: "garden", seed: 21, hornets, bees: None, seconds: 300 }
}

/// Waits for a heartbeat that is answered after now.
fn next_heartbeat(unit: &Unit) {
    let before = unit.events("heartbeat").len();
    let what = || format!("a heartbeat is answered: {}", unit.account());
    wait_until(what, PATIENCE, || before < unit.events("heartbeat").len());
}

fn take_next(server: &Server, flags: &[&str]) -> Result<Value, Value> {
    answer(server, &[&["key", "take-next"], flags].concat())
}

/// What the program answers to `words`, or how it fails.
fn answer(server: &Server, words: &[&str]) -> Result<Value, Value> {
    let mut command = server.command();
    let output = command.args(words).output().unwrap();
    let said = |bytes: &[u8]| -> Value { serde_json::from_slice(bytes).unwrap() };
    match output.status.success() {
        true => Ok(said(&output.stdout)),
        false => Err(said(&output.stderr)),
    }
}

/// The server does not start, since `file` is not its database's.
fn assert_foreign(server: &Server, file: &str) {
    let free = ["--people", "127.0.0.1:0", "--units", "127.0.0.1:0"];
    let refused = answer(server, &[&["serve"], &free[..]].concat()).unwrap_err();
    assert_eq!(refused["error"]["code"], "keys_foreign", "{refused}");
    assert!(refused["error"]["text"].as_str().unwrap().contains(file), "{refused}");
}

#[test]
fn a_database_that_was_put_back_without_its_key_is_not_served() {
    let _wings = wings();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let folder = Folder::new();
        let mut server = Server::within(engine, folder.path());
        server.start(None);
        let mut unit = Unit::new("loyal", &folder.path().join("unit"));
        unit.enrol(&server.claim());
        server.terminate(Duration::from_secs(15));
        let own = folder.path().join("server");
        let (key, aside) = (own.join("keys/server.key"), own.join("server.key"));
        fs::rename(&key, &aside).unwrap();
        assert_foreign(&server, "server.key");

        fs::rename(&aside, &key).unwrap();
        server.start(None);
        unit.start(&watched("none"), Start::default());
        next_heartbeat(&unit);
        unit.terminate();
    }
}

#[test]
fn the_server_goes_on_with_its_next_key_and_units_stay_in_touch() {
    let _wings = wings();
    let folder = Folder::new();
    let mut server = Server::within(Engine::Sqlite, folder.path());
    let early = take_next(&server, &[]).unwrap_err();
    assert_eq!(early["error"]["code"], "next_key_not_announced", "{early}");
    server.start(None);
    let mut unit = Unit::new("loyal", &folder.path().join("unit"));
    unit.enrol(&server.claim());
    let behind = take_next(&server, &[]).unwrap_err();
    assert_eq!(behind["error"]["code"], "units_left_behind", "never heard: {behind}");
    unit.start(&watched("none"), Start::default());

    // Twice: what a unit learns from one key is where it finds the next.
    for _ in 0..2 {
        next_heartbeat(&unit);
        // The second heartbeat says that the settings which the first one brought are run.
        next_heartbeat(&unit);
        let stale_claim = server.claim();
        server.terminate(Duration::from_secs(15));
        let taken = take_next(&server, &[]).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(taken["left_behind"], serde_json::json!([]));
        server.start(None);
        next_heartbeat(&unit);
        let mut stranger = Unit::new("late", &folder.path().join("late")).command();
        let refused = stranger.args(["enrol", "--claim", &stale_claim]).output().unwrap();
        let why: Value = serde_json::from_slice(&refused.stderr).unwrap();
        assert_eq!(why["error"]["code"], "server_pin_mismatch", "{why}");
    }
    next_heartbeat(&unit);
    let errors = &unit.status()["errors"];
    assert_eq!(errors["server_pin_mismatch"].as_u64().unwrap_or(0), 0, "{errors}");
    unit.terminate();

    // A unit that sleeps through a change is named before it would be left behind.
    server.terminate(Duration::from_secs(15));
    take_next(&server, &[]).unwrap_or_else(|why| panic!("it was in touch: {why}"));
    server.start(None);
    let asleep = take_next(&server, &[]).unwrap_err();
    assert_eq!(asleep["error"]["code"], "units_left_behind", "{asleep}");
    let forced = take_next(&server, &["--leave-behind"]).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(forced["left_behind"].as_array().unwrap().len(), 1);
}

#[test]
fn a_visit_seen_while_the_server_shows_a_strangers_key_waits_for_the_right_one() {
    let _wings = wings();
    let folder = Folder::new();
    let mut server = Server::within(Engine::Sqlite, folder.path());
    server.start(None);
    let mut unit = Unit::new("wary", &folder.path().join("unit"));
    unit.enrol(&server.claim());
    server.terminate(Duration::from_secs(15));
    let own = folder.path().join("server");
    let (keys, aside) = (own.join("keys"), own.join("keys-aside"));
    fs::create_dir(&aside).unwrap();
    for name in ["units-tls.key", "units-tls-next.key"] {
        fs::rename(keys.join(name), aside.join(name)).unwrap();
    }
    assert_foreign(&server, "units-tls.key");
    answer(&server, &["key", "adopt"]).unwrap();
    server.start(None);
    unit.start(&watched("hover@3+4"), Start::default());
    let is_told = || {
        let status = unit.status();
        status["faults"].as_array().unwrap().contains(&"server_pin_mismatch".into())
            && !unit.events("visit_closed").is_empty()
    };
    wait_until(|| format!("a stranger is met: {}", unit.account()), PATIENCE, is_told);
    assert!(visits(&server, &server.owner(), "wary").is_empty(), "the unit spoke to a stranger");
    assert!(unit.events("record_stored").is_empty() && !unit.kept().is_empty());

    server.terminate(Duration::from_secs(15));
    for name in ["units-tls.key", "units-tls-next.key"] {
        fs::rename(aside.join(name), keys.join(name)).unwrap();
    }
    assert_foreign(&server, "units-tls.key");
    answer(&server, &["key", "adopt"]).unwrap();
    server.start(None);
    let what = || format!("all is safe: {}", unit.account());
    wait_until(what, Duration::from_secs(120), || is_all_safe(&unit));
    assert_eq!(visits(&server, &server.owner(), "wary").len(), 1);
    let is_over = || unit.status()["faults"].as_array().unwrap().is_empty();
    wait_until(|| format!("the fault is over: {}", unit.status()), PATIENCE, is_over);
    unit.terminate();
}
