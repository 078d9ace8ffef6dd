//! What life does to a disk or a card: the built programs say it, count it, lose nothing.
//!
//! Tour: [`small_disk`] (a disk that can be filled and made read-only), [`full_unit`],
//! [`full_server`], [`read_only`], [`restored_card`] (the tests).

mod small_disk;

mod full_unit;

mod full_server;

mod read_only;

mod restored_card;

use crate::program::Line;
use crate::unit::Unit;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long anything that must happen may take: a unit leaves a failing disk alone for 10 s, and
/// a server that said no for up to 30 s.
const PATIENCE: Duration = Duration::from_secs(60);

/// The stable code and the exit status with which a command failed.
fn failure_of(command: &mut Command) -> (String, i32) {
    let output = command.stdin(Stdio::null()).output().expect("the program starts");
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().last().unwrap_or_default();
    let code = match serde_json::from_str::<serde_json::Value>(last) {
        Ok(told) => told["error"]["code"].as_str().map(str::to_owned),
        Err(_) => {
            last.strip_prefix("error: ").and_then(|rest| Some(rest.split_once(':')?.0.to_owned()))
        }
    };
    (code.unwrap_or_else(|| panic!("no code: {said}")), output.status.code().unwrap_or(-1))
}

/// Waits until the unit tells of `event` as `right` has it, in this start.
fn tells(unit: &Unit, event: &str, right: impl Fn(&serde_json::Value) -> bool) -> Line {
    let is_it = |line: &Line| line.json()["event"] == event && right(&line.json());
    let told = unit.running().line(PATIENCE, is_it);
    told.unwrap_or_else(|why| panic!("never told {event}: {why}"))
}

/// Waits until `found` gives something.
fn wait_for<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < until, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}
