//! The lines between a unit and the simulated body: one message a line, words and whole numbers.
//!
//! From the unit:
//!
//! ```text
//! drive PAN TILT BEAM TOGGLE     angles in millidegrees or `-`; levels 0 or 1
//! led PATTERN LEVEL
//! ```
//!
//! To the unit:
//!
//! ```text
//! servo PAN TILT                 measured, every 20 ms
//! readings KILL SUPPLY_MV TEMPERATURE_C LIT     every 100 ms and on change; KILL, LIT 0 or 1
//! button 1 | button 0            the arm button went down or up
//! ```

use std::fmt;
use std::str::FromStr;

/// Longest line either side accepts, in bytes.
pub const LINE_BYTES_MAX: usize = 200;

/// What the pins shall do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drive {
    /// Pan and tilt in millidegrees; `None` sends the servo no pulse.
    pub aim: Option<(i32, i32)>,
    /// Level of the beam pin.
    pub beam: bool,
    /// Level of the one-shot's pin.
    pub toggle: bool,
}

/// A line from the unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FromUnit {
    /// The pins.
    Drive(Drive),
    /// The status lamp.
    Led {
        /// What it says.
        pattern: String,
    },
}

/// A line to the unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToUnit {
    /// Where the servo was measured, in millidegrees.
    ServoAt {
        /// Pan.
        pan: i32,
        /// Tilt.
        tilt: i32,
    },
    /// The slow readings.
    Readings {
        /// The kill switch.
        kill_pressed: bool,
        /// The rail.
        supply_mv: u16,
        /// The driver.
        temperature_c: i16,
        /// The light sensor at the driver.
        lit: bool,
    },
    /// The arm button.
    Button {
        /// Down or up.
        pressed: bool,
    },
}

/// A line that is not one of these.
#[derive(Debug, PartialEq, Eq)]
pub struct NotALine;

impl FromStr for FromUnit {
    type Err = NotALine;

    fn from_str(line: &str) -> Result<FromUnit, NotALine> {
        let mut words = line.split_ascii_whitespace();
        let message = match words.next() {
            Some("drive") => {
                let (pan, tilt) = (words.next(), words.next());
                let aim = match (pan, tilt) {
                    (Some("-"), Some("-")) => None,
                    (Some(pan), Some(tilt)) => Some((number(pan)?, number(tilt)?)),
                    (None, _) | (_, None) => return Err(NotALine),
                };
                let (beam, toggle) = (level(words.next())?, level(words.next())?);
                FromUnit::Drive(Drive { aim, beam, toggle })
            }
            Some("led") => {
                let pattern = words.next().ok_or(NotALine)?.to_owned();
                level(words.next())?;
                FromUnit::Led { pattern }
            }
            Some(_) | None => return Err(NotALine),
        };
        words.next().is_none().then_some(message).ok_or(NotALine)
    }
}

impl fmt::Display for FromUnit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FromUnit::Drive(Drive { aim, beam, toggle }) => {
                let (beam, toggle) = (u8::from(*beam), u8::from(*toggle));
                match aim {
                    Some((pan, tilt)) => write!(out, "drive {pan} {tilt} {beam} {toggle}"),
                    None => write!(out, "drive - - {beam} {toggle}"),
                }
            }
            FromUnit::Led { pattern } => write!(out, "led {pattern} 1"),
        }
    }
}

impl FromStr for ToUnit {
    type Err = NotALine;

    fn from_str(line: &str) -> Result<ToUnit, NotALine> {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        match words.as_slice() {
            ["servo", pan, tilt] => Ok(ToUnit::ServoAt { pan: number(pan)?, tilt: number(tilt)? }),
            ["readings", kill, mv, celsius, lit] => Ok(ToUnit::Readings {
                kill_pressed: level(Some(kill))?,
                supply_mv: number(mv)?,
                temperature_c: number(celsius)?,
                lit: level(Some(lit))?,
            }),
            ["button", pressed] => Ok(ToUnit::Button { pressed: level(Some(pressed))? }),
            _ => Err(NotALine),
        }
    }
}

impl fmt::Display for ToUnit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            ToUnit::ServoAt { pan, tilt } => write!(out, "servo {pan} {tilt}"),
            ToUnit::Readings { kill_pressed, supply_mv, temperature_c, lit } => {
                let (kill, lit) = (u8::from(kill_pressed), u8::from(lit));
                write!(out, "readings {kill} {supply_mv} {temperature_c} {lit}")
            }
            ToUnit::Button { pressed } => write!(out, "button {}", u8::from(pressed)),
        }
    }
}

fn number<N: FromStr>(word: &str) -> Result<N, NotALine> {
    word.parse().map_err(|_| NotALine)
}

fn level(word: Option<&str>) -> Result<bool, NotALine> {
    match word {
        Some("0") => Ok(false),
        Some("1") => Ok(true),
        Some(_) | None => Err(NotALine),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drive_is_read_with_and_without_an_aim() {
        let aimed = Drive { aim: Some((-1_500, -24_000)), beam: true, toggle: false };
        assert_eq!("drive -1500 -24000 1 0".parse(), Ok(FromUnit::Drive(aimed)));
        let still = Drive { aim: None, beam: false, toggle: true };
        assert_eq!("drive - - 0 1".parse(), Ok(FromUnit::Drive(still)));
    }

    #[test]
    fn what_one_side_writes_the_other_reads() {
        for message in [
            FromUnit::Drive(Drive { aim: Some((-1, 2)), beam: true, toggle: true }),
            FromUnit::Drive(Drive { aim: None, beam: false, toggle: false }),
            FromUnit::Led { pattern: "armed".to_owned() },
        ] {
            assert_eq!(message.to_string().parse(), Ok(message));
        }
        for message in [
            ToUnit::ServoAt { pan: -1_500, tilt: -30_000 },
            ToUnit::Readings {
                kill_pressed: true,
                supply_mv: 5_080,
                temperature_c: -3,
                lit: false,
            },
            ToUnit::Button { pressed: true },
        ] {
            assert_eq!(message.to_string().parse(), Ok(message));
        }
    }

    #[test]
    fn anything_else_is_no_line() {
        let lines = [
            "",
            "drive",
            "drive - - 1",
            "drive 1 - 0 0",
            "drive - - 2 0",
            "drive - - 0 0 0",
            "fire",
        ];
        for line in lines {
            assert_eq!(line.parse::<FromUnit>(), Err(NotALine), "{line}");
        }
    }
}
