//! What keeps the program from starting, each with its stable code.

use std::net::TcpListener;
use std::path::Path;

use apis_protocol::claim::{Claim, ClaimSecret, ServerTrust};
use apis_protocol::settings::Pin;

use crate::unit::{Unit, ended, failure_code, frames, program};

fn run(data: &Path, flags: &[&str]) -> String {
    let mut command = program();
    command.arg("--data").arg(data).arg("run").args(["--source", "pipe:-"]).args(flags);
    failure_code(&mut command)
}

/// A claim of a server that is not there: nothing listens on this machine's discard port.
fn claim(trust: ServerTrust) -> String {
    let server_url = "https://127.0.0.1:9".parse().unwrap();
    let secret = ClaimSecret::from_bytes([9; 16]);
    Claim { server_url, trust, secret }.to_string()
}

#[test]
fn a_port_in_use_is_said_and_nothing_is_started() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert_eq!(run(folder.path(), &["--standalone", "--local", &address]), "local_port_busy");
}

#[test]
fn a_data_folder_that_cannot_be_written_is_said() {
    // Not even root makes a folder there.
    let folder = Path::new("/proc/self/apis-unit");
    assert_eq!(run(folder, &["--standalone"]), "data_folder_not_writable");
}

#[test]
fn a_second_unit_on_the_same_data_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let source = format!("exec:{}", frames("64x48", 1_000));
    let first = Unit::start(folder.path(), &["--standalone", "--source", &source]);
    first.tells("started");
    assert_eq!(run(folder.path(), &["--standalone", "--local", "off"]), "data_folder_locked");
    assert!(first.terminate().success());
}

#[test]
fn spent_uptime_is_refused_without_the_simulated_body() {
    let folder = tempfile::tempdir().unwrap();
    for body in [&["--body", "none"][..], &[]] {
        let flags = [&["--standalone", "--uptime-offset", "61s"], body].concat();
        assert_eq!(run(folder.path(), &flags), "config_refused");
    }
}

#[test]
fn a_unit_that_is_not_enrolled_does_not_run_as_if_it_were() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(folder.path(), &[]), "not_enrolled");
}

#[test]
fn a_misspelt_key_in_the_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("apis-unit.toml"), "heartbeats = 5\n").unwrap();
    let mut command = program();
    command.arg("--data").arg(folder.path()).args(["run", "--source", "pipe:-"]);
    let (status, _, errors) = ended(&mut command);
    assert!(!status.success());
    assert!(errors.contains("heartbeats") && errors.contains("heartbeat_s"), "{errors}");
}

#[test]
fn claims_that_cannot_be_used_are_refused_each_with_its_word() {
    let folder = tempfile::tempdir().unwrap();
    let enrol = |claim: &str| {
        let mut command = program();
        command.arg("--data").arg(folder.path()).args(["enrol", "--claim", claim]);
        failure_code(&mut command)
    };
    let pin = Pin::from_bytes([7; 32]);
    assert_eq!(enrol("https://example.org"), "claim_malformed");
    assert_eq!(enrol(&claim(ServerTrust::Web)), "trust_web_unsupported");
    assert_eq!(enrol(&claim(ServerTrust::Pin(pin))), "server_unreachable");
}

#[test]
fn what_is_no_clip_is_not_explained() {
    let folder = tempfile::tempdir().unwrap();
    let explain = |words: &[&str]| {
        let mut command = program();
        command.arg("--data").arg(folder.path()).arg("explain").args(words);
        command
    };
    let film = folder.path().join("film.avi");
    std::fs::write(&film, b"RIFF....AVI ").unwrap();
    let visit = "0198a800-6f2e-7c01-a5b6-c7d8e9fa0b1c";
    assert_eq!(failure_code(&mut explain(&["no-such.avi"])), "clip_missing");
    assert_eq!(failure_code(&mut explain(&[visit])), "clip_missing");
    assert_eq!(failure_code(&mut explain(&[film.to_str().unwrap()])), "clip_unreadable");
    let (status, _, errors) = ended(&mut explain(&[visit, "--draw", "why.png"]));
    assert!(!status.success() && errors.contains("SVG"), "{errors}");
}

#[test]
fn an_unknown_hold_step_is_refused_with_the_list() {
    let (status, _, errors) = ended(program().args(["status", "--hold-at", "record.snet"]));
    assert!(!status.success());
    assert!(errors.contains("record.sent"), "{errors}");
}

#[test]
fn a_hold_says_where_it_stands_and_the_key_survives_the_kill() {
    use std::io::{BufRead, BufReader};
    let folder = tempfile::tempdir().unwrap();
    let claim = claim(ServerTrust::Pin(Pin::from_bytes([7; 32])));
    let enrol = || {
        let mut command = program();
        command.arg("--data").arg(folder.path()).args(["enrol", "--claim", &claim]);
        command
    };
    let mut held = enrol()
        .args(["--hold-at", "identity.key_written"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(held.stdout.take().unwrap()).read_line(&mut line).unwrap();
    held.kill().unwrap();
    held.wait().unwrap();
    assert_eq!(line, "hold: identity.key_written 1\n");
    let key = std::fs::read(folder.path().join("unit.key")).unwrap();
    assert_eq!(failure_code(&mut enrol()), "server_unreachable");
    assert_eq!(std::fs::read(folder.path().join("unit.key")).unwrap(), key);
}
