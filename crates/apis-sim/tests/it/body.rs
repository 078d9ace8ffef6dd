//! The simulated body as a process, and the real guard before it: stopped, killed, cut off.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::wings;
use apis_sim::body::command::ask;
use apis_sim::clock::{monotonic_us, wait_until_us};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// The one-shot's time.
const ONE_SHOT_US: u64 = 50_000;

/// How late an edge that was sent before the signal may be read by a body that has to share two
/// cores with other tests. The hardware's edge arrives at once; this is the test bench's own.
const SHARED_CORES_US: u64 = 25_000;

/// How long anything may take to show before the test fails.
const PATIENCE_US: u64 = 20_000_000;

struct Program {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Program {
    fn start(arguments: &[&str]) -> Program {
        let mut command = Command::new(env!("CARGO_BIN_EXE_apis-sim"));
        let mut child = command.args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        let mut program = Program { child, said };
        let ready = program.line();
        assert!(ready.ends_with("ready"), "{ready}");
        program
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(self.child.id() as i32).unwrap(), signal).unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A body in a folder of its own.
struct Body {
    program: Program,
    folder: tempfile::TempDir,
}

impl Body {
    fn start() -> Body {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let (socket, log, control) = (at("socket"), at("log"), at("control"));
        let arguments = ["body", "--socket", &socket, "--log", &log, "--control", &control];
        Body { program: Program::start(&arguments), folder }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    fn ask(&self, line: &str) {
        ask(&self.folder.path().join("control"), line).unwrap();
    }

    fn log(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.folder.path().join("log")).unwrap();
        // The body may be in the middle of its newest line.
        let told = text.rsplit_once('\n').map_or("", |(told, _)| told);
        told.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The newest entry called `event` at or after `from_us`, waiting for it.
    fn wait_for(&self, event: &str, from_us: u64) -> Value {
        let until_us = monotonic_us() + PATIENCE_US;
        loop {
            let log = self.log();
            let is_it = |entry: &&Value| {
                entry["event"] == event && from_us <= entry["us"].as_u64().unwrap()
            };
            if let Some(found) = log.iter().rev().find(is_it) {
                return found.clone();
            }
            assert!(monotonic_us() < until_us, "no {event} in {log:#?}");
            wait_until_us(monotonic_us() + 5_000);
        }
    }

    /// A guard that is lit for a fifth of a second.
    fn with_lit_guard(&self) -> Program {
        let guard = guard_at(&self.socket());
        // The first readings must be there before anybody can arm.
        wait_until_us(monotonic_us() + 300_000);
        self.ask("press arm");
        let lit = self.wait_for("lit", 0);
        wait_until_us(lit["us"].as_u64().unwrap() + 200_000);
        guard
    }
}

fn guard_at(socket: &Path) -> Program {
    Program::start(&["guard", "--socket", socket.to_str().unwrap()])
}

/// Stops a lit guard with `signal`; the body is dark within the one-shot's time.
fn dark_after(signal: Signal) {
    let body = Body::start();
    let guard = body.with_lit_guard();
    let from_us = monotonic_us();
    guard.signal(signal);
    let stopped_us = monotonic_us();
    let dark = body.wait_for("dark", from_us);
    let took_us = dark["us"].as_u64().unwrap().saturating_sub(stopped_us);
    println!("dark {took_us} µs after the signal");
    assert_eq!(dark["cause"], "one_shot");
    assert!(took_us <= ONE_SHOT_US + SHARED_CORES_US, "dark only after {took_us} µs");
    wait_until_us(monotonic_us() + 500_000);
    let lit_again = body
        .log()
        .iter()
        .any(|entry| entry["event"] == "lit" && stopped_us < entry["us"].as_u64().unwrap());
    assert!(!lit_again);
}

#[test]
fn a_stopped_guard_is_dark_within_the_one_shots_time() {
    let _wings = wings();
    dark_after(Signal::STOP);
}

#[test]
fn a_killed_guard_is_dark_within_the_one_shots_time() {
    let _wings = wings();
    dark_after(Signal::KILL);
}

#[test]
fn a_guard_that_goes_on_after_a_stop_rests_before_it_is_lit_again() {
    let _wings = wings();
    let body = Body::start();
    let guard = body.with_lit_guard();
    let from_us = monotonic_us();
    guard.signal(Signal::STOP);
    let dark = body.wait_for("dark", from_us)["us"].as_u64().unwrap();
    wait_until_us(dark + 400_000);
    guard.signal(Signal::CONT);
    let lit = body.wait_for("lit", dark)["us"].as_u64().unwrap();
    assert!(2_000_000 <= lit - dark, "lit again after {} µs", lit - dark);
}

#[test]
fn the_kill_switch_is_dark_long_before_the_one_shot_could_be() {
    let _wings = wings();
    let body = Body::start();
    let _guard = body.with_lit_guard();
    let from_us = monotonic_us();
    body.ask("press kill");
    let dark = body.wait_for("dark", from_us);
    assert_eq!(dark["cause"], "beam_pin");
    body.wait_for("led", from_us);
}

#[test]
fn a_beam_transistor_that_conducts_for_ever_is_dark_all_the_same() {
    let _wings = wings();
    let body = Body::start();
    let guard = body.with_lit_guard();
    body.ask("beam stuck");
    let from_us = monotonic_us();
    body.ask("press arm"); // Disarms.
    let dark = body.wait_for("dark", from_us);
    assert_eq!(dark["cause"], "one_shot");
    drop(guard);
}

#[test]
fn a_driver_broken_in_both_places_is_told_to_the_guard_which_latches_a_fault() {
    let _wings = wings();
    let body = Body::start();
    let _guard = body.with_lit_guard();
    body.ask("beam stuck");
    body.ask("one-shot stuck");
    body.ask("press arm"); // Disarms.
    let until_us = monotonic_us() + PATIENCE_US;
    while body.wait_for("led", 0)["pattern"] != "faulted" {
        assert!(monotonic_us() < until_us, "{:#?}", body.log());
        wait_until_us(monotonic_us() + 20_000);
    }
}

#[test]
fn a_stuck_servo_ends_the_emission_and_is_a_fault() {
    let _wings = wings();
    let body = Body::start();
    let _guard = body.with_lit_guard();
    let from_us = monotonic_us();
    body.ask("servo stuck");
    let dark = body.wait_for("dark", from_us)["us"].as_u64().unwrap();
    assert!(dark - from_us < 500_000, "lit for {} µs with a stuck servo", dark - from_us);
}

#[test]
fn a_whole_emission_keeps_to_five_seconds_below_the_horizontal_about_its_hornet() {
    let _wings = wings();
    let body = Body::start();
    let _guard = body.with_lit_guard();
    let dark_us = whole_emission(&body);
    let log = body.log();
    let lines: Vec<&Value> = log
        .iter()
        .filter(|entry| entry["event"] == "line" && dark_us - 5_000_000 <= of_us(entry))
        .collect();
    let of = |name: &str| lines.iter().map(|line| line[name].as_i64().unwrap()).collect::<Vec<_>>();
    let pans = of("pan_mdeg");
    let (left, right) = (*pans.iter().min().unwrap(), *pans.iter().max().unwrap());
    let aim = apis_aim::Mount::REFERENCE
        .aim(apis_sim::body::bare::hornet(apis_units::Uptime::ZERO).point)
        .unwrap();
    let centre_off = (left + right) / 2 - i64::from(aim.pan.millidegrees());
    assert!(centre_off.abs() < 1_000, "the sweep's middle is {centre_off} m° off");
    assert!((22_000..=24_500).contains(&(right - left)), "swept {left} to {right}");
    assert!(of("top_mdeg").iter().all(|top| *top < 0));
}

fn of_us(entry: &Value) -> u64 {
    entry["us"].as_u64().unwrap()
}

/// The end of the first emission that was not cut short: a guard that a busy machine makes late
/// ends its emission, as it must. None is longer than 5 s.
fn whole_emission(body: &Body) -> u64 {
    let until_us = monotonic_us() + 4 * PATIENCE_US;
    let mut from_us = 0;
    loop {
        let dark = body.wait_for("dark", from_us);
        let lit_us = dark["lit_us"].as_u64().unwrap();
        assert!(lit_us <= 5_000_000, "{dark}");
        if 4_800_000 <= lit_us {
            return of_us(&dark);
        }
        assert!(monotonic_us() < until_us, "no whole emission, the last was {dark}");
        from_us = of_us(&dark) + 1;
    }
}

#[test]
fn a_second_body_at_the_same_socket_is_refused() {
    let _wings = wings();
    let body = Body::start();
    let socket = body.socket();
    let log = body.folder.path().join("other");
    let output = Command::new(env!("CARGO_BIN_EXE_apis-sim"))
        .args(["body", "--socket", socket.to_str().unwrap(), "--log", log.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("in use"));
    assert!(body.program.child.id() > 0);
}
