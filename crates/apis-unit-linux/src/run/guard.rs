//! The guard's thread: owns the pins, wakes each control period and at once on news.
//!
//! It shares one slot and one bounded queue with the others, both held for moments: nothing that
//! the eyes, the disk or the network do can make it late.

use std::collections::BTreeMap;

use apis_safety::CONTROL_PERIOD;
use apis_unit::guard::{
    ArmState, CommandAnswer, CommandSource, Drive, Guard, GuardFact, GuardInput, GuardOutput,
};
use apis_unit::keeper::KeeperInput;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::inbox::{AskedCommand, Sighting};
use super::shared::Shared;
use crate::body::Body;
use crate::clock::monotonic_micros;
use crate::words::of_code;

/// The guard's thread before all but the kernel's own (`setpriority(2)`: −20 is the highest), so
/// that the work of eyes, disk and network does not make it late.
const PRIORITY: i32 = -18;

/// The guard with its pins.
pub struct GuardThread {
    shared: Shared,
    body: Body,
    guard: Guard,
    /// Who waits for which command's answer. Local numbers and the server's may be the same.
    waiting: BTreeMap<(bool, u64), oneshot::Sender<CommandAnswer>>,
    told: Option<ArmState>,
}

impl GuardThread {
    /// A guard of what `body` has. From here on the report says that it is disarmed, and why: the
    /// first heartbeat may come before the thread runs.
    pub fn new(shared: Shared, body: Body) -> GuardThread {
        let guard = Guard::new(body.deterrent());
        let waiting = BTreeMap::new();
        let mut guard = GuardThread { shared, body, guard, waiting, told: None };
        guard.report_state();
        guard
    }

    /// Guards until the program ends, and ends dark.
    pub fn run(mut self) {
        self.go_first();
        while !self.shared.stop.is_set() {
            self.take_body_inputs();
            let longest = self.shared.clock.until(self.guard.wake_at(), CONTROL_PERIOD);
            let batch = self.shared.guard.wait(longest);
            self.take_body_inputs();
            if let Some(camera) = batch.camera {
                self.handle(camera);
            }
            if let Some(sighting) = batch.sighting {
                self.take_sighting(sighting);
            }
            for asked in batch.commands {
                self.take_command(asked);
            }
            let late = self.shared.clock.now().since(self.guard.wake_at());
            if self.guard.wake_at() <= self.shared.clock.now() {
                let late = u64::try_from(late.as_micros()).unwrap_or(u64::MAX);
                self.shared.report.facts().guard_lateness.add(late);
                self.handle(GuardInput::Tick);
            }
            self.report_state();
        }
        let dark = Drive { aim: None, beam: None, toggle: false };
        self.body.drive(&dark, self.shared.clock.now());
    }

    /// Asks the kernel to run this thread before all others of the machine. Only root or
    /// `CAP_SYS_NICE` may; for others a busy machine makes the guard late, and a late guard ends
    /// its emission (`lapsed`): safe, and less than the owner wants. `/status` tells how late.
    fn go_first(&self) {
        let thread = rustix::thread::gettid();
        if let Err(e) = rustix::process::setpriority_process(Some(thread), PRIORITY) {
            tracing::info!("the guard's thread has no priority: {e}");
        }
    }

    fn take_body_inputs(&mut self) {
        while let Some(input) = self.body.next_input(self.shared.clock.now()) {
            self.handle(input);
        }
    }

    fn take_sighting(&mut self, sighting: Sighting) {
        self.handle(match sighting.target {
            Some(target) => GuardInput::Target(target),
            None => GuardInput::NoTarget,
        });
        let spent = monotonic_micros().saturating_sub(sighting.arrived_micros);
        self.shared.report.facts().frame_to_drive.add(spent);
    }

    fn take_command(&mut self, asked: AskedCommand) {
        let AskedCommand { command, answer } = asked;
        self.waiting.insert((command.source == CommandSource::Local, command.number), answer);
        self.handle(GuardInput::Command(command));
    }

    /// One input, and everything that comes of it.
    fn handle(&mut self, input: GuardInput) {
        self.guard.handle(input, self.shared.clock.now());
        loop {
            match self.guard.next_output() {
                None => return,
                Some(GuardOutput::Drive(drive)) => {
                    self.body.drive(&drive, self.shared.clock.now());
                }
                Some(GuardOutput::Led(led)) => self.body.show(led),
                Some(GuardOutput::Fact(fact)) => self.take_fact(fact),
            }
        }
    }

    fn take_fact(&mut self, fact: GuardFact) {
        if let GuardFact::CommandAnswered { command, answer } = fact {
            let key = (command.source == CommandSource::Local, command.number);
            if let Some(waiting) = self.waiting.remove(&key) {
                // Whoever asked may have stopped waiting.
                waiting.send(answer).ok();
            }
            return;
        }
        self.report_fact(&fact);
        let (event, facts, sentence) = told(&fact);
        self.shared.story.tell(event, facts, || sentence);
        self.shared.keeper.push(KeeperInput::Guard(fact));
    }

    fn report_fact(&self, fact: &GuardFact) {
        let mut facts = self.shared.report.facts();
        match fact {
            GuardFact::EmissionBegan { .. } => {
                facts.emission_count += 1;
                facts.is_line_on = true;
                facts.refusal = None;
            }
            GuardFact::EmissionEnded(emission) => {
                facts.is_line_on = false;
                facts.refusal = Some(emission.ended_by.code());
            }
            GuardFact::Refused { reason, .. } => facts.refusal = Some(reason.code()),
            GuardFact::ArmChanged { .. }
            | GuardFact::PressRefused { .. }
            | GuardFact::CommandAnswered { .. } => {}
        }
    }

    fn report_state(&mut self) {
        let state = self.guard.arm_state();
        if self.told.replace(state) == Some(state) {
            return;
        }
        let (is_armed, reason) = code_of(state);
        let mut facts = self.shared.report.facts();
        (facts.is_armed, facts.arm_reason) = (is_armed, reason);
    }
}

fn code_of(state: ArmState) -> (bool, &'static str) {
    match state {
        ArmState::Armed { by } => (true, by.code()),
        ArmState::Disarmed { reason } => (false, reason.code()),
    }
}

/// A fact as the story tells it: its name, its numbers, its sentence.
fn told(fact: &GuardFact) -> (&'static str, Value, String) {
    match fact {
        GuardFact::EmissionBegan { at, centre, visit, track } => (
            "emission_began",
            json!({
                "visit": visit.0,
                "track": track.0,
                "at_us": at.micros(),
                "pan_mdeg": centre.pan.millidegrees(),
                "tilt_mdeg": centre.tilt.millidegrees(),
            }),
            format!(
                "laser on: the line sweeps around pan {:.1}°, tilt {:.1}° (visit {})",
                degrees(centre.pan),
                degrees(centre.tilt),
                visit.0
            ),
        ),
        GuardFact::EmissionEnded(emission) => {
            let span = emission.ended.since(emission.began);
            (
                "emission_ended",
                json!({
                    "visit": emission.visit.0,
                    "track": emission.track.0,
                    "began_us": emission.began.micros(),
                    "ended_us": emission.ended.micros(),
                    "reason": emission.ended_by.code(),
                }),
                format!(
                    "laser off after {:.1} s: {} (visit {})",
                    span.as_secs_f64(),
                    of_code(emission.ended_by.code()),
                    emission.visit.0
                ),
            )
        }
        GuardFact::Refused { at, visit, track, reason } => (
            "refused",
            json!({
                "visit": visit.0,
                "track": track.0,
                "at_us": at.micros(),
                "reason": reason.code(),
            }),
            format!("laser stays dark: {} (visit {})", of_code(reason.code()), visit.0),
        ),
        GuardFact::ArmChanged { at, state } => {
            let (is_armed, reason) = code_of(*state);
            let word = if is_armed { "armed" } else { "disarmed" };
            let sentence = format!("{word}: {}", of_code(reason));
            (word, json!({ "at_us": at.micros(), "reason": reason }), sentence)
        }
        GuardFact::PressRefused { at, answer } => {
            let reason = match answer {
                CommandAnswer::Refused(refusal) => refusal.code(),
                CommandAnswer::Armed
                | CommandAnswer::Disarmed
                | CommandAnswer::Located
                | CommandAnswer::NeedsLocalPress
                | CommandAnswer::NoDeterrent
                | CommandAnswer::NoLamp
                | CommandAnswer::Expired => answer.code(),
            };
            (
                "press_refused",
                json!({ "at_us": at.micros(), "reason": reason }),
                format!(
                    "the arm button was pressed, but the unit stays disarmed: {}",
                    of_code(reason)
                ),
            )
        }
        GuardFact::CommandAnswered { command, answer } => (
            "command_answered",
            json!({ "number": command.number, "answer": answer.code() }),
            format!("command {}: {}", command.number, of_code(answer.code())),
        ),
    }
}

/// For people; nothing is reckoned with it.
fn degrees(angle: apis_units::Angle) -> f64 {
    f64::from(angle.millidegrees()) / 1_000.0
}
