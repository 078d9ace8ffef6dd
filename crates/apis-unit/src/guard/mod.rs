//! The guard: what is known and asked becomes a drive, every control period and at once on news.
//!
//! It aims, sweeps, asks the interlock and says what was done and refused. It cannot light
//! anything: a [`Drive`] carries the beam only as a borrowed
//! [`EmissionOrder`], which the interlock lends until the next input.
//! After every [`Guard::handle`], drain [`Guard::next_output`].
//!
//! A drive cannot be kept past the next input:
//!
//! ```compile_fail,E0499
//! use apis_unit::guard::{Deterrent, Guard, GuardInput};
//! use apis_units::Uptime;
//! let mut guard = Guard::new(Deterrent::None);
//! let kept = guard.next_output();
//! guard.handle(GuardInput::Tick, Uptime::ZERO);
//! drop(kept);
//! ```
//!
//! Tour: `command` (what people and the server ask), `facts` (what is kept and told), `led`,
//! `readings` (what the body measured, and how old that may be), `aiming` (target to servo).

mod command;

mod facts;

mod led;

mod readings;

mod aiming;

mod emission;

mod wishes;

#[cfg(test)]
mod tests;

use apis_safety::{
    CONTROL_PERIOD, EmissionOrder, Inputs, Interlock, Person, Refusal, State, VERDICT_AGE_MAX,
};
use apis_units::{PanTilt, Uptime};

use crate::eyes::Target;

pub use apis_aim::Mount;
pub use command::{CommandAnswer, CommandKind, CommandSource, GuardCommand};
pub use facts::{ArmCause, ArmState, DarkReason, DisarmReason, Emission, FACTS_MAX, GuardFact};
pub use led::{Led, LedPattern};

use aiming::Aiming;
use emission::Emissions;
use facts::FactQueue;
use led::Lamp;
use readings::Readings;
use wishes::{Grant, Wish};

/// What is fitted to the unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deterrent {
    /// Nothing, not even a lamp: the unit watches only, and refuses to arm and to blink.
    None,
    /// Servo and laser.
    Fitted(Mount),
}

/// The arm button, on its edges. A button that is held down at boot is no press.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Button {
    /// Went down.
    Pressed,
    /// Went up.
    Released,
}

/// The kill switch, as a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Switch {
    /// Pressed.
    Pressed,
    /// Not pressed.
    Clear,
}

/// What the light sensor at the laser's driver sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Light {
    /// The laser is lit.
    Lit,
    /// The laser is dark.
    Dark,
}

/// What the guard takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuardInput {
    /// The eyes' newest target; older ones that were never handed over are dropped by the body.
    Target(Target),
    /// The newest frame has no verdict's track in it: whatever was targeted is gone.
    NoTarget,
    /// Time has passed: [`Guard::wake_at`] has come.
    Tick,
    /// The arm button.
    Button(Button),
    /// The kill switch. Sent on change and with the other readings.
    KillSwitch(Switch),
    /// The supply of servo and laser, in millivolts.
    Supply {
        /// Millivolts.
        mv: u16,
    },
    /// The laser's temperature.
    Temperature {
        /// Degrees Celsius.
        degrees_c: i16,
    },
    /// Where the servo was measured to be: never an echo of what it was told.
    ServoAt(PanTilt),
    /// What the light sensor at the driver sees; bodies without one never send it.
    Beam(Light),
    /// The body that carries the pins is connected.
    BodyPresent,
    /// The body that carries the pins is gone.
    BodyLost,
    /// Pictures come.
    CameraOk,
    /// The picture source failed, stalled or ended.
    CameraFault,
    /// A command, already verified.
    Command(GuardCommand),
}

impl GuardInput {
    /// Whether the guard drives at once on this input instead of at the next control period.
    fn is_urgent(&self) -> bool {
        match self {
            GuardInput::Target(_)
            | GuardInput::NoTarget
            | GuardInput::Tick
            | GuardInput::Button(_)
            | GuardInput::Beam(_)
            | GuardInput::KillSwitch(_)
            | GuardInput::BodyLost
            | GuardInput::CameraFault
            | GuardInput::Command(_) => true,
            GuardInput::Supply { .. }
            | GuardInput::Temperature { .. }
            | GuardInput::ServoAt(_)
            | GuardInput::BodyPresent
            | GuardInput::CameraOk => false,
        }
    }
}

/// What the guard gives.
#[derive(Debug)]
pub enum GuardOutput<'a> {
    /// What the pins do until the next drive.
    Drive(Drive<'a>),
    /// The status lamp; on change.
    Led(Led),
    /// Something to keep and to tell.
    Fact(GuardFact),
}

/// What the pins do until the next drive.
///
/// The body sets the beam pin while `beam` is there *and* valid by its own reading of the clock at
/// that moment; in every other case it clears the pin and leaves the one-shot's pin alone.
#[derive(Debug)]
pub struct Drive<'a> {
    /// Where the servo goes; `None` until there was a first aim.
    pub aim: Option<PanTilt>,
    /// The interlock's order, if there is one.
    pub beam: Option<&'a EmissionOrder>,
    /// The level of the one-shot's pin: changes with every drive that has an order.
    pub toggle: bool,
}

/// The machine: readings, targets and wishes in, drives and facts out.
#[derive(Debug)]
pub struct Guard {
    deterrent: Deterrent,
    interlock: Interlock,
    readings: Readings,
    aiming: Aiming,
    target: Option<Target>,
    arm_state: ArmState,
    /// Whether somebody armed on the spot during this boot, which lets the network arm.
    is_armed_here_once: bool,
    emissions: Emissions,
    facts: FactQueue,
    lamp: Lamp,
    stepped_at: Option<Uptime>,
    is_drive_due: bool,
    toggle: bool,
}

impl Guard {
    /// Disarmed and dark.
    pub fn new(deterrent: Deterrent) -> Guard {
        let reason = match deterrent {
            Deterrent::None => DisarmReason::NoDeterrent,
            Deterrent::Fitted(_) => DisarmReason::Boot,
        };
        Guard {
            deterrent,
            interlock: Interlock::new(),
            readings: Readings::default(),
            aiming: Aiming::default(),
            target: None,
            arm_state: ArmState::Disarmed { reason },
            is_armed_here_once: false,
            emissions: Emissions::default(),
            facts: FactQueue::default(),
            lamp: Lamp::default(),
            stepped_at: None,
            is_drive_due: false,
            toggle: false,
        }
    }

    /// Takes one input. Never blocks.
    pub fn handle(&mut self, input: GuardInput, now: Uptime) {
        let wish = self.sense(input, now);
        if input.is_urgent() || self.wake_at() <= now {
            self.decide(wish, now);
            self.act(now);
        }
    }

    /// Next thing the body must do, until `None`. The drive comes first.
    pub fn next_output(&mut self) -> Option<GuardOutput<'_>> {
        if core::mem::take(&mut self.is_drive_due) {
            let stepped_at = self.stepped_at?;
            return Some(GuardOutput::Drive(Drive {
                aim: self.aiming.commanded(),
                beam: self.interlock.order(stepped_at),
                toggle: self.toggle,
            }));
        }
        if let Some(led) = self.lamp.take_change() {
            return Some(GuardOutput::Led(led));
        }
        self.facts.pop().map(GuardOutput::Fact)
    }

    /// When to call `handle(Tick, …)` if nothing else happens first.
    pub fn wake_at(&self) -> Uptime {
        self.stepped_at.map_or(Uptime::ZERO, |then| then + CONTROL_PERIOD)
    }

    /// Armed or disarmed, and why.
    pub fn arm_state(&self) -> ArmState {
        self.arm_state
    }

    /// What the interlock is doing.
    pub fn state(&self) -> State {
        self.interlock.state()
    }

    /// Why the beam is dark; `None` while an order is given.
    pub fn refusal(&self) -> Option<Refusal> {
        self.interlock.refusal()
    }

    /// How many facts were lost because nobody drained them in time.
    pub fn facts_dropped(&self) -> u64 {
        self.facts.dropped()
    }
}

/// One step: sense, decide, act.
impl Guard {
    /// Takes in what `input` says; returns the wish it carries.
    fn sense(&mut self, input: GuardInput, now: Uptime) -> Option<Wish> {
        self.readings.attend(now);
        self.readings.take(input, self.emissions.began().is_some());
        match input {
            GuardInput::Target(target) => self.target = Some(target),
            GuardInput::NoTarget => self.target = None,
            GuardInput::Button(Button::Pressed) => return Some(Wish::Button),
            GuardInput::Command(command) => return Some(Wish::Command(command)),
            GuardInput::Tick
            | GuardInput::Button(Button::Released)
            | GuardInput::KillSwitch(_)
            | GuardInput::Supply { .. }
            | GuardInput::Temperature { .. }
            | GuardInput::ServoAt(_)
            | GuardInput::Beam(_)
            | GuardInput::BodyPresent
            | GuardInput::BodyLost
            | GuardInput::CameraOk
            | GuardInput::CameraFault => {}
        }
        None
    }

    /// Aims, asks the interlock, and settles the wish.
    fn decide(&mut self, wish: Option<Wish>, now: Uptime) {
        let before = self.interlock.state();
        let mut inputs = self.inputs(now);
        let grant = wish.map(|wish| self.weigh(wish, &inputs, now));
        if let Some(Grant { person, .. }) = grant {
            inputs.person = person;
        }
        self.interlock.step(&inputs, now);
        self.stepped_at = Some(now);
        if let (Some(wish), Some(grant)) = (wish, grant) {
            self.settle(wish, grant, before, now);
        }
        self.note_state(now);
    }

    /// Makes the drive, the lamp and the record of this step due.
    fn act(&mut self, now: Uptime) {
        self.is_drive_due = true;
        let told = match (self.interlock.refusal(), self.target, self.aiming.centre()) {
            (None, Some(target), Some(centre)) => {
                self.toggle = !self.toggle;
                self.emissions.ordered(target, centre, now)
            }
            (None, _, _) => None, // The interlock gives no order without a target and an aim.
            (Some(refusal), target, _) => {
                self.emissions.refused(target, self.deterrent, refusal, now)
            }
        };
        told.into_iter().for_each(|fact| self.facts.push(fact));
        self.lamp.show(self.interlock.state(), now);
        let is_stale = |target: &Target| VERDICT_AGE_MAX < now.since(target.captured_at);
        self.target = self.target.filter(|target| !is_stale(target));
    }

    /// What the interlock is told, the wish apart.
    fn inputs(&mut self, now: Uptime) -> Inputs {
        let measured = self.readings.servo();
        let began = self.emissions.began();
        self.aim(began, now);
        Inputs {
            person: Person::Silent,
            kill_switch: self.readings.kill_switch(),
            body: self.readings.body,
            beam: self.readings.beam,
            camera: self.readings.camera,
            supply: self.readings.supply(),
            temperature: self.readings.temperature(),
            servo: self.aiming.servo(measured, began.is_some(), now),
            target: match self.target {
                None => apis_safety::Target::None,
                Some(Target { captured_at, .. }) => apis_safety::Target::Seen { captured_at },
            },
            line: self.aiming.line(measured),
        }
    }

    /// Sends the servo after the target; only an armed unit moves.
    fn aim(&mut self, began: Option<Uptime>, now: Uptime) {
        let is_armed = match self.interlock.state() {
            State::Armed | State::Emitting { .. } | State::Resting { .. } => true,
            State::Disarmed | State::Faulted { .. } => false,
        };
        match (self.target, self.deterrent) {
            (Some(target), Deterrent::Fitted(mount)) if is_armed => {
                self.aiming.follow(&mount, target.point, target.captured_at);
                let into_sweep = began.map_or(core::time::Duration::ZERO, |then| now.since(then));
                self.aiming.command(into_sweep, now);
            }
            (Some(_) | None, Deterrent::Fitted(_) | Deterrent::None) => self.aiming.rest(),
        }
    }
}
