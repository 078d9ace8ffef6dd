//! The rules: what a detector found in a clip, held against what was true.
//!
//! A hover of [`HOVER_US`] or more is *due*; one of [`UNCERTAIN_US`] or more is neither right nor
//! wrong; a hornet with a shorter one only passes. A due hover is *found* when a verdict's body
//! lies within one body length of the hornet at some moment from the start of its hover until it
//! is gone. Each verdict counts once, where it was given: on a due hornet the first is right and
//! the others are *duplicates*; on one that passes, or on nothing, it is false, in two columns.

use super::detector::Sighting;
use super::truth::Body;
use std::collections::{BTreeMap, BTreeSet};

/// A hover this long has to be found, µs.
pub const HOVER_US: u64 = 1_500_000;

/// A hover this long may be found, µs.
pub const UNCERTAIN_US: u64 = 1_000_000;

/// Delay is counted from here at the earliest: eyes have to learn what stands still, µs.
const LEARNT_US: u64 = 5_000_000;

/// A body farther than this from every hornet is none, in the hornet's lengths.
const AWAY_LENGTHS: f32 = 1.5;

/// A line that is aimed away from every hornet for so long is lit there: the servo's way, µs.
const EMISSION_US: u64 = 300_000;

/// What one detector did in one clip.
#[derive(Debug, Clone, Default)]
pub struct Count {
    /// Frames shown.
    pub frames: usize,
    /// From the first frame to the last, µs.
    pub length_us: u64,
    /// Time in which a hornet hovered, µs.
    pub hover_us: u64,
    /// Hovers that had to be found.
    pub due: usize,
    /// Those that were.
    pub found: usize,
    /// Further verdicts on a hornet that had one.
    pub duplicates: usize,
    /// Verdicts on hornets that only pass.
    pub passing: usize,
    /// Verdicts on no hornet.
    pub wrong: usize,
    /// Verdicts that are neither right nor wrong.
    pub uncertain: usize,
    /// From the start of each found hover, or from 5 s after the clip's start, to its verdict, µs.
    pub delays_us: Vec<u64>,
    /// Times that the line would have been lit away from every hornet.
    pub wrong_emissions: usize,
    /// Verdicts' bodies that went over from a hornet to another insect.
    pub swaps: usize,
    /// Sum and number of the distances between a verdict's body and its hornet, in its lengths.
    pub position: (f64, u64),
    /// Time that the detector took, ns.
    pub busy_ns: u64,
    /// What was missed, false or twice: the frame, and in one line what.
    pub remarks: Vec<(usize, String)>,
}

/// What is remembered of one hornet.
#[derive(Debug, Default)]
struct Stay {
    /// The hover that goes on: first and last moment, and frame of the first.
    running: Option<(u64, u64, usize)>,
    /// The longest.
    longest: Option<(u64, u64, usize)>,
    last_seen_us: u64,
    /// Moments at which a verdict's body lay on it.
    on_it_us: Vec<u64>,
    /// Verdicts that were given on it.
    verdicts: Vec<Given>,
}

/// One verdict as it was given.
#[derive(Debug, Clone)]
struct Given {
    frame: usize,
    px: (f32, f32),
    evidence: String,
}

/// Counts, frame by frame.
#[derive(Debug, Default)]
pub struct Counter {
    frames: usize,
    last_us: u64,
    hover_us: u64,
    stays: BTreeMap<u32, Stay>,
    known: BTreeSet<u32>,
    nothing: Vec<Given>,
    uncertain: usize,
    /// By track: on which hornet it was last.
    on: BTreeMap<u32, u32>,
    /// By track: since when it is away from every hornet, and whether that was counted.
    away: BTreeMap<u32, (u64, bool)>,
    wrong_emissions: usize,
    swaps: usize,
    position: (f64, u64),
}

impl Counter {
    /// Takes what was true and what was found in the next frame. `evidence` is asked for when a
    /// verdict is new.
    pub fn take(
        &mut self,
        at_us: u64,
        (bodies, is_unjudged): (&[Body], bool),
        found: &[Sighting],
        evidence: &dyn Fn() -> String,
    ) {
        let frame = self.frames;
        if bodies.iter().any(|body| body.is_hovering) {
            self.hover_us += at_us - self.last_us;
        }
        self.frames += 1;
        self.last_us = at_us;
        for hornet in bodies.iter().filter(|body| body.is_hornet) {
            self.stays.entry(hornet.id).or_default().goes_on(at_us, frame, hornet.is_hovering);
        }
        self.away.retain(|track, _| found.iter().any(|one| one.track == *track));
        for one in found {
            let hornets = bodies.iter().filter(|body| body.is_hornet);
            let near = hornets.map(|hornet| (hornet.lengths_to(one.px), hornet)).min_by(|a, b| {
                (!a.1.is_hovering, a.0)
                    .partial_cmp(&(!b.1.is_hovering, b.0))
                    .unwrap_or(std::cmp::Ordering::Equal)
            });
            let on = near.filter(|(lengths, _)| *lengths <= 1.0);
            if self.known.insert(one.verdict) {
                let given = Given { frame, px: one.px, evidence: evidence() };
                match on {
                    Some((_, hornet)) => {
                        self.stays.entry(hornet.id).or_default().verdicts.push(given);
                    }
                    None if is_unjudged => self.uncertain += 1,
                    None => self.nothing.push(given),
                }
            }
            match on {
                Some((lengths, hornet)) => {
                    self.position.0 += f64::from(lengths);
                    self.position.1 += 1;
                    self.stays.entry(hornet.id).or_default().on_it_us.push(at_us);
                    self.away.remove(&one.track);
                    let before = self.on.insert(one.track, hornet.id);
                    self.swaps += usize::from(before.is_some_and(|before| before != hornet.id));
                }
                None if is_unjudged => {}
                None => self.is_away(one, at_us, bodies),
            }
        }
    }

    fn is_away(&mut self, one: &Sighting, at_us: u64, bodies: &[Body]) {
        let distance = |body: &Body| body.lengths_to(one.px);
        let hornets = || bodies.iter().filter(|body| body.is_hornet);
        if hornets().any(|hornet| distance(hornet) <= AWAY_LENGTHS) {
            return;
        }
        let (since_us, is_counted) = self.away.entry(one.track).or_insert((at_us, false));
        if !*is_counted && *since_us + EMISSION_US <= at_us {
            *is_counted = true;
            self.wrong_emissions += 1;
        }
        let is_on_other = bodies.iter().any(|body| !body.is_hornet && distance(body) <= 0.5);
        if is_on_other && self.on.remove(&one.track).is_some() {
            self.swaps += 1;
        }
    }

    /// What it all comes to.
    pub fn finish(self, busy_ns: u64) -> Count {
        let mut count = Count {
            frames: self.frames,
            length_us: self.last_us,
            hover_us: self.hover_us,
            uncertain: self.uncertain,
            wrong_emissions: self.wrong_emissions,
            swaps: self.swaps,
            position: self.position,
            busy_ns,
            ..Count::default()
        };
        for given in &self.nothing {
            count.wrong += 1;
            count.remarks.push(given.remark("false: no hornet"));
        }
        for (id, stay) in self.stays {
            count.add(id, &stay);
        }
        count.remarks.sort_by_key(|(frame, _)| *frame);
        count
    }
}

impl Stay {
    fn goes_on(&mut self, at_us: u64, frame: usize, is_hovering: bool) {
        self.last_seen_us = at_us;
        if !is_hovering {
            self.running = None;
            return;
        }
        let (begin_us, _, first) = self.running.unwrap_or((at_us, at_us, frame));
        self.running = Some((begin_us, at_us, first));
        let length_us = |hover: (u64, u64, usize)| hover.1 - hover.0;
        if self.longest.is_none_or(|longest| length_us(longest) <= at_us - begin_us) {
            self.longest = self.running;
        }
    }
}

impl Given {
    fn remark(&self, what: &str) -> (usize, String) {
        let Given { frame, px: (x, y), evidence } = self;
        (*frame, format!("{what}, frame {frame} at ({x:.0}, {y:.0}): {evidence}"))
    }
}

impl Count {
    fn add(&mut self, id: u32, stay: &Stay) {
        let (begin_us, end_us, first) = stay.longest.unwrap_or_default();
        let length_us = end_us - begin_us;
        if length_us < UNCERTAIN_US {
            self.passing += stay.verdicts.len();
            let remark = |given: &Given| given.remark("false: a hornet that passes");
            self.remarks.extend(stay.verdicts.iter().map(remark));
            return;
        }
        if length_us < HOVER_US {
            self.uncertain += stay.verdicts.len();
            return;
        }
        self.due += 1;
        let again = stay.verdicts.iter().skip(1);
        self.duplicates += again.len();
        self.remarks.extend(again.map(|given| given.remark("second verdict on a hornet")));
        let is_in_time = |at_us: &&u64| (begin_us..=stay.last_seen_us).contains(*at_us);
        match stay.on_it_us.iter().find(is_in_time) {
            Some(at_us) => {
                self.found += 1;
                self.delays_us.push(at_us.saturating_sub(begin_us.max(LEARNT_US)));
            }
            None => {
                let seconds = length_us as f64 / 1e6;
                let middle = first + (self.frames.min(first + 60) - first) / 4;
                self.remarks.push((
                    middle,
                    format!("missed: hornet {id} hovers from frame {first} on for {seconds:.1} s"),
                ));
            }
        }
    }

    /// Adds another clip's.
    pub fn merge(&mut self, other: &Count) {
        self.frames += other.frames;
        self.length_us += other.length_us;
        self.hover_us += other.hover_us;
        self.due += other.due;
        self.found += other.found;
        self.duplicates += other.duplicates;
        self.passing += other.passing;
        self.wrong += other.wrong;
        self.uncertain += other.uncertain;
        self.delays_us.extend(&other.delays_us);
        self.wrong_emissions += other.wrong_emissions;
        self.swaps += other.swaps;
        self.position.0 += other.position.0;
        self.position.1 += other.position.1;
        self.busy_ns += other.busy_ns;
    }

    /// Hovers that were not found.
    pub fn missed(&self) -> usize {
        self.due - self.found
    }

    /// Verdicts that are false, on a hornet that passes or on nothing.
    pub fn all_wrong(&self) -> usize {
        self.passing + self.wrong
    }

    /// How much there is to mend.
    pub fn faults(&self) -> usize {
        self.missed() + self.all_wrong() + self.duplicates
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOWHERE: (f32, f32) = (500.0, 400.0);

    fn hornet(id: u32, is_hovering: bool) -> Body {
        Body { id, is_hornet: true, px: (100.0, 100.0), length_px: 30.0, is_hovering }
    }

    /// 10 frames a second: `hovering(at)` and `verdict(at)` by tenths of a second.
    fn counted(
        length: u64,
        hovering: impl Fn(u64) -> bool,
        sighting: impl Fn(u64) -> Option<(u32, (f32, f32))>,
    ) -> Count {
        let mut counter = Counter::default();
        for at in 0..length {
            let bodies = [hornet(1, hovering(at))];
            let found: Vec<Sighting> = sighting(at)
                .map(|(verdict, px)| Sighting { track: verdict, verdict, px })
                .into_iter()
                .collect();
            counter.take(at * 100_000, (&bodies, false), &found, &String::new);
        }
        counter.finish(0)
    }

    fn check(count: &Count, expected: [usize; 6]) {
        let Count { due, found, duplicates, passing, wrong, uncertain, .. } = count;
        assert_eq!([*due, *found, *duplicates, *passing, *wrong, *uncertain], expected);
    }

    #[test]
    fn a_hover_is_found_from_its_start_until_the_hornet_is_gone() {
        let on_it = |verdict| Some((verdict, (110.0, 100.0)));
        let late = counted(100, |at| (60..80).contains(&at), |at| (at == 90).then(|| on_it(1))?);
        check(&late, [1, 1, 0, 0, 0, 0]);
        assert_eq!(late.delays_us, [3_000_000]);
        let early = counted(100, |at| (60..80).contains(&at), |at| (at == 50).then(|| on_it(1))?);
        check(&early, [1, 0, 0, 0, 0, 0]);
        // A clip's first five seconds are for learning.
        let first = counted(100, |at| at < 80, |at| (at >= 56).then(|| on_it(1))?);
        assert_eq!(first.delays_us, [600_000]);
    }

    #[test]
    fn short_hovers_are_no_hovers_and_uncertain_ones_count_neither_way() {
        let on_it = |at: u64| (at == 70).then_some((1, (110.0, 100.0)));
        check(&counted(100, |at| (60..70).contains(&at), on_it), [0, 0, 0, 1, 0, 0]);
        check(&counted(100, |at| (60..72).contains(&at), on_it), [0, 0, 0, 0, 0, 1]);
        check(&counted(100, |at| (60..76).contains(&at), on_it), [1, 1, 0, 0, 0, 0]);
    }

    #[test]
    fn each_verdict_counts_once_where_it_was_given() {
        let hovers = |at: u64| (20..80).contains(&at);
        let twice = counted(100, hovers, |at| Some((u32::from(at > 50), (110.0, 100.0))));
        check(&twice, [1, 1, 1, 0, 0, 0]);
        let elsewhere = counted(100, hovers, |at| (at > 50).then_some((1, NOWHERE)));
        check(&elsewhere, [1, 0, 0, 0, 1, 0]);
        assert_eq!(elsewhere.wrong_emissions, 1);
        let flash = counted(100, hovers, |at| (50..52).contains(&at).then_some((1, NOWHERE)));
        assert_eq!((flash.wrong, flash.wrong_emissions), (1, 0));
    }

    #[test]
    fn what_is_not_judged_is_not_false() {
        let mut counter = Counter::default();
        let found = [Sighting { track: 1, verdict: 1, px: NOWHERE }];
        for at in 0..10 {
            counter.take(at * 100_000, (&[], true), &found, &String::new);
        }
        check(&counter.finish(0), [0, 0, 0, 0, 0, 1]);
    }

    #[test]
    fn a_verdict_that_goes_over_to_a_bee_is_a_swap_and_lights_it() {
        let mut counter = Counter::default();
        let bee = Body { is_hornet: false, px: (300.0, 100.0), ..hornet(9, false) };
        for at in 0..40 {
            let px = if at < 20 { (100.0, 100.0) } else { (301.0, 100.0) };
            let found = [Sighting { track: 1, verdict: 1, px }];
            let bodies = [hornet(1, true), bee];
            counter.take(at * 100_000, (&bodies, false), &found, &String::new);
        }
        let count = counter.finish(0);
        assert_eq!((count.swaps, count.wrong_emissions, count.found), (1, 1, 1));
    }
}
