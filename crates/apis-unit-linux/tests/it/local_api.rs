//! The local HTTP API and the commands that use it.

use std::process::Command;

use crate::unit::{Unit, ask, ended, failure_code, frames, program, status_of};

fn watching() -> Unit {
    let source = format!("exec:{}", frames("64x48", 10_000));
    let unit = Unit::standalone(&["--source", &source]);
    unit.tells("started");
    unit
}

#[test]
fn only_the_tokens_holder_under_our_name_and_from_no_other_page_is_admitted() {
    let unit = watching();
    let (address, token) = (unit.address(), unit.token());
    let status = |head: &str| {
        let answer = ask(&address, head);
        answer.split(' ').nth(1).unwrap_or_default().to_owned()
    };
    let bearer = format!("Authorization: Bearer {token}");
    assert_eq!(status(&format!("GET /status HTTP/1.1\nHost: {address}\n{bearer}")), "200");
    assert_eq!(status(&format!("GET /status HTTP/1.1\nHost: {address}")), "401");
    let wrong = format!("Authorization: Bearer {}", "A".repeat(43));
    assert_eq!(status(&format!("GET /status HTTP/1.1\nHost: {address}\n{wrong}")), "401");
    assert_eq!(status(&format!("GET /status HTTP/1.1\nHost: evil.example\n{bearer}")), "421");
    let origin = "Origin: https://evil.example";
    let page = format!("POST /arm HTTP/1.1\nHost: {address}\n{bearer}\n{origin}");
    assert_eq!(status(&page), "403");
    assert_eq!(status(&format!("GET /arm HTTP/1.1\nHost: {address}\n{bearer}")), "405");
    assert_eq!(status(&format!("GET /clips/../../etc HTTP/1.1\nHost: {address}\n{bearer}")), "404");
    assert_eq!(unit.status()["errors"]["local_token_refused"], 2);
}

#[test]
fn the_commands_answer_for_people_and_for_scripts() {
    let unit = watching();
    let out = tempfile::tempdir().unwrap();
    let picture = out.path().join("now.jpg");
    let (status, said, _) =
        ended(&mut unit.command(&["snapshot", "--out", picture.to_str().unwrap()]));
    assert!(status.success() && said.contains("now.jpg"), "{said}");
    assert!(std::fs::read(&picture).unwrap().starts_with(&[0xff, 0xd8]));
    let (_, clips, _) = ended(&mut unit.command(&["clips", "--json"]));
    assert_eq!(clips.trim(), r#"{"clips":[]}"#);
    let (_, words, _) = ended(&mut unit.command(&["status"]));
    assert!(words.contains("is armed: false"), "{words}");
    let (status, said, _) = ended(&mut unit.command(&["disarm"]));
    assert!(status.success() && said.trim() == "disarmed", "{said}");
    assert_eq!(failure_code(&mut unit.command(&["arm"])), "local_refused");
}

#[test]
fn what_a_unit_keeps_is_for_its_user_alone() {
    let unit = watching();
    let open = Command::new("find").arg(unit.folder()).args(["-perm", "/077"]).output().unwrap();
    assert!(open.status.success(), "{}", String::from_utf8_lossy(&open.stderr));
    assert_eq!(String::from_utf8_lossy(&open.stdout), "");
}

#[test]
fn status_says_how_long_a_frame_takes_to_the_drive_and_how_much_memory_there_ever_was() {
    let unit = watching();
    let status = loop {
        let status = unit.status();
        if 10 <= status["eyes"]["frames"].as_u64().unwrap() {
            break status;
        }
    };
    assert!(0 < status["guard"]["frame_to_drive"]["p99_us"].as_u64().unwrap());
    let resident = status["memory"]["resident_peak_kib"].as_u64().unwrap();
    assert!(0 < resident && resident < 40 * 1_024, "{resident} KiB");
}

#[test]
fn health_is_well_while_pictures_come_and_names_what_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let go_on = folder.path().join("go-on");
    let go_on = go_on.to_str().unwrap();
    let (first, rest) = (frames("64x48", 1), frames("64x48", 10_000));
    let source = format!("exec:if [ -e {go_on} ]; then {rest}; else {first}; sleep 1000; fi");
    let unit = Unit::standalone(&["--source", &source, "--stall-s", "2"]);
    unit.tells("started");
    assert_eq!(status_of(&unit, "/health"), 200);
    unit.faults("source_stalled");
    assert_eq!(status_of(&unit, "/health"), 503);
    let (address, token) = (unit.address(), unit.token());
    let bearer = format!("Authorization: Bearer {token}");
    let told = ask(&address, &format!("GET /health HTTP/1.1\nHost: {address}\n{bearer}"));
    assert!(told.contains(r#""faults":["source_stalled"]"#), "{told}");
    std::fs::write(go_on, b"").unwrap();
    unit.tells_that("fault_over", |line| line["code"] == "source_stalled");
    assert_eq!(status_of(&unit, "/health"), 200);
}

#[test]
fn a_unit_that_does_not_run_is_said_not_to() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program();
    command.arg("--data").arg(folder.path()).arg("status");
    assert_eq!(failure_code(&mut command), "unit_not_running");
}
