//! Random sequences of inputs through the shipped interlock, against the oracle of R6 and a second
//! reckoning of R7. The seed of a failure is printed, with the shortest sequence that shows it.

use core::time::Duration;
use std::vec::Vec;

use apis_units::Uptime;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::oracle::{Law, Lit};
use super::{aimed_at, breaches, well};
use crate::{Inputs, Interlock, Person, Target};

/// How many sequences; each runs for minutes of the unit's time.
const SEQUENCES: u32 = 10_000;

/// One stretch of a sequence.
#[derive(Debug, Clone)]
enum Part {
    /// The same for a while, a step every `step_ms`.
    Hold { what: What, for_ms: u64, step_ms: u64 },
    /// No step for a while: a stopped process, or a clock that jumps ahead.
    Gap { ms: u64 },
    /// The clock reads less than before.
    Back { ms: u64 },
}

/// What holds during a stretch.
#[derive(Debug, Clone, Copy)]
enum What {
    /// A fresh target and all well.
    Target,
    /// No target.
    Nothing,
    /// One of [`breaches`].
    Breach(usize),
    /// A target that ages, from this age on.
    Ageing { from_ms: u64 },
    /// The line climbs towards the horizontal.
    Climbing,
    /// A person's wish at every step.
    Wish(Person),
}

fn what() -> impl Strategy<Value = What> {
    prop_oneof![
        8 => Just(What::Target),
        2 => Just(What::Nothing),
        2 => (0..14_usize).prop_map(What::Breach),
        1 => (0..800_u64).prop_map(|from_ms| What::Ageing { from_ms }),
        1 => Just(What::Climbing),
    ]
}

fn wish() -> impl Strategy<Value = What> {
    prop_oneof![
        5 => Just(What::Wish(Person::Arm)),
        1 => Just(What::Wish(Person::Disarm)),
        3 => Just(What::Wish(Person::Reset)),
    ]
}

fn part() -> impl Strategy<Value = Part> {
    let hold = (what(), 1..9_000_u64, 15..50_u64).prop_map(|(what, for_ms, step_ms)| Part::Hold {
        what,
        for_ms,
        step_ms,
    });
    let long = (20_000..70_000_u64, 40..50_u64).prop_map(|(for_ms, step_ms)| Part::Hold {
        what: What::Target,
        for_ms,
        step_ms,
    });
    let press = wish().prop_map(|what| Part::Hold { what, for_ms: 1, step_ms: 20 });
    prop_oneof![
        12 => hold,
        1 => long,
        12 => press,
        1 => (1..7_000_u64).prop_map(|ms| Part::Gap { ms }),
        1 => (1..100_u64).prop_map(|ms| Part::Back { ms }),
    ]
}

/// Sequences start armed and near the end of the dark minute, where there is something to see.
fn sequence() -> impl Strategy<Value = (u64, Vec<Part>)> {
    (50_000..62_000_u64, prop::collection::vec(part(), 1..20))
}

/// The interlock, the oracle, and what a person and the faults amount to.
struct Run {
    interlock: Interlock,
    lit: Lit,
    now: Uptime,
    newest: Uptime,
    is_armed: bool,
    emission_steps: u64,
}

impl Run {
    fn step(&mut self, inputs: &Inputs, now: Uptime) -> Result<(), TestCaseError> {
        self.interlock.step(inputs, now);
        let is_lit = self.interlock.order(now).is_some();
        let is_back = now < self.newest;
        self.newest = self.newest.max(now);
        self.now = now;
        if !is_back {
            self.lit.step(is_lit, now);
        }
        let was_disarmed_or_armed = !is_back && !has_fault(inputs);
        self.is_armed = match inputs.person {
            Person::Arm => was_disarmed_or_armed,
            Person::Silent | Person::Reset => self.is_armed && was_disarmed_or_armed,
            Person::Disarm => false,
        };
        self.emission_steps += u64::from(is_lit);
        if is_lit {
            prop_assert!(self.is_armed, "lit though nobody armed, at {now:?}");
            prop_assert!(!is_back, "lit though time ran backwards, at {now:?}");
            prop_assert!(allows(inputs, now), "lit despite {inputs:?} at {now:?}");
        }
        let outlived = now + Duration::from_millis(20);
        prop_assert!(self.interlock.order(outlived).is_none(), "an order outlives its period");
        Ok(())
    }

    fn play(&mut self, part: &Part) -> Result<(), TestCaseError> {
        match *part {
            Part::Gap { ms } => self.now = self.now + Duration::from_millis(ms),
            Part::Back { ms } => {
                let back = self.now.millis().saturating_sub(ms);
                self.step(&well(Uptime::from_millis(back)), Uptime::from_millis(back))?;
            }
            Part::Hold { what, for_ms, step_ms } => {
                for into_ms in (0..for_ms).step_by(step_ms as usize) {
                    let now = self.now + Duration::from_millis(step_ms);
                    self.step(&inputs(what, into_ms, now), now)?;
                }
            }
        }
        Ok(())
    }
}

fn inputs(what: What, into_ms: u64, now: Uptime) -> Inputs {
    let well = well(now);
    match what {
        What::Target => well,
        What::Nothing => Inputs { target: Target::None, ..well },
        What::Breach(index) => breaches(now)[index].1,
        What::Ageing { from_ms } => {
            let age_ms = (from_ms + into_ms).min(now.millis());
            let captured_at = Uptime::from_millis(now.millis() - age_ms);
            Inputs { target: Target::Seen { captured_at }, ..well }
        }
        What::Climbing => Inputs { line: aimed_at(-8_000 + into_ms as i32), ..well },
        What::Wish(person) => Inputs { person, ..well },
    }
}

/// R7 once more, in its own words: what an emission needs.
fn allows(inputs: &Inputs, now: Uptime) -> bool {
    let age_ms = match inputs.target {
        Target::None => return false,
        Target::Seen { captured_at } => now.micros() as i64 - captured_at.micros() as i64,
    };
    let tilt_mdeg = match inputs.line {
        crate::Line::Unaimed | crate::Line::OutsideCone => return false,
        crate::Line::Aimed { tilt } => tilt.millidegrees(),
    };
    (0..=400_000).contains(&age_ms)
        && tilt_mdeg + 5_000 < 0
        && inputs.servo == crate::Servo::InPlace
        && !has_fault(inputs)
}

fn has_fault(inputs: &Inputs) -> bool {
    let is_supplied = matches!(inputs.supply, crate::Supply::Millivolts(4_600..));
    let is_cool = matches!(inputs.temperature, crate::Temperature::Celsius(..=70));
    inputs.kill_switch != crate::KillSwitch::Clear
        || inputs.body != crate::Body::Present
        || inputs.camera != crate::Camera::Working
        || inputs.beam == crate::BeamSense::LitWithoutOrder
        || inputs.servo == crate::Servo::Stuck
        || !is_supplied
        || !is_cool
}

#[test]
fn no_sequence_of_inputs_breaks_a_limit() {
    let mut runner = TestRunner::new(Config {
        cases: SEQUENCES,
        failure_persistence: None,
        ..Config::default()
    });
    let emission_steps = core::cell::Cell::new(0_u64);
    let emissions = core::cell::Cell::new(0_usize);
    let budgets = core::cell::Cell::new(0_usize);
    let outcome = runner.run(&sequence(), |(start_ms, parts)| {
        let now = Uptime::from_millis(start_ms);
        let mut run = Run {
            interlock: Interlock::new(),
            lit: Lit::default(),
            now,
            newest: now,
            is_armed: false,
            emission_steps: 0,
        };
        run.step(&Inputs { person: Person::Arm, ..well(now) }, now)?;
        for part in &parts {
            run.play(part)?;
        }
        let laws = [Law::Emission, Law::Rest, Law::Continuous, Law::Duty, Law::Boot];
        let breach = run.lit.breach(&laws);
        prop_assert!(breach.is_none(), "{breach:?}");
        emission_steps.set(emission_steps.get() + run.emission_steps);
        emissions.set(emissions.get() + run.lit.runs().len());
        let is_used_up = Duration::from_millis(29_500) < run.lit.most_in_a_window();
        budgets.set(budgets.get() + usize::from(is_used_up));
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    // Dark sequences would prove nothing.
    assert!(emissions.get() > 20_000, "only {} emissions", emissions.get());
    assert!(emission_steps.get() > 500_000, "only {} lit steps", emission_steps.get());
    assert!(budgets.get() > 500, "only {} budgets were used up", budgets.get());
}
