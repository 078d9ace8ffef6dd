//! Commands to a unit, and what it says became of them.

use crate::bounded::{self, Token};
use crate::envelope::Sealed;
use crate::id::{CommandNumber, UnitId};
use crate::message::Message;
use crate::records::RecordTime;
use core::fmt;
use serde::{Deserialize, Serialize};

/// A command, signed by the tenant's key inside an [`crate::envelope::Envelope`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// The unit it is for.
    pub unit_id: UnitId,
    /// Its place in the order; `max(last + 1, now in ms)`. The unit persists it before it acts.
    pub number: CommandNumber,
    /// Not acted on after this time, in milliseconds since 1970 UTC.
    #[serde(deserialize_with = "bounded::stored")]
    pub expires_ms: i64,
    /// What to do.
    pub kind: CommandKind,
}

impl Message for Command {
    const NAME: &'static str = "command";
    const BYTES_MAX: usize = 1_024;
}

impl Sealed for Command {
    const DOMAIN: &'static [u8] = b"apis-command-v1\0";
}

/// What a command asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandKind {
    /// Arm the deterrent. Needs a synchronised clock, and the unit's own conditions.
    Arm,
    /// Disarm the deterrent. Taken even while the unit does not know the time.
    Disarm,
    /// Blink, so that a person finds the unit.
    Locate,
}

impl CommandKind {
    /// Its name in messages, tables and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            CommandKind::Arm => "arm",
            CommandKind::Disarm => "disarm",
            CommandKind::Locate => "locate",
        }
    }
}

/// What the unit knows of the time when it judges a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandClock {
    /// Nothing that an expiry could be held against.
    Unsynchronised,
    /// The true time is between these two, in milliseconds since 1970 UTC.
    Known {
        /// Estimate minus bound.
        earliest_ms: i64,
        /// Estimate plus bound.
        latest_ms: i64,
    },
}

/// Why a signed command was not acted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandRefusal {
    /// It is another unit's.
    OtherUnit,
    /// Its number was taken before, or a higher one was.
    Replayed,
    /// It is over.
    Expired,
    /// It would arm a unit that does not know the time, so may be replayed from any year.
    ClockUnsynchronised,
}

impl CommandRefusal {
    /// Its name in results, metrics and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            CommandRefusal::OtherUnit => "other_unit",
            CommandRefusal::Replayed => "replayed",
            CommandRefusal::Expired => "expired",
            CommandRefusal::ClockUnsynchronised => "clock_unsynchronised",
        }
    }
}

impl fmt::Display for CommandRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CommandRefusal::OtherUnit => "the command is another unit's",
            CommandRefusal::Replayed => "the command's number was taken before",
            CommandRefusal::Expired => "the command is over",
            CommandRefusal::ClockUnsynchronised => "the unit does not know the time",
        })
    }
}

impl core::error::Error for CommandRefusal {}

impl Command {
    /// Whether `unit` may act on this command now; it then persists `number` *before* it acts.
    ///
    /// `last` is the highest number it ever persisted. Where the clock's bound leaves a doubt,
    /// arming is refused and everything else is done.
    pub fn check(
        &self,
        unit: UnitId,
        last: Option<CommandNumber>,
        clock: CommandClock,
    ) -> Result<(), CommandRefusal> {
        if self.unit_id != unit {
            return Err(CommandRefusal::OtherUnit);
        }
        if last.is_some_and(|last| self.number <= last) {
            return Err(CommandRefusal::Replayed);
        }
        let is_over = match (self.kind, clock) {
            (CommandKind::Arm, CommandClock::Unsynchronised) => {
                return Err(CommandRefusal::ClockUnsynchronised);
            }
            (CommandKind::Disarm | CommandKind::Locate, CommandClock::Unsynchronised) => false,
            (CommandKind::Arm, CommandClock::Known { latest_ms, .. }) => {
                self.expires_ms < latest_ms
            }
            (
                CommandKind::Disarm | CommandKind::Locate,
                CommandClock::Known { earliest_ms, .. },
            ) => self.expires_ms < earliest_ms,
        };
        if is_over { Err(CommandRefusal::Expired) } else { Ok(()) }
    }
}

/// What became of a command; told on the channel, or in the next heartbeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandResult {
    /// The command.
    pub number: CommandNumber,
    /// When the unit decided.
    pub at: RecordTime,
    /// What became of it.
    pub outcome: CommandOutcome,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandOutcome {
    /// The unit acted.
    Done,
    /// It did not: a [`CommandRefusal`] or a rule of its own, by name.
    Refused(Token),
}
