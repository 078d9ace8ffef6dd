//! From what a person asks to what the interlock is told, and back to an answer.

use apis_safety::{Fault, Inputs, Person, Refusal, State};
use apis_units::Uptime;

use super::command::{CommandAnswer, CommandKind, CommandSource, GuardCommand};
use super::facts::{ArmCause, ArmState, DisarmReason, GuardFact};
use super::{Deterrent, Guard};

/// Something a person or the server asks.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wish {
    /// A press of the arm button.
    Button,
    /// A command.
    Command(GuardCommand),
}

/// What the interlock is told of a wish; an answer that is already known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grant {
    pub(super) person: Person,
    refused: Option<CommandAnswer>,
}

impl Grant {
    fn asking(person: Person) -> Grant {
        Grant { person, refused: None }
    }

    fn refusing(answer: CommandAnswer) -> Grant {
        Grant { person: Person::Silent, refused: Some(answer) }
    }
}

impl Guard {
    /// What becomes of `wish`, before the interlock is asked.
    pub(super) fn weigh(&self, wish: Wish, inputs: &Inputs, now: Uptime) -> Grant {
        let is_faulted = matches!(self.interlock.state(), State::Faulted { .. });
        match wish {
            Wish::Button => match self.interlock.state() {
                State::Faulted { .. } => Grant::asking(Person::Reset),
                State::Disarmed => self.weigh_arming(inputs, now),
                State::Armed | State::Emitting { .. } | State::Resting { .. } => {
                    Grant::asking(Person::Disarm)
                }
            },
            Wish::Command(command) => match (command.kind, command.source) {
                (CommandKind::Disarm, CommandSource::Local) if is_faulted => {
                    Grant::asking(Person::Reset)
                }
                (CommandKind::Disarm, CommandSource::Local | CommandSource::Network) => {
                    Grant::asking(Person::Disarm)
                }
                (CommandKind::Arm | CommandKind::Locate, _)
                    if command.expires_at.is_some_and(|end| end <= now) =>
                {
                    Grant::refusing(CommandAnswer::Expired)
                }
                // Nobody is sent to a button that would arm nothing.
                (CommandKind::Arm, CommandSource::Network)
                    if self.deterrent != Deterrent::None && !self.is_armed_here_once =>
                {
                    Grant::refusing(CommandAnswer::NeedsLocalPress)
                }
                (CommandKind::Arm, CommandSource::Local | CommandSource::Network) => {
                    self.weigh_arming(inputs, now)
                }
                (CommandKind::Locate, _) if self.deterrent == Deterrent::None => {
                    Grant::refusing(CommandAnswer::NoLamp)
                }
                (CommandKind::Locate, CommandSource::Local | CommandSource::Network) => {
                    Grant::asking(Person::Silent)
                }
            },
        }
    }

    /// An arming that cannot succeed is refused here, so that asking too early latches nothing.
    fn weigh_arming(&self, inputs: &Inputs, now: Uptime) -> Grant {
        if self.deterrent == Deterrent::None {
            return Grant::refusing(CommandAnswer::NoDeterrent);
        }
        let asked = Inputs { person: Person::Arm, ..*inputs };
        match (self.interlock.state(), self.interlock.present_fault(&asked, now)) {
            (State::Faulted { first }, _) | (State::Disarmed, Some(first)) => {
                Grant::refusing(CommandAnswer::Refused(Refusal::Faulted(first)))
            }
            (State::Disarmed, None)
            | (State::Armed | State::Emitting { .. } | State::Resting { .. }, _) => {
                Grant::asking(Person::Arm)
            }
        }
    }

    /// Remembers what `wish` did and answers it; `before` is the state the step began in.
    pub(super) fn settle(&mut self, wish: Wish, grant: Grant, before: State, now: Uptime) {
        let (armed_by, disarmed_by) = match wish {
            Wish::Button => (ArmCause::Button, DisarmReason::Button),
            Wish::Command(GuardCommand { source: CommandSource::Local, .. }) => {
                (ArmCause::Local, DisarmReason::Local)
            }
            Wish::Command(GuardCommand { source: CommandSource::Network, .. }) => {
                (ArmCause::Network, DisarmReason::Network)
            }
        };
        let was_disarmed = before == State::Disarmed;
        let next = match (grant.person, self.interlock.state()) {
            (Person::Arm, State::Armed) if was_disarmed => Some(ArmState::Armed { by: armed_by }),
            (Person::Disarm, State::Disarmed) if !was_disarmed => {
                Some(ArmState::Disarmed { reason: disarmed_by })
            }
            (Person::Reset, State::Disarmed) => {
                self.aiming.forget();
                Some(ArmState::Disarmed { reason: DisarmReason::FaultCleared })
            }
            (Person::Silent | Person::Arm | Person::Disarm | Person::Reset, _) => None,
        };
        if let Some(next) = next {
            self.is_armed_here_once |=
                matches!(next, ArmState::Armed { by: ArmCause::Button | ArmCause::Local });
            self.change_arm_state(next, now);
        }
        match (wish, grant.refused) {
            (Wish::Command(command), refused) => {
                let answer = refused.unwrap_or_else(|| self.answer(command, now));
                self.facts.push(GuardFact::CommandAnswered { command, answer });
            }
            (Wish::Button, Some(answer)) => {
                self.facts.push(GuardFact::PressRefused { at: now, answer });
            }
            (Wish::Button, None) => {}
        }
    }

    fn answer(&mut self, command: GuardCommand, now: Uptime) -> CommandAnswer {
        match (command.kind, self.interlock.state()) {
            (CommandKind::Locate, _) => {
                self.lamp.locate(now);
                CommandAnswer::Located
            }
            // A latched fault is as dark as disarmed, and says so in the arm state.
            (CommandKind::Disarm, _) => CommandAnswer::Disarmed,
            (CommandKind::Arm, State::Armed | State::Emitting { .. } | State::Resting { .. }) => {
                CommandAnswer::Armed
            }
            (CommandKind::Arm, State::Disarmed) => CommandAnswer::Refused(Refusal::Disarmed),
            (CommandKind::Arm, State::Faulted { first }) => {
                CommandAnswer::Refused(Refusal::Faulted(first))
            }
        }
    }

    /// A fault disarms without anybody's wish.
    pub(super) fn note_state(&mut self, now: Uptime) {
        if let State::Faulted { first } = self.interlock.state() {
            self.change_arm_state(ArmState::Disarmed { reason: DisarmReason::Fault(first) }, now);
        }
    }

    fn change_arm_state(&mut self, next: ArmState, now: Uptime) {
        if next != self.arm_state {
            self.arm_state = next;
            self.facts.push(GuardFact::ArmChanged { at: now, state: next });
        }
    }

    /// The fault that is latched, if any.
    pub fn fault(&self) -> Option<Fault> {
        match self.interlock.state() {
            State::Faulted { first } => Some(first),
            State::Disarmed | State::Armed | State::Emitting { .. } | State::Resting { .. } => None,
        }
    }
}
