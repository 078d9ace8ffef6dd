//! Enrolment with a stop at each of its steps, on either side: one claim makes one unit, however
//! often it has to be begun again.

use crate::program::{Program, built};
use crate::server::{Engine, Server};
use crate::unit::Unit;
use crate::wings;
use apis_testkit::ports::free_port;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Longest wait for a program on this machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn is_held(line: &crate::program::Line) -> bool {
    line.text.starts_with("hold: ")
}

/// `apis-unit enrol`, started and not waited for.
fn enrolling(data: &Path, claim: &str, hold: Option<&str>, folder: &Path) -> Program {
    let mut command = Command::new(built("apis-unit"));
    command.arg("--json").arg("--data").arg(data);
    if let Some(step) = hold {
        command.args(["--hold-at", step]);
    }
    command.args(["enrol", "--claim", claim, "--serial", "stopped"]);
    Program::start("enrol", &mut command, folder)
}

fn server(engine: Engine, folder: &Path) -> Server {
    let port = free_port();
    let mut server = Server::set_up(engine, folder, port, &format!("127.0.0.1:{port}"));
    server.start(None);
    server
}

#[test]
fn a_unit_stopped_anywhere_in_its_enrolment_is_enrolled_by_the_same_claim() {
    let _wings = wings();
    let folder = crate::Folder::new();
    let server = server(Engine::Sqlite, &folder.path().join("server"));
    let person = server.owner();
    let steps = ["identity.key_written", "enrol.answer_received", "enrol.saved"];
    for (number, step) in steps.into_iter().enumerate() {
        let claim = server.claim();
        let home = folder.path().join(step);
        let data = home.join("data");
        let unit = Unit::new("stopped", &home);
        let enrol = enrolling(&data, &claim, Some(step), folder.path());
        enrol.line(PATIENCE, is_held).unwrap_or_else(|why| panic!("{step}: {why}"));
        enrol.kill();
        let key = std::fs::read(data.join("unit.key")).expect("the key is the first that is kept");
        if step != "enrol.saved" {
            unit.enrol(&claim);
        }
        assert_eq!(std::fs::read(data.join("unit.key")).unwrap(), key, "{step}: another key");
        let units = server.all(&person, "/api/v1/units");
        assert_eq!(units.len(), number + 1, "{step}: {units:?}");
        let own = std::fs::read_to_string(data.join("enrolment.json")).expect("it is enrolled");
        let is_its = |unit: &&serde_json::Value| own.contains(unit["id"].as_str().unwrap());
        assert_eq!(units.iter().filter(is_its).count(), 1, "{step}: {own}");
    }
}

#[test]
fn a_server_stopped_anywhere_in_an_enrolment_makes_one_unit_of_one_claim() {
    let _wings = wings();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let folder = crate::Folder::new();
        let mut server = server(engine, &folder.path().join("server"));
        for (number, step) in ["enrolment.unit_added", "enrolment.kept"].into_iter().enumerate() {
            let claim = server.claim();
            server.kill();
            server.start(Some(step));
            let home = folder.path().join(step);
            let unit = Unit::new("stopped", &home);
            let mut enrol = enrolling(&home.join("data"), &claim, None, folder.path());
            let held = server.program().line(PATIENCE, is_held);
            held.unwrap_or_else(|why| panic!("{engine:?} {step}: {why}"));
            server.kill();
            let ended = enrol.wait(PATIENCE).unwrap_or_else(|why| panic!("{step}: {why}"));
            assert!(!ended.success(), "{engine:?} {step}: enrolled without an answer");

            server.start(None);
            unit.enrol(&claim);
            let units = server.all(&server.owner(), "/api/v1/units");
            assert_eq!(units.len(), number + 1, "{engine:?} {step}: {units:?}");
        }
    }
}

#[test]
fn a_claim_that_is_used_or_guessed_is_refused_clearly_and_counted() {
    let _wings = wings();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let folder = crate::Folder::new();
        let server = server(engine, &folder.path().join("server"));
        let claim = server.claim();
        Unit::new("first", &folder.path().join("first")).enrol(&claim);
        for (count, (name, claim)) in
            [("used", claim.clone()), ("guessed", guessed(&claim))].into_iter().enumerate()
        {
            let data = folder.path().join(name);
            let output = Command::new(built("apis-unit"))
                .arg("--json")
                .arg("--data")
                .arg(&data)
                .args(["enrol", "--claim", &claim, "--serial", name])
                .output()
                .unwrap();
            assert_eq!(output.status.code(), Some(1), "{engine:?} {name}");
            let told = String::from_utf8(output.stderr).unwrap();
            let told: serde_json::Value =
                serde_json::from_str(told.lines().last().unwrap()).unwrap();
            assert_eq!(told["error"]["code"], "claim_refused", "{engine:?} {name}: {told}");
            assert!(told["error"]["text"].as_str().unwrap().contains("claim"), "{told}");
            assert!(!data.join("enrolment.json").exists(), "{engine:?} {name}");
            let refused = server.metric("apis_claims_refused_total");
            assert_eq!(refused, (count + 1) as f64, "{engine:?} {name}");
        }
        assert_eq!(server.all(&server.owner(), "/api/v1/units").len(), 1, "{engine:?}");
    }
}

/// The claim with another secret: that of a person who knows the server and guesses.
fn guessed(claim: &str) -> String {
    let (before, secret) = claim.split_once("&s=").expect("a claim has a secret");
    let first = if secret.starts_with('A') { 'B' } else { 'A' };
    format!("{before}&s={first}{}", &secret[1..])
}
