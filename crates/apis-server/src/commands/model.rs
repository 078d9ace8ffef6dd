//! The life of a command. No IO.
//!
//! ```text
//! Waiting ──handed over──▶ Sent ──the unit's word──▶ Armed, Disarmed, Located,
//!    │                      │                         NeedsLocalPress, Refused, Expired
//!    └──its time is over──▶ Unreachable
//!                           └──its time is over──▶ Expired
//! ```

use apis_protocol::command::{CommandKind, CommandOutcome, CommandRefusal};

use crate::clock::UnixMs;

/// How long a command may be acted on, in milliseconds: two heartbeats and their jitter. A person
/// who presses *arm* does not expect it to happen later than that.
pub const VALID_MS: i64 = 150_000;

/// What the unit's guard answers when arming needs the button first.
pub const NEEDS_LOCAL_PRESS: &str = "needs_local_press";

/// Where a command stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandState {
    /// Nobody has fetched it.
    Waiting,
    /// Handed to the unit; no word yet.
    Sent,
    /// The unit is armed.
    Armed,
    /// The unit is disarmed.
    Disarmed,
    /// The unit blinks.
    Located,
    /// The unit arms only after its button was pressed once since its boot.
    NeedsLocalPress,
    /// The unit refused, with a reason.
    Refused,
    /// Its time was over before the unit acted.
    Expired,
    /// Its time was over and the unit never fetched it.
    Unreachable,
}

impl CommandState {
    /// Every state.
    pub const ALL: [CommandState; 9] = [
        CommandState::Waiting,
        CommandState::Sent,
        CommandState::Armed,
        CommandState::Disarmed,
        CommandState::Located,
        CommandState::NeedsLocalPress,
        CommandState::Refused,
        CommandState::Expired,
        CommandState::Unreachable,
    ];

    /// Its word in tables and answers.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            CommandState::Waiting => "waiting",
            CommandState::Sent => "sent",
            CommandState::Armed => "armed",
            CommandState::Disarmed => "disarmed",
            CommandState::Located => "located",
            CommandState::NeedsLocalPress => "needs_local_press",
            CommandState::Refused => "refused",
            CommandState::Expired => "expired",
            CommandState::Unreachable => "unreachable",
        }
    }

    /// The state with this word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<CommandState> {
        CommandState::ALL.into_iter().find(|state| state.word() == word)
    }

    /// The state as a person sees it: a command without a word whose time is over has ended.
    #[must_use]
    pub fn at(self, expires_at: UnixMs, now: UnixMs) -> CommandState {
        if now <= expires_at {
            return self;
        }
        match self {
            CommandState::Waiting => CommandState::Unreachable,
            CommandState::Sent => CommandState::Expired,
            CommandState::Armed
            | CommandState::Disarmed
            | CommandState::Located
            | CommandState::NeedsLocalPress
            | CommandState::Refused
            | CommandState::Expired
            | CommandState::Unreachable => self,
        }
    }
}

/// The state after the unit's word, and the reason it gave.
#[must_use]
pub fn after_result(kind: CommandKind, outcome: &CommandOutcome) -> (CommandState, Option<String>) {
    match outcome {
        CommandOutcome::Done => match kind {
            CommandKind::Arm => (CommandState::Armed, None),
            CommandKind::Disarm => (CommandState::Disarmed, None),
            CommandKind::Locate => (CommandState::Located, None),
        },
        CommandOutcome::Refused(reason) => {
            let reason = reason.as_str().to_owned();
            if reason == NEEDS_LOCAL_PRESS {
                (CommandState::NeedsLocalPress, None)
            } else if reason == CommandRefusal::Expired.as_str() {
                (CommandState::Expired, None)
            } else {
                (CommandState::Refused, Some(reason))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use apis_protocol::bounded::Token;

    use super::*;

    #[test]
    fn a_command_ends_by_the_units_word_or_by_its_time() {
        let (then, later) = (UnixMs(1_000), UnixMs(1_001));
        assert_eq!(CommandState::Waiting.at(then, then), CommandState::Waiting);
        assert_eq!(CommandState::Waiting.at(then, later), CommandState::Unreachable);
        assert_eq!(CommandState::Sent.at(then, later), CommandState::Expired);
        assert_eq!(CommandState::Armed.at(then, later), CommandState::Armed);

        let refused = |word| CommandOutcome::Refused(Token::new(word).unwrap());
        let after = |outcome| after_result(CommandKind::Arm, &outcome);
        assert_eq!(after(CommandOutcome::Done), (CommandState::Armed, None));
        assert_eq!(after(refused("needs_local_press")), (CommandState::NeedsLocalPress, None));
        assert_eq!(after(refused("expired")), (CommandState::Expired, None));
        let replayed = (CommandState::Refused, Some("replayed".to_owned()));
        assert_eq!(after(refused("replayed")), replayed);
    }

    #[test]
    fn every_state_has_its_own_word() {
        for state in CommandState::ALL {
            assert_eq!(CommandState::of_word(state.word()), Some(state));
        }
    }
}
