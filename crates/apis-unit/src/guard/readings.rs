//! What the body measured, and how old that may be. A reading that stops coming becomes unknown.

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

/// How long after the last order a lit laser is not yet a stuck driver, 200 ms.
///
/// The one-shot holds for 50 ms; the rest is the way of the reading through a body's socket or
/// queue on a loaded machine. A stuck driver stays lit for longer.
const BEAM_SETTLES: Duration = Duration::from_millis(200);

/// A value and when it was read.
type Read<T> = Option<(T, Uptime)>;

/// The newest readings.
#[derive(Debug, Default)]
pub(super) struct Readings {
    kill_switch: Read<Switch>,
    supply_mv: Read<u16>,
    degrees_c: Read<i16>,
    servo: Read<PanTilt>,
    pub(super) beam: BeamSense,
    pub(super) body: Body,
    pub(super) camera: Camera,
}

impl Readings {
    /// Takes what `input` says about the body; what is no reading changes nothing.
    ///
    /// `ordered_at` is when the newest order was given.
    pub(super) fn take(&mut self, input: GuardInput, ordered_at: Option<Uptime>, now: Uptime) {
        match input {
            GuardInput::KillSwitch(level) => self.kill_switch = Some((level, now)),
            GuardInput::Supply { mv } => self.supply_mv = Some((mv, now)),
            GuardInput::Temperature { degrees_c } => self.degrees_c = Some((degrees_c, now)),
            GuardInput::ServoAt(at) => self.servo = Some((at, now)),
            GuardInput::Beam(light) => self.beam = sensed(light, ordered_at, now),
            GuardInput::BodyPresent => self.body = Body::Present,
            GuardInput::BodyLost => {
                *self = Readings { body: Body::Lost, camera: self.camera, ..Readings::default() };
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

    pub(super) fn kill_switch(&self, now: Uptime) -> KillSwitch {
        match fresh(self.kill_switch, READING_AGE_MAX, now) {
            None => KillSwitch::Unknown,
            Some(Switch::Clear) => KillSwitch::Clear,
            Some(Switch::Pressed) => KillSwitch::Pressed,
        }
    }

    pub(super) fn supply(&self, now: Uptime) -> Supply {
        fresh(self.supply_mv, READING_AGE_MAX, now).map_or(Supply::Unknown, Supply::Millivolts)
    }

    pub(super) fn temperature(&self, now: Uptime) -> Temperature {
        fresh(self.degrees_c, READING_AGE_MAX, now)
            .map_or(Temperature::Unknown, Temperature::Celsius)
    }

    /// Where the servo was last measured, while that is fresh.
    pub(super) fn servo(&self, now: Uptime) -> Option<PanTilt> {
        fresh(self.servo, SERVO_AGE_MAX, now)
    }
}

fn fresh<T: Copy>(reading: Read<T>, age_max: Duration, now: Uptime) -> Option<T> {
    reading.filter(|(_, read_at)| now.since(*read_at) <= age_max).map(|(value, _)| value)
}

fn sensed(light: Light, ordered_at: Option<Uptime>, now: Uptime) -> BeamSense {
    let is_settled = ordered_at.is_none_or(|ordered| BEAM_SETTLES <= now.since(ordered));
    match light {
        Light::Dark => BeamSense::Dark,
        Light::Lit if is_settled => BeamSense::LitWithoutOrder,
        Light::Lit => BeamSense::Silent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Uptime {
        Uptime::from_millis(millis)
    }

    #[test]
    fn a_reading_that_stops_coming_becomes_unknown() {
        let mut readings = Readings::default();
        readings.take(GuardInput::Supply { mv: 5_000 }, None, at(0));
        assert_eq!(readings.supply(at(1_000)), Supply::Millivolts(5_000));
        assert_eq!(readings.supply(at(1_001)), Supply::Unknown);
    }

    #[test]
    fn a_lost_body_takes_its_readings_with_it() {
        let mut readings = Readings::default();
        readings.take(GuardInput::KillSwitch(Switch::Clear), None, at(0));
        readings.take(GuardInput::BodyLost, None, at(1));
        assert_eq!(readings.kill_switch(at(1)), KillSwitch::Unknown);
        assert_eq!(readings.body, Body::Lost);
    }

    #[test]
    fn light_right_after_an_order_is_no_stuck_driver() {
        let mut readings = Readings::default();
        readings.take(GuardInput::Beam(Light::Lit), Some(at(100)), at(299));
        assert_eq!(readings.beam, BeamSense::Silent);
        readings.take(GuardInput::Beam(Light::Lit), Some(at(100)), at(300));
        assert_eq!(readings.beam, BeamSense::LitWithoutOrder);
    }
}
