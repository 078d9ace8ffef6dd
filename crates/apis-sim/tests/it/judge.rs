//! Judges what one unit did before one scene: visits against stays, light against visits, clips
//! against the truth. Everything that is wrong is a sentence.

use crate::body_log::{Lit, Told, aimed, broken_limits, by_emission};
use crate::clip::{self, Shown};
use crate::held::{HeldVisit, content, visits};
use crate::server::Server;
use crate::truth::Truth;
use crate::unit::Unit;
use crate::web::Person;
use apis_sim::clock::monotonic_us;
use apis_sim::scene::{Standing, Stay};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// After a hornet left its station by its length, or the picture, light may still be on for so
/// long: a picture that shows it there is stale after 400 ms, and what was lit last goes out by the
/// one-shot at the latest, 50 ms later.
const LATE_US: u64 = 450_000;

/// A visit begins when its hornet was first seen, some seconds before the verdict at most.
const TIME_OFF_US_MAX: i64 = 10_000_000;

/// The middle of the sweep may be off by so much, in degrees.
const OFF_DEGREES_MAX: f64 = 1.0;

/// What was found about one unit.
#[derive(Debug, Default)]
pub struct Finding {
    /// True visits of its scene.
    pub true_visits: usize,
    /// Of these, those in which the laser was lit.
    pub lit_visits: usize,
    /// Emissions.
    pub emissions: usize,
    /// The largest distance between sweep and hornet, in degrees.
    pub off_max: f64,
    /// Clips that were downloaded and looked into.
    pub clips: usize,
    /// Frames of them that show the hornet.
    pub shown: usize,
    /// Of these, frames in which the clip's track is on it.
    pub tracked: usize,
    /// What is wrong, however busy the machine is.
    pub broken: Vec<String>,
    /// What is wrong if the machine gave the programs their time.
    pub wrong: Vec<String>,
    /// What the eyes did not see: true visits, of which nothing is lit or kept then, and where the
    /// hornet was in a clip.
    pub missed: Vec<String>,
    /// What shows that it did not: pictures lost before the unit, a guard woken late.
    pub starved: Vec<String>,
}

impl Finding {
    /// Whether a machine that was too busy may have made all that is wrong. A unit may then miss a
    /// hornet or be dark: that is no evidence either way, and the scene has to be played again.
    pub fn is_in_doubt(&self) -> bool {
        let is_lacking =
            !self.wrong.is_empty() || !self.missed.is_empty() || self.lit_visits < self.true_visits;
        self.broken.is_empty() && is_lacking && !self.starved.is_empty()
    }

    /// Everything that is wrong.
    pub fn faults(&self) -> impl Iterator<Item = &String> {
        self.errors().chain(&self.missed)
    }

    /// Everything that is wrong but what the eyes missed.
    pub fn errors(&self) -> impl Iterator<Item = &String> {
        self.broken.iter().chain(&self.wrong)
    }
}

/// Judges `unit`, whose scene is over.
pub fn judge(unit: &Unit, server: &Server, person: &Person) -> Finding {
    let truth = unit.truth();
    let mut finding = Finding { starved: starved(unit, &truth), ..Finding::default() };
    let held = visits(server, person, &unit.name);
    compare_ids(unit, &held, &mut finding);
    compare_visits(unit, &truth, &held, person, &mut finding);
    judge_light(unit, &truth, &mut finding);
    let told: usize = held.iter().map(|visit| visit.emissions).sum();
    if told != finding.emissions {
        finding.broken.push(format!("lit {} times, the visits tell of {told}", finding.emissions));
    }
    finding
}

/// What shows that the machine had no time for `unit`.
fn starved(unit: &Unit, truth: &Truth) -> Vec<String> {
    let lost = truth.frames_lost();
    let lost = (lost > 0).then(|| format!("{lost} pictures came too late to be drawn"));
    let ended = unit.events("emission_ended");
    let lapsed = ended.iter().filter(|ended| ended["reason"] == "lapsed").count();
    let lapsed =
        (lapsed > 0).then(|| format!("the guard was woken too late in {lapsed} emissions"));
    lost.into_iter().chain(lapsed).collect()
}

/// The server holds each visit that the unit told of, once, and no other.
fn compare_ids(unit: &Unit, held: &[HeldVisit], finding: &mut Finding) {
    let opened = unit.events("visit_opened");
    let mut told: Vec<&str> =
        opened.iter().filter_map(|visit| visit["visit_id"].as_str()).collect();
    let mut kept: Vec<&str> = held.iter().map(|visit| visit.id.as_str()).collect();
    told.sort_unstable();
    kept.sort_unstable();
    if told != kept {
        finding.broken.push(format!("the unit told of {told:?}, the server holds {kept:?}"));
    }
}

/// Exactly the true visits: each once, nothing else; uncertain stays may be there or not.
fn compare_visits(
    unit: &Unit,
    truth: &Truth,
    held: &[HeldVisit],
    person: &Person,
    finding: &mut Finding,
) {
    let told = unit.events("visit_opened");
    let mut matched: Vec<Vec<&HeldVisit>> = truth.stays.iter().map(|_| Vec::new()).collect();
    for visit in held {
        match stay_of(visit, &told, unit, truth) {
            Ok(stay) => matched[stay].push(visit),
            Err(why) => finding.broken.push(format!("{why}: {}", visit.whole)),
        }
    }
    for (stay, visits) in truth.stays.iter().zip(&matched) {
        match (stay.standing(), visits.as_slice()) {
            (Standing::True, [visit]) => {
                match judge_clip(unit, truth, stay, visit, person) {
                    Ok(shown) => {
                        finding.shown += shown.shown;
                        finding.tracked += shown.tracked;
                        if !shown.is_tracked() {
                            let id = &visit.id;
                            finding
                                .missed
                                .push(format!("the track in the clip of {id}: {shown:?}"));
                        }
                    }
                    Err(why) => {
                        finding.wrong.push(format!("the clip of visit {}: {why}", visit.id));
                    }
                }
                finding.clips += 1;
            }
            (Standing::True, []) => finding.missed.push(format!("a true stay is missed: {stay:?}")),
            (Standing::Uncertain, [] | [_]) | (Standing::None, []) => {}
            (standing, visits) => {
                let count = visits.len();
                finding.wrong.push(format!("a {standing:?} stay has {count} visits: {stay:?}"));
            }
        }
    }
}

/// The stay that `visit` is about: the one during which the unit decided on it, at about the time
/// that the server gives it.
fn stay_of(
    visit: &HeldVisit,
    told: &[Value],
    unit: &Unit,
    truth: &Truth,
) -> Result<usize, &'static str> {
    let opened = told.iter().find(|opened| opened["visit_id"] == visit.id.as_str());
    let opened = opened.ok_or("a visit that its unit never told of")?;
    let uptime_us = opened["captured_us"].as_i64().ok_or("a verdict without its time")?;
    let at_us = u64::try_from(uptime_us + unit.booted_us()).unwrap_or(0);
    let held_us = visit.opened_ms * 1_000 - wall_less_monotonic_us();
    if (held_us - i64::try_from(at_us).unwrap_or(0)).abs() > TIME_OFF_US_MAX {
        return Err("a visit at a wrong time");
    }
    let is_its = |stay: &Stay| (stay.seen_from_us..=stay.seen_to_us + LATE_US).contains(&at_us);
    truth.stays.iter().position(is_its).ok_or("a visit of no hornet")
}

/// µs of the wall clock at zero of `CLOCK_MONOTONIC`.
fn wall_less_monotonic_us() -> i64 {
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    let wall_us = i64::try_from(wall.as_micros()).expect("within 292,000 years");
    wall_us - i64::try_from(monotonic_us()).expect("a machine is younger")
}

fn judge_clip(
    unit: &Unit,
    truth: &Truth,
    stay: &Stay,
    visit: &HeldVisit,
    person: &Person,
) -> Result<Shown, String> {
    let avi = content(person, visit, "clip")?;
    let sidecar = content(person, visit, "sidecar")?;
    let sidecar: Value = serde_json::from_slice(&sidecar).map_err(|_| "the sidecar is no JSON")?;
    if sidecar["evidence"] != as_pairs(&visit.whole["evidence"]) {
        let (told, kept) = (&visit.whole["evidence"], &sidecar["evidence"]);
        return Err(format!("its evidence is {kept}, the visit's {told}"));
    }
    clip::look(&avi, &sidecar, truth, stay.hornet, unit.booted_us())
}

/// A visit's evidence in the sidecar's form: each term a pair.
fn as_pairs(evidence: &Value) -> Value {
    let terms = evidence["terms"].as_array().map(Vec::as_slice).unwrap_or_default();
    let terms: Vec<Value> = terms.iter().map(|term| json!([term["term"], term["value"]])).collect();
    json!({
        "version": evidence["version"],
        "score_mnat": evidence["score_mnat"],
        "terms": terms,
    })
}

fn judge_light(unit: &Unit, truth: &Truth, finding: &mut Finding) {
    let (all, astray) = by_emission(unit.lit(), &told_emissions(unit));
    for lit in astray {
        finding.broken.push(format!("lit from {} in no emission of its unit", lit.from_us));
    }
    finding.emissions = all.len();
    finding.broken.extend(broken_limits(&all, |us| unit.uptime_at(us)));
    let armed_us = unit.events("armed").iter().filter_map(|event| event["at_us"].as_u64()).min();
    for lit in &all {
        if armed_us.is_none_or(|armed_us| unit.uptime_at(lit.from_us).micros() < armed_us) {
            finding.broken.push(format!("lit while disarmed at {}", lit.from_us));
        }
        judge_emission(lit, truth, finding);
    }
    for stay in truth.true_visits() {
        let (from_us, to_us) = stay.hover_us.expect("a true visit hovers");
        let is_lit = all.iter().any(|lit| lit.from_us <= to_us && from_us <= lit.to_us);
        finding.true_visits += 1;
        finding.lit_visits += usize::from(is_lit);
    }
}

/// The emissions of which `unit` told.
fn told_emissions(unit: &Unit) -> Vec<Told> {
    let booted_us = unit.booted_us();
    let at = |uptime_us: &Value| -> u64 {
        let uptime_us = uptime_us.as_i64().expect("an emission has its times");
        u64::try_from(uptime_us + booted_us).unwrap_or(0)
    };
    let ended = unit.events("emission_ended");
    let told =
        |event: &Value| Told { from_us: at(&event["began_us"]), to_us: at(&event["ended_us"]) };
    ended.iter().map(told).collect()
}

fn judge_emission(lit: &Lit, truth: &Truth, finding: &mut Finding) {
    let Some(stay) = truth.stay_at(lit.from_us, LATE_US) else {
        finding.broken.push(format!("lit at {} without a hornet", lit.from_us));
        return;
    };
    if stay.standing() == Standing::None {
        finding.broken.push(format!("lit at {} on a hornet that does not hover", lit.from_us));
        return;
    }
    let left_us = truth.leaves_station_us(stay).expect("it hovers");
    if left_us + LATE_US < lit.to_us {
        let late_us = lit.to_us - left_us;
        finding.wrong.push(format!("lit at {} until {late_us} µs after it left", lit.from_us));
    }
    let Some(aimed) = aimed(lit, truth, stay.hornet, 640.0) else {
        // If it was still at its station when the light came on, there was no hover left to measure
        // the aim by, and that the light went out in time is judged above.
        if left_us < lit.from_us {
            finding.wrong.push(format!("lit at {} while the hornet did not hover", lit.from_us));
        }
        return;
    };
    let off = aimed.off.pan.hypot(aimed.off.tilt);
    finding.off_max = finding.off_max.max(off);
    if off > OFF_DEGREES_MAX {
        finding.wrong.push(format!("the sweep at {} is off the hornet: {aimed:?}", lit.from_us));
    }
    if aimed.crossings == 0 {
        finding
            .wrong
            .push(format!("the line never crossed the hornet at {}: {aimed:?}", lit.from_us));
    }
}
