//! What a member orders a unit to do, and who is cut off when a unit is released or a member
//! removed: a page, a command line and a unit that know each other by their doors alone.

use crate::proxy::Proxy;
use crate::server::{Engine, Server, loopback};
use crate::unit::{PAST_THE_FIRST_MINUTE, Start, Unit, Watched, is_event, wait_until};
use crate::web::Person;
use crate::{stage, wings};
use apis_testkit::ports::free_port;
use serde_json::{Value, json};
use std::time::Duration;

/// Longest wait for what comes over an open channel.
const SOON: Duration = Duration::from_secs(10);

fn watched(hornets: &str) -> Watched {
    let hornets = hornets.to_owned();
    Watched { preset: "garden", seed: 21, hornets, bees: None, seconds: 60 }
}

/// A server, the wire to it, and a unit of its tenant that does not run yet.
fn house(folder: &crate::Folder, engine: Engine) -> (Server, Proxy, Unit) {
    let port = free_port();
    let wire = Proxy::start(loopback(port));
    let authority = format!("127.0.0.1:{}", wire.port());
    let mut server = Server::set_up(engine, &folder.path().join("server"), port, &authority);
    server.start(None);
    let unit = Unit::new("ordered", &folder.path().join("unit"));
    unit.enrol(&server.claim());
    (server, wire, unit)
}

/// Waits until the unit has told of `event` at least `times` times.
fn heard(unit: &Unit, event: &str, times: usize) -> Value {
    let what = || format!("{event}, {times} times: {}", unit.account());
    wait_until(what, SOON, || times <= unit.events(event).len());
    unit.events(event)[times - 1].clone()
}

fn the_unit(server: &Server, person: &Person) -> String {
    let units = server.all(person, "/api/v1/units");
    units[0]["id"].as_str().expect("a unit has an id").to_owned()
}

fn post(person: &Person, path: &str, body: &Value) -> (u16, Value) {
    let answer = person.request("POST", path, Some(&body.to_string())).expect("the door answers");
    let said = serde_json::from_slice(&answer.body).unwrap_or_default();
    (answer.status, said)
}

/// Gives a command and waits for what became of it.
fn order(person: &Person, unit_id: &str, kind: &str) -> Value {
    let path = format!("/api/v1/units/{unit_id}/commands");
    let (status, made) = post(person, &path, &json!({ "kind": kind }));
    assert!((200..300).contains(&status), "{kind}: {status} {made}");
    let path = format!("{path}/{}", made["id"].as_str().expect("a command has an id"));
    let state = || person.get(&path).json()["state"].clone();
    let is_over = || state() != "waiting" && state() != "sent";
    wait_until(|| format!("{kind} is over: {}", person.get(&path).json()), SOON, is_over);
    state()
}

#[test]
fn a_member_s_orders_reach_the_unit_and_she_hears_what_became_of_them() {
    let _wings = wings();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let folder = crate::Folder::new();
        let (server, _wire, mut unit) = house(&folder, engine);
        unit.start(&watched("none"), Start { uptime_offset: Some("61s"), ..Start::default() });
        heard(&unit, "clock_set", 1);
        let owner = server.owner();
        let id = the_unit(&server, &owner);
        assert_eq!(order(&owner, &id, "locate"), "located");
        assert_eq!(order(&owner, &id, "arm"), "needs_local_press", "nobody armed it on the spot");
        assert!(unit.events("armed").is_empty());
        unit.arm();
        assert_eq!(order(&owner, &id, "disarm"), "disarmed");
        heard(&unit, "disarmed", 1);
        assert_eq!(order(&owner, &id, "arm"), "armed", "somebody armed it since it was started");
        heard(&unit, "armed", 2);
        unit.terminate();
    }
}

#[test]
fn a_command_that_a_unit_died_over_is_not_acted_on_twice() {
    let _wings = wings();
    let folder = crate::Folder::new();
    let (server, _wire, mut unit) = house(&folder, Engine::Sqlite);
    let hold = Some("command.number_saved");
    unit.start(&watched("none"), Start { hold, ..Start::default() });
    heard(&unit, "channel_open", 1);
    let owner = server.owner();
    let path = format!("/api/v1/units/{}/commands", the_unit(&server, &owner));
    let (_, made) = post(&owner, &path, &json!({ "kind": "locate" }));
    let path = format!("{path}/{}", made["id"].as_str().expect("a command has an id"));
    let held = unit.running().line(SOON, |line| line.text.starts_with("hold: "));
    held.unwrap_or_else(|why| panic!("the command never came: {why}"));
    unit.kill();

    // The server offers it again; its number says that it was taken.
    unit.start(&watched("none"), Start::default());
    let refused = heard(&unit, "command_refused", 1);
    assert_eq!(refused["reason"], "replayed", "{refused}");
    let state = || person_sees(&owner, &path);
    wait_until(
        || format!("the refusal is told: {}", state()),
        SOON,
        || state()["state"] == "refused",
    );
    assert_eq!(state()["reason"], "replayed");
    assert!(unit.events("command").is_empty(), "it was acted on: {}", unit.account());
    unit.terminate();
}

fn person_sees(person: &Person, path: &str) -> Value {
    person.get(path).json()
}

#[test]
fn a_released_unit_is_cut_off_at_once_and_keeps_everything() {
    let _stage = stage();
    let folder = crate::Folder::new();
    let (server, wire, mut unit) = house(&folder, Engine::Sqlite);
    let offset = Some(PAST_THE_FIRST_MINUTE);
    unit.start(&watched("hover@3+4"), Start { uptime_offset: offset, ..Start::default() });
    unit.arm();
    let owner = server.owner();
    let id = the_unit(&server, &owner);
    heard(&unit, "channel_open", 1);
    // Its visit is told of and part of its clip is there; the rest is on the unit alone.
    let closed = unit.running().line(Duration::from_secs(30), |it| is_event(it, "visit_closed"));
    closed.unwrap_or_else(|why| panic!("no visit: {why}"));
    wire.cut_after(100_000);
    wait_until(|| format!("the cut: {}", unit.account()), SOON, || 0 < wire.cuts());
    let kept = unit.kept();
    assert!(
        kept.iter().any(|(name, bytes)| name.ends_with(".avi") && 100_000 < *bytes),
        "{kept:?}"
    );
    let heartbeats = unit.events("heartbeat").len();
    wire.mend();
    heard(&unit, "heartbeat", heartbeats + 1);

    let (status, said) = post(&owner, &format!("/api/v1/units/{id}/release"), &json!({}));
    assert!((200..300).contains(&status), "{status} {said}");
    let is_told = |fault: &Value| fault["code"] == "server_refuses_unit";
    let what = || format!("it is told of its release: {}", unit.account());
    wait_until(what, SOON, || unit.events("fault").iter().any(is_told));
    let verified = unit.events("upload_verified").len();
    let (status, said) =
        post(&owner, &format!("/api/v1/units/{id}/commands"), &json!({ "kind": "locate" }));
    assert_eq!((status, &said["detail"]), (409, &json!("the unit was released")), "{said}");
    unit.kill();

    // Nothing comes in any more, and nothing of it is thrown away, over a restart neither.
    unit.start(&watched("none"), Start::default());
    let is_told =
        |fault: &Value| fault["detail"].as_str().is_some_and(|it| it.contains("released"));
    let what = || format!("it is told again: {}", unit.account());
    wait_until(what, SOON, || unit.events("fault").iter().filter(|it| is_told(it)).count() > 1);
    unit.terminate();
    assert_eq!(unit.events("upload_verified").len(), verified);
    for (name, bytes) in kept.iter().filter(|(name, _)| name.ends_with(".avi")) {
        assert!(unit.kept().contains(&(name.clone(), *bytes)), "{name} is gone: {:?}", unit.kept());
    }
}

#[test]
fn a_member_removed_on_the_command_line_is_cut_off_at_once() {
    let _wings = wings();
    let folder = crate::Folder::new();
    let (server, _wire, _unit) = house(&folder, Engine::Sqlite);
    let helper = server.add_member("helper@apis.example", "admin");
    helper.get("/api/v1/units");
    server.remove_member("helper@apis.example");
    let answer = helper.request("GET", "/api/v1/units", None).expect("the door answers");
    assert_eq!(answer.status, 401, "{}", String::from_utf8_lossy(&answer.body));
    assert_eq!(server.owner().get("/api/v1/units").status, 200);
}
