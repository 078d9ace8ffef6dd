//! What the guard did and refused, to be kept with the visit and told to the server.

use alloc::collections::VecDeque;

use apis_safety::{Fault, Refusal};
use apis_units::{PanTilt, Uptime};
use apis_vision::TrackId;

use super::command::{CommandAnswer, GuardCommand};
use crate::eyes::VisitNumber;

/// What armed the unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArmCause {
    /// The arm button.
    Button,
    /// A command on the spot.
    Local,
    /// A command of the server.
    Network,
}

impl ArmCause {
    /// The stable name in records and status.
    pub const fn code(self) -> &'static str {
        match self {
            ArmCause::Button => "button",
            ArmCause::Local => "local",
            ArmCause::Network => "network",
        }
    }
}

/// Why the unit is disarmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DisarmReason {
    /// It started; every start is disarmed.
    Boot,
    /// There is no deterrent to arm.
    NoDeterrent,
    /// The arm button.
    Button,
    /// A command on the spot.
    Local,
    /// A command of the server.
    Network,
    /// A fault, which latches until somebody on the spot acknowledges it.
    Fault(Fault),
    /// Somebody acknowledged a fault; arming is a wish of its own.
    FaultCleared,
}

impl DisarmReason {
    /// The stable name in records and status; a fault answers by its own.
    pub const fn code(self) -> &'static str {
        match self {
            DisarmReason::Boot => "boot",
            DisarmReason::NoDeterrent => "no_deterrent",
            DisarmReason::Button => "button",
            DisarmReason::Local => "local",
            DisarmReason::Network => "network",
            DisarmReason::Fault(fault) => fault.code(),
            DisarmReason::FaultCleared => "fault_cleared",
        }
    }
}

/// Armed or disarmed, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArmState {
    /// The interlock may let the laser emit.
    Armed {
        /// What armed it.
        by: ArmCause,
    },
    /// Dark.
    Disarmed {
        /// Why.
        reason: DisarmReason,
    },
}

/// One emission, over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Emission {
    /// The first order.
    pub began: Uptime,
    /// When the beam was dark at the latest.
    pub ended: Uptime,
    /// Middle of the sweep, the mean over the emission: it follows the target.
    pub centre: PanTilt,
    /// The visit it belongs to.
    pub visit: VisitNumber,
    /// The track it was given on.
    pub track: TrackId,
    /// Why it ended.
    pub ended_by: Refusal,
}

/// Why there was no light on a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DarkReason {
    /// There is nothing that could light: no rule was asked.
    NoDeterrent,
    /// A rule of the interlock.
    Rule(Refusal),
}

impl DarkReason {
    /// The stable name in records and status.
    pub const fn code(self) -> &'static str {
        match self {
            DarkReason::NoDeterrent => DisarmReason::NoDeterrent.code(),
            DarkReason::Rule(refusal) => refusal.code(),
        }
    }
}

/// Something the guard did or refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GuardFact {
    /// The beam came on.
    EmissionBegan {
        /// The first order.
        at: Uptime,
        /// Middle of the sweep at its start.
        centre: PanTilt,
        /// The visit it belongs to.
        visit: VisitNumber,
        /// The track it was given on.
        track: TrackId,
    },
    /// The beam went off.
    EmissionEnded(Emission),
    /// There was a target and no order. Once for each track and reason until something changes.
    Refused {
        /// When.
        at: Uptime,
        /// The visit it belongs to.
        visit: VisitNumber,
        /// The track it was refused on.
        track: TrackId,
        /// Why.
        reason: DarkReason,
    },
    /// The arm state changed.
    ArmChanged {
        /// When.
        at: Uptime,
        /// What it is now.
        state: ArmState,
    },
    /// Somebody pressed the arm button and the unit did not arm. (A command has its answer.)
    PressRefused {
        /// When.
        at: Uptime,
        /// What it was told, if it could be heard.
        answer: CommandAnswer,
    },
    /// A command has its answer.
    CommandAnswered {
        /// The command.
        command: GuardCommand,
        /// The answer.
        answer: CommandAnswer,
    },
}

/// Most facts that wait for the body.
///
/// One step makes at most four, and the body drains after every step, so the bound is met only by
/// a body that breaks the rule; it then loses refusals first.
pub const FACTS_MAX: usize = 64;

/// Facts that wait to be drained.
#[derive(Debug, Default)]
pub(super) struct FactQueue {
    waiting: VecDeque<GuardFact>,
    dropped: u64,
}

impl FactQueue {
    /// Adds `fact`; when full, the oldest refusal makes room, or else the oldest fact.
    pub(super) fn push(&mut self, fact: GuardFact) {
        if self.waiting.len() == FACTS_MAX {
            let is_refusal = |fact: &GuardFact| matches!(fact, GuardFact::Refused { .. });
            let least = self.waiting.iter().position(is_refusal).unwrap_or(0);
            self.waiting.remove(least);
            self.dropped += 1;
        }
        self.waiting.push_back(fact);
    }

    pub(super) fn pop(&mut self) -> Option<GuardFact> {
        self.waiting.pop_front()
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(millis: u64) -> GuardFact {
        GuardFact::Refused {
            at: Uptime::from_millis(millis),
            visit: VisitNumber(1),
            track: TrackId::default(),
            reason: DarkReason::Rule(Refusal::Rest),
        }
    }

    fn armed(millis: u64) -> GuardFact {
        let state = ArmState::Armed { by: ArmCause::Button };
        GuardFact::ArmChanged { at: Uptime::from_millis(millis), state }
    }

    #[test]
    fn a_full_queue_loses_the_oldest_refusal_first_and_counts_it() {
        let mut queue = FactQueue::default();
        queue.push(armed(0));
        (1..FACTS_MAX as u64).for_each(|n| queue.push(refused(n)));
        queue.push(armed(1_000));
        assert_eq!(queue.dropped(), 1);
        assert_eq!(queue.pop(), Some(armed(0)));
        assert_eq!(queue.pop(), Some(refused(2)));
    }
}
