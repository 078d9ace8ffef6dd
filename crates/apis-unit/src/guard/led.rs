//! The status lamp: what a person sees from two metres away (R11).
//!
//! | pattern | the lamp | means |
//! | --- | --- | --- |
//! | `Disarmed` | a short flash every 3 s | alive, dark, waits to be armed |
//! | `Armed` | steady | may emit |
//! | `Emitting` | fast blinking | the laser is on |
//! | `Faulted` | two flashes every 2 s | somebody must look, then press the button |
//! | `Locating` | even blinking | somebody asked where this unit is |

use apis_safety::State;
use apis_units::Uptime;
use core::time::Duration;

/// How long the lamp blinks after a locate command, 30 s: time to look along a row of hives.
pub(super) const LOCATE: Duration = Duration::from_secs(30);

/// What the lamp says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LedPattern {
    /// Alive and disarmed.
    #[default]
    Disarmed,
    /// Armed.
    Armed,
    /// The laser is on.
    Emitting,
    /// A fault is latched.
    Faulted,
    /// Somebody asked where this unit is.
    Locating,
}

impl LedPattern {
    /// Whether the lamp is lit at `now`. Patterns run on uptime, so no state is kept.
    fn is_lit(self, now: Uptime) -> bool {
        let into = |period: u64| now.millis() % period;
        match self {
            LedPattern::Disarmed => into(3_000) < 100,
            LedPattern::Armed => true,
            LedPattern::Emitting => into(200) < 100,
            LedPattern::Faulted => matches!(into(2_000), 0..100 | 300..400),
            LedPattern::Locating => into(500) < 250,
        }
    }
}

/// The lamp as the body sets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Led {
    /// What it says.
    pub pattern: LedPattern,
    /// The level of its pin now.
    pub is_lit: bool,
}

/// The lamp's memory.
#[derive(Debug, Default)]
pub(super) struct Lamp {
    shown: Led,
    is_change_due: bool,
    locate_until: Uptime,
}

impl Lamp {
    /// Blinks from `now` on for [`LOCATE`].
    pub(super) fn locate(&mut self, now: Uptime) {
        self.locate_until = now + LOCATE;
    }

    /// Brings the lamp up to date. An emission or a fault outranks a search.
    pub(super) fn show(&mut self, state: State, now: Uptime) {
        let is_sought = now < self.locate_until;
        let pattern = match state {
            State::Emitting { .. } => LedPattern::Emitting,
            State::Faulted { .. } => LedPattern::Faulted,
            State::Disarmed | State::Armed | State::Resting { .. } if is_sought => {
                LedPattern::Locating
            }
            State::Disarmed => LedPattern::Disarmed,
            State::Armed | State::Resting { .. } => LedPattern::Armed,
        };
        let led = Led { pattern, is_lit: pattern.is_lit(now) };
        self.is_change_due |= led != self.shown;
        self.shown = led;
    }

    /// The lamp, if it changed since it was last taken.
    pub(super) fn take_change(&mut self) -> Option<Led> {
        core::mem::take(&mut self.is_change_due).then_some(self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_a_lamp_that_can_be_told_from_the_others() {
        let patterns = [
            LedPattern::Disarmed,
            LedPattern::Armed,
            LedPattern::Emitting,
            LedPattern::Faulted,
            LedPattern::Locating,
        ];
        let seen = patterns.map(|pattern| {
            (0..150).map(|n| pattern.is_lit(Uptime::from_millis(n * 20))).collect::<Vec<bool>>()
        });
        for (index, one) in seen.iter().enumerate() {
            assert!(!seen.iter().skip(index + 1).any(|other| other == one), "{index}");
            assert!(one.contains(&true));
        }
    }

    #[test]
    fn a_search_ends_by_itself_and_never_hides_a_fault() {
        let mut lamp = Lamp::default();
        lamp.locate(Uptime::ZERO);
        lamp.show(State::Disarmed, Uptime::from_millis(1_000));
        assert_eq!(lamp.take_change().unwrap().pattern, LedPattern::Locating);
        assert_eq!(lamp.take_change(), None);
        let first = apis_safety::Fault::KillSwitch;
        lamp.show(State::Faulted { first }, Uptime::from_millis(2_000));
        assert_eq!(lamp.take_change().unwrap().pattern, LedPattern::Faulted);
        lamp.show(State::Disarmed, Uptime::from_millis(30_000));
        assert_eq!(lamp.take_change().unwrap().pattern, LedPattern::Disarmed);
    }

    use alloc::vec::Vec;
}
