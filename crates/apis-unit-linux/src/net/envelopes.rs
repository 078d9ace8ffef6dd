//! Settings and commands that came down, by heartbeat or channel: checked, persisted, acted on.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use apis_protocol::bounded::Token;
use apis_protocol::command::{Command, CommandKind, CommandOutcome, CommandResult};
use apis_protocol::envelope::Envelope;
use apis_protocol::heartbeat::RESULTS_MAX;
use apis_protocol::{CommandNumber, settings::Settings};
use apis_unit::guard::{self, CommandAnswer, CommandSource, GuardCommand};
use serde_json::json;

use super::client::Client;
use crate::run::Shared;
use crate::state::{DataFolder, Enrolment, last_command, save_command};
use crate::wall::Wall;
use crate::words::of_code;

/// Longest wait for the guard, which answers within a control period.
const GUARD_WAIT: Duration = Duration::from_secs(2);

/// What this unit takes from its server, and what it remembers of it.
#[derive(Clone)]
pub struct Envelopes {
    shared: Shared,
    folder: Arc<DataFolder>,
    client: Client,
    wall: Wall,
    taken: Arc<Mutex<Taken>>,
    /// One command at a time, so that their numbers are persisted in order.
    turn: Arc<tokio::sync::Mutex<()>>,
}

struct Taken {
    enrolment: Enrolment,
    last_command: Option<CommandNumber>,
    /// Results that no heartbeat has carried yet, oldest first.
    results: VecDeque<CommandResult>,
}

impl Envelopes {
    /// Goes on from what `folder` remembers.
    ///
    /// Errors: when the last command's number cannot be read; taking any would risk a replay.
    pub fn new(
        shared: Shared,
        folder: Arc<DataFolder>,
        client: Client,
        wall: Wall,
        enrolment: Enrolment,
    ) -> anyhow::Result<Envelopes> {
        let last_command = last_command(&folder)?;
        let taken = Taken { enrolment, last_command, results: VecDeque::new() };
        Ok(Envelopes {
            shared,
            folder,
            client,
            wall,
            taken: Arc::new(Mutex::new(taken)),
            turn: Arc::default(),
        })
    }

    /// The enrolment with its newest settings.
    pub fn enrolment(&self) -> Enrolment {
        self.taken().enrolment.clone()
    }

    /// The highest command number that was taken.
    pub fn last_command(&self) -> Option<CommandNumber> {
        self.taken().last_command
    }

    /// Results that the server may not know yet.
    pub fn results(&self) -> Vec<CommandResult> {
        self.taken().results.iter().cloned().collect()
    }

    /// The server has these results.
    pub fn told(&self, results: &[CommandResult]) {
        self.taken().results.retain(|result| !results.contains(result));
    }

    /// Takes a settings document if it is ours and newer; says whether it was.
    pub fn take_settings(&self, envelope: &Envelope) -> bool {
        let earliest_ms = self.wall.earliest_ms();
        let mut taken = self.taken();
        if let Err(e) = taken.enrolment.take_settings(&self.folder, envelope, earliest_ms) {
            drop(taken);
            // A document already taken comes again until the server has heard of it.
            if let Ok(settings) = envelope.open::<Settings>(self.enrolment().tenant_key)
                && settings.generation <= self.enrolment().settings.generation
            {
                return false;
            }
            self.shared.report.count_error("settings_refused");
            tracing::warn!("settings refused: {e:#}");
            return false;
        }
        let generation = taken.enrolment.settings.generation.get();
        self.client.follow(taken.enrolment.server_urls(), taken.enrolment.pins());
        drop(taken);
        let facts = json!({ "generation": generation });
        self.shared.story.tell("settings_taken", facts, || "new settings are in force".to_owned());
        true
    }

    /// Checks a command, persists its number, has the guard act, and keeps the result.
    ///
    /// `None` for what is no command of this unit's tenant: there is nothing to answer to.
    pub async fn take_command(&self, envelope: &Envelope) -> Option<CommandResult> {
        let _turn = self.turn.lock().await;
        let enrolment = self.enrolment();
        let command: Command = match envelope.open(enrolment.tenant_key) {
            Ok(command) => command,
            Err(e) => {
                self.shared.report.count_error("command_unreadable");
                tracing::warn!("command envelope refused: {e}");
                return None;
            }
        };
        let clock = self.wall.command_clock();
        let outcome = match command.check(enrolment.unit_id, self.last_command(), clock) {
            Ok(()) => self.act(&command).await?,
            Err(refusal) => {
                self.shared.report.count_error("command_refused");
                let facts = json!({ "kind": command.kind.as_str(), "reason": refusal.as_str() });
                self.shared.story.tell("command_refused", facts, || {
                    format!(
                        "the server's command to {} is refused: {refusal}",
                        command.kind.as_str()
                    )
                });
                CommandOutcome::Refused(token(refusal.as_str()))
            }
        };
        Some(self.keep(&command, outcome))
    }

    /// Persists the number, then has the guard act. `None` when the number could not be saved:
    /// the command is then as if it had never come, and comes again.
    async fn act(&self, command: &Command) -> Option<CommandOutcome> {
        if let Err(e) = save_command(&self.folder, command.number) {
            self.shared.report.count_error("state_not_writable");
            tracing::error!("a command was not taken: {e:#}");
            return None;
        }
        self.taken().last_command = Some(command.number);
        let asked = self.shared.guard.ask(self.guard_command(command));
        let answer = tokio::time::timeout(GUARD_WAIT, asked).await;
        let outcome = match answer {
            Ok(Ok(answer)) => outcome(answer),
            Ok(Err(_)) | Err(_) => CommandOutcome::Refused(token("guard_busy")),
        };
        let facts = json!({ "kind": command.kind.as_str(), "outcome": outcome });
        self.shared.story.tell("command", facts, || {
            let became = match &outcome {
                CommandOutcome::Done => "done",
                CommandOutcome::Refused(code) => of_code(code.as_str()),
            };
            format!("the server asked to {}: {became}", command.kind.as_str())
        });
        Some(outcome)
    }

    fn guard_command(&self, command: &Command) -> GuardCommand {
        GuardCommand {
            number: command.number.get().cast_unsigned(),
            source: CommandSource::Network,
            kind: match command.kind {
                CommandKind::Arm => guard::CommandKind::Arm,
                CommandKind::Disarm => guard::CommandKind::Disarm,
                CommandKind::Locate => guard::CommandKind::Locate,
            },
            expires_at: self.wall.uptime_of(command.expires_ms),
        }
    }

    fn keep(&self, command: &Command, outcome: CommandOutcome) -> CommandResult {
        let result = CommandResult { number: command.number, at: self.wall.record_time(), outcome };
        let mut taken = self.taken();
        if taken.results.len() == RESULTS_MAX {
            taken.results.pop_front();
        }
        taken.results.push_back(result.clone());
        result
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        // Each change is whole in itself; a panic elsewhere spoils nothing.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn outcome(answer: CommandAnswer) -> CommandOutcome {
    match answer {
        CommandAnswer::Armed | CommandAnswer::Disarmed | CommandAnswer::Located => {
            CommandOutcome::Done
        }
        CommandAnswer::Refused(refusal) => CommandOutcome::Refused(token(refusal.code())),
        CommandAnswer::NeedsLocalPress
        | CommandAnswer::NoDeterrent
        | CommandAnswer::NoLamp
        | CommandAnswer::Expired => CommandOutcome::Refused(token(answer.code())),
    }
}

fn token(text: &str) -> Token {
    Token::new(text).expect("every code of ours is a token")
}
