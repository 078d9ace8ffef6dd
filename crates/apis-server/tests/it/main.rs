//! The built program: how it starts, what it refuses to start on, and how it ends.
#![expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

mod operator;
mod program;

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use apis_testkit::database::{APPLICATION_ROLE, OWNER_ROLE, TestDatabase};
use apis_testkit::ports::free_port;
use serde_json::{Value, json};

use program::{Running, ask, head, program, refusal, run};

/// The flags that name a database; SQLite's file is in the data folder.
fn database_flags(database: &TestDatabase) -> Vec<String> {
    match (database.url(APPLICATION_ROLE), database.url(OWNER_ROLE)) {
        (Some(url), Some(owner)) => {
            vec!["--database-url".to_owned(), url, "--database-owner-url".to_owned(), owner]
        }
        _ => Vec::new(),
    }
}

#[test]
fn the_operator_makes_people_and_they_sign_in_on_both_engines() {
    for database in TestDatabase::on_each_engine() {
        let folder = tempfile::tempdir().unwrap();
        let flags = database_flags(&database);
        let run = |arguments: &[&str], input: &str| {
            let mut all: Vec<&str> = arguments.to_vec();
            all.extend(flags.iter().map(String::as_str));
            run(folder.path(), &all, input)
        };
        let tenant = run(&["tenant", "create", "--name", "Bees"], "")["tenant_id"].clone();
        let tenant = tenant.as_str().unwrap();
        let account = ["account", "create", "--email", "ann@bees.example", "--name", "Ann"];
        run(&account, "correct horse\n");
        let member =
            ["member", "add", "--tenant", tenant, "--email", "ann@bees.example", "--role", "owner"];
        run(&member, "");
        let listed = run(&["tenant", "list"], "");
        assert_eq!(listed["tenants"][0]["tenant_id"].as_str(), Some(tenant));
        assert_eq!(listed["tenants"][0]["name"], "Bees");
        let forgotten = ["account", "password", "--email", "ann@bees.example"];
        run(&forgotten, "battery staple\n");

        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let server = Running::start(folder.path(), &flags);
        let signed_in = server.sign_in("ann@bees.example", "battery staple");
        assert_eq!(signed_in["tenant_id"], tenant);
        assert_eq!(signed_in["account_email"], "ann@bees.example");
        let ready: Value = ask(&head(&server.people, "GET", "/readyz", ""), &server.people);
        assert_eq!(ready["status"], "ok");
        assert!(server.end().success());
    }
}

#[test]
fn a_port_in_use_is_told_by_door() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    for (door, flag) in [("people's", "--people"), ("units'", "--units"), ("metrics", "--metrics")]
    {
        let mut arguments = vec!["serve"];
        for other in ["--people", "--units"] {
            arguments.extend([other, if other == flag { address.as_str() } else { "127.0.0.1:0" }]);
        }
        if flag == "--metrics" {
            arguments.extend([flag, address.as_str()]);
        }
        let line = refusal(folder.path(), &arguments);
        assert!(line.starts_with("error: port_unavailable: "), "{line}");
        assert!(line.contains(door) && line.contains(&address), "{line}");
    }
}

#[test]
fn a_certificate_that_cannot_be_used_is_told_with_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (chain, key) = (path("chain.pem"), path("key.pem"));
    std::fs::write(&chain, "no certificate").unwrap();
    std::fs::write(&key, "no key").unwrap();
    let config = format!("[people]\ntls_certificate = {chain:?}\ntls_key = {key:?}\n");
    std::fs::write(path("apis-server.toml"), config).unwrap();
    let line = refusal(folder.path(), &["serve", "--people", "127.0.0.1:0"]);
    assert!(line.starts_with("error: certificate_unusable: "), "{line}");
    assert!(line.contains(&chain), "{line}");
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    // Nobody, root included, makes a folder there.
    let line = refusal("/proc/apis-data".as_ref(), &["serve"]);
    assert!(line.starts_with("error: folder_unwritable: "), "{line}");
    assert!(line.contains("/proc/apis-data"), "{line}");

    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("apis.sqlite")).unwrap();
    let line = refusal(folder.path(), &["tenant", "create", "--name", "Bees"]);
    assert!(line.starts_with("error: database_unwritable: "), "{line}");
}

#[test]
fn what_cannot_be_configured_is_told_with_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let line = refusal(folder.path(), &["serve", "--people", "0.0.0.0:0"]);
    assert!(line.starts_with("error: config_refused: people.listen"), "{line}");

    let output = program(folder.path(), &["config", "check"])
        .env("APIS_DATABASE__URL", "postgres://app:secret@nowhere/apis")
        .env("APIS_LOG__FORMAT", "json")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && !text.contains("secret"), "{text}");
    assert!(text.contains("database.url = \"postgres://app:***@nowhere/apis\""), "{text}");
    assert!(text.contains("log.format = \"json\""), "{text}");
}

#[test]
fn a_step_that_the_server_does_not_have_is_refused_with_the_list() {
    let folder = tempfile::tempdir().unwrap();
    let serve = ["serve", "--people", "127.0.0.1:0", "--units", "127.0.0.1:0"];
    for (wrong, told) in [
        ("upload.patch_sync", "no step `upload.patch_sync`; the steps are enrolment.unit_added, "),
        ("keeper.operation", "no step `keeper.operation`"),
        ("records.kept:0", "expected STEP or STEP:N with N from 1"),
    ] {
        let arguments = [&serve[..], &["--hold-at", wrong]].concat();
        let output = program(folder.path(), &arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains(told) && text.contains("--hold-at"), "{text}");
        assert!(output.stdout.is_empty());
    }
    let server = Running::start(folder.path(), &["--hold-at", "upload.patch_synced:2"]);
    assert!(server.end().success());
}

#[test]
fn half_a_form_is_answered_to_whoever_still_listens() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::start(folder.path(), &[]);
    let body = json!({ "email": "ann@bees.example", "password": "correct horse" }).to_string();
    let request = head(&server.people, "POST", "/api/v1/session", &body);
    let mut socket = TcpStream::connect(&server.people).unwrap();
    socket.write_all(&request.as_bytes()[..request.len() - 10]).unwrap();
    socket.shutdown(std::net::Shutdown::Write).unwrap();
    let answer = program::read_all(&mut socket);
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.contains("\"code\":\"malformed\"") && answer.contains("broke off"), "{answer}");
    assert!(server.end().success());
}

#[test]
fn a_database_that_is_away_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let url = "postgres://apis_app@127.0.0.1:1/apis";
    let line = refusal(folder.path(), &["serve", "--people", "127.0.0.1:0", "--database-url", url]);
    assert!(line.starts_with("error: database_unreachable: "), "{line}");
}

#[test]
fn a_database_of_a_newer_version_is_told() {
    let database = TestDatabase::postgres();
    let folder = tempfile::tempdir().unwrap();
    let flags = database_flags(&database);
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    run(folder.path(), &[&["tenant", "create", "--name", "Bees"], &flags[..]].concat(), "");
    database.run_as_superuser("UPDATE server_meta SET schema_version = 99");
    let serve = ["serve", "--people", "127.0.0.1:0", "--units", "127.0.0.1:0"];
    let line = refusal(folder.path(), &[&serve[..], &flags[..]].concat());
    assert!(line.starts_with("error: database_newer: the database has schema 99"), "{line}");
}

#[test]
fn a_file_of_a_newer_version_is_told_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &["tenant", "create", "--name", "Bees"], "");
    let file = folder.path().join("apis.sqlite");
    operator::change(&file, "UPDATE server_meta SET schema_version = 99");
    let before = std::fs::read(&file).unwrap();
    for arguments in [
        &["serve", "--people", "127.0.0.1:0", "--units", "127.0.0.1:0"][..],
        &["tenant", "create", "--name", "More bees"],
    ] {
        let line = refusal(folder.path(), arguments);
        assert!(line.starts_with("error: database_newer: the database has schema 99"), "{line}");
        assert!(std::fs::read(&file).unwrap() == before, "{arguments:?} wrote to it");
    }
}

#[test]
fn a_role_that_row_level_security_does_not_hold_is_refused_by_serve() {
    let database = TestDatabase::postgres();
    let folder = tempfile::tempdir().unwrap();
    let flags = database_flags(&database);
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    run(folder.path(), &[&["tenant", "create", "--name", "Bees"], &flags[..]].concat(), "");
    for role in [OWNER_ROLE, "postgres"] {
        let url = database.url(role).unwrap();
        let doors = ["serve", "--people", "127.0.0.1:0", "--units", "127.0.0.1:0"];
        let serve = [&doors[..], &["--database-url", &url]].concat();
        let line = refusal(folder.path(), &serve);
        assert!(line.starts_with("error: database_unsafe_role: "), "{role}: {line}");
    }
}

#[test]
fn a_command_that_fails_says_so_in_json_when_it_is_asked_for_json() {
    let folder = tempfile::tempdir().unwrap();
    let nobody = "0198a800-6f2e-7c01-a5b6-c7d8e9fa0b1c";
    let member = ["member", "add", "--tenant", nobody, "--email", "a@b.example", "--role", "owner"];
    let account = ["account", "create", "--email", "ann@bees.example", "--name", "Ann"];
    let commands: [(&str, &[&str]); 6] = [
        ("member_refused", &member),
        ("password_missing", &account),
        ("tenant_refused", &["tenant", "create", "--name", " "]),
        ("claim_refused", &["claim", "create", "--tenant", nobody]),
        ("config_refused", &["serve", "--people", "0.0.0.0:0"]),
        ("config_refused", &["config", "check", "--config", "/nowhere/apis-server.toml"]),
    ];
    for (code, arguments) in commands {
        let mut command = program(folder.path(), arguments);
        let output = command.arg("--json").stdin(std::process::Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?} answered all the same");
        let text = String::from_utf8(output.stderr).unwrap();
        let told: Value = serde_json::from_str(text.lines().last().unwrap_or_default())
            .unwrap_or_else(|_| panic!("{arguments:?}: no JSON: {text}"));
        assert_eq!(told["error"]["code"], code, "{arguments:?}: {told}");
        assert!(told["error"]["text"].as_str().is_some_and(|text| !text.is_empty()), "{told}");
    }
}

#[test]
fn a_request_in_flight_is_finished_before_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::start(folder.path(), &[]);
    let body = json!({ "email": "ann@bees.example", "password": "correct horse" }).to_string();
    let request = head(&server.people, "POST", "/api/v1/session", &body);
    let (first, rest) = request.split_at(request.len() - 10);
    let mut socket = TcpStream::connect(&server.people).unwrap();
    socket.write_all(first.as_bytes()).unwrap();
    // The server has the request's head once it has answered another on a later connection.
    let _: Value = ask(&head(&server.people, "GET", "/livez", ""), &server.people);

    server.signal();
    let begun = Instant::now();
    while TcpStream::connect(&server.people).is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(5), "the door still takes connections");
        std::thread::sleep(Duration::from_millis(20));
    }
    socket.write_all(rest.as_bytes()).unwrap();
    let answer = program::read_all(&mut socket);
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    assert!(answer.contains("sign_in_refused"), "{answer}");
    assert!(server.wait().success());
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn metrics_have_a_listener_of_their_own_and_logs_are_lines_of_json() {
    let folder = tempfile::tempdir().unwrap();
    let metrics = format!("127.0.0.1:{}", free_port());
    std::fs::write(folder.path().join("apis-server.toml"), "[log]\nformat = \"json\"\n").unwrap();
    let server = Running::start(folder.path(), &["--metrics", &metrics]);
    let _: Value = ask(&head(&server.people, "GET", "/livez", ""), &server.people);

    let mut socket = TcpStream::connect(&metrics).unwrap();
    socket.write_all(head(&metrics, "GET", "/metrics", "").as_bytes()).unwrap();
    let told = program::read_all(&mut socket);
    let counted = "apis_http_requests_total{door=\"people\",route=\"/livez\",method=\"GET\",status=\"200\"} 1";
    assert!(told.contains(counted), "{told}");
    // There the path is a page of the app's own, which does not know it.
    let mut socket = TcpStream::connect(&server.people).unwrap();
    socket.write_all(head(&server.people, "GET", "/metrics", "").as_bytes()).unwrap();
    let at_the_door = program::read_all(&mut socket);
    assert!(at_the_door.contains("text/html"), "{at_the_door}");
    assert!(!at_the_door.contains("apis_http_requests_total"), "{at_the_door}");

    let log = server.end_with_log();
    assert!(!log.is_empty());
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        assert!(line["level"].is_string() && line["message"].is_string(), "{line}");
    }
}

#[test]
fn bad_requests_of_people_are_counted_by_their_code_at_the_metrics_listener() {
    let folder = tempfile::tempdir().unwrap();
    let metrics = format!("127.0.0.1:{}", free_port());
    let server = Running::start(folder.path(), &["--metrics", &metrics]);
    let sign_in = |body: &str| head(&server.people, "POST", "/api/v1/session", body);
    let wrong = json!({ "email": "ann@bees.example", "password": "guessed" }).to_string();
    let large = json!({ "email": "x".repeat(1 << 20), "password": "" }).to_string();
    let requests = [
        ("malformed", sign_in("{\"email\":")),
        ("media_type_unsupported", sign_in(&wrong).replace("application/json", "text/plain")),
        ("foreign_origin", sign_in(&wrong).replace("origin: http://", "origin: http://evil.")),
        ("sign_in_refused", sign_in(&wrong)),
        ("sign_in_needed", head(&server.people, "GET", "/api/v1/sites", "")),
        ("not_found", head(&server.people, "GET", "/api/v1/queens", "")),
        ("body_too_large", sign_in(&large)),
    ];
    for (code, request) in &requests {
        let answer: Value = ask(request, &server.people);
        assert_eq!(answer["code"], *code, "{answer}");
    }
    let mut socket = TcpStream::connect(&metrics).unwrap();
    socket.write_all(head(&metrics, "GET", "/metrics", "").as_bytes()).unwrap();
    let told = program::read_all(&mut socket);
    for (code, _) in &requests {
        let counted = format!("apis_http_problems_total{{door=\"people\",code=\"{code}\"}} 1\n");
        assert!(told.contains(&counted), "{code} in {told}");
    }
    assert!(server.end().success());
}

#[test]
fn the_program_prints_its_openapi_document() {
    let folder = tempfile::tempdir().unwrap();
    let output = program(folder.path(), &["openapi"]).output().unwrap();
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let checked_in = include_str!("../../../../openapi/apis-server.json");
    let checked_in: Value = serde_json::from_str(checked_in).unwrap();
    assert!(printed == checked_in, "openapi/apis-server.json is not what the program prints");
}
