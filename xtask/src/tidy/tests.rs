//! Each rule finds what it is there for, and lets pass what is right.

use super::files::File;
use super::{Broken, edges, links, words};
use serde_json::{Value, json};

fn file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), text: text.to_owned(), bytes: text.len() as u64 }
}

/// What the rules about words say of one file.
fn said(path: &str, text: &str) -> Vec<String> {
    told(words::check(&[file(path, text)]))
}

fn told(broken: Vec<Broken>) -> Vec<String> {
    broken.into_iter().map(|Broken { place, why }| format!("{place}: {why}")).collect()
}

#[track_caller]
fn assert_said(path: &str, text: &str, what: &str) {
    let said = said(path, text);
    assert!(said.iter().any(|line| line.contains(what)), "{path}: {said:?} lacks {what:?}");
}

#[track_caller]
fn assert_silent(path: &str, text: &str) {
    let said = said(path, text);
    assert!(said.is_empty(), "{said:?}");
}

#[test]
fn a_rust_file_opens_with_what_lives_in_it() {
    assert_said("crates/apis-server/src/a.rs", "fn a() {}\n", "opens with");
    assert_said("xtask/src/a.rs", "// a comment\n", "opens with");
    assert_silent("crates/apis-server/src/a.rs", "//! A.\nfn a() {}\n");
    assert_silent("docs/a.md", "# A\n");
}

#[test]
fn a_file_that_is_too_large_is_told() {
    let large = File { path: "docs/a.md".to_owned(), text: String::new(), bytes: 700_001 };
    assert!(told(words::check(&[large])).iter().any(|line| line.contains("700001 bytes")));
}

#[test]
fn clocks_threads_and_the_outside_are_banned_from_the_brain_alone() {
    let lines = [
        "use std::fs::File;",
        "let now = SystemTime::now();",
        "let now = Instant::now();",
        "let x = rand::random();",
        "getrandom(&mut bytes);",
        "thread::spawn(run);",
        "println!(\"seen\");",
        "unsafe { read() }",
        "extern crate std;",
    ];
    for line in lines {
        for name in ["apis-safety", "apis-vision", "apis-aim", "apis-units", "apis-unit"] {
            let path = format!("crates/{name}/src/a.rs");
            assert_said(&path, &format!("//! A.\n{line}\n"), "may not stand in the brain");
        }
        assert_said("crates/apis-protocol/src/a.rs", &format!("//! A.\n{line}\n"), "brain");
        assert_silent("crates/apis-unit-linux/src/a.rs", &format!("//! A.\n{line}\n"));
    }
    let in_a_comment = "//! A.\n// unlike std::time\nfn a() {}\n#[cfg(test)]\nuse std::fs;\n";
    assert_silent("crates/apis-safety/src/a.rs", in_a_comment);
    assert_silent("crates/apis-safety/tests/it/a.rs", "//! A.\nuse std::fs;\n");
}

#[test]
fn a_crate_of_the_brain_says_what_it_forbids() {
    let path = "crates/apis-safety/src/lib.rs";
    assert_said(path, "//! A.\n#![forbid(unsafe_code)]\n", "#![no_std]");
    assert_said(path, "//! A.\n#![no_std]\n", "#![forbid(unsafe_code)]");
    assert_silent(path, "//! A.\n#![no_std]\n#![forbid(unsafe_code)]\n");
}

#[test]
fn sql_and_http_keep_to_their_places() {
    let (sql, http) = ("//! A.\nuse sqlx::query;\n", "//! A.\nuse axum::Json;\n");
    assert_said("crates/apis-server/src/visits/list.rs", sql, "`sqlx` belongs");
    assert_silent("crates/apis-server/src/visits/store.rs", sql);
    assert_silent("crates/apis-server/src/db/mod.rs", sql);
    for path in ["visits/store.rs", "visits/model.rs", "db/tx.rs"] {
        assert_said(&format!("crates/apis-server/src/{path}"), http, "`axum` belongs");
    }
    assert_silent("crates/apis-server/src/visits/list.rs", http);
}

#[test]
fn serde_derives_stand_in_contracts_and_configuration() {
    let derive = "//! A.\n#[derive(Debug, Serialize)]\nstruct A;\n";
    assert_said("crates/apis-server/src/visits/model.rs", derive, "serde derives");
    for path in [
        "crates/apis-protocol/src/heartbeat.rs",
        "crates/apis-server-api/src/visits.rs",
        "crates/apis-server/src/config/mod.rs",
        "crates/apis-unit-linux/src/config.rs",
        "crates/apis-server/src/cli/units.rs",
    ] {
        assert_silent(path, derive);
    }
}

#[test]
fn unfinished_work_switched_off_tests_and_paths_of_one_machine_are_told() {
    let rust = "crates/apis-server/src/a.rs";
    for word in [concat!("to", "do!()"), concat!("dbg", "!(1)"), concat!("// FIX", "ME")] {
        assert_said(rust, &format!("//! A.\n{word}\n"), "may not be merged");
    }
    assert_silent("docs/a.md", concat!("FIX", "ME is a word here\n"));
    assert_said(rust, concat!("//! A.\n#[ig", "nore]\n"), "may not be merged");
    assert_said("web/a.ts", concat!("test.ski", "p('x')\n"), "may not be merged");
    assert_said("interop/a.py", concat!("@pytest.mark.", "skip\n"), "may not be merged");
    assert_said("docs/a.md", concat!("see /ho", "me/ann/apis\n"), "path of one machine");
}

/// What the table of edges says of a crate with these dependencies.
fn edges_of(name: &str, dependencies: &[(&str, Option<&str>)]) -> Vec<String> {
    let dependencies: Vec<Value> =
        dependencies.iter().map(|(name, kind)| json!({ "name": name, "kind": kind })).collect();
    let package = json!({ "name": name, "dependencies": dependencies, "features": {} });
    told(edges::check_package(&package))
}

#[test]
fn a_crate_uses_what_its_arrows_allow() {
    let refused = [
        ("apis-safety", "apis-vision"),
        ("apis-safety", "serde"),
        ("apis-vision", "apis-safety"),
        ("apis-units", "libm"),
        ("apis-unit", "apis-unit-linux"),
        ("apis-unit", "tokio"),
        ("apis-protocol", "rand"),
        ("apis-server", "apis-unit"),
        ("apis-server", "apis-sim"),
        ("apis-unit-linux", "apis-testkit"),
        ("apis-server-api", "apis-server"),
        ("xtask", "apis-server"),
    ];
    for (name, used) in refused {
        assert_eq!(edges_of(name, &[(used, None)]).len(), 1, "{name} uses {used}");
    }
    let allowed = [
        ("apis-safety", "apis-units"),
        ("apis-unit", "apis-safety"),
        ("apis-server", "tokio"),
        ("apis-sim", "apis-testkit"),
        ("xtask", "anyhow"),
    ];
    for (name, used) in allowed {
        assert!(edges_of(name, &[(used, None)]).is_empty(), "{name} uses {used}");
    }
}

#[test]
fn what_tests_use_does_not_ship_and_a_build_script_does() {
    assert!(edges_of("apis-server", &[("apis-testkit", Some("dev"))]).is_empty());
    assert_eq!(edges_of("apis-server", &[("apis-testkit", Some("build"))]).len(), 1);
}

#[test]
fn a_crate_that_is_not_listed_and_a_feature_that_is_not_are_told() {
    assert!(edges_of("apis-new", &[])[0].contains("missing in the table"));
    let featured = json!({ "name": "apis-aim", "dependencies": [], "features": { "fast": [] } });
    assert!(told(edges::check_package(&featured))[0].contains("a feature may only"));
}

/// What the rules about things that must meet say of these files.
fn links_of(files: &[(&str, &str)]) -> Vec<String> {
    let files: Vec<File> = files.iter().map(|(path, text)| file(path, text)).collect();
    told(links::check(&files))
}

#[test]
fn a_hazard_names_a_test_that_exists() {
    let test = ("crates/apis-safety/src/tests/a.rs", "//! A.\nfn the_beam_goes_dark() {}\n");
    let row = |text: &str| format!("| H1 | the beam stays on | {text} |\n");
    let of = |text: &str| links_of(&[("docs/design/safety.md", &row(text)), test]);
    assert_eq!(of("none yet").len(), 1);
    assert!(of("`the_beam_goes_away`")[0].contains("no test is called the_beam_goes_away"));
    assert!(of("`the_beam_goes_dark`").is_empty());
}

#[test]
fn vectors_are_read_by_a_test() {
    let vectors = ("testdata/safety/a.txt", "1\n");
    assert_eq!(links_of(&[vectors]), ["testdata/safety: no test reads these vectors"]);
    let reader =
        ("crates/apis-safety/src/tests/v.rs", "//! V.\nconst F: &str = \"testdata/safety\";\n");
    assert!(links_of(&[vectors, reader]).is_empty());
}

#[test]
fn hold_points_stand_in_the_code_and_in_the_table() {
    let code = |step: &str| format!("//! A.\nfn a() {{ hold::{}(\"{step}\"); }}\n", "reach");
    let table = ("docs/ref/hold-points.md", "| `a.kept` | when |\n");
    let of = |step: &str| links_of(&[table, ("crates/apis-server/src/a.rs", &code(step))]);
    assert!(of("a.kept").is_empty());
    let both = of("a.lost");
    assert!(both.iter().any(|line| line.contains("`a.lost` is not in the table")), "{both:?}");
    assert!(both.iter().any(|line| line.contains("`a.kept` is in no program")), "{both:?}");
}
