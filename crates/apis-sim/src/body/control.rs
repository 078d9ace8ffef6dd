//! What a test may do to the simulated body: press, set, break, mend.
//!
//! ```text
//! press arm | press kill | release kill     press arm is a press and its release
//! supply MV | supply auto
//! temperature C | temperature auto
//! servo sound | servo stuck | servo reversed
//! beam sound | beam stuck
//! one-shot sound | one-shot stuck
//! ```

use std::str::FromStr;

use super::servo::ServoState;
use super::wire::NotALine;

/// One thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// The arm button goes down or up.
    ArmButton {
        /// Down.
        pressed: bool,
    },
    /// The kill switch is pressed or released.
    KillSwitch {
        /// Pressed.
        pressed: bool,
    },
    /// The rail reads this; `None` lets the model say.
    Supply {
        /// Millivolts.
        mv: Option<u16>,
    },
    /// The driver reads this; `None` lets the model say.
    Temperature {
        /// Degrees Celsius.
        degrees_c: Option<i16>,
    },
    /// The servo is broken like this.
    Servo(ServoState),
    /// The transistor behind the beam pin always conducts.
    BeamStuck(bool),
    /// The one-shot's output is always high.
    OneShotStuck(bool),
}

impl Control {
    /// Whether it is a press of something a person can press, which has its own log entry.
    pub fn is_press(self) -> bool {
        match self {
            Control::ArmButton { .. } | Control::KillSwitch { .. } => true,
            Control::Supply { .. }
            | Control::Temperature { .. }
            | Control::Servo(_)
            | Control::BeamStuck(_)
            | Control::OneShotStuck(_) => false,
        }
    }

    /// Reads one line; a press of the arm button is two things to do.
    ///
    /// Errors: `NotALine` for anything that is not in the table above.
    pub fn parse(line: &str) -> Result<Vec<Control>, NotALine> {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let [what, how] = words.as_slice() else { return Err(NotALine) };
        let control = match (*what, *how) {
            ("press", "arm") => {
                let edge = |pressed| Control::ArmButton { pressed };
                return Ok(vec![edge(true), edge(false)]);
            }
            ("press", "kill") => Control::KillSwitch { pressed: true },
            ("release", "kill") => Control::KillSwitch { pressed: false },
            ("supply", mv) => Control::Supply { mv: auto_or(mv)? },
            ("temperature", degrees) => Control::Temperature { degrees_c: auto_or(degrees)? },
            ("servo", "sound") => Control::Servo(ServoState::Sound),
            ("servo", "stuck") => Control::Servo(ServoState::Stuck),
            ("servo", "reversed") => Control::Servo(ServoState::Reversed),
            ("beam", how) => Control::BeamStuck(is_stuck(how)?),
            ("one-shot", how) => Control::OneShotStuck(is_stuck(how)?),
            _ => return Err(NotALine),
        };
        Ok(vec![control])
    }
}

fn auto_or<N: FromStr>(word: &str) -> Result<Option<N>, NotALine> {
    if word == "auto" {
        return Ok(None);
    }
    word.parse().map(Some).map_err(|_| NotALine)
}

fn is_stuck(how: &str) -> Result<bool, NotALine> {
    match how {
        "stuck" => Ok(true),
        "sound" => Ok(false),
        _ => Err(NotALine),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_and_others_refused() {
        assert_eq!(Control::parse("press arm").map(|all| all.len()), Ok(2));
        assert_eq!(Control::parse("supply 4200"), Ok(vec![Control::Supply { mv: Some(4_200) }]));
        assert_eq!(Control::parse("supply auto"), Ok(vec![Control::Supply { mv: None }]));
        for line in ["press", "press it", "supply high", "beam", "beam maybe", "servo stuck now"] {
            assert_eq!(Control::parse(line), Err(NotALine), "{line}");
        }
    }
}
