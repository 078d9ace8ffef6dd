//! All parts together, given the time. No clock, no socket: the same inputs give the same log.

use std::collections::VecDeque;

use apis_safety::{CONTROL_PERIOD, LINE_HALF_LENGTH};
use serde_json::{Value, json};

use super::control::Control;
use super::laser::{DarkCause, Laser, ONE_SHOT_US};
use super::servo::{Angles, Servo, ServoState};
use super::wire::{Drive, FromUnit, ToUnit};

/// Microseconds between two `line` entries, and two measurements of the servo.
pub const PERIOD_US: u64 = CONTROL_PERIOD.as_micros() as u64;

/// Microseconds between two rounds of the slow readings.
const READINGS_US: u64 = 100_000;

/// The rail without load, in millivolts.
const SUPPLY_MV: f64 = 5_080.0;

/// What a turning servo and a lit laser take from it.
const TURNING_MV: f64 = 160.0;
const LIT_MV: f64 = 30.0;

/// The body.
#[derive(Debug)]
pub struct Model {
    now_us: u64,
    servo: Servo,
    laser: Laser,
    lit_since_us: Option<u64>,
    line_due_us: u64,
    servo_due_us: u64,
    readings_due_us: u64,
    is_kill_pressed: bool,
    supply_mv: Option<u16>,
    temperature_c: Option<i16>,
    led: String,
    to_unit: VecDeque<ToUnit>,
    log: Vec<Value>,
}

impl Model {
    /// Cold, parked and dark.
    pub fn new(now_us: u64) -> Model {
        let half = LINE_HALF_LENGTH.millidegrees();
        let start = json!({
            "us": now_us, "event": "start", "one_shot_us": ONE_SHOT_US, "line_half_mdeg": half,
        });
        Model {
            now_us,
            servo: Servo::parked(now_us),
            laser: Laser::cold(now_us),
            lit_since_us: None,
            line_due_us: now_us,
            servo_due_us: now_us,
            readings_due_us: now_us,
            is_kill_pressed: false,
            supply_mv: None,
            temperature_c: None,
            led: String::new(),
            to_unit: VecDeque::new(),
            log: vec![start],
        }
    }

    /// Lets time pass until `now_us`, with everything that falls due on the way at its own moment.
    pub fn advance(&mut self, now_us: u64) {
        while let Some(due_us) = self.next_due_us().filter(|due_us| *due_us <= now_us) {
            self.pass_until(due_us.max(self.now_us));
            self.settle_light();
            self.tell_what_is_due();
        }
        self.pass_until(now_us);
        self.settle_light();
    }

    /// The next moment at which something happens by itself.
    pub fn next_due_us(&self) -> Option<u64> {
        let one_shot = self.lit_since_us.and_then(|_| self.laser.one_shot_ends_us());
        let line = self.lit_since_us.map(|_| self.line_due_us);
        let readings = Some(self.readings_due_us.min(self.servo_due_us));
        // A stuck one-shot outlives its end; its past end is no event.
        let one_shot = one_shot.filter(|ends| self.now_us < *ends);
        [one_shot, line, readings].into_iter().flatten().min()
    }

    /// Takes a line of the unit, received now.
    pub fn receive(&mut self, line: FromUnit) {
        match line {
            FromUnit::Drive(Drive { aim, beam, toggle }) => {
                if let Some((pan, tilt)) = aim {
                    let to = Angles { pan: f64::from(pan), tilt: f64::from(tilt) };
                    self.servo.send(to, self.now_us);
                }
                self.laser.set_pins(beam, toggle, self.now_us);
                self.settle_light();
            }
            FromUnit::Led { pattern } => {
                if pattern != self.led {
                    self.note("led", json!({ "pattern": &pattern }));
                    self.led = pattern;
                }
            }
        }
    }

    /// A unit connected, or is gone. The pins stay as they are: they are levels, not wishes.
    pub fn unit_is(&mut self, connected: bool) {
        self.note("unit", json!({ "connected": connected }));
        self.to_unit.clear();
        self.readings_due_us = self.now_us;
    }

    /// Does what a test asks.
    pub fn control(&mut self, control: Control) {
        match control {
            Control::ArmButton { pressed } => {
                self.note("arm_button", json!({ "pressed": pressed }));
                self.to_unit.push_back(ToUnit::Button { pressed });
            }
            Control::KillSwitch { pressed } => {
                self.note("kill_switch", json!({ "pressed": pressed }));
                self.is_kill_pressed = pressed;
            }
            Control::Supply { mv } => self.supply_mv = mv,
            Control::Temperature { degrees_c } => self.temperature_c = degrees_c,
            Control::Servo(state) => self.break_servo(state),
            Control::BeamStuck(stuck) => self.laser.driver.is_beam_stuck = stuck,
            Control::OneShotStuck(stuck) => self.laser.driver.is_one_shot_stuck = stuck,
        }
        if !control.is_press() {
            self.note("control", json!({ "words": format!("{control:?}") }));
        }
        self.settle_light();
        self.readings_due_us = self.now_us;
    }

    /// The next line for the unit.
    pub fn next_to_unit(&mut self) -> Option<ToUnit> {
        self.to_unit.pop_front()
    }

    /// The log since it was last taken.
    pub fn take_log(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.log)
    }

    fn break_servo(&mut self, state: ServoState) {
        self.servo.state = state;
    }

    fn pass_until(&mut self, now_us: u64) {
        self.servo.advance(now_us);
        self.laser.heat(self.lit_since_us.is_some(), now_us);
        self.now_us = self.now_us.max(now_us);
    }

    fn settle_light(&mut self) {
        match (self.laser.light(self.now_us), self.lit_since_us) {
            (Ok(()), None) => {
                self.lit_since_us = Some(self.now_us);
                self.line_due_us = self.now_us + PERIOD_US;
                let at = self.servo.at();
                self.note("lit", json!({ "pan_mdeg": whole(at.pan), "tilt_mdeg": whole(at.tilt) }));
            }
            (Err(cause), Some(since_us)) => {
                self.lit_since_us = None;
                self.note_line();
                let cause = match cause {
                    DarkCause::BeamPin => "beam_pin",
                    DarkCause::OneShot => "one_shot",
                };
                let lit_us = self.now_us - since_us;
                let edge_us = self.laser.edge_us();
                self.note("dark", json!({ "cause": cause, "lit_us": lit_us, "edge_us": edge_us }));
            }
            (Ok(()), Some(_)) | (Err(_), None) => {}
        }
    }

    fn tell_what_is_due(&mut self) {
        if self.lit_since_us.is_some() && self.line_due_us <= self.now_us {
            self.note_line();
            self.line_due_us = self.now_us + PERIOD_US;
        }
        if self.servo_due_us <= self.now_us {
            self.servo_due_us = self.now_us + PERIOD_US;
            let Angles { pan, tilt } = self.servo.at();
            self.to_unit.push_back(ToUnit::ServoAt { pan: whole(pan), tilt: whole(tilt) });
        }
        if self.readings_due_us <= self.now_us {
            self.readings_due_us = self.now_us + READINGS_US;
            let readings = self.readings();
            self.to_unit.push_back(readings);
        }
    }

    fn readings(&self) -> ToUnit {
        let turning = if self.servo.is_turning() { TURNING_MV } else { 0.0 };
        let lit = if self.lit_since_us.is_some() { LIT_MV } else { 0.0 };
        ToUnit::Readings {
            kill_pressed: self.is_kill_pressed,
            supply_mv: self.supply_mv.unwrap_or((SUPPLY_MV - turning - lit) as u16),
            temperature_c: self.temperature_c.unwrap_or(self.laser.temperature_c() as i16),
            lit: self.lit_since_us.is_some(),
        }
    }

    fn note_line(&mut self) {
        let at = self.servo.at();
        let half = f64::from(LINE_HALF_LENGTH.millidegrees());
        let line = json!({
            "pan_mdeg": whole(at.pan),
            "tilt_mdeg": whole(at.tilt),
            "top_mdeg": whole(at.tilt + half),
            "bottom_mdeg": whole(at.tilt - half),
        });
        self.note("line", line);
    }

    fn note(&mut self, event: &str, mut entry: Value) {
        entry["us"] = json!(self.now_us);
        entry["event"] = json!(event);
        self.log.push(entry);
    }
}

fn whole(millidegrees: f64) -> i32 {
    millidegrees.round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drive(beam: bool, toggle: bool) -> FromUnit {
        FromUnit::Drive(Drive { aim: None, beam, toggle })
    }

    fn events(model: &mut Model) -> Vec<(u64, String)> {
        let named = |entry: &Value| {
            (entry["us"].as_u64().unwrap(), entry["event"].as_str().unwrap().to_owned())
        };
        model.take_log().iter().map(named).filter(|(_, event)| event != "line").collect()
    }

    #[test]
    fn a_unit_that_stops_sending_is_dark_50_ms_after_its_last_edge_was_received() {
        let mut model = Model::new(0);
        for (us, toggle) in [(1_000, true), (21_000, false), (41_000, true)] {
            model.advance(us);
            model.receive(drive(true, toggle));
        }
        model.advance(5_000_000); // Noticed late, reckoned at its own moment.
        let seen = events(&mut model);
        let want = [(0, "start"), (1_000, "lit"), (91_000, "dark")];
        assert_eq!(seen, want.map(|(us, event)| (us, event.to_owned())));
    }

    #[test]
    fn a_beam_pin_that_is_held_high_without_edges_lights_nothing_more() {
        let mut model = Model::new(0);
        model.receive(drive(true, true));
        for us in (20_000..400_000).step_by(20_000) {
            model.advance(us);
            model.receive(drive(true, true));
        }
        let seen = events(&mut model);
        assert_eq!(seen.last(), Some(&(50_000, "dark".to_owned())));
    }

    #[test]
    fn the_line_is_written_every_control_period_while_lit_and_once_as_it_ends() {
        let mut model = Model::new(0);
        for n in 0..10_u64 {
            model.advance(n * 20_000);
            model.receive(drive(true, n % 2 == 0));
        }
        model.advance(200_000);
        model.receive(drive(false, true));
        let lines = model.take_log().into_iter().filter(|entry| entry["event"] == "line").count();
        assert!((10..=11).contains(&lines), "{lines}");
    }

    #[test]
    fn a_driver_broken_in_both_places_stays_lit_and_says_so() {
        let mut model = Model::new(0);
        model.control(Control::BeamStuck(true));
        model.control(Control::OneShotStuck(true));
        model.advance(300_000);
        let readings = std::iter::from_fn(|| model.next_to_unit());
        let is_lit = |line: &ToUnit| matches!(line, ToUnit::Readings { lit: true, .. });
        assert!(readings.into_iter().any(|line| is_lit(&line)));
    }

    #[test]
    fn the_rail_sags_while_the_servo_turns() {
        let mut model = Model::new(0);
        let aim = Some((30_000, -20_000));
        model.receive(FromUnit::Drive(Drive { aim, beam: false, toggle: false }));
        model.advance(100_000);
        let readings = std::iter::from_fn(|| model.next_to_unit());
        let least = readings
            .filter_map(|line| match line {
                ToUnit::Readings { supply_mv, .. } => Some(supply_mv),
                ToUnit::ServoAt { .. } | ToUnit::Button { .. } => None,
            })
            .min();
        assert_eq!(least, Some(4_920));
    }
}
