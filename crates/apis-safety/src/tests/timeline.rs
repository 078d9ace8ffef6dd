//! A timeline: text that says what the interlock is told and what it must then be.
//!
//! ```text
//! # a comment
//! 60000        | arm              | Armed
//! 60020..64960 | target           | Emitting
//! 64980        | target           | Resting emission_length
//! ```
//!
//! First column: milliseconds of uptime, or a range stepped every 20 ms. Second: what differs from
//! "all is well, nobody asks, no target". Third: the state after each of the steps, and the
//! refusal where it matters.

use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use apis_units::Uptime;

use super::{aimed_at, well};
use crate::interlock::{Memory, Rules, step};
use crate::{BeamSense, Body, Camera, Inputs, KillSwitch, Line, Person, Servo, State, Supply};
use crate::{Target, Temperature};

/// Runs `text`; panics with the line that does not hold.
pub(super) fn check(name: &str, text: &str) {
    let rules = Rules::SHIPPED;
    let mut memory = Memory::at_boot(&rules);
    let mut lines = 0;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let place = format!("{name}:{}: {line}", number + 1);
        let columns: Vec<&str> = line.split('|').map(str::trim).collect();
        let [when, words, want] = columns.as_slice() else { panic!("{place}: three columns") };
        for millis in moments(when, &place) {
            let now = Uptime::from_millis(millis);
            memory = step(&rules, &memory, &inputs(words, now, &place), now);
            assert_eq!(describe(&memory, want), *want, "{place} (at {millis} ms)");
        }
        lines += 1;
    }
    assert!(lines > 1, "{name} says nothing");
}

fn moments(when: &str, place: &str) -> Vec<u64> {
    let number =
        |text: &str| text.trim().parse::<u64>().unwrap_or_else(|_| panic!("{place}: a time"));
    match when.split_once("..") {
        None => Vec::from([number(when)]),
        Some((from, to)) => (number(from)..=number(to)).step_by(20).collect(),
    }
}

fn describe(memory: &Memory, want: &str) -> String {
    let state = match memory.state {
        State::Disarmed => "Disarmed",
        State::Armed => "Armed",
        State::Emitting { .. } => "Emitting",
        State::Resting { .. } => "Resting",
        State::Faulted { .. } => "Faulted",
    };
    match memory.refusal {
        Some(refusal) if want.contains(' ') => format!("{state} {}", refusal.code()),
        Some(_) | None => state.to_string(),
    }
}

fn inputs(words: &str, now: Uptime, place: &str) -> Inputs {
    let mut inputs = Inputs { target: Target::None, ..well(now) };
    for word in words.split_ascii_whitespace() {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        let number = || value.parse::<i32>().unwrap_or_else(|_| panic!("{place}: a number"));
        match key {
            "arm" => inputs.person = Person::Arm,
            "disarm" => inputs.person = Person::Disarm,
            "reset" => inputs.person = Person::Reset,
            "target" => inputs.target = Target::Seen { captured_at: now },
            "target_aged" => {
                let micros = now.micros() - 1_000 * u64::from(number().unsigned_abs());
                inputs.target = Target::Seen { captured_at: Uptime::from_micros(micros) };
            }
            "kill" => inputs.kill_switch = KillSwitch::Pressed,
            "kill_unknown" => inputs.kill_switch = KillSwitch::Unknown,
            "body_lost" => inputs.body = Body::Lost,
            "body_unknown" => inputs.body = Body::Unknown,
            "lit_without_order" => inputs.beam = BeamSense::LitWithoutOrder,
            "camera_failed" => inputs.camera = Camera::Failed,
            "camera_unknown" => inputs.camera = Camera::Unknown,
            "supply_mv" => inputs.supply = Supply::Millivolts(number() as u16),
            "supply_unknown" => inputs.supply = Supply::Unknown,
            "temperature_c" => inputs.temperature = Temperature::Celsius(number() as i16),
            "servo_moving" => inputs.servo = Servo::Moving,
            "servo_astray" => inputs.servo = Servo::Astray,
            "servo_stuck" => inputs.servo = Servo::Stuck,
            "servo_unknown" => inputs.servo = Servo::Unknown,
            "unaimed" => inputs.line = Line::Unaimed,
            "outside_cone" => inputs.line = Line::OutsideCone,
            "tilt_mdeg" => inputs.line = aimed_at(number()),
            _ => panic!("{place}: no such word: {word}"),
        }
    }
    inputs
}
