//! The eyes on the short list of drawn scenes, where no count may get worse, and on real and composed
//! footage. Footage lies outside the repository, in the folder that `APIS_FOOTAGE` names; without it
//! the tests say what was not scored.

use crate::wings;
use apis_sim::eval::clip::{Clip, files_under};
use apis_sim::eval::corpus;
use apis_sim::eval::count::Count;
use apis_sim::eval::detector::Kind;
use apis_sim::eval::run::{Contender, run};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Fewest of the composites' twelve hovers that have to be found.
const FOUND_MIN: usize = 8;

/// Most false or repeated verdicts over all composites.
const FALSE_MAX: usize = 1;

const COMPOSITES: [&str; 7] =
    ["c01.mp4", "c02.mp4", "c03.mp4", "c04.mp4", "c05.mp4", "c06.mp4", "c07.mp4"];

/// Composites without any hover.
const SILENT: [&str; 2] = ["c03.mp4", "c07.mp4"];

fn footage() -> Option<PathBuf> {
    std::env::var_os("APIS_FOOTAGE").map(PathBuf::from)
}

/// What the eyes find in each clip of `folder`, uncalibrated.
fn counts(folder: &Path) -> Vec<(String, Count)> {
    counts_of(&files_under(folder).unwrap())
}

fn counts_of(clips: &[Clip]) -> Vec<(String, Count)> {
    let eyes = Contender { detector: Kind::Eyes, is_calibrated: false };
    let columns = run(clips, &[eyes], &|_, _| {}).unwrap();
    let results = columns.into_iter().flat_map(|column| column.results);
    results.map(|result| (result.name, result.count)).collect()
}

/// What the short list came to, by scene: missed, false on nothing, false on a hornet that passes, twice.
const QUICK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/eval-quick.json");

#[test]
fn no_count_of_the_short_list_gets_worse() {
    let _wings = wings();
    let counts = counts_of(&corpus::quick());
    let kinds =
        |one: &Count| [one.missed(), one.wrong, one.passing, one.duplicates, one.wrong_emissions];
    let found: Value = counts.iter().map(|(name, one)| (name.clone(), json!(kinds(one)))).collect();
    let found = json!({ "set_version": corpus::VERSION, "scenes": found });
    if std::env::var_os("APIS_BLESS").is_some() {
        std::fs::write(QUICK, format!("{found:#}\n")).unwrap();
        return;
    }
    let recorded: Value = serde_json::from_str(&std::fs::read_to_string(QUICK).unwrap()).unwrap();
    assert_eq!(recorded["set_version"], found["set_version"]);
    for (name, one) in &counts {
        let before: Vec<usize> = serde_json::from_value(recorded["scenes"][name].clone())
            .unwrap_or_else(|_| {
                panic!("{name} is not recorded: APIS_BLESS=1 writes the list anew")
            });
        let is_worse = kinds(one).iter().zip(&before).any(|(now, before)| before < now);
        assert!(!is_worse, "{name}: {:?} instead of {before:?}: {:?}", kinds(one), one.remarks);
    }
}

#[test]
fn composed_hovers_are_found_and_nothing_else() {
    let _wings = wings();
    let Some(folder) = footage() else {
        println!("not scored: the composites {COMPOSITES:?}, since APIS_FOOTAGE is not set");
        return;
    };
    let counts = counts(&folder.join("composites"));
    let names: Vec<&str> = counts.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, COMPOSITES);
    let sum = |count: fn(&Count) -> usize| counts.iter().map(|(_, one)| count(one)).sum::<usize>();
    assert_eq!(sum(|one| one.due), 12, "the composites' truth was read");
    let (found, wrong) = (sum(|one| one.found), sum(|one| one.all_wrong() + one.duplicates));
    assert!(found >= FOUND_MIN, "{found} hovers found: {counts:?}");
    assert!(wrong <= FALSE_MAX, "{wrong} false verdicts: {counts:?}");
    for (name, one) in &counts {
        assert!(!SILENT.contains(&name.as_str()) || one.all_wrong() == 0, "{name} is not silent");
    }
}

#[test]
fn hornets_that_only_pass_get_no_visit() {
    let _wings = wings();
    let Some(folder) = footage() else {
        println!("not scored: hive-pass, since APIS_FOOTAGE is not set");
        return;
    };
    let counts = counts(&folder.join("hive-pass"));
    assert_eq!(counts.len(), 1);
    assert_eq!(counts[0].1.all_wrong(), 0, "{counts:?}");
}
