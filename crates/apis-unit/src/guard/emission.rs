//! The record of what was lit and what was refused, made from the interlock's states.

use apis_safety::{ONE_SHOT, Refusal};
use apis_units::{Angle, PanTilt, Uptime};
use apis_vision::TrackId;

use super::Deterrent;
use super::facts::{DarkReason, Emission, GuardFact};
use crate::eyes::{Target, VisitNumber};

/// An emission that goes on.
#[derive(Debug)]
struct Running {
    began: Uptime,
    ordered_at: Uptime,
    target: Target,
    pan_sum: i64,
    tilt_sum: i64,
    order_count: i64,
}

/// What was lit and refused last.
#[derive(Debug, Default)]
pub(super) struct Emissions {
    running: Option<Running>,
    told: Option<(VisitNumber, TrackId, DarkReason)>,
}

impl Emissions {
    /// When the emission that goes on began.
    pub(super) fn began(&self) -> Option<Uptime> {
        self.running.as_ref().map(|running| running.began)
    }

    /// An order was given on `target`. Tells the beginning of an emission.
    pub(super) fn ordered(
        &mut self,
        target: Target,
        centre: PanTilt,
        now: Uptime,
    ) -> Option<GuardFact> {
        self.told = None;
        let began = self.running.is_none().then_some(GuardFact::EmissionBegan {
            at: now,
            centre,
            visit: target.visit,
            track: target.track,
        });
        let running = self.running.get_or_insert(Running {
            began: now,
            ordered_at: now,
            target,
            pan_sum: 0,
            tilt_sum: 0,
            order_count: 0,
        });
        running.ordered_at = now;
        running.pan_sum += i64::from(centre.pan.millidegrees());
        running.tilt_sum += i64::from(centre.tilt.millidegrees());
        running.order_count += 1;
        began
    }

    /// No order was given, because of `refusal`, or since nothing is fitted. Tells the end of an
    /// emission, or a refusal of `target` that was not told yet.
    pub(super) fn refused(
        &mut self,
        target: Option<Target>,
        deterrent: Deterrent,
        refusal: Refusal,
        now: Uptime,
    ) -> Option<GuardFact> {
        if let Some(running) = self.running.take() {
            return Some(GuardFact::EmissionEnded(running.over(refusal, now)));
        }
        let target = target?;
        let reason = match deterrent {
            Deterrent::None => DarkReason::NoDeterrent,
            Deterrent::Fitted(_) => DarkReason::Rule(refusal),
        };
        let telling = (target.visit, target.track, reason);
        if self.told == Some(telling) {
            return None;
        }
        self.told = Some(telling);
        let Target { visit, track, .. } = target;
        Some(GuardFact::Refused { at: now, visit, track, reason })
    }
}

impl Running {
    fn over(self, ended_by: Refusal, now: Uptime) -> Emission {
        let mean = |sum: i64| {
            let mean = i32::try_from(sum / self.order_count.max(1)).unwrap_or_default();
            Angle::from_millidegrees(mean)
        };
        Emission {
            began: self.began,
            // A guard that came back late does not know more than that the one-shot ended it.
            ended: now.min(self.ordered_at + ONE_SHOT),
            centre: PanTilt { pan: mean(self.pan_sum), tilt: mean(self.tilt_sum) },
            visit: self.target.visit,
            track: self.target.track,
            ended_by,
        }
    }
}
