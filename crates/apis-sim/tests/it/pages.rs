//! The pages in a browser, at the built binaries: what the scripts in `web/e2e` do as their owner.

use crate::program::answer_to;
use crate::proof::is_all_safe;
use crate::server::{EMAIL, Engine, PASSWORD, Server};
use crate::stage;
use crate::unit::{PAST_THE_FIRST_MINUTE, Start, Unit, Watched, wait_until};
use apis_testkit::certificate::Certificate;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use sha2::{Digest as _, Sha256};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Longest wait for what must come soon.
const SOON: Duration = Duration::from_secs(20);

const NODE: &str = "Node.js is there: `cargo xtask test` installs what the pages need";

/// A script that opens a browser at `url` as the server's owner.
fn script(name: &str, url: &str) -> Command {
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web");
    let mut command = Command::new("node");
    command.current_dir(web).args([name, url, EMAIL]);
    command.env("APIS_PASSWORD", PASSWORD);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The owner opens the set-up link, makes the account and adds the unit.
fn set_up(server: &Server, unit: &mut Unit) {
    let link = server.set_up_link().expect("a server without accounts says its link");
    let mut setting_up = script("e2e/set-up.mjs", link).spawn().expect(NODE);
    let claim = BufReader::new(setting_up.stdout.take().unwrap()).lines().next();
    if let Some(Ok(claim)) = &claim {
        unit.enrol(claim);
    }
    let ended = setting_up.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(claim.is_some() && ended.status.success(), "{told}\n{}", server.account());
}

#[test]
fn an_owner_sets_up_adds_a_unit_sees_what_it_sees_and_leaves_nothing_behind() {
    let _stage = stage();
    let folder = crate::Folder::new();
    let mut server = Server::unset_within(Engine::Sqlite, folder.path());
    server.start(None);
    let mut unit = Unit::new("pages", &folder.path().join("unit"));
    set_up(&server, &mut unit);
    let watched = Watched {
        preset: "garden",
        seed: 11,
        hornets: "hover@3+5".to_owned(),
        bees: None,
        seconds: 300,
    };
    let offset = Some(PAST_THE_FIRST_MINUTE);
    unit.start(&watched, Start { uptime_offset: offset, ..Start::default() });
    unit.arm();
    // The next heartbeat is due in a minute: that it is armed is told before.
    let count = |event: &str| unit.events(event).len();
    wait_until(|| "that it is armed is told".to_owned(), SOON, || 2 <= count("heartbeat"));
    let what = || format!("the visit and its clip are safe: {}", unit.account());
    wait_until(what, 2 * SOON, || count("visit_closed") == 1 && is_all_safe(&unit));

    let visit = script("e2e/visit.mjs", &server.people_url()).output().expect(NODE);
    let told = String::from_utf8_lossy(&visit.stderr);
    assert!(visit.status.success(), "{told}\n{}\n{}", server.account(), unit.account());
    println!("{told}");
}

#[test]
fn the_live_view_goes_on_by_itself_when_server_and_unit_were_started_again() {
    let _stage = stage();
    let folder = crate::Folder::new();
    let mut server = Server::at_home(folder.path());
    let mut unit = Unit::new("restart", &folder.path().join("unit"));
    unit.enrol(&server.claim());
    let watched = Watched {
        preset: "garden",
        seed: 12,
        hornets: "none".to_owned(),
        bees: None,
        seconds: 300,
    };
    unit.start(&watched, Start::default());
    unit.arm();
    let looking = script("e2e/restart.mjs", &server.people_url()).spawn();
    let mut looking = looking.expect(NODE);
    let mut said = BufReader::new(looking.stdout.take().unwrap()).lines();
    let mut heard = Vec::new();
    while let Some(Ok(line)) = said.next() {
        match line.as_str() {
            "live" => {
                server.terminate(SOON);
                server.start(None);
            }
            "live again" => unit.kill(),
            "gone" => unit.start(&watched, Start::default()),
            _ => {}
        }
        heard.push(line);
    }
    let ended = looking.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "after {heard:?}: {told}\n{}", server.account());
    assert_eq!(heard, ["live", "live again", "gone", "back"]);
    unit.terminate();
}

#[test]
fn a_page_shows_what_a_server_holds_that_was_put_back_and_keeps_what_was_typed() {
    let _stage = stage();
    let folder = crate::Folder::new();
    let image = folder.path().join("image");
    let mut server = Server::at_home(folder.path());
    let mut looking = script("e2e/restored.mjs", &server.people_url());
    let mut looking = looking.stdin(Stdio::piped()).spawn().expect(NODE);
    let mut go_on = looking.stdin.take().unwrap();
    let mut said = BufReader::new(looking.stdout.take().unwrap()).lines();
    let mut heard = Vec::new();
    while let Some(Ok(line)) = said.next() {
        match line.as_str() {
            "begun" => {
                server.terminate(SOON);
                crate::copy_folder(server.data(), &image);
                server.start(None);
            }
            "newer" => {
                server.terminate(SOON);
                std::fs::remove_dir_all(server.data()).unwrap();
                crate::copy_folder(&image, server.data());
                answer_to(server.command().args(["database", "restored"]), "");
                server.start(None);
            }
            _ => {}
        }
        writeln!(go_on).unwrap();
        heard.push(line);
    }
    let ended = looking.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "after {heard:?}: {told}\n{}", server.account());
    assert_eq!(heard, ["begun", "newer"]);
}

#[test]
fn a_member_of_two_tenants_chooses_one_when_signing_in() {
    let _stage = stage();
    let folder = crate::Folder::new();
    let server = Server::at_home(folder.path());
    server.join_another_tenant("Heath");
    let mut choosing = script("e2e/tenants.mjs", &server.people_url());
    let chosen = choosing.args(["Proof", "Heath"]).output().expect(NODE);
    let told = String::from_utf8_lossy(&chosen.stderr);
    assert!(chosen.status.success(), "{told}\n{}", server.account());
}

#[test]
fn two_servers_of_one_machine_stay_signed_in_beside_each_other() {
    let _stage = stage();
    let folders = [crate::Folder::new(), crate::Folder::new()];
    let [one, other] = folders.each_ref().map(|folder| Server::at_home(folder.path()));
    let mut both = script("e2e/side-by-side.mjs", &one.people_url());
    let looked = both.arg(other.people_url()).output().expect(NODE);
    let told = String::from_utf8_lossy(&looked.stderr);
    assert!(looked.status.success(), "{told}\n{}\n{}", one.account(), other.account());
}

#[test]
fn live_video_comes_over_tls_on_the_pages_own_origin() {
    let _stage = stage();
    let folder = crate::Folder::new();
    let certificate = Certificate::make(folder.path(), "127.0.0.1").unwrap();
    let server = Server::within(Engine::Sqlite, folder.path());
    let mut server = server.with_certificate(&certificate);
    server.start(None);
    let mut unit = Unit::new("tls", &folder.path().join("unit"));
    unit.enrol(&server.claim());
    let watched = Watched {
        preset: "garden",
        seed: 13,
        hornets: "none".to_owned(),
        bees: None,
        seconds: 120,
    };
    unit.start(&watched, Start::default());
    // By this a browser is told to trust it.
    let key = BASE64_STANDARD.encode(Sha256::digest(&certificate.public_key));
    let looking = script("e2e/https.mjs", &server.people_url()).arg(key).output().expect(NODE);
    let told = String::from_utf8_lossy(&looking.stderr);
    assert!(looking.status.success(), "{told}\n{}", server.account());
    println!("{told}");

    let page = Command::new("curl")
        .args(["--silent", "--show-error", "--fail", "--max-time", "20", "--cacert"])
        .arg(&certificate.chain)
        .arg(format!("{}/livez", server.people_url()))
        .output()
        .expect("curl is there: `cargo xtask test` installs it");
    assert!(page.status.success(), "{}", String::from_utf8_lossy(&page.stderr));
    unit.terminate();
}
