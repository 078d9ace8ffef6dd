//! The eyes on real and composed footage. It lies outside the repository, in the folder that
//! `APIS_FOOTAGE` names; without it the test says what was not scored.

use crate::wings;
use apis_sim::score::{Score, score_file};
use std::path::{Path, PathBuf};

/// Fewest of the composites' twelve hovers that have to be found.
const FOUND_MIN: usize = 8;

/// Most false visits over all composites.
const FALSE_MAX: usize = 1;

const COMPOSITES: [&str; 7] = ["c01", "c02", "c03", "c04", "c05", "c06", "c07"];

/// Composites without any hover.
const SILENT: [&str; 2] = ["c03", "c07"];

fn footage() -> Option<PathBuf> {
    std::env::var_os("APIS_FOOTAGE").map(PathBuf::from)
}

fn score(file: &Path) -> Score {
    let score = score_file(file).unwrap();
    println!("{}", score.to_json());
    score
}

#[test]
fn composed_hovers_are_found_and_nothing_else() {
    let _wings = wings();
    let Some(folder) = footage() else {
        println!("not scored: the composites {COMPOSITES:?}, since APIS_FOOTAGE is not set");
        return;
    };
    let score_of = |name: &str| score(&folder.join("composites").join(name).with_extension("mp4"));
    let scores = COMPOSITES.map(|name| (name, score_of(name)));
    let sum = |count: fn(&Score) -> usize| scores.iter().map(|(_, score)| count(score)).sum();
    let (hovers, found, wrong): (usize, usize, usize) =
        (sum(|score| score.hovers), sum(|score| score.found), sum(|score| score.false_visits));
    assert_eq!(hovers, 12, "the composites' truth was read");
    assert!(found >= FOUND_MIN, "{found} of {hovers} hovers found");
    assert!(wrong <= FALSE_MAX, "{wrong} false visits");
    for (name, score) in &scores {
        assert!(!SILENT.contains(name) || score.false_visits == 0, "{name} is not silent");
    }
}

#[test]
fn hornets_that_only_pass_get_no_visit() {
    let _wings = wings();
    let Some(folder) = footage() else {
        println!("not scored: hive-pass, since APIS_FOOTAGE is not set");
        return;
    };
    let score = score(&folder.join("hive-pass").join("hive-pass.mp4"));
    assert_eq!(score.false_visits, 0, "{:?}", score.remarks);
}
