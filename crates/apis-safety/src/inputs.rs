//! What the interlock is told at each step. Every reading can be unknown, and unknown is a fault.
//!
//! [`Inputs::default`] is the safe end of every scale: nothing is known, nobody asked for
//! anything. A caller that forgets a field therefore gets a dark beam.

use apis_units::{Angle, Uptime};

/// What a person asked for since the last step, already authenticated.
///
/// A wish is an event, not a level: after a fault nobody's old wish arms the unit again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Person {
    /// Nobody asked for anything.
    #[default]
    Silent,
    /// Arm, if nothing is wrong.
    Arm,
    /// Disarm. Always granted; the state after it is dark.
    Disarm,
    /// Somebody on the spot acknowledges the fault.
    Reset,
}

/// The kill switch: a level, read at the pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum KillSwitch {
    /// Not read yet, or no longer.
    #[default]
    Unknown,
    /// Not pressed.
    Clear,
    /// Pressed.
    Pressed,
}

/// Whether pictures come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Camera {
    /// No picture yet.
    #[default]
    Unknown,
    /// Pictures come.
    Working,
    /// The source failed, stalled or ended.
    Failed,
}

/// The supply of laser and servo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Supply {
    /// Not read yet, or the last reading is too old.
    #[default]
    Unknown,
    /// Millivolts.
    Millivolts(u16),
}

/// The laser's temperature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Temperature {
    /// Not read yet, or the last reading is too old.
    #[default]
    Unknown,
    /// Whole degrees Celsius.
    Celsius(i16),
}

/// Where the servo is, against where it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Servo {
    /// Never heard of, or silent for too long.
    #[default]
    Unknown,
    /// On its way to the start of the sweep.
    Moving,
    /// Where it was sent, or following the sweep within its tolerance.
    InPlace,
    /// Further from where it should be than its tolerance, for a moment.
    Astray,
    /// Astray for so long that it must be stuck, slipped or wired the wrong way round.
    Stuck,
}

/// What the light sensor at the laser's driver says, where a body has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum BeamSense {
    /// This body has no sensor, or the reading may still be of a time with an order.
    #[default]
    Silent,
    /// Dark.
    Dark,
    /// Lit, at a moment when no order has been given for longer than the one-shot holds.
    LitWithoutOrder,
}

/// Whether the body that carries the pins is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Body {
    /// Not connected yet.
    #[default]
    Unknown,
    /// There.
    Present,
    /// Was there, or should be, and is not.
    Lost,
}

/// The newest target of the eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Target {
    /// The eyes have no hornet.
    #[default]
    None,
    /// A hornet, in a frame taken at `captured_at`.
    Seen {
        /// When the frame was taken, on the same clock as the step's `now`.
        captured_at: Uptime,
    },
}

/// Where the line lies, or would lie, under this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Line {
    /// There is no aim.
    #[default]
    Unaimed,
    /// The target, or an end of the sweep around it, is outside the allowed cone.
    OutsideCone,
    /// Aimed.
    Aimed {
        /// Tilt of the middle of the line: the higher of where the servo is sent and where it
        /// was last known to be.
        tilt: Angle,
    },
}

/// Everything the interlock is told at one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Inputs {
    /// A person's wish since the last step.
    pub person: Person,
    /// The kill switch.
    pub kill_switch: KillSwitch,
    /// Whether the body is there.
    pub body: Body,
    /// The light sensor at the driver.
    pub beam: BeamSense,
    /// Whether pictures come.
    pub camera: Camera,
    /// The supply.
    pub supply: Supply,
    /// The temperature.
    pub temperature: Temperature,
    /// The servo.
    pub servo: Servo,
    /// The eyes' newest target.
    pub target: Target,
    /// Where the line would lie.
    pub line: Line,
}
