//! Each barrier with all the others taken away: together, the stricter would hide the looser.

use core::time::Duration;
use std::vec::Vec;

use apis_units::Uptime;

use super::oracle::{Law, Lit};
use super::{breaches, well};
use crate::interlock::{Memory, Rules, Standing, step};
use crate::limits::Limits;
use crate::{Inputs, Person, Refusal, State, Target};

/// No refusal of a table is called this, so nothing stands.
const NOTHING: Refusal = Refusal::Disarmed;

fn only(rule: Refusal) -> Rules {
    only_two(rule, rule)
}

fn only_two(one: Refusal, other: Refusal) -> Rules {
    Rules { limits: Limits::SHIPPED, standing: Standing::Only([one, other]) }
}

/// Five minutes in which somebody arms at every step and `shape` may spoil the target.
fn pressed_hard(rules: &Rules, shape: fn(u64) -> Target) -> Lit {
    let mut memory = Memory::at_boot(rules);
    let mut lit = Lit::default();
    for millis in (0..300_000).step_by(20) {
        let now = Uptime::from_millis(millis);
        let target = shape(millis);
        let inputs = Inputs { person: Person::Arm, target, ..well(now) };
        memory = step(rules, &memory, &inputs, now);
        lit.step(is_lit(&memory), now);
    }
    lit
}

fn is_lit(memory: &Memory) -> bool {
    matches!(memory.state, State::Emitting { .. })
}

fn always(millis: u64) -> Target {
    Target::Seen { captured_at: Uptime::from_millis(millis) }
}

/// A hornet that is lost for 100 ms in every second.
fn flickering(millis: u64) -> Target {
    if millis % 1_000 < 100 { Target::None } else { always(millis) }
}

#[test]
fn without_any_barrier_the_same_pressure_breaks_every_limit() {
    let lit = pressed_hard(&only(NOTHING), always);
    for law in [Law::Emission, Law::Continuous, Law::Duty, Law::Boot] {
        assert!(lit.breach(&[law]).is_some(), "{law:?}");
    }
    let flickers = pressed_hard(&only(Refusal::NoTarget), flickering);
    assert!(flickers.breach(&[Law::Rest]).is_some());
}

#[test]
fn the_emission_length_alone_ends_every_emission_within_five_seconds() {
    let lit = pressed_hard(&only(Refusal::EmissionLength), always);
    assert_eq!(lit.breach(&[Law::Emission]), None);
    assert!(lit.longest() > Duration::from_millis(4_900), "{:?}", lit.longest());
}

#[test]
fn the_rest_alone_keeps_two_seconds_dark_between_any_two_emissions() {
    let rest = only_two(Refusal::Rest, Refusal::NoTarget);
    let lit = pressed_hard(&rest, flickering);
    assert_eq!(lit.breach(&[Law::Rest]), None);
    assert!(lit.runs().len() > 60, "{} emissions", lit.runs().len());
}

#[test]
fn the_continuous_limit_alone_holds_ten_seconds_even_through_short_pauses() {
    let alone = only(Refusal::Continuous);
    let lit = pressed_hard(&alone, always);
    assert_eq!(lit.breach(&[Law::Continuous]), None);
    assert!(lit.longest() > Duration::from_millis(9_900), "{:?}", lit.longest());

    let with_target = only_two(Refusal::Continuous, Refusal::NoTarget);
    let flickers = pressed_hard(&with_target, flickering);
    assert_eq!(flickers.breach(&[Law::Continuous]), None);
    let stretch = flickers.longest_stretch();
    assert!(stretch > Duration::from_millis(9_500), "{stretch:?}");
}

#[test]
fn the_duty_budget_alone_holds_thirty_seconds_in_any_sixty() {
    let alone = only(Refusal::DutyBudget);
    let lit = pressed_hard(&alone, always);
    assert_eq!(lit.breach(&[Law::Duty]), None);
    assert!(lit.most_in_a_window() > Duration::from_millis(29_800));

    let with_target = only_two(Refusal::DutyBudget, Refusal::NoTarget);
    let flickers = pressed_hard(&with_target, flickering);
    assert_eq!(flickers.breach(&[Law::Duty]), None);
    assert!(flickers.most_in_a_window() > Duration::from_millis(28_000));
}

#[test]
fn the_duty_budget_outlives_disarming_faults_and_more_emissions_than_it_can_remember() {
    let rules = only_two(Refusal::DutyBudget, super::fault(crate::Fault::KillSwitch));
    let mut memory = Memory::at_boot(&rules);
    let mut lit = Lit::default();
    for millis in (0..300_000_u64).step_by(20) {
        let now = Uptime::from_millis(millis);
        // Four steps lit at most, then disarmed and armed again, or faulted and reset.
        let person = match millis / 20 % 6 {
            0 => Person::Reset,
            5 => Person::Disarm,
            _ => Person::Arm,
        };
        let mut inputs = Inputs { person, ..well(now) };
        if millis / 20 % 12 == 11 {
            inputs.kill_switch = crate::KillSwitch::Pressed;
        }
        memory = step(&rules, &memory, &inputs, now);
        lit.step(is_lit(&memory), now);
    }
    assert_eq!(lit.breach(&[Law::Duty]), None);
    assert!(lit.runs().len() > 500, "{} emissions", lit.runs().len());
}

#[test]
fn the_first_minute_alone_is_dark() {
    let lit = pressed_hard(&only(Refusal::FirstMinute), always);
    assert_eq!(lit.breach(&[Law::Boot]), None);
    assert_eq!(lit.runs().first().map(|run| run.0), Some(60_000_000));
}

#[test]
fn a_jump_ahead_starts_the_dark_minute_again_and_so_buys_no_budget() {
    let rules = only(Refusal::FirstMinute);
    let mut memory = Memory::at_boot(&rules);
    let mut lit_at = Vec::new();
    let moments = (60_000..70_000_u64).step_by(20).chain((400_000..470_000).step_by(20));
    for millis in moments {
        let now = Uptime::from_millis(millis);
        memory = step(&rules, &memory, &Inputs { person: Person::Arm, ..well(now) }, now);
        lit_at.extend(is_lit(&memory).then_some(millis));
    }
    let after_jump = lit_at.into_iter().find(|millis| *millis >= 400_000);
    assert_eq!(after_jump, Some(460_000));
}

#[test]
fn a_guard_that_comes_back_late_finds_its_emission_over() {
    let rules = only(Refusal::Lapsed);
    let mut memory = Memory::at_boot(&rules);
    let told: Vec<bool> = [0, 20, 70, 121, 141]
        .into_iter()
        .map(|millis| {
            let now = Uptime::from_millis(millis);
            memory = step(&rules, &memory, &Inputs { person: Person::Arm, ..well(now) }, now);
            is_lit(&memory)
        })
        .collect();
    assert_eq!(told, [false, true, true, false, false]);
}

/// For every rule that inputs can break: alone it keeps the beam dark, and when it alone is
/// missing nothing else does.
#[test]
fn every_rule_about_inputs_holds_alone_and_is_missed_when_it_is_gone() {
    for (index, (rule, _)) in breaches(Uptime::ZERO).into_iter().enumerate() {
        let all_but = Rules { limits: Limits::SHIPPED, standing: Standing::AllBut(rule) };
        assert!(!is_lit_despite(index, &only(rule)), "{rule:?} alone");
        assert!(is_lit_despite(index, &all_but), "all but {rule:?}");
    }
}

/// Arms and emits while all is well, then breaks rule `index` of [`breaches`] for one step.
fn is_lit_despite(index: usize, rules: &Rules) -> bool {
    let mut memory = Memory::at_boot(&Rules::SHIPPED);
    for millis in [60_000, 60_020, 60_040] {
        let now = Uptime::from_millis(millis);
        memory = step(rules, &memory, &Inputs { person: Person::Arm, ..well(now) }, now);
    }
    assert!(is_lit(&memory), "all was well");
    let now = Uptime::from_millis(60_060);
    is_lit(&step(rules, &memory, &breaches(now)[index].1, now))
}
