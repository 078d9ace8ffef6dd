//! The laser's supply: a pin, a one-shot in series, and the heat that light makes.

/// How long the one-shot holds after an edge, in microseconds: the same 50 ms that the interlock
/// counts with, as a part of the circuit and not as a setting.
pub const ONE_SHOT_US: u64 = 50_000;

/// The air's temperature, in degrees Celsius.
const AIR_C: f64 = 24.0;

/// How far above the air the driver ends when it is lit for ever.
const HEAT_C: f64 = 18.0;

/// Time constant of a small driver in a brass barrel, in seconds.
const HEAT_S: f64 = 25.0;

/// What is broken at the driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DriverState {
    /// The transistor behind the beam pin conducts whatever the pin says.
    pub is_beam_stuck: bool,
    /// The one-shot's output stays high without any edge.
    pub is_one_shot_stuck: bool,
}

/// Why the laser is dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DarkCause {
    /// The beam pin is low.
    BeamPin,
    /// No edge came for the one-shot's time.
    OneShot,
}

/// Pins and driver.
#[derive(Debug)]
pub struct Laser {
    beam_pin: bool,
    toggle_pin: bool,
    edge_us: Option<u64>,
    /// What is broken.
    pub driver: DriverState,
    heat_c: f64,
    heated_us: u64,
}

impl Laser {
    /// Cold, both pins low, no edge yet.
    pub fn cold(now_us: u64) -> Laser {
        Laser {
            beam_pin: false,
            toggle_pin: false,
            edge_us: None,
            driver: DriverState::default(),
            heat_c: AIR_C,
            heated_us: now_us,
        }
    }

    /// Sets both pins as received at `now_us`; a change of the toggle pin is an edge.
    pub fn set_pins(&mut self, beam: bool, toggle: bool, now_us: u64) {
        self.beam_pin = beam;
        if toggle != self.toggle_pin {
            self.edge_us = Some(now_us);
        }
        self.toggle_pin = toggle;
    }

    /// When the last edge was received.
    pub fn edge_us(&self) -> Option<u64> {
        self.edge_us
    }

    /// When the one-shot will let go, if no further edge comes.
    pub fn one_shot_ends_us(&self) -> Option<u64> {
        self.edge_us.map(|edge| edge + ONE_SHOT_US)
    }

    /// Whether it is lit at `now_us`, and why not.
    pub fn light(&self, now_us: u64) -> Result<(), DarkCause> {
        let holds = self.one_shot_ends_us().is_some_and(|ends| now_us < ends);
        if !(self.beam_pin || self.driver.is_beam_stuck) {
            Err(DarkCause::BeamPin)
        } else if !(holds || self.driver.is_one_shot_stuck) {
            Err(DarkCause::OneShot)
        } else {
            Ok(())
        }
    }

    /// Lets it warm or cool until `now_us`, lit or dark throughout.
    pub fn heat(&mut self, is_lit: bool, now_us: u64) {
        let span_s = now_us.saturating_sub(self.heated_us) as f64 / 1e6;
        self.heated_us = self.heated_us.max(now_us);
        let ends_c = if is_lit { AIR_C + HEAT_C } else { AIR_C };
        self.heat_c = ends_c + (self.heat_c - ends_c) * (-span_s / HEAT_S).exp();
    }

    /// Degrees Celsius at the driver.
    pub fn temperature_c(&self) -> f64 {
        self.heat_c
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn light_needs_the_pin_and_a_young_edge() {
        let mut laser = Laser::cold(0);
        laser.set_pins(true, false, 0);
        assert_eq!(laser.light(0), Err(DarkCause::OneShot), "no edge yet");
        laser.set_pins(true, true, 1_000);
        assert_eq!(laser.light(50_999), Ok(()));
        assert_eq!(laser.light(51_000), Err(DarkCause::OneShot));
        laser.set_pins(false, false, 52_000);
        assert_eq!(laser.light(52_000), Err(DarkCause::BeamPin));
    }

    #[test]
    fn a_stuck_beam_pin_is_dark_without_edges() {
        let mut laser = Laser::cold(0);
        laser.driver.is_beam_stuck = true;
        laser.set_pins(false, true, 0);
        assert_eq!(laser.light(49_999), Ok(()));
        assert_eq!(laser.light(50_000), Err(DarkCause::OneShot));
    }

    #[test]
    fn light_warms_and_darkness_cools() {
        let mut laser = Laser::cold(0);
        laser.heat(true, 5_000_000);
        let warm = laser.temperature_c();
        assert!(warm > 26.0 && warm < 30.0, "{warm}");
        laser.heat(false, 105_000_000);
        assert!(laser.temperature_c() < 24.1);
    }
}
