//! Several built units before drawn scenes against one built server, on each engine.

use crate::judge::{Finding, judge};
use crate::server::{Engine, Server};
use crate::unit::{PAST_THE_FIRST_MINUTE, Start, Unit, Watched, is_event, wait_until};
use crate::{fresh_seed, is_slow, stage};
use std::path::Path;
use std::time::{Duration, Instant};

/// The share of true visits in which the laser must have been lit, in percent.
const LIT_PERCENT_MIN: usize = 90;

/// The share of clips' frames that show the hornet in which their track must be on it, in percent.
const TRACKED_PERCENT_MIN: usize = 90;

/// After its scene a unit has so long to close, write and upload.
const AFTER_SCENE: Duration = Duration::from_secs(45);

/// How long a scene of the proof lasts, in seconds.
const SCENE_S: u32 = 38;

fn watched(preset: &'static str, seed: u64) -> Watched {
    Watched { preset, seed, hornets: "auto".to_owned(), bees: None, seconds: SCENE_S }
}

/// A scene is played again when the machine had no time for it; so often at most.
const PLAYS_MAX: usize = 3;

/// The fixed scenes of the fast proof.
fn fixed() -> Vec<Watched> {
    vec![watched("garden", 4), watched("garden", 11), watched("meadow", 8), watched("cloud", 6)]
}

/// Fresh scenes for the slow proof, four at a time, with seeds that are printed.
fn fresh() -> Vec<Vec<Watched>> {
    let first = fresh_seed();
    println!("fresh scenes with the seeds {first} to {}", first + 19);
    let presets = ["garden", "meadow", "garden", "cloud"];
    let batch = |batch: u64| {
        let scene = |(seed, preset): (u64, &'static str)| watched(preset, seed);
        (first + 4 * batch..).zip(presets).map(scene).collect()
    };
    (0..5).map(batch).collect()
}

#[test]
fn on_sqlite_every_true_visit_is_lit_kept_and_nothing_else() {
    let _stage = stage();
    assert_right(Engine::Sqlite, &[prove(Engine::Sqlite, &fixed(), Misses::None)]);
    if is_slow() {
        prove_fresh(Engine::Sqlite);
    }
}

#[test]
fn on_postgres_every_true_visit_is_lit_kept_and_nothing_else() {
    let _stage = stage();
    assert_right(Engine::Postgres, &[prove(Engine::Postgres, &fixed(), Misses::None)]);
    if is_slow() {
        prove_fresh(Engine::Postgres);
    }
}

/// What becomes of what the eyes miss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Misses {
    /// They may miss nothing.
    None,
    /// It counts in the share of visits that are lit, and of frames that are tracked.
    Counted,
}

/// What came of some scenes at one server.
struct Outcome {
    true_visits: usize,
    lit_visits: usize,
    /// Frames of clips that show the hornet.
    shown: usize,
    /// Of these, frames in which the clip's track is on it.
    tracked: usize,
    /// Everything that is wrong.
    wrong: Vec<String>,
    /// Kept until the outcome is judged: a failure leaves it behind.
    folder: crate::Folder,
}

/// Over fresh scenes so many true visits are lit as are asked for, and nothing is wrong with them
/// or beside them.
///
/// What the eyes miss of scenes that nobody chose is neither lit nor kept: the shares count it.
fn prove_fresh(engine: Engine) {
    let outcomes: Vec<Outcome> =
        fresh().iter().map(|scenes| prove(engine, scenes, Misses::Counted)).collect();
    assert_right(engine, &outcomes);
}

fn assert_right(engine: Engine, outcomes: &[Outcome]) {
    let sum = |of: fn(&Outcome) -> usize| outcomes.iter().map(of).sum::<usize>();
    let (lit, all) = (sum(|outcome| outcome.lit_visits), sum(|outcome| outcome.true_visits));
    let (tracked, shown) = (sum(|outcome| outcome.tracked), sum(|outcome| outcome.shown));
    let told = format!(
        "{engine:?}: lit in {lit} of {all} true visits, a track on the hornet in {tracked} of \
         {shown} frames of clips that show it"
    );
    println!("{told}");
    let wrong: Vec<String> = outcomes
        .iter()
        .flat_map(|outcome| outcome.wrong.iter().map(|why| (outcome.folder.path(), why)))
        .map(|(folder, why)| format!("{why} (in {})", folder.display()))
        .collect();
    assert!(wrong.is_empty(), "{told}\n{}", wrong.join("\n"));
    assert!(all > 0, "the scenes have no true visit");
    assert!(lit * 100 >= all * LIT_PERCENT_MIN, "{told}");
    assert!(tracked * 100 >= shown * TRACKED_PERCENT_MIN, "{told}");
}

/// Plays `scenes` at once before as many units of one server, and those in doubt again, alone.
fn prove(engine: Engine, scenes: &[Watched], misses: Misses) -> Outcome {
    let began = Instant::now();
    let folder = crate::Folder::new();
    let mut server = Server::within(engine, folder.path());
    server.start(None);
    let mut findings = play(folder.path(), &server, scenes, 0);
    for (index, watched) in scenes.iter().enumerate() {
        for play_number in 1..PLAYS_MAX {
            if !findings[index].is_in_doubt() {
                break;
            }
            tell_doubt(watched, &findings[index]);
            let first = play_number * scenes.len() + index;
            let again = play(folder.path(), &server, std::slice::from_ref(watched), first);
            findings.splice(index..=index, again);
        }
    }
    println!("{engine:?}: {} scenes in {:.0} s", scenes.len(), began.elapsed().as_secs_f64());
    let sum = |of: fn(&Finding) -> usize| findings.iter().map(of).sum::<usize>();
    Outcome {
        true_visits: sum(|finding| finding.true_visits),
        lit_visits: sum(|finding| finding.lit_visits),
        shown: sum(|finding| finding.shown),
        tracked: sum(|finding| finding.tracked),
        wrong: report(engine, scenes, &findings, misses),
        folder,
    }
}

fn play(folder: &Path, server: &Server, scenes: &[Watched], first: usize) -> Vec<Finding> {
    let mut units: Vec<Unit> = (first..)
        .zip(scenes)
        .map(|(number, watched)| start_unit(folder, number, watched, server))
        .collect();
    for unit in &units {
        wait_for_end(unit, server);
    }
    let person = server.owner();
    let judged = units.iter_mut().map(|unit| {
        unit.terminate();
        judge(unit, server, &person)
    });
    judged.collect()
}

fn tell_doubt(watched: &Watched, finding: &Finding) {
    let Watched { preset, seed, .. } = watched;
    println!("{preset} seed {seed} is played again, the machine was too busy:");
    finding.starved.iter().chain(finding.faults()).for_each(|why| println!("  {why}"));
}

fn start_unit(folder: &Path, number: usize, watched: &Watched, server: &Server) -> Unit {
    let name = format!("unit-{number}");
    let mut unit = Unit::new(&name, &folder.join(&name));
    unit.enrol(&server.claim());
    let offset = Some(PAST_THE_FIRST_MINUTE);
    unit.start(watched, Start { uptime_offset: offset, ..Start::default() });
    unit.arm();
    unit
}

/// Waits until the scene is over and everything of every visit is safe on the server.
fn wait_for_end(unit: &Unit, server: &Server) {
    let patience = Duration::from_secs(u64::from(SCENE_S)) + AFTER_SCENE;
    unit.running()
        .line(patience, |line| is_event(line, "source_over"))
        .unwrap_or_else(|why| panic!("the scene goes on: {why}\n{}", server.account()));
    let what = || format!("all is safe\n{}\n{}", unit.account(), server.account());
    wait_until(what, AFTER_SCENE, || is_all_safe(unit));
}

/// Whether every visit the unit has told of is closed, stored, and its clip and sidecar verified.
pub fn is_all_safe(unit: &Unit) -> bool {
    let opened = unit.events("visit_opened");
    let (stored, verified) = (unit.events("record_stored"), unit.events("upload_verified"));
    opened.iter().all(|visit| {
        let id = &visit["visit_id"];
        let is_closed = stored
            .iter()
            .any(|record| record["kind"] == "visit_closed" && record["visit_id"] == *id);
        let is_kept = |kind: &str| {
            verified.iter().any(|upload| upload["kind"] == kind && upload["visit_id"] == *id)
        };
        is_closed && is_kept("clip") && is_kept("sidecar")
    })
}

/// Tells of every scene, and gives what is wrong.
fn report(engine: Engine, scenes: &[Watched], findings: &[Finding], misses: Misses) -> Vec<String> {
    let mut wrong = Vec::new();
    for (Watched { preset, seed, .. }, finding) in scenes.iter().zip(findings) {
        println!(
            "{engine:?} {preset} seed {seed}: {}/{} true visits lit, {} emissions, at most {:.2}° off, {} clips",
            finding.lit_visits,
            finding.true_visits,
            finding.emissions,
            finding.off_max,
            finding.clips
        );
        let told = |why: &String| format!("{preset} seed {seed}: {why}");
        match misses {
            Misses::None => {
                wrong.extend(finding.faults().map(told));
            }
            Misses::Counted => {
                finding.missed.iter().for_each(|missed| println!("  {missed}"));
                wrong.extend(finding.errors().map(told));
            }
        }
        if finding.is_in_doubt() {
            wrong.push(format!("the machine was too busy: {:?}", finding.starved));
        }
    }
    wrong
}
