//! What people and the server ask of the guard, and what it answers.

use apis_safety::Refusal;
use apis_units::Uptime;

/// Who asks. Both have been authenticated by the body before the guard hears of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CommandSource {
    /// Somebody on the spot: the local API or the terminal, with the paired token. Counts as a
    /// press of the arm button.
    Local,
    /// The server, in a signed envelope.
    Network,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CommandKind {
    /// Arm.
    Arm,
    /// Disarm. Granted at any time, from anywhere. On the spot it also acknowledges a fault whose
    /// cause is gone.
    Disarm,
    /// Blink, so that somebody finds the unit.
    Locate,
}

/// One command, verified: signature, addressee and number are the body's and the keeper's matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GuardCommand {
    /// Comes back with the answer, beside the source.
    pub number: u64,
    /// Who asks.
    pub source: CommandSource,
    /// What is asked.
    pub kind: CommandKind,
    /// When an arming or a locating is no longer wanted; disarming never expires.
    pub expires_at: Option<Uptime>,
}

/// What became of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CommandAnswer {
    /// The unit is armed.
    Armed,
    /// The unit is disarmed.
    Disarmed,
    /// The lamp blinks.
    Located,
    /// The network may arm only after somebody armed on the spot during this boot.
    NeedsLocalPress,
    /// The unit does not arm, and why.
    Refused(Refusal),
    /// There is nothing to arm.
    NoDeterrent,
    /// There is nothing to blink with.
    NoLamp,
    /// The command came too late.
    Expired,
}

impl CommandAnswer {
    /// The stable name in records and answers.
    pub const fn code(self) -> &'static str {
        match self {
            CommandAnswer::Armed => "armed",
            CommandAnswer::Disarmed => "disarmed",
            CommandAnswer::Located => "located",
            CommandAnswer::NeedsLocalPress => "needs_local_press",
            CommandAnswer::Refused(_) => "refused",
            CommandAnswer::NoDeterrent => "no_deterrent",
            CommandAnswer::NoLamp => "no_lamp",
            CommandAnswer::Expired => "expired",
        }
    }
}
