//! The interlock: one pure step, its rules in order of authority.
//!
//! ```text
//!                 arm                    no bar
//!   Disarmed ───────────▶ Armed ───────────────────▶ Emitting
//!    ▲  ▲  ▲               │ ▲                        │    │
//!    │  │  └────disarm─────┘ └──────── Resting ◀──bar─┘    │
//!    │  │                   rest over    │                 │
//!    │  └──────────────disarm────────────┴─────────────────┘
//!    │
//!    └──reset by a person, every input clear── Faulted ◀──fault── any other state
//! ```
//!
//! Two tables decide. [`FAULTS`] latch: the first cause is kept until a person resets it while
//! nothing is wrong. [`BARS`] pass by themselves: while one holds, no order is given. The order
//! of a table is the order of authority. What was lit is remembered beside the state
//! ([`LitTime`]), so that neither disarming nor a fault buys a second of light.

use core::time::Duration;

use apis_units::{Angle, Uptime};

use crate::duty::LitTime;
use crate::inputs::{BeamSense, Body, Camera, Inputs, KillSwitch, Line, Person, Servo, Supply};
use crate::inputs::{Target, Temperature};
use crate::limits::{LINE_HALF_LENGTH, Limits, SUPPLY_MV_MIN, TEMPERATURE_C_MAX};
use crate::order::EmissionOrder;
use crate::refusal::{Fault, Refusal};

/// What the interlock is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum State {
    /// Dark until a person arms. Every boot starts here.
    #[default]
    Disarmed,
    /// Dark, and ready to emit as soon as no bar holds.
    Armed,
    /// The beam may be on.
    Emitting {
        /// When the first order of this emission was given.
        since: Uptime,
    },
    /// Dark after an emission.
    Resting {
        /// When the next emission may begin.
        until: Uptime,
    },
    /// Dark until a person resets.
    Faulted {
        /// The first cause, which is the one to repair.
        first: Fault,
    },
}

/// The interlock of one unit. There is one, and one task owns it.
#[derive(Debug)]
pub struct Interlock {
    memory: Memory,
    order: Option<EmissionOrder>,
}

impl Interlock {
    /// Disarmed and dark, with the first minute ahead.
    #[expect(
        clippy::new_without_default,
        reason = "a second interlock made in passing would not share the first one's memory"
    )]
    pub fn new() -> Interlock {
        Interlock { memory: Memory::at_boot(&Rules::SHIPPED), order: None }
    }

    /// Takes what is known at `now` and decides. Ends the order given by the step before.
    pub fn step(&mut self, inputs: &Inputs, now: Uptime) -> State {
        self.memory = step(&Rules::SHIPPED, &self.memory, inputs, now);
        self.order = match self.memory.state {
            State::Emitting { .. } => Some(EmissionOrder::starting_at(now)),
            State::Disarmed | State::Armed | State::Resting { .. } | State::Faulted { .. } => None,
        };
        self.memory.state
    }

    /// The order, while one holds. A borrow: it ends with the next step.
    pub fn order(&self, now: Uptime) -> Option<&EmissionOrder> {
        self.order.as_ref().filter(|order| order.is_valid(now))
    }

    /// What the interlock is doing.
    pub fn state(&self) -> State {
        self.memory.state
    }

    /// Why the newest step gave no order; `None` when it gave one.
    pub fn refusal(&self) -> Option<Refusal> {
        self.memory.refusal
    }

    /// The fault that `inputs` show at `now`, latched or not: what would stop an arming.
    pub fn present_fault(&self, inputs: &Inputs, now: Uptime) -> Option<Fault> {
        first_fault(&View { rules: &Rules::SHIPPED, memory: &self.memory, inputs, now })
    }
}

/// Which barriers stand, and their limits. Shipped code has [`Rules::SHIPPED`] and no other.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) limits: Limits,
    pub(crate) standing: Standing,
}

/// Which barriers stand. Outside tests there is one choice.
#[derive(Debug)]
pub(crate) enum Standing {
    All,
    #[cfg(test)]
    Only([Refusal; 2]),
    #[cfg(test)]
    AllBut(Refusal),
}

impl Rules {
    pub(crate) const SHIPPED: Rules = Rules { limits: Limits::SHIPPED, standing: Standing::All };

    fn stand(&self, rule: Refusal) -> bool {
        match (&self.standing, rule) {
            (Standing::All, _) => true,
            #[cfg(test)]
            (Standing::Only(rules), rule) => rules.contains(&rule),
            #[cfg(test)]
            (Standing::AllBut(missing), rule) => rule != *missing,
        }
    }
}

/// Everything that lasts from one step to the next.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Memory {
    pub(crate) state: State,
    pub(crate) refusal: Option<Refusal>,
    /// The newest step; `None` before the first.
    pub(crate) stepped_at: Option<Uptime>,
    /// The end of the dark first minute.
    pub(crate) quiet_until: Uptime,
    pub(crate) lit: LitTime,
}

impl Memory {
    pub(crate) fn at_boot(rules: &Rules) -> Memory {
        Memory {
            state: State::Disarmed,
            refusal: Some(Refusal::Disarmed),
            stepped_at: None,
            quiet_until: Uptime::ZERO + rules.limits.boot,
            lit: LitTime::default(),
        }
    }
}

/// What a rule looks at.
struct View<'a> {
    rules: &'a Rules,
    memory: &'a Memory,
    inputs: &'a Inputs,
    now: Uptime,
}

impl View<'_> {
    /// Time since the step before; zero at the first step and when time ran backwards.
    fn gap(&self) -> Duration {
        self.memory.stepped_at.map_or(Duration::ZERO, |before| self.now.since(before))
    }

    fn emission_began(&self) -> Option<Uptime> {
        match self.memory.state {
            State::Emitting { since } => Some(since),
            State::Disarmed | State::Armed | State::Resting { .. } | State::Faulted { .. } => None,
        }
    }

    /// Until when light is reckoned if an order is given now.
    fn lit_until(&self) -> Uptime {
        self.now + self.rules.limits.one_shot
    }

    /// An unarmed unit may still be waiting for its first readings; one that is armed, or about
    /// to be, or wants its fault reset, may not.
    fn needs_every_reading(&self) -> bool {
        match self.memory.state {
            State::Disarmed => self.inputs.person == Person::Arm,
            State::Armed | State::Emitting { .. } | State::Resting { .. } => true,
            State::Faulted { .. } => true,
        }
    }
}

type Rule<Name> = (Name, fn(&View<'_>) -> bool);

/// What latches, in order of authority.
const FAULTS: [Rule<Fault>; 9] = [
    (Fault::KillSwitch, |view| view.inputs.kill_switch == KillSwitch::Pressed),
    (Fault::ClockBackwards, |view| view.memory.stepped_at.is_some_and(|before| view.now < before)),
    (Fault::DriverStuck, |view| view.inputs.beam == BeamSense::LitWithoutOrder),
    (Fault::BodyLost, |view| view.inputs.body == Body::Lost),
    (Fault::CameraFailed, |view| view.inputs.camera == Camera::Failed),
    (Fault::SupplyLow, |view| match view.inputs.supply {
        Supply::Unknown => false,
        Supply::Millivolts(mv) => mv < SUPPLY_MV_MIN,
    }),
    (Fault::TooHot, |view| match view.inputs.temperature {
        Temperature::Unknown => false,
        Temperature::Celsius(degrees) => TEMPERATURE_C_MAX < degrees,
    }),
    (Fault::ServoStuck, |view| view.inputs.servo == Servo::Stuck),
    (Fault::Unknown, |view| view.needs_every_reading() && has_unknown(view.inputs)),
];

/// What keeps the beam dark while it holds, in order of authority.
const BARS: [Rule<Refusal>; 12] = [
    (Refusal::FirstMinute, |view| {
        view.now < view.memory.quiet_until || view.rules.limits.gap < view.gap()
    }),
    (Refusal::Lapsed, |view| {
        view.emission_began().is_some() && view.rules.limits.one_shot < view.gap()
    }),
    (Refusal::Continuous, |view| {
        let limits = &view.rules.limits;
        let began = view.memory.lit.stretch_start(limits.rest, view.now);
        limits.continuous < view.lit_until().since(began)
    }),
    (Refusal::DutyBudget, |view| {
        // The window that ends with this order's light, and the ones that end within it.
        let limits = &view.rules.limits;
        let window_start = Uptime::ZERO + view.now.since(Uptime::ZERO + limits.window);
        let lit = &view.memory.lit;
        let reckoned_until = lit.newest_end().map_or(view.now, |end| end.max(view.now));
        let more = view.lit_until().since(reckoned_until);
        limits.duty < lit.lit_after(window_start) + more
    }),
    (Refusal::EmissionLength, |view| {
        view.emission_began()
            .is_some_and(|began| view.rules.limits.emission < view.lit_until().since(began))
    }),
    (Refusal::Rest, |view| {
        let limits = &view.rules.limits;
        let rested = |end: Uptime| end + limits.rest <= view.now;
        view.emission_began().is_none() && !view.memory.lit.newest_end().is_none_or(rested)
    }),
    (Refusal::NoTarget, |view| view.inputs.target == Target::None),
    (Refusal::StaleVerdict, |view| match view.inputs.target {
        Target::None => false,
        Target::Seen { captured_at } => {
            view.now < captured_at || view.rules.limits.verdict_age < view.now.since(captured_at)
        }
    }),
    (Refusal::OutsideCone, |view| view.inputs.line == Line::OutsideCone),
    (Refusal::AboveHorizontal, |view| match view.inputs.line {
        Line::Unaimed | Line::OutsideCone => false,
        Line::Aimed { tilt } => Angle::ZERO <= tilt + LINE_HALF_LENGTH,
    }),
    (Refusal::ServoMoving, |view| {
        view.inputs.line == Line::Unaimed
            || view.inputs.servo == Servo::Moving
            || view.inputs.servo == Servo::Unknown
    }),
    (Refusal::ServoAstray, |view| {
        view.inputs.servo == Servo::Astray || view.inputs.servo == Servo::Stuck
    }),
];

/// The interlock's next memory. Pure: same memory, inputs and time, same answer.
pub(crate) fn step(rules: &Rules, before: &Memory, inputs: &Inputs, now: Uptime) -> Memory {
    let view = View { rules, memory: before, inputs, now };
    let fault = first_fault(&view);
    let bar = first_standing(rules, &BARS, |refusal| refusal, &view);

    let state = next_state(&view, fault, bar);
    let mut next = Memory {
        state,
        refusal: refusal(before.state, state, bar),
        stepped_at: Some(before.stepped_at.map_or(now, |then| then.max(now))),
        quiet_until: before.quiet_until,
        lit: before.lit.clone(),
    };
    if rules.limits.gap < view.gap() {
        next.quiet_until = now + rules.limits.boot;
    }
    next.lit.forget_until(Uptime::ZERO + now.since(Uptime::ZERO + rules.limits.window));
    if view.is_lit_in(state) {
        next.lit.add(now, view.lit_until());
    }
    next
}

impl View<'_> {
    fn is_lit_in(&self, state: State) -> bool {
        match state {
            State::Emitting { .. } => true,
            State::Disarmed | State::Armed | State::Resting { .. } | State::Faulted { .. } => false,
        }
    }
}

fn next_state(view: &View<'_>, fault: Option<Fault>, bar: Option<Refusal>) -> State {
    use State::{Armed, Disarmed, Emitting, Faulted, Resting};

    let state = view.memory.state;
    if let Some(first) = fault {
        return match state {
            Faulted { .. } => state, // The first cause is the one to repair.
            Disarmed | Armed | Emitting { .. } | Resting { .. } => Faulted { first },
        };
    }
    match (state, view.inputs.person) {
        (Faulted { .. }, Person::Reset) => Disarmed,
        (Faulted { .. }, Person::Silent | Person::Arm | Person::Disarm) => state,
        (Disarmed | Armed | Emitting { .. } | Resting { .. }, Person::Disarm) => Disarmed,
        (Disarmed, Person::Arm) => Armed,
        (Disarmed, Person::Silent | Person::Reset) => Disarmed,
        (Armed, Person::Silent | Person::Arm | Person::Reset) => match bar {
            None => Emitting { since: view.now },
            Some(_) => Armed,
        },
        (Emitting { .. }, Person::Silent | Person::Arm | Person::Reset) => match bar {
            None => state,
            Some(_) => Resting { until: rested_at(view) },
        },
        (Resting { until }, Person::Silent | Person::Arm | Person::Reset) => {
            if until <= view.now {
                Armed
            } else {
                state
            }
        }
    }
}

/// When the rest after the emission that ends now is over.
fn rested_at(view: &View<'_>) -> Uptime {
    match view.memory.lit.newest_end() {
        Some(end) if view.rules.stand(Refusal::Rest) => end + view.rules.limits.rest,
        Some(_) | None => view.now,
    }
}

/// Why the step from `before` to `state` gives no order. A step that only changes the state is
/// still held by what the state before it stood for.
fn refusal(before: State, state: State, bar: Option<Refusal>) -> Option<Refusal> {
    match (state, before) {
        (State::Faulted { first }, _) => Some(Refusal::Faulted(first)),
        (State::Disarmed, _) => Some(Refusal::Disarmed),
        (State::Armed, State::Disarmed) => Some(bar.unwrap_or(Refusal::Disarmed)),
        (State::Armed | State::Resting { .. }, _) => Some(bar.unwrap_or(Refusal::Rest)),
        (State::Emitting { .. }, _) => None,
    }
}

fn first_fault(view: &View<'_>) -> Option<Fault> {
    first_standing(view.rules, &FAULTS, Refusal::Faulted, view)
}

fn first_standing<Name: Copy>(
    rules: &Rules,
    table: &[Rule<Name>],
    as_refusal: fn(Name) -> Refusal,
    view: &View<'_>,
) -> Option<Name> {
    let standing = table.iter().filter(|(name, _)| rules.stand(as_refusal(*name)));
    standing.into_iter().find(|(_, holds)| holds(view)).map(|(name, _)| *name)
}

fn has_unknown(inputs: &Inputs) -> bool {
    inputs.kill_switch == KillSwitch::Unknown
        || inputs.body == Body::Unknown
        || inputs.camera == Camera::Unknown
        || inputs.supply == Supply::Unknown
        || inputs.temperature == Temperature::Unknown
        || inputs.servo == Servo::Unknown
}
