//! What an operator does by hand: the audit checked and pruned, the folder of clips checked.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use apis_testkit::database::TestDatabase;
use serde_json::Value;

use super::database_flags;
use super::program::{Running, program, run};

/// A data folder and its database.
struct House {
    database: TestDatabase,
    folder: tempfile::TempDir,
    tenant: String,
}

impl House {
    fn on_each_engine() -> impl Iterator<Item = House> {
        TestDatabase::on_each_engine().into_iter().map(|database| {
            let folder = tempfile::tempdir().unwrap();
            let mut house = House { database, folder, tenant: String::new() };
            let made = house.run(&["tenant", "create", "--name", "Bees"]);
            house.tenant = made["tenant_id"].as_str().unwrap().to_owned();
            house
        })
    }

    fn arguments(&self, words: &[&str]) -> Vec<String> {
        let words = words.iter().map(|word| (*word).to_owned());
        words.chain(database_flags(&self.database)).collect()
    }

    fn run(&self, words: &[&str]) -> Value {
        self.run_with_input(words, "")
    }

    fn run_with_input(&self, words: &[&str], input: &str) -> Value {
        let arguments = self.arguments(words);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        run(self.folder.path(), &arguments, input)
    }

    /// The code of a command that must fail.
    fn refusal(&self, words: &[&str]) -> String {
        let arguments = self.arguments(words);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut command = program(self.folder.path(), &arguments);
        let output = command.arg("--json").stdin(Stdio::null()).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{words:?}: {text}");
        let told: Value = serde_json::from_str(text.lines().last().unwrap_or_default()).unwrap();
        told["error"]["code"].as_str().unwrap().to_owned()
    }

    /// Changes rows as somebody with the owner's rights could.
    fn change(&self, sql: &str) {
        match self.database.file() {
            Some(_) => change(&self.folder.path().join("apis.sqlite"), sql),
            None => {
                self.database.run_as_superuser(sql);
            }
        }
    }

    /// Serves until its jobs have run, and ends.
    fn serve_a_while(&self, is_done: impl Fn() -> bool) {
        let flags = database_flags(&self.database);
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let server = Running::start(self.folder.path(), &flags);
        let begun = std::time::Instant::now();
        while !is_done() {
            assert!(begun.elapsed() < std::time::Duration::from_secs(30), "the job did not run");
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        assert!(server.end().success());
    }

    fn checkpoint(&self) -> Value {
        self.run(&["audit", "check"])["tenants"][0]["checkpoint"]["sequence"].clone()
    }

    fn object(&self, name: &str) -> PathBuf {
        let shelf = self.folder.path().join("media/objects").join(&self.tenant).join(&name[..2]);
        std::fs::create_dir_all(&shelf).unwrap();
        shelf.join(name)
    }
}

/// Changes a SQLite file past the program.
pub fn change(file: &Path, sql: &str) {
    let script = "import sqlite3, sys; file = sqlite3.connect(sys.argv[1], isolation_level=None); \
                  file.execute(sys.argv[2]); file.execute('PRAGMA wal_checkpoint(TRUNCATE)')";
    let python =
        std::process::Command::new("python3").args(["-c", script]).arg(file).arg(sql).status();
    assert!(python.unwrap().success());
}

#[test]
fn the_audit_is_signed_by_the_server_checked_and_pruned_by_the_operator() {
    for house in House::on_each_engine() {
        assert_eq!(house.checkpoint(), Value::Null, "nothing is signed before the first start");
        let ann = ["account", "create", "--email", "ann@bees.example", "--name", "Ann"];
        house.run_with_input(&ann, "correct horse\n");
        let email = "ann@bees.example";
        let tenant = &house.tenant;
        house.run(&["member", "add", "--tenant", tenant, "--email", email, "--role", "owner"]);
        house.serve_a_while(|| house.checkpoint() == 2);
        let checked = house.run(&["audit", "check"]);
        assert_eq!(
            (&checked["tenants"][0]["first"], &checked["tenants"][0]["last"]),
            (&1.into(), &2.into())
        );
        assert!(checked["public_key"].as_str().is_some_and(|key| key.len() == 43), "{checked}");

        assert_eq!(house.run(&["audit", "prune"])["removed"], 0, "400 days are kept");
        assert_eq!(house.run(&["audit", "prune", "--keep-days", "0"])["removed"], 1);
        let checked = house.run(&["audit", "check"]);
        assert_eq!(
            (&checked["tenants"][0]["first"], &checked["tenants"][0]["last"]),
            (&2.into(), &3.into())
        );

        house.change("UPDATE audit SET actor = 'operator!' WHERE sequence = 3");
        assert_eq!(house.refusal(&["audit", "check"]), "audit_broken");
        assert_eq!(house.refusal(&["audit", "prune", "--keep-days", "0"]), "audit_broken");
    }
}

#[test]
fn pruning_needs_the_owner() {
    let database = TestDatabase::postgres();
    let folder = tempfile::tempdir().unwrap();
    let flags = database_flags(&database);
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    run(folder.path(), &[&["tenant", "create", "--name", "Bees"], &flags[..]].concat(), "");
    let as_application = [&["audit", "prune"], &flags[..2]].concat();
    let line = super::program::refusal(folder.path(), &as_application);
    assert!(line.starts_with("error: database_owner_needed: "), "{line}");
}

#[test]
fn the_folder_of_clips_is_checked_and_put_right_when_told_to() {
    for house in House::on_each_engine() {
        let nothing = house.run(&["media", "check"]);
        assert_eq!((&nothing["objects"], &nothing["doubt"]), (&0.into(), &Value::Null));
        house.serve_a_while(|| house.folder.path().join("media/epoch").exists());

        let left = house.object(&"ab".repeat(32));
        std::fs::write(&left, b"left over").unwrap();
        let found = house.run(&["media", "check"]);
        let seen = ["objects", "unneeded", "unneeded_bytes"].map(|name| found[name].as_u64());
        assert_eq!(seen, [Some(1), Some(1), Some(9)], "{found}");
        assert_eq!(found["doubt"], "media_index_empty");
        assert_eq!(house.refusal(&["media", "check", "--apply"]), "media_index_empty");
        std::fs::write(house.folder.path().join("media/epoch"), "another\n").unwrap();
        assert_eq!(house.refusal(&["media", "check", "--apply"]), "media_folder_foreign");
        assert!(left.exists());

        let done = house.run(&["media", "check", "--apply", "--force"]);
        assert_eq!((&done["unneeded"], &done["applied"]), (&1.into(), &true.into()));
        assert!(!left.exists());
        let after = house.run(&["media", "check"]);
        assert_eq!((&after["objects"], &after["doubt"]), (&0.into(), &Value::Null));
    }
}

#[test]
fn what_the_server_keeps_is_for_its_user_alone() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("data");
    run(&folder, &["tenant", "create", "--name", "Bees"], "");
    let server = Running::start(&folder, &[]);
    let open = Command::new("find").arg(&folder).args(["-perm", "/077"]).output().unwrap();
    assert!(open.status.success(), "{}", String::from_utf8_lossy(&open.stderr));
    assert_eq!(String::from_utf8_lossy(&open.stdout), "");
    assert!(folder.join("apis.sqlite-wal").is_file(), "it looked at a folder in use");
    assert!(server.end().success());
}
