//! Two hobby servos, pan and tilt: a command is answered after 45 ms and approached at a rate.
//!
//! Written apart from the guard's own slew model, and faster than it, as a servo that is better
//! than its datasheet: what the guard concludes must not hang on both being the same code.

use std::collections::VecDeque;

/// Time from a pulse to the first movement (R5), in microseconds.
pub const ANSWER_US: u64 = 45_000;

/// Millidegrees turned in a second: 60° in 0.15 s, a 4.8 V micro servo without load.
const RATE_MDEG_S: f64 = 400_000.0;

/// Pan and tilt in millidegrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Angles {
    /// To the right.
    pub pan: f64,
    /// Upwards from the horizontal.
    pub tilt: f64,
}

/// How a servo is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServoState {
    /// Works.
    Sound,
    /// Stands where it is, whatever it is told.
    Stuck,
    /// Wired or mounted the wrong way round: turns to the left when told to turn to the right.
    Reversed,
}

/// The pair of servos.
#[derive(Debug)]
pub struct Servo {
    at: Angles,
    goal: Angles,
    coming: VecDeque<(u64, Angles)>,
    /// How it is broken.
    pub state: ServoState,
    moved_us: u64,
}

impl Servo {
    /// Parked: straight ahead, 30° down.
    pub fn parked(now_us: u64) -> Servo {
        let at = Angles { pan: 0.0, tilt: -30_000.0 };
        Servo { at, goal: at, coming: VecDeque::new(), state: ServoState::Sound, moved_us: now_us }
    }

    /// A pulse that sends it to `to`.
    pub fn send(&mut self, to: Angles, now_us: u64) {
        self.coming.push_back((now_us + ANSWER_US, to));
    }

    /// Where it is.
    pub fn at(&self) -> Angles {
        self.at
    }

    /// Whether it is turning, which is when it draws current.
    pub fn is_turning(&self) -> bool {
        self.state != ServoState::Stuck && self.at != self.goal
    }

    /// Lets time pass until `now_us`.
    pub fn advance(&mut self, now_us: u64) {
        while let Some(&(effect_us, to)) = self.coming.front()
            && effect_us <= now_us
        {
            self.turn(effect_us);
            self.coming.pop_front();
            self.goal = match self.state {
                ServoState::Sound | ServoState::Stuck => to,
                ServoState::Reversed => Angles { pan: -to.pan, tilt: to.tilt },
            };
        }
        self.turn(now_us);
    }

    fn turn(&mut self, until_us: u64) {
        let span_s = until_us.saturating_sub(self.moved_us) as f64 / 1e6;
        self.moved_us = self.moved_us.max(until_us);
        if self.state == ServoState::Stuck {
            return;
        }
        let reach = RATE_MDEG_S * span_s;
        let towards = |from: f64, to: f64| from + (to - from).clamp(-reach, reach);
        self.at = Angles {
            pan: towards(self.at.pan, self.goal.pan),
            tilt: towards(self.at.tilt, self.goal.tilt),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_answers_after_45_ms_and_turns_at_its_rate() {
        let mut servo = Servo::parked(0);
        servo.send(Angles { pan: 20_000.0, tilt: -30_000.0 }, 1_000);
        servo.advance(46_000);
        assert_eq!(servo.at().pan, 0.0);
        servo.advance(71_000);
        assert!((servo.at().pan - 10_000.0).abs() < 1.0);
        servo.advance(900_000);
        assert_eq!(servo.at().pan, 20_000.0);
        assert!(!servo.is_turning());
    }

    #[test]
    fn a_stuck_one_stays_and_a_reversed_one_turns_away() {
        let mut stuck = Servo::parked(0);
        stuck.state = ServoState::Stuck;
        stuck.send(Angles { pan: 20_000.0, tilt: -30_000.0 }, 0);
        stuck.advance(900_000);
        assert_eq!(stuck.at().pan, 0.0);

        let mut reversed = Servo::parked(0);
        reversed.state = ServoState::Reversed;
        reversed.send(Angles { pan: 20_000.0, tilt: -30_000.0 }, 0);
        reversed.advance(900_000);
        assert_eq!(reversed.at().pan, -20_000.0);
    }
}
