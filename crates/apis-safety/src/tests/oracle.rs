//! An oracle of the limits in time, which knows only when orders were given and what R6 says.
//!
//! It reckons light as the hardware would: from an order until the next step that gives none, at
//! most the one-shot's 50 ms. It shares no code and no constant with the interlock.

use core::time::Duration;
use std::string::String;
use std::vec::Vec;
use std::{format, vec};

use apis_units::Uptime;

/// What R6 demands, in microseconds.
const EMISSION_US: u64 = 5_000_000;
const REST_US: u64 = 2_000_000;
const CONTINUOUS_US: u64 = 10_000_000;
const DUTY_US: u64 = 30_000_000;
const WINDOW_US: u64 = 60_000_000;
const BOOT_US: u64 = 60_000_000;
const ONE_SHOT_US: u64 = 50_000;

/// A limit of R6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Law {
    Emission,
    Rest,
    Continuous,
    Duty,
    Boot,
}

/// When it was lit: start and end in microseconds, oldest first, never touching.
#[derive(Debug, Default)]
pub(super) struct Lit {
    runs: Vec<(u64, u64)>,
    /// The newest step, if it gave an order.
    ordered_us: Option<u64>,
}

impl Lit {
    /// One step at `now` and whether it gave an order.
    pub(super) fn step(&mut self, is_ordered: bool, now: Uptime) {
        let now_us = now.micros();
        if let (Some(then), Some(run)) = (self.ordered_us, self.runs.last_mut()) {
            run.1 = (then + ONE_SHOT_US).min(now_us);
        }
        self.ordered_us = is_ordered.then_some(now_us);
        if is_ordered {
            match self.runs.last_mut() {
                Some(run) if now_us == run.1 => run.1 = now_us + ONE_SHOT_US,
                Some(_) | None => self.runs.push((now_us, now_us + ONE_SHOT_US)),
            }
        }
    }

    /// The runs, the newest as if the unit stopped now.
    pub(super) fn runs(&self) -> &[(u64, u64)] {
        &self.runs
    }

    /// The longest run.
    pub(super) fn longest(&self) -> Duration {
        let longest = self.runs.iter().map(|(start, end)| end - start).max();
        Duration::from_micros(longest.unwrap_or(0))
    }

    /// The most light in any window.
    pub(super) fn most_in_a_window(&self) -> Duration {
        Duration::from_micros(
            self.runs.iter().map(|(_, end)| self.lit_before(*end)).max().unwrap_or(0),
        )
    }

    /// The longest time lit without a pause of a whole rest, short pauses included.
    pub(super) fn longest_stretch(&self) -> Duration {
        let stretches = merged(&self.runs, REST_US);
        let longest = stretches.iter().map(|(start, end)| end - start).max();
        Duration::from_micros(longest.unwrap_or(0))
    }

    /// The first breach of one of `laws`, in words.
    pub(super) fn breach(&self, laws: &[Law]) -> Option<String> {
        laws.iter().find_map(|law| self.breach_of(*law))
    }

    fn breach_of(&self, law: Law) -> Option<String> {
        let runs = &self.runs;
        let found = match law {
            Law::Emission => runs.iter().find(|(start, end)| end - start > EMISSION_US).copied(),
            Law::Rest => {
                let mut pairs = runs.windows(2).map(|pair| (pair[0].1, pair[1].0));
                pairs.find(|(end, next)| next - end < REST_US)
            }
            Law::Continuous => {
                merged(runs, REST_US).into_iter().find(|(start, end)| end - start > CONTINUOUS_US)
            }
            Law::Duty => runs.iter().find(|(_, end)| self.lit_before(*end) > DUTY_US).copied(),
            Law::Boot => runs.first().filter(|(start, _)| *start < BOOT_US).copied(),
        };
        found.map(|(from, to)| format!("{law:?} is broken from {from} to {to} µs"))
    }

    /// Light in the window that ends at `end_us`. The fullest window ends where a run ends, or
    /// begins where one begins; the second is the first seen from its other side.
    fn lit_before(&self, end_us: u64) -> u64 {
        let lit = |start_us: u64| -> u64 {
            let end_us = start_us + WINDOW_US;
            let within =
                self.runs.iter().map(|(start, end)| (start.max(&start_us), end.min(&end_us)));
            within.map(|(start, end)| end.saturating_sub(*start)).sum()
        };
        let from_end = lit(end_us.saturating_sub(WINDOW_US));
        let starts = self.runs.iter().filter(|(start, _)| start + WINDOW_US >= end_us);
        let from_starts = starts.take(1).map(|(start, _)| lit(*start)).max().unwrap_or(0);
        from_end.max(from_starts)
    }
}

fn merged(runs: &[(u64, u64)], pause_us: u64) -> Vec<(u64, u64)> {
    let mut stretches: Vec<(u64, u64)> = vec![];
    for &(start, end) in runs {
        match stretches.last_mut() {
            Some(last) if start - last.1 < pause_us => last.1 = end,
            Some(_) | None => stretches.push((start, end)),
        }
    }
    stretches
}

#[test]
fn the_oracle_sees_each_breach() {
    let lit = |runs: &[(u64, u64)]| Lit {
        runs: runs.iter().map(|(start, end)| (start * 1_000, end * 1_000)).collect(),
        ordered_us: None,
    };
    let laws = [Law::Emission, Law::Rest, Law::Continuous, Law::Duty, Law::Boot];
    assert_eq!(lit(&[(60_000, 65_000), (67_000, 72_000)]).breach(&laws), None);
    assert!(lit(&[(60_000, 65_001)]).breach(&[Law::Emission]).is_some());
    assert!(lit(&[(60_000, 61_000), (62_999, 63_000)]).breach(&[Law::Rest]).is_some());
    assert!(lit(&[(60_000, 65_000), (66_000, 70_001)]).breach(&[Law::Continuous]).is_some());
    assert!(lit(&[(60_000, 80_000), (109_999, 120_001)]).breach(&[Law::Duty]).is_some());
    assert_eq!(lit(&[(60_000, 80_000), (110_000, 120_000)]).breach(&[Law::Duty]), None);
    assert!(lit(&[(59_999, 60_100)]).breach(&[Law::Boot]).is_some());
}

#[test]
fn the_oracle_ends_light_at_the_one_shot_when_steps_stop() {
    let mut lit = Lit::default();
    lit.step(true, Uptime::from_millis(100));
    lit.step(true, Uptime::from_millis(120));
    lit.step(false, Uptime::from_millis(400));
    assert_eq!(lit.runs(), [(100_000, 170_000)]);
}
