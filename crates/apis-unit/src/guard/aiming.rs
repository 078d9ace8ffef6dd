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

/// How far a target may stray while it counts as standing, 1.5°.
///
/// What the fastest drift of a hover, 1.7 body lengths a second, makes of [`STANDS_FOR`] at the
/// scale of the reference mount. Narrower would begin anew at every correction of a large hornet.
const STANDS_WITHIN: Angle = Angle::from_millidegrees(1_500);

/// How long a target must have stood before an emission begins on it, 300 ms.
///
/// A hornet that flies off crosses [`STANDS_WITHIN`] in a tenth of a second, a bee that its track
/// was lost to in two; either looks steady for two frames when it turns. Shorter lights such
/// turns; longer is taken from the time in which a hover can be answered.
const STANDS_FOR: Duration = Duration::from_millis(300);

/// A target that leaves one place and then the next within 250 ms is on its way.
///
/// At ten frames a second a hornet that darts off does so within three. Longer takes a large
/// hornet's corrections for flight; shorter follows a hornet out of the picture with the beam.
const LEAVES_WITHIN: Duration = Duration::from_millis(250);

/// What the servo is told, and what is thought of it.
#[derive(Debug, Default)]
pub(super) struct Aiming {
    /// Starts with the first measurement: before it nothing is known.
    slew: Option<Slew>,
    centre: Option<PanTilt>,
    is_outside_cone: bool,
    /// Capture time of the newest frame that showed the target.
    seen_at: Option<Uptime>,
    /// Where the target stood, and since when, newest first: each place is left when the target
    /// strays from it.
    places: [Option<(Uptime, PanTilt)>; 3],
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

    /// Whether the target still stands where it stood; a place left, or an aim lost, begins anew.
    fn judge_steadiness(&mut self, captured_at: Uptime) {
        self.seen_at = Some(captured_at);
        let Some(centre) = self.centre else {
            self.places = [None; 3];
            return;
        };
        let [newest, before, _] = self.places;
        if newest.is_none_or(|(_, place)| STANDS_WITHIN < apart(place, centre)) {
            self.places = [Some((captured_at, centre)), newest, before];
        }
    }

    /// Whether an emission may begin on the target.
    fn is_steady(&self) -> bool {
        let ([Some((since, _)), ..], Some(seen_at)) = (self.places, self.seen_at) else {
            return false;
        };
        STANDS_FOR <= seen_at.since(since)
    }

    /// Whether the target is on its way: it left two places, the second one soon and onwards, and
    /// has not come to stand since. Back to where it was is no way: a bee that flies over a hornet
    /// draws its place aside.
    fn is_flying(&self) -> bool {
        if self.is_steady() {
            return false;
        }
        let [Some((now, here)), Some((then, _)), Some((_, left))] = self.places else {
            return false;
        };
        now.since(then) <= LEAVES_WITHIN && STANDS_WITHIN + STANDS_WITHIN < apart(left, here)
    }

    /// Has no target any more.
    pub(super) fn rest(&mut self) {
        self.centre = None;
        self.is_outside_cone = false;
        self.places = [None; 3];
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
            (true, Some(commanded)) => {
                !self.is_flying() && apart(expected, commanded) <= ASTRAY_WITHIN
            }
            (false, Some(commanded)) => {
                self.is_steady()
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
