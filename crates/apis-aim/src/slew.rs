//! Where a servo must be by now, from what it was told: the slew model.
//!
//! A command takes effect after the servo's answer time and is then approached at a bounded rate.
//! The model knows what was sent, not what happened: where a body can measure its servo, the guard
//! compares, and a difference that lasts is a fault.

use core::time::Duration;

use apis_units::{Angle, PanTilt, Uptime};

/// How a servo moves. Take the slow end of what the datasheet promises: a model that is too fast
/// would light the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlewRate {
    /// Time from a command to the first movement.
    pub answer: Duration,
    /// Millidegrees moved in a millisecond, which is degrees in a second.
    pub degrees_per_second: u16,
}

impl SlewRate {
    /// The reference servo: answers in 45 ms (R5), and turns 60° in 0.2 s under load.
    pub const REFERENCE: SlewRate =
        SlewRate { answer: Duration::from_millis(45), degrees_per_second: 300 };
}

/// Commands on their way: at one each 20 ms, an answer of 45 ms holds three. More are merged.
const COMMANDS_MAX: usize = 8;

#[derive(Debug, Clone, Copy)]
struct Command {
    takes_effect_at: Uptime,
    to: PanTilt,
}

/// The model of one pan-and-tilt servo.
#[derive(Debug, Clone)]
pub struct Slew {
    rate: SlewRate,
    position: PanTilt,
    goal: PanTilt,
    moved_at: Uptime,
    /// Thousandths of a millidegree turned and not yet shown: asking often loses nothing.
    carry: u64,
    /// Oldest first.
    coming: [Option<Command>; COMMANDS_MAX],
}

impl Slew {
    /// A servo that stands still at `position`.
    pub fn standing_at(position: PanTilt, rate: SlewRate, now: Uptime) -> Slew {
        Slew {
            rate,
            position,
            goal: position,
            moved_at: now,
            carry: 0,
            coming: [None; COMMANDS_MAX],
        }
    }

    /// Tells the servo to go to `to`.
    pub fn command(&mut self, to: PanTilt, now: Uptime) {
        let command = Command { takes_effect_at: now + self.rate.answer, to };
        match self.coming.iter_mut().find(|place| place.is_none()) {
            Some(free) => *free = Some(command),
            // Merging two commands on their way only makes the model later than the servo.
            None => self.coming[COMMANDS_MAX - 1] = Some(command),
        }
    }

    /// Where the servo must be at `now`. Time that runs backwards moves nothing.
    pub fn position(&mut self, now: Uptime) -> PanTilt {
        while let Some(Some(next)) = self.coming.first().copied()
            && next.takes_effect_at <= now
        {
            self.turn_until(next.takes_effect_at);
            self.goal = next.to;
            self.coming.rotate_left(1);
            self.coming[COMMANDS_MAX - 1] = None;
        }
        self.turn_until(now);
        self.position
    }

    fn turn_until(&mut self, moment: Uptime) {
        let span_us = u64::try_from(moment.since(self.moved_at).as_micros()).unwrap_or(u64::MAX);
        let turned = span_us
            .saturating_mul(u64::from(self.rate.degrees_per_second))
            .saturating_add(self.carry);
        let reach_millidegrees = turned / 1_000;
        self.carry = turned % 1_000;
        let reach = Angle::from_millidegrees(i32::try_from(reach_millidegrees).unwrap_or(i32::MAX));
        self.position = PanTilt {
            pan: towards(self.position.pan, self.goal.pan, reach),
            tilt: towards(self.position.tilt, self.goal.tilt, reach),
        };
        self.moved_at = self.moved_at.max(moment);
    }
}

/// The larger of the two differences in pan and tilt.
pub fn apart(one: PanTilt, other: PanTilt) -> Angle {
    (one.pan - other.pan).abs().max((one.tilt - other.tilt).abs())
}

fn towards(from: Angle, to: Angle, reach: Angle) -> Angle {
    let left = to - from;
    if left.abs() <= reach {
        to
    } else if left < Angle::ZERO {
        from - reach
    } else {
        from + reach
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Uptime {
        Uptime::from_millis(millis)
    }

    fn pan(degrees: i16) -> PanTilt {
        PanTilt { pan: Angle::from_degrees(degrees), tilt: Angle::ZERO }
    }

    #[test]
    fn a_servo_stands_still_until_its_answer_and_then_turns_at_its_rate() {
        let mut slew = Slew::standing_at(pan(0), SlewRate::REFERENCE, at(0));
        slew.command(pan(30), at(100));
        assert_eq!(slew.position(at(145)), pan(0));
        assert_eq!(slew.position(at(195)), pan(15));
        assert_eq!(slew.position(at(244)).pan, Angle::from_millidegrees(29_700));
        assert_eq!(slew.position(at(245)), pan(30));
        assert_eq!(slew.position(at(9_000)), pan(30));
    }

    #[test]
    fn asking_often_moves_it_no_slower() {
        let mut often = Slew::standing_at(pan(0), SlewRate::REFERENCE, at(0));
        often.command(pan(30), at(0));
        for micros in 0..100_000 {
            often.position(Uptime::from_micros(micros));
        }
        let mut once = Slew::standing_at(pan(0), SlewRate::REFERENCE, at(0));
        once.command(pan(30), at(0));
        let difference = apart(often.position(at(100)), once.position(at(100)));
        assert!(difference <= Angle::from_millidegrees(1), "{difference:?}");
    }

    #[test]
    fn a_second_command_takes_effect_in_its_turn() {
        let mut slew = Slew::standing_at(pan(0), SlewRate::REFERENCE, at(0));
        slew.command(pan(30), at(0));
        slew.command(pan(0), at(50));
        assert_eq!(slew.position(at(95)), pan(15));
        assert_eq!(slew.position(at(145)), pan(0));
    }

    #[test]
    fn more_commands_than_fit_still_end_at_the_last() {
        let mut slew = Slew::standing_at(pan(0), SlewRate::REFERENCE, at(0));
        (0..50).for_each(|n| slew.command(pan(n), at(1)));
        assert_eq!(slew.position(at(5_000)), pan(49));
    }

    #[test]
    fn time_that_runs_backwards_moves_nothing() {
        let mut slew = Slew::standing_at(pan(0), SlewRate::REFERENCE, at(1_000));
        slew.command(pan(30), at(1_000));
        assert_eq!(slew.position(at(1_100)), slew.position(at(10)));
    }
}
