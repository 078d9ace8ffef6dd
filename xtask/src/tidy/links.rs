//! Things that must meet: hazards and their tests, vectors and their readers, hold points and
//! their table.

use super::Broken;
use super::files::File;
use std::collections::BTreeSet;

/// The hazard analysis; each hazard names its tests in backticks.
const HAZARDS: &str = "docs/design/safety.md";

/// The table of steps at which `--hold-at` can stop a program.
const HOLD_POINTS: &str = "docs/ref/hold-points.md";

/// Finds what lacks its other half.
pub fn check(files: &[File]) -> Vec<Broken> {
    let mut found = hazards_without_tests(files);
    found.extend(vectors_without_readers(files));
    found.extend(hold_points(files));
    found
}

fn text_of<'a>(files: &'a [File], path: &str) -> Option<&'a str> {
    files.iter().find(|file| file.path == path).map(|file| file.text.as_str())
}

/// Names in backticks on lines of the hazard table that look like a test's: words joined by `_`.
fn hazards_without_tests(files: &[File]) -> Vec<Broken> {
    let Some(text) = text_of(files, HAZARDS) else { return Vec::new() };
    let tests: BTreeSet<&str> = files
        .iter()
        .filter(|file| file.is_rust())
        .flat_map(|file| file.text.lines())
        .filter_map(|line| line.trim().trim_start_matches("async ").strip_prefix("fn "))
        .filter_map(|rest| rest.split(['(', '<']).next())
        .collect();
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let is_hazard = line.trim_start_matches(['|', ' ', '#', '*']).starts_with('H')
            && line.split_whitespace().any(is_hazard_number);
        let named: Vec<&str> = in_backticks(line)
            .filter_map(|name| name.rsplit("::").next())
            .filter(|name| name.matches('_').count() >= 2)
            .collect();
        let place = format!("{HAZARDS}:{}", index + 1);
        for name in &named {
            if !tests.contains(name) {
                found.push(Broken {
                    place: place.clone(),
                    why: format!("no test is called {name}"),
                });
            }
        }
        if is_hazard && line.starts_with('|') && named.is_empty() {
            found.push(Broken { place, why: "a hazard without a test".to_owned() });
        }
    }
    found
}

fn is_hazard_number(word: &str) -> bool {
    let number = word.trim_matches(|c: char| !c.is_alphanumeric()).strip_prefix('H');
    number.is_some_and(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()))
}

fn in_backticks(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// Every folder of `testdata` with files is named by some Rust or Python file.
fn vectors_without_readers(files: &[File]) -> Vec<Broken> {
    let folders: BTreeSet<&str> = files
        .iter()
        .filter(|file| file.path.starts_with("testdata/") && !file.path.ends_with("README.md"))
        .filter_map(|file| file.path.rsplit_once('/').map(|(folder, _)| folder))
        .collect();
    let is_read = |folder: &str| {
        let mut readers = files.iter().filter(|file| file.is_rust() || file.path.ends_with(".py"));
        readers.any(|file| file.text.contains(folder))
    };
    let unread = folders.into_iter().filter(|folder| !is_read(folder));
    unread
        .map(|folder| Broken {
            place: folder.to_owned(),
            why: "no test reads these vectors".to_owned(),
        })
        .collect()
}

/// Each `hold::point("step")`, or `reach` where the caller waits, stands in the table, and each row of the table in the code.
fn hold_points(files: &[File]) -> Vec<Broken> {
    let mut in_code = BTreeSet::new();
    for file in files.iter().filter(|file| file.is_rust() && file.path.starts_with("crates/")) {
        let calls = ["hold::point(", "hold::reach("];
        for part in calls.iter().flat_map(|call| file.text.split(call).skip(1)) {
            if let Some(name) =
                part.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next())
            {
                in_code.insert(name);
            }
        }
    }
    let table = text_of(files, HOLD_POINTS).unwrap_or_default();
    let in_table: BTreeSet<&str> = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .filter_map(|line| in_backticks(line).next())
        .collect();
    let missing = |name: &&str, why: &str| Broken {
        place: HOLD_POINTS.to_owned(),
        why: format!("`{name}` {why}"),
    };
    let undocumented =
        in_code.difference(&in_table).map(|name| missing(name, "is not in the table"));
    let unknown = in_table.difference(&in_code).map(|name| missing(name, "is in no program"));
    undocumented.chain(unknown).collect()
}
