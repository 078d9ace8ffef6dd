//! Rounds of faults: the network is cut within an upload, unit and server are killed at a named
//! step and started again, all in one visit. Nothing may be lost, doubled or forgotten.

use crate::held::{HeldVisit, content, visits};
use crate::program::Line;
use crate::proxy::Proxy;
use crate::server::{Engine, Server, loopback};
use crate::unit::{PAST_THE_FIRST_MINUTE, Start, Unit, Watched, is_event};
use crate::web::Person;
use crate::{fresh_seed, is_slow, stage};
use apis_testkit::ports::free_port;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// One round: where its three faults fall.
#[derive(Debug, Clone)]
pub struct Round {
    /// The scene's seed.
    pub seed: u64,
    /// The unit's step, `STEP[:N]`.
    pub unit_step: String,
    /// The server's step, `STEP[:N]`.
    pub server_step: String,
    /// Bytes that go to the server after the visit is over, before the wire is cut.
    pub cut_after: u64,
}

/// How long a round may take before it counts as stuck. A unit backs off for seconds after each
/// fault, and there are three.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long the wire stays cut.
const CUT: Duration = Duration::from_millis(700);

/// A scene with one visit that is over early.
fn one_visit(seed: u64) -> Watched {
    Watched { preset: "garden", seed, hornets: "hover@3+4".to_owned(), bees: None, seconds: 16 }
}

/// What a restarted unit watches: an empty sky.
fn no_visit(seed: u64) -> Watched {
    Watched { preset: "garden", seed, hornets: "none".to_owned(), bees: Some(0), seconds: 300 }
}

fn round(seed: u64, unit_step: &str, server_step: &str, cut_after: u64) -> Round {
    let (unit_step, server_step) = (unit_step.to_owned(), server_step.to_owned());
    Round { seed, unit_step, server_step, cut_after }
}

/// The fixed rounds of the fast proof.
fn fixed() -> Vec<Round> {
    vec![
        round(21, "upload.chunk_answered:1", "upload.create_kept:1", 300_000),
        round(22, "upload.created:1", "upload.patch_written:2", 150_000),
        round(21, "record.answered:2", "records.kept:1", 60_000),
        round(27, "upload.chunk_sent:2", "upload.whole_placed:1", 600_000),
        round(25, "keeper.operation_done:60", "upload.patch_kept:2", 20_000),
        round(26, "record.sent:2", "clip.stored_kept:1", 450_000),
    ]
}

/// Steps of the unit that every visit reaches, and how often it surely does.
const UNIT_STEPS: &[(&str, u64)] = &[
    ("record.sent", 2),
    ("record.answered", 2),
    ("upload.creating", 2),
    ("upload.created", 2),
    ("upload.chunk_sent", 4),
    ("upload.chunk_answered", 4),
];

/// Steps of the server that every visit reaches, and how often it surely does.
const SERVER_STEPS: &[(&str, u64)] = &[
    ("records.added", 2),
    ("records.kept", 2),
    ("upload.create_kept", 2),
    ("upload.create_part_made", 2),
    ("upload.patch_written", 4),
    ("upload.patch_synced", 4),
    ("upload.patch_kept", 4),
    ("upload.whole_placed", 2),
    ("upload.whole_kept", 2),
    ("upload.part_removed", 2),
    ("clip.stored_kept", 2),
];

/// Scenes whose one hornet the eyes see: a round is about what becomes of its visit.
const SCENES: [u64; 5] = [21, 22, 25, 26, 27];

/// Thirty rounds drawn by lot for the slow proof, six at a time; each is printed.
fn fresh() -> Vec<Vec<Round>> {
    let mut lot = ChaCha8Rng::seed_from_u64(fresh_seed());
    let step = |lot: &mut ChaCha8Rng, steps: &[(&str, u64)]| {
        let (step, times) = steps[lot.random_range(0..steps.len())];
        format!("{step}:{}", lot.random_range(1..=times))
    };
    let round = |_| Round {
        seed: SCENES[lot.random_range(0..SCENES.len())],
        unit_step: step(&mut lot, UNIT_STEPS),
        server_step: step(&mut lot, SERVER_STEPS),
        cut_after: lot.random_range(10_000..800_000),
    };
    let rounds: Vec<Round> = (0..30).map(round).collect();
    rounds.iter().for_each(|round| println!("{round:?}"));
    rounds.chunks(6).map(<[Round]>::to_vec).collect()
}

#[test]
fn on_sqlite_nothing_is_lost_or_doubled_when_network_unit_and_server_fail() {
    let _stage = stage();
    play(Engine::Sqlite, &fixed());
    if is_slow() {
        fresh().iter().for_each(|rounds| play(Engine::Sqlite, rounds));
    }
}

#[test]
fn on_postgres_nothing_is_lost_or_doubled_when_network_unit_and_server_fail() {
    let _stage = stage();
    play(Engine::Postgres, &fixed());
    if is_slow() {
        fresh().iter().for_each(|rounds| play(Engine::Postgres, rounds));
    }
}

/// Plays `rounds` at once, each with a server, a wire and a unit of its own.
pub fn play(engine: Engine, rounds: &[Round]) {
    let folder = crate::Folder::new();
    let results: Vec<(usize, Result<(), String>)> = std::thread::scope(|scope| {
        let started: Vec<_> = rounds
            .iter()
            .enumerate()
            .map(|(index, round)| {
                let own = folder.path().join(format!("round-{index}"));
                (index, scope.spawn(move || Faulty::set_up(engine, &own, round).play()))
            })
            .collect();
        let end = |(index, thread): (usize, std::thread::ScopedJoinHandle<'_, _>)| {
            (index, thread.join().unwrap_or_else(|_| Err("panicked; see above".to_owned())))
        };
        started.into_iter().map(end).collect()
    });
    let wrong: Vec<String> = results
        .into_iter()
        .filter_map(|(index, result)| Some((index, result.err()?)))
        .map(|(index, why)| format!("{:?}: {why}", rounds[index]))
        .collect();
    assert!(
        wrong.is_empty(),
        "{engine:?}, files in {}:\n{}",
        folder.path().display(),
        wrong.join("\n\n")
    );
}

/// One round in progress.
struct Faulty<'a> {
    round: &'a Round,
    server: Server,
    wire: Proxy,
    unit: Unit,
    due: Due,
    is_wire_set: bool,
    /// Signed in once every fault has been: sign-ins are limited.
    person: Option<Person>,
}

/// Which faults are still to come.
#[derive(Debug, Clone, Copy)]
struct Due {
    unit: bool,
    server: bool,
    cut: bool,
}

impl Faulty<'_> {
    fn set_up<'a>(engine: Engine, folder: &Path, round: &'a Round) -> Faulty<'a> {
        let port = free_port();
        let wire = Proxy::start(loopback(port));
        let authority = format!("127.0.0.1:{}", wire.port());
        let mut server = Server::set_up(engine, &folder.join("server"), port, &authority);
        server.start(Some(&round.server_step));
        let mut unit = Unit::new("faulty", &folder.join("unit"));
        unit.enrol(&server.claim());
        let offset = Some(PAST_THE_FIRST_MINUTE);
        let hold = Some(round.unit_step.as_str());
        unit.start(
            &one_visit(round.seed),
            Start { uptime_offset: offset, hold, standalone: false },
        );
        unit.arm();
        let due = Due { unit: true, server: true, cut: true };
        Faulty { round, server, wire, unit, due, is_wire_set: false, person: None }
    }

    /// Waits for each fault's moment, makes it, and goes on until all is safe.
    fn play(mut self) -> Result<(), String> {
        let until = Instant::now() + PATIENCE;
        while self.due.unit || self.due.server || self.due.cut || !self.is_all_safe() {
            if until < Instant::now() {
                let unit = self.unit.account();
                return Err(format!(
                    "not safe in time, {:?} to come\n{unit}\n{}",
                    self.due,
                    self.server.account()
                ));
            }
            if !self.unit.events("visit_closed").is_empty() {
                self.set_wire();
            }
            self.make_what_is_due();
            std::thread::sleep(Duration::from_millis(100));
        }
        self.unit.terminate();
        self.check()
    }

    /// From the end of the visit on, by the unit's word or by its death, the wire is to be cut.
    fn set_wire(&mut self) {
        if !std::mem::replace(&mut self.is_wire_set, true) {
            self.wire.cut_after(self.round.cut_after);
        }
    }

    fn make_what_is_due(&mut self) {
        if self.due.cut && self.wire.cuts() > 0 {
            std::thread::sleep(CUT);
            self.wire.mend();
            self.due.cut = false;
        }
        if self.due.server && is_held(self.server.program().lines().iter()) {
            self.server.kill();
            self.server.start(None);
            self.due.server = false;
        }
        if self.due.unit && is_held(self.unit.running().lines().iter()) {
            self.unit.kill();
            self.set_wire();
            self.unit.start(&no_visit(self.round.seed), Start::default());
            self.due.unit = false;
        }
    }

    /// Whether the server has every visit that the unit told of, with clip and sidecar.
    fn is_all_safe(&mut self) -> bool {
        let told = self.told();
        let held = self.held();
        let is_kept = |visit: &HeldVisit| {
            let person = self.person.as_ref().expect("it has just asked");
            let is_kept = |kind: &&str| content(person, visit, kind).is_ok();
            visit.whole["closed_at"].is_string() && ["clip", "sidecar"].iter().all(is_kept)
        };
        !told.is_empty() && told.len() <= held.len() && held.iter().all(is_kept)
    }

    /// Ids of the visits that the unit told of, in order.
    fn told(&self) -> Vec<String> {
        let opened = self.unit.events("visit_opened");
        let ids = opened.iter().filter_map(|event| event["visit_id"].as_str());
        let mut ids: Vec<String> = ids.map(str::to_owned).collect();
        ids.sort();
        ids
    }

    fn held(&mut self) -> Vec<HeldVisit> {
        let person = self.person.get_or_insert_with(|| self.server.owner());
        visits(&self.server, person, &self.unit.name)
    }

    /// Nothing lost, nothing doubled, no acknowledged offset forgotten.
    fn check(&mut self) -> Result<(), String> {
        let told = self.told();
        let held = self.held();
        let mut kept: Vec<&str> = held.iter().map(|visit| visit.id.as_str()).collect();
        kept.sort_unstable();
        if told != kept {
            return Err(format!("the unit told of {told:?}, the server holds {kept:?}"));
        }
        held.iter().try_for_each(|visit| self.compare_emissions(visit))?;
        forgotten(&self.unit)
    }

    /// A visit that the unit closed before it was killed has each of its emissions once.
    fn compare_emissions(&self, visit: &HeldVisit) -> Result<(), String> {
        let story: Vec<_> = self.unit.story().iter().map(Line::json).collect();
        let is_end = |event: &serde_json::Value| {
            event["event"] == "visit_closed" && event["visit_id"] == visit.id.as_str()
        };
        let Some(end) = story.iter().position(is_end) else { return Ok(()) };
        let lit = story[..end].iter().filter(|event| event["event"] == "emission_ended").count();
        if lit == visit.emissions {
            return Ok(());
        }
        Err(format!("lit {lit} times, the visit tells of {}: {}", visit.emissions, visit.whole))
    }
}

fn is_held<'a>(mut lines: impl Iterator<Item = &'a crate::program::Line>) -> bool {
    lines.any(|line| line.text.starts_with("hold: "))
}

/// Whether an offset that was acknowledged for an upload was ever taken back.
fn forgotten(unit: &Unit) -> Result<(), String> {
    let mut acknowledged: BTreeMap<String, u64> = BTreeMap::new();
    for line in unit.story() {
        let event = line.json();
        let (Some(upload), Some(offset)) = (event["upload"].as_str(), event["offset"].as_u64())
        else {
            continue;
        };
        let before = acknowledged.entry(upload.to_owned()).or_default();
        if is_event(&line, "upload_offset") && offset < *before {
            return Err(format!("{upload}: {before} was acknowledged, later only {offset}"));
        }
        *before = offset.max(*before);
    }
    if acknowledged.is_empty() {
        return Err("the unit told of no offset".to_owned());
    }
    Ok(())
}
