//! What the body measured, and how old that may be. A reading that stops coming becomes unknown.
//!
//! Ages are counted in *attended* time, in which the guard was there to read: a guard that was
//! stopped for a second comes back to readings that wait for it, and would otherwise take its own
//! absence for a broken sensor. Its emission is over all the same (`Lapsed`), and the rest after
//! it is longer than any of these ages.

use core::time::Duration;

use apis_safety::{BeamSense, Body, Camera, KillSwitch, Supply, Temperature};
use apis_units::{PanTilt, Uptime};

use super::{GuardInput, Light, Switch};

/// Oldest reading of kill switch, supply and temperature, 1 s.
///
/// Bodies send them ten times a second; ten lost ones are a sensor or a wire that is gone.
const READING_AGE_MAX: Duration = Duration::from_secs(1);

/// Oldest measurement of the servo, 200 ms: ten control periods, 5° of the sweep.
const SERVO_AGE_MAX: Duration = Duration::from_millis(200);

/// How long the laser must be seen lit without an order to be a stuck driver, 300 ms.
///
/// The one-shot holds for 50 ms; the rest is the way of a reading through a body's socket or queue
/// on a loaded machine, and three readings in a row. A stuck driver stays lit for longer.
const LIT_WITHOUT_ORDER: Duration = Duration::from_millis(300);

/// Most of an absence that counts as attended, 40 ms: two control periods.
const ATTENDED_MAX: Duration = Duration::from_millis(40);

/// A value and when it was read.
type Read<T> = Option<(T, Uptime)>;

/// The newest readings.
#[derive(Debug, Default)]
pub(super) struct Readings {
    kill_switch: Read<Switch>,
    supply_mv: Read<u16>,
    degrees_c: Read<i16>,
    servo: Read<PanTilt>,
    lit_since: Option<Uptime>,
    /// Time as the guard attended it, and the moment it was counted to.
    attended: Uptime,
    attended_at: Uptime,
    pub(super) beam: BeamSense,
    pub(super) body: Body,
    pub(super) camera: Camera,
}

impl Readings {
    /// Counts the time until `now`, as far as somebody attended.
    pub(super) fn attend(&mut self, now: Uptime) {
        self.attended = self.attended + now.since(self.attended_at).min(ATTENDED_MAX);
        self.attended_at = now;
    }

    /// Takes what `input` says about the body; what is no reading changes nothing.
    ///
    /// `is_emitting`: whether an order holds.
    pub(super) fn take(&mut self, input: GuardInput, is_emitting: bool) {
        let now = self.attended;
        match input {
            GuardInput::KillSwitch(level) => self.kill_switch = Some((level, now)),
            GuardInput::Supply { mv } => self.supply_mv = Some((mv, now)),
            GuardInput::Temperature { degrees_c } => self.degrees_c = Some((degrees_c, now)),
            GuardInput::ServoAt(at) => self.servo = Some((at, now)),
            GuardInput::Beam(light) => self.sense(light, is_emitting),
            GuardInput::BodyPresent => self.body = Body::Present,
            GuardInput::BodyLost => {
                *self = Readings {
                    body: Body::Lost,
                    camera: self.camera,
                    attended: self.attended,
                    attended_at: self.attended_at,
                    ..Readings::default()
                };
            }
            GuardInput::CameraOk => self.camera = Camera::Working,
            GuardInput::CameraFault => self.camera = Camera::Failed,
            GuardInput::Target(_)
            | GuardInput::NoTarget
            | GuardInput::Tick
            | GuardInput::Button(_)
            | GuardInput::Command(_) => {}
        }
    }

    pub(super) fn kill_switch(&self) -> KillSwitch {
        match fresh(self.kill_switch, READING_AGE_MAX, self.attended) {
            None => KillSwitch::Unknown,
            Some(Switch::Clear) => KillSwitch::Clear,
            Some(Switch::Pressed) => KillSwitch::Pressed,
        }
    }

    pub(super) fn supply(&self) -> Supply {
        fresh(self.supply_mv, READING_AGE_MAX, self.attended)
            .map_or(Supply::Unknown, Supply::Millivolts)
    }

    pub(super) fn temperature(&self) -> Temperature {
        fresh(self.degrees_c, READING_AGE_MAX, self.attended)
            .map_or(Temperature::Unknown, Temperature::Celsius)
    }

    /// Where the servo was last measured, while that is fresh.
    pub(super) fn servo(&self) -> Option<PanTilt> {
        fresh(self.servo, SERVO_AGE_MAX, self.attended)
    }
}

impl Readings {
    fn sense(&mut self, light: Light, is_emitting: bool) {
        self.lit_since = match light {
            Light::Lit if !is_emitting => self.lit_since.or(Some(self.attended)),
            Light::Lit | Light::Dark => None,
        };
        let is_stuck =
            self.lit_since.is_some_and(|since| LIT_WITHOUT_ORDER <= self.attended.since(since));
        self.beam = match light {
            Light::Dark => BeamSense::Dark,
            Light::Lit if is_stuck => BeamSense::LitWithoutOrder,
            Light::Lit => BeamSense::Silent,
        };
    }
}

fn fresh<T: Copy>(reading: Read<T>, age_max: Duration, now: Uptime) -> Option<T> {
    reading.filter(|(_, read_at)| now.since(*read_at) <= age_max).map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Attends every 20 ms until `millis` more have passed.
    fn attend(readings: &mut Readings, millis: u64) {
        for _ in 0..millis / 20 {
            readings.attend(readings.attended_at + Duration::from_millis(20));
        }
    }

    #[test]
    fn a_reading_that_stops_coming_becomes_unknown() {
        let mut readings = Readings::default();
        readings.take(GuardInput::Supply { mv: 5_000 }, false);
        attend(&mut readings, 1_000);
        assert_eq!(readings.supply(), Supply::Millivolts(5_000));
        attend(&mut readings, 20);
        assert_eq!(readings.supply(), Supply::Unknown);
    }

    #[test]
    fn an_absence_of_the_guard_is_no_broken_sensor() {
        let mut readings = Readings::default();
        readings.take(GuardInput::Supply { mv: 5_000 }, false);
        readings.attend(Uptime::from_millis(60_000));
        assert_eq!(readings.supply(), Supply::Millivolts(5_000));
    }

    #[test]
    fn a_lost_body_takes_its_readings_with_it() {
        let mut readings = Readings::default();
        readings.take(GuardInput::KillSwitch(Switch::Clear), false);
        readings.take(GuardInput::BodyLost, false);
        assert_eq!(readings.kill_switch(), KillSwitch::Unknown);
        assert_eq!(readings.body, Body::Lost);
    }

    #[test]
    fn light_right_after_an_order_is_no_stuck_driver() {
        let mut readings = Readings::default();
        readings.take(GuardInput::Beam(Light::Lit), true);
        attend(&mut readings, 1_000);
        readings.take(GuardInput::Beam(Light::Lit), false);
        attend(&mut readings, 280);
        readings.take(GuardInput::Beam(Light::Lit), false);
        assert_eq!(readings.beam, BeamSense::Silent);
        attend(&mut readings, 20);
        readings.take(GuardInput::Beam(Light::Lit), false);
        assert_eq!(readings.beam, BeamSense::LitWithoutOrder);
        readings.take(GuardInput::Beam(Light::Dark), false);
        assert_eq!(readings.beam, BeamSense::Dark);
    }
}
