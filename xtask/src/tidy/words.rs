//! Words that may not stand in a file, or must.

use super::Broken;
use super::files::File;
use crate::check::BARE_CRATES;

/// Largest file of the repository, in bytes: what is bigger belongs elsewhere.
const FILE_BYTES_MAX: u64 = 700_000;

/// What reads a clock, draws randomness, starts a thread or touches the world: not in the brain.
const BANNED_IN_THE_BRAIN: [&str; 9] = [
    "std::",
    "SystemTime",
    "Instant::now",
    "getrandom",
    "rand::",
    "thread::",
    "println!",
    "unsafe ",
    "extern crate std",
];

/// Unfinished or forgotten work. Written in parts, so that this file does not hold them.
const UNFINISHED: [&str; 5] = [
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("dbg", "!("),
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
];

/// Tests that do not run, by language.
const SWITCHED_OFF: [(&str, &str); 3] = [
    (".rs", concat!("#[ig", "nore")),
    (".ts", concat!(".ski", "p(")),
    (".py", concat!("pytest.mark.", "skip")),
];

/// The beginning of a path that is only on one machine.
const MACHINE_PATHS: [&str; 3] =
    [concat!("\"/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];

/// Where the derives of serde may stand: contracts, configuration, and what commands print.
fn may_derive_serde(file: &File) -> bool {
    matches!(file.crate_name(), Some("apis-protocol" | "apis-server-api"))
        || file.path.ends_with("config.rs")
        || file.path.contains("/cli/")
        || file.path.contains("/config/")
}

/// Where SQL may be sent from.
fn may_use_sqlx(file: &File) -> bool {
    file.path.contains("/db/") || file.path.ends_with("/store.rs") || !file.is_shipped_rust()
}

/// Holds each rule about words against each file.
pub fn check(files: &[File]) -> Vec<Broken> {
    files.iter().flat_map(check_file).collect()
}

fn check_file(file: &File) -> Vec<Broken> {
    let mut found = Vec::new();
    let mut broken = |line: usize, why: String| {
        found.push(Broken { place: format!("{}:{line}", file.path), why });
    };
    if file.bytes > FILE_BYTES_MAX {
        broken(0, format!("{} bytes, at most {FILE_BYTES_MAX}", file.bytes));
    }
    if file.is_rust() && !file.text.trim_start().starts_with("//!") {
        broken(1, "a file opens with `//!`: what lives here".to_owned());
    }
    for (line, text) in file.text.lines().enumerate().map(|(index, text)| (index + 1, text)) {
        let is_code = file.is_rust() || file.path.ends_with(".ts") || file.path.ends_with(".py");
        let switched_off = SWITCHED_OFF.iter().filter(|(ending, _)| file.path.ends_with(ending));
        let banned =
            UNFINISHED.iter().filter(|_| is_code).chain(switched_off.map(|(_, word)| word));
        for word in banned.filter(|word| text.contains(**word)) {
            broken(line, format!("`{word}` may not be merged"));
        }
        for path in MACHINE_PATHS {
            if text.contains(path) && file.path != "Cargo.lock" {
                broken(line, format!("`{path}` is a path of one machine"));
            }
        }
    }
    if file.is_shipped_rust() {
        check_shipped(file, &mut broken);
    }
    found
}

fn check_shipped(file: &File, broken: &mut impl FnMut(usize, String)) {
    let is_brain = file.crate_name().is_some_and(|name| BARE_CRATES.contains(&name));
    for (line, text) in file.shipped_lines() {
        let code = text.split("//").next().unwrap_or_default();
        for word in BANNED_IN_THE_BRAIN.iter().filter(|_| is_brain) {
            if code.contains(word) {
                broken(line, format!("`{}` may not stand in the brain", word.trim()));
            }
        }
        let derives = code.contains("derive(")
            && (code.contains("Serialize") || code.contains("Deserialize"));
        if derives && !may_derive_serde(file) {
            broken(line, "serde derives belong to contracts and configuration".to_owned());
        }
        if file.crate_name() == Some("apis-server")
            && code.contains("sqlx::")
            && !may_use_sqlx(file)
        {
            broken(line, "`sqlx` belongs in `db/` and `store.rs`".to_owned());
        }
        let is_store = file.path.ends_with("/store.rs")
            || file.path.ends_with("/model.rs")
            || file.path.contains("/db/");
        if code.contains("axum::") && is_store {
            broken(line, "`axum` belongs in `http/`, the router and operation files".to_owned());
        }
    }
    if is_brain && file.path.ends_with("src/lib.rs") {
        for attribute in ["#![no_std]", "#![forbid(unsafe_code)]"] {
            if !file.text.contains(attribute) {
                broken(1, format!("a crate of the brain says `{attribute}`"));
            }
        }
    }
}
