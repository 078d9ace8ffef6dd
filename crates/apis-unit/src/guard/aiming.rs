//! From the target to the servo: the aim, the sweep around it, and whether the servo is there.
//!
//! Two opinions about the servo are compared: the slew model, which knows what was sent, and the
//! measurement, which knows what happened. Only together do they let the beam be on.

use core::time::Duration;

use apis_aim::slew::apart;
use apis_aim::{Mount, Slew, SlewRate, sweep};
use apis_safety::{Line, Servo};
use apis_units::{Angle, PanTilt, PicturePoint, Uptime};

/// How near the model must be to the start of the sweep, 0.5°: half of what R6's check allows.
const ARRIVED_WITHIN: Angle = Angle::from_millidegrees(500);

/// How near the measurement must be to the start of the sweep, 1°: the play of a hobby servo's
/// gears and the error of its potentiometer.
const MEASURED_WITHIN: Angle = Angle::from_degrees(1);

/// How far the servo may be from where it should be while it follows the sweep, 3°.
///
/// The sweep's 24° a second times the answer time is 1.1°; a measurement that is a period or two
/// old adds 1°. A servo that stands still leaves this behind within 0.13 s.
const ASTRAY_WITHIN: Angle = Angle::from_degrees(3);

/// How long a servo may be astray before it counts as stuck, 400 ms.
///
/// The model is slower than the servo on purpose, so the longest way, 80° in 0.27 s, parts them
/// for less than this; a servo that is stuck, slipped or turns the wrong way stays apart.
const STUCK_AFTER: Duration = Duration::from_millis(400);

/// Fastest hornet on which an emission begins, in degrees a second.
///
/// A hovering one drifts by 1.7 body lengths a second at most, 3° at the scale of the reference
/// mount; one that flies off crosses the picture at several times 10°, and by the time the servo
/// is where it was seen it is somewhere else.
const HOVER_DEGREES_PER_SECOND_MAX: u128 = 10;

/// What the servo is told, and what is thought of it.
#[derive(Debug, Default)]
pub(super) struct Aiming {
    /// Starts with the first measurement: before it nothing is known.
    slew: Option<Slew>,
    centre: Option<PanTilt>,
    is_outside_cone: bool,
    /// The newest frame's aim, and whether it was near the one before.
    seen: Option<(Uptime, PanTilt)>,
    is_steady: bool,
    commanded: Option<PanTilt>,
    astray_since: Option<Uptime>,
}

impl Aiming {
    /// What the servo was told last.
    pub(super) fn commanded(&self) -> Option<PanTilt> {
        self.commanded
    }

    /// The middle of the sweep, if the newest target can be aimed at.
    pub(super) fn centre(&self) -> Option<PanTilt> {
        self.centre
    }

    /// Points the middle of the sweep at `point`. An aim outside the cone is refused: the servo
    /// stays where it is.
    pub(super) fn follow(&mut self, mount: &Mount, point: PicturePoint, captured_at: Uptime) {
        let aim = mount.aim(point);
        self.is_outside_cone = aim.is_err();
        self.centre = aim.ok();
        self.judge_steadiness(captured_at);
    }

    /// Compares the aim of a new frame with the one before; the same frame again says nothing.
    fn judge_steadiness(&mut self, captured_at: Uptime) {
        let Some(centre) = self.centre else { return self.rest_from_watching() };
        match self.seen {
            Some((then, _)) if captured_at <= then => return,
            Some((then, before)) => {
                let millis = captured_at.since(then).as_millis();
                let moved = u128::from(apart(before, centre).millidegrees().unsigned_abs());
                self.is_steady = moved <= millis * HOVER_DEGREES_PER_SECOND_MAX;
            }
            None => self.is_steady = false,
        }
        self.seen = Some((captured_at, centre));
    }

    fn rest_from_watching(&mut self) {
        self.seen = None;
        self.is_steady = false;
    }

    /// Has no target any more.
    pub(super) fn rest(&mut self) {
        self.centre = None;
        self.is_outside_cone = false;
        self.rest_from_watching();
    }

    /// Sends the servo to the sweep's place `into_sweep` after its start.
    pub(super) fn command(&mut self, into_sweep: Duration, now: Uptime) {
        let (Some(slew), Some(centre)) = (&mut self.slew, self.centre) else { return };
        let to = PanTilt { pan: centre.pan + sweep::offset(into_sweep), tilt: centre.tilt };
        slew.command(to, now);
        self.commanded = Some(to);
    }

    /// What to think of the servo, measured at `measured`.
    pub(super) fn servo(
        &mut self,
        measured: Option<PanTilt>,
        is_emitting: bool,
        now: Uptime,
    ) -> Servo {
        let Some(measured) = measured else { return Servo::Unknown };
        let slew =
            self.slew.get_or_insert_with(|| Slew::standing_at(measured, SlewRate::REFERENCE, now));
        let expected = slew.position(now);
        if apart(expected, measured) <= ASTRAY_WITHIN {
            self.astray_since = None;
        } else {
            let since = *self.astray_since.get_or_insert(now);
            if STUCK_AFTER <= now.since(since) {
                return Servo::Stuck;
            }
            if is_emitting {
                return Servo::Astray;
            }
        }
        let is_in_place = match (is_emitting, self.commanded) {
            (true, Some(commanded)) => apart(expected, commanded) <= ASTRAY_WITHIN,
            (false, Some(commanded)) => {
                self.is_steady
                    && apart(expected, commanded) <= ARRIVED_WITHIN
                    && apart(measured, commanded) <= MEASURED_WITHIN
            }
            (_, None) => false,
        };
        if is_in_place { Servo::InPlace } else { Servo::Moving }
    }

    /// After a person acknowledged a fault the model starts again from what is measured.
    pub(super) fn forget(&mut self) {
        *self = Aiming::default();
    }

    /// Where the line lies, or would lie.
    pub(super) fn line(&self, measured: Option<PanTilt>) -> Line {
        if self.is_outside_cone {
            return Line::OutsideCone;
        }
        match (self.centre, self.commanded) {
            (Some(centre), Some(commanded)) => {
                let sent = centre.tilt.max(commanded.tilt);
                Line::Aimed { tilt: measured.map_or(sent, |at| sent.max(at.tilt)) }
            }
            (Some(_), None) | (None, _) => Line::Unaimed,
        }
    }
}
