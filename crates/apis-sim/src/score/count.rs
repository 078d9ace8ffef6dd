//! Visits held against truth.

use super::{HornetAt, Opened, Truth, Watch};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What was right and wrong in one file or scene.
#[derive(Debug, Clone, Default)]
pub struct Score {
    /// The file or scene.
    pub name: String,
    /// Frames shown.
    pub frames: usize,
    /// Hovers that had to be found.
    pub hovers: usize,
    /// Those that were.
    pub found: usize,
    /// Visits on nothing that hovered, and second visits of the same stay.
    pub false_visits: usize,
    /// Visits that are neither right nor wrong.
    pub unjudged: usize,
    /// From the start of each found hover to its visit, milliseconds; below zero when the visit
    /// opened while the hornet was still slowing down.
    pub delays_ms: Vec<i64>,
    /// Share of the found hovers' frames, from the visit on, with a target on the hornet.
    pub aimed: f64,
    /// One line for each visit, found or false, with its evidence, and for each hover missed.
    pub remarks: Vec<String>,
}

/// What one opened visit was worth.
enum Worth {
    Found(u32),
    Unjudged,
    False(&'static str),
}

impl Score {
    /// Counts what `watch` gave against `truth`.
    pub fn count(name: String, watch: &Watch, truth: &Truth) -> Score {
        let hovers = truth.hovers();
        let at_us = |frame: usize| watch.frames.get(frame).map_or(0, |&(at_us, _)| at_us);
        let length_us = |&(first, last): &(usize, usize)| at_us(last).saturating_sub(at_us(first));
        let due: BTreeMap<u32, (usize, usize)> = hovers
            .iter()
            .filter(|(_, hover)| length_us(hover) >= truth.true_hover_us)
            .map(|(&id, &hover)| (id, hover))
            .collect();
        let mut score =
            Score { name, frames: watch.frames.len(), hovers: due.len(), ..Score::default() };
        let mut found: BTreeMap<u32, usize> = BTreeMap::new();
        for opened in &watch.opened {
            let length = |id: u32| hovers.get(&id).map_or(0, length_us);
            match worth(opened, truth, &found, length) {
                Worth::Found(id) => {
                    score.remarks.push(remark(opened, "found"));
                    found.insert(id, opened.frame);
                    if let Some(&(first, _)) = due.get(&id) {
                        score
                            .delays_ms
                            .push((at_us(opened.frame) as i64 - at_us(first) as i64) / 1_000);
                    } else {
                        score.unjudged += 1;
                    }
                }
                Worth::Unjudged => score.unjudged += 1,
                Worth::False(why) => {
                    score.false_visits += 1;
                    score.remarks.push(remark(opened, &format!("false: {why}")));
                }
            }
        }
        score.found = score.delays_ms.len();
        for (id, (first, last)) in due.iter().filter(|(id, _)| !found.contains_key(id)) {
            score.remarks.push(format!("missed: hornet {id} hovers in frames {first} to {last}"));
        }
        score.aimed = aimed(watch, truth, &due, &found);
        score
    }

    /// The score as one JSON object.
    pub fn to_json(&self) -> Value {
        json!({
            "name": self.name,
            "frames": self.frames,
            "hovers": self.hovers,
            "found": self.found,
            "missed": self.hovers - self.found,
            "false": self.false_visits,
            "unjudged": self.unjudged,
            "delays_ms": self.delays_ms,
            "aimed": (self.aimed * 1_000.0).round() / 1_000.0,
            "remarks": self.remarks,
        })
    }
}

fn worth(
    opened: &Opened,
    truth: &Truth,
    found: &BTreeMap<u32, usize>,
    hover_us: impl Fn(u32) -> u64,
) -> Worth {
    let hornets = truth.hornets_in(opened.frame);
    let on = hornets.iter().filter(|hornet| is_on(opened.px, hornet));
    match on.max_by_key(|hornet| hover_us(hornet.id)) {
        Some(hornet) if found.contains_key(&hornet.id) => Worth::False("second visit of a stay"),
        Some(hornet) if hover_us(hornet.id) >= truth.uncertain_hover_us => Worth::Found(hornet.id),
        Some(_) => Worth::False("hornet that did not hover"),
        None if truth.is_unjudged(opened.frame) => Worth::Unjudged,
        None => Worth::False("no hornet"),
    }
}

/// Whether a place is within one body length of a hornet.
fn is_on(px: (f32, f32), hornet: &HornetAt) -> bool {
    (px.0 - hornet.px.0).hypot(px.1 - hornet.px.1) <= hornet.length_px
}

fn remark(opened: &Opened, what: &str) -> String {
    let terms: Vec<String> = opened
        .visit
        .evidence
        .terms()
        .iter()
        .map(|term| format!("{:?} {}", term.code, term.value))
        .collect();
    let (x, y) = opened.px;
    format!("{what} in frame {} at ({x:.0}, {y:.0}): {}", opened.frame, terms.join(", "))
}

/// Share of hover frames after the visit's opening in which a target lay on the hornet.
fn aimed(
    watch: &Watch,
    truth: &Truth,
    due: &BTreeMap<u32, (usize, usize)>,
    found: &BTreeMap<u32, usize>,
) -> f64 {
    let (mut hit, mut count) = (0_u32, 0_u32);
    for (id, &(_, last)) in due {
        let Some(&opened) = found.get(id) else { continue };
        for frame in opened..=last {
            let Some(hornet) = truth.hornets_in(frame).iter().find(|hornet| hornet.id == *id)
            else {
                continue;
            };
            count += 1;
            let targets = watch.frames.get(frame).map_or(&[][..], |(_, targets)| targets);
            hit += u32::from(targets.iter().any(|&target| is_on(target, hornet)));
        }
    }
    if count == 0 { 0.0 } else { f64::from(hit) / f64::from(count) }
}
