//! Every reachable state of the interlock in a small world, for all time.
//!
//! The limits are scaled down to ticks of 10 ms and time is kept relative to now, so the world is
//! finite although it never ends. What was lit is remembered by the model itself, as bits, and the
//! laws are judged on those bits alone.

use core::time::Duration;
use std::vec::Vec;

use apis_units::Uptime;
use stateright::{Checker, Model, Property};

use super::well;
use crate::interlock::{Memory, Rules, Standing, step};
use crate::limits::Limits;
use crate::{Fault, Inputs, KillSwitch, Person, Refusal, State, Supply, Target};

/// One tick, and the one-shot: light lasts until the tick after the last order.
const TICK: Duration = Duration::from_millis(10);

/// In ticks, in the proportions of R6 as far as a small world allows.
const EMISSION: u32 = 4;
const REST: u32 = 3;
const CONTINUOUS: u32 = 5;
const DUTY: u32 = 7;
const WINDOW: u32 = 14;
const GAP: u32 = 6;

/// Where "now" is pinned, far enough from zero for every memory.
const PINNED: Uptime = Uptime::from_millis(1_000);

const SMALL: Limits = Limits {
    emission: ticks(EMISSION),
    rest: ticks(REST),
    continuous: ticks(CONTINUOUS),
    duty: ticks(DUTY),
    window: ticks(WINDOW),
    boot: ticks(WINDOW),
    verdict_age: ticks(1),
    one_shot: TICK,
    gap: ticks(GAP),
};

const fn ticks(count: u32) -> Duration {
    Duration::from_millis(10 * count as u64)
}

/// What happens at one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Action {
    /// A target and all well, this many ticks after the step before.
    Target {
        after: u32,
    },
    /// No target.
    Nothing,
    /// A target that was seen two ticks ago.
    Stale,
    Arm,
    Disarm,
    Reset,
    Kill,
    /// A reading is missing.
    Blind,
    /// The clock reads one tick less than at the step before.
    Back,
}

const ACTIONS: [Action; 11] = [
    Action::Target { after: 1 },
    Action::Target { after: 2 },
    Action::Target { after: GAP + 1 },
    Action::Nothing,
    Action::Stale,
    Action::Arm,
    Action::Disarm,
    Action::Reset,
    Action::Kill,
    Action::Blind,
    Action::Back,
];

/// The interlock, and what the model itself saw.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct World {
    memory: Memory,
    /// One bit a tick, the newest lowest: lit or not.
    lit: u32,
    /// Ticks since boot or since the last gap, as far as they matter.
    quiet: u32,
    /// What a person's wishes and the faults amount to.
    is_armed: bool,
    /// The newest action, which the laws about inputs look at.
    last: Option<Action>,
}

/// The barriers that stand, and the barriers whose laws are judged.
struct Small {
    rules: Rules,
    judged: Standing,
}

impl Model for Small {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        let memory = Memory::at_boot(&self.rules);
        let boot = Memory { quiet_until: PINNED + SMALL.boot, ..memory };
        Vec::from([World { memory: boot, lit: 0, quiet: 0, is_armed: false, last: None }])
    }

    fn actions(&self, _: &World, actions: &mut Vec<Action>) {
        match self.rules.standing {
            Standing::All | Standing::AllBut(_) => actions.extend(ACTIONS),
            // One barrier alone: what makes, breaks and forgets light is enough to try it.
            Standing::Only(_) => actions.extend([
                Action::Target { after: 1 },
                Action::Nothing,
                Action::Arm,
                Action::Disarm,
            ]),
        }
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let after = match action {
            Action::Target { after } => after,
            Action::Back => 0,
            Action::Nothing | Action::Stale | Action::Arm | Action::Disarm => 1,
            Action::Reset | Action::Kill | Action::Blind => 1,
        };
        let now = if action == Action::Back { back(PINNED, TICK) } else { PINNED + ticks(after) };
        let mut before = world.memory.clone();
        before.stepped_at = before.stepped_at.map(|_| PINNED);
        let memory = step(&self.rules, &before, &inputs(action, now), now);

        let is_lit = matches!(memory.state, State::Emitting { .. });
        let dark_ticks = after.saturating_sub(1);
        let mut lit = world.lit;
        if after > 0 {
            // Light ends with the one-shot, a tick after the order; the further ticks are dark.
            lit = lit.checked_shl(dark_ticks).unwrap_or(0) << 1 | u32::from(is_lit);
        }
        let is_gap = GAP < after && world.memory.stepped_at.is_some();
        let quiet = if is_gap { 0 } else { (world.quiet + after).min(WINDOW) };
        Some(World {
            memory: moved_back(memory, ticks(after)),
            lit: lit & ((1 << (WINDOW + 2)) - 1),
            quiet,
            is_armed: is_armed_after(world, action),
            last: Some(action),
        })
    }

    fn properties(&self) -> Vec<Property<Small>> {
        let mut properties =
            Vec::from([Property::<Small>::sometimes("emits", |_, world| world.is_lit())]);
        properties.extend(laws(&self.judged));
        properties
    }
}

/// The laws of the barriers in `judged`.
fn laws(judged: &Standing) -> Vec<Property<Small>> {
    let all = [
        (
            Refusal::EmissionLength,
            Property::<Small>::always("emission", |_, w| w.run() <= EMISSION),
        ),
        (Refusal::Rest, Property::<Small>::always("rest", |_, w| w.is_rested())),
        (
            Refusal::Continuous,
            Property::<Small>::always("continuous", |_, w| w.stretch() <= CONTINUOUS),
        ),
        (Refusal::DutyBudget, Property::<Small>::always("duty", |_, w| w.in_window() <= DUTY)),
        (
            Refusal::FirstMinute,
            Property::<Small>::always("boot", |_, w| !w.is_lit() || WINDOW <= w.quiet),
        ),
        (
            Refusal::StaleVerdict,
            Property::<Small>::always("stale", |_, w| !w.is_lit() || w.last != Some(Action::Stale)),
        ),
        (
            Refusal::NoTarget,
            Property::<Small>::always("no target", |_, w| {
                !w.is_lit() || w.last != Some(Action::Nothing)
            }),
        ),
        (
            Refusal::Faulted(Fault::KillSwitch),
            Property::<Small>::always("kill switch", |_, w| {
                !w.is_lit() || w.last != Some(Action::Kill)
            }),
        ),
        (
            Refusal::Faulted(Fault::ClockBackwards),
            Property::<Small>::always("clock", |_, w| !w.is_lit() || w.last != Some(Action::Back)),
        ),
        (
            Refusal::Faulted(Fault::Unknown),
            Property::<Small>::always("unknown", |_, w| {
                !w.is_lit() || w.last != Some(Action::Blind)
            }),
        ),
    ];
    let stands = |rule: &Refusal| match judged {
        Standing::All => true,
        Standing::Only(rules) => rules.contains(rule),
        Standing::AllBut(missing) => rule != missing,
    };
    let mut laws: Vec<Property<Small>> =
        all.into_iter().filter(|(rule, _)| stands(rule)).map(|(_, law)| law).collect();
    if matches!(judged, Standing::All) {
        laws.push(Property::<Small>::always("armed", |_, w| !w.is_lit() || w.is_armed));
    }
    laws
}

impl World {
    fn is_lit(&self) -> bool {
        matches!(self.memory.state, State::Emitting { .. })
    }

    /// Length of the run of light that goes on.
    fn run(&self) -> u32 {
        self.lit.trailing_ones()
    }

    /// Whether the dark before the newest light was a whole rest.
    fn is_rested(&self) -> bool {
        let before = self.lit >> self.run();
        let dark = before.trailing_zeros();
        self.run() == 0 || before == 0 || REST <= dark
    }

    /// Length of the newest stretch, short pauses included.
    fn stretch(&self) -> u32 {
        let from_its_end = self.lit.checked_shr(self.lit.trailing_zeros()).unwrap_or(0);
        let (mut length, mut dark) = (0, 0);
        for tick in 0..u32::BITS {
            if from_its_end >> tick & 1 == 1 {
                (length, dark) = (tick + 1, 0);
            } else {
                dark += 1;
                if REST <= dark {
                    break;
                }
            }
        }
        length
    }

    /// Light in the newest window.
    fn in_window(&self) -> u32 {
        (self.lit & ((1 << WINDOW) - 1)).count_ones()
    }
}

fn inputs(action: Action, now: Uptime) -> Inputs {
    let well = well(now);
    match action {
        Action::Target { .. } | Action::Back => well,
        Action::Nothing => Inputs { target: Target::None, ..well },
        Action::Stale => {
            Inputs { target: Target::Seen { captured_at: back(now, ticks(2)) }, ..well }
        }
        Action::Arm => Inputs { person: Person::Arm, ..well },
        Action::Disarm => Inputs { person: Person::Disarm, ..well },
        Action::Reset => Inputs { person: Person::Reset, ..well },
        Action::Kill => Inputs { kill_switch: KillSwitch::Pressed, ..well },
        Action::Blind => Inputs { supply: Supply::Unknown, ..well },
    }
}

/// The model's own reckoning of who may emit: armed by a wish, unarmed by a wish or a fault.
fn is_armed_after(world: &World, action: Action) -> bool {
    match action {
        Action::Arm => world.is_armed || world.memory.state == State::Disarmed,
        Action::Disarm | Action::Kill => false,
        Action::Blind => false,
        Action::Back => world.is_armed && world.memory.stepped_at.is_none(),
        Action::Target { .. } | Action::Nothing | Action::Stale | Action::Reset => world.is_armed,
    }
}

/// The same memory as seen from `span` later, so that now is [`PINNED`] again. A dark minute that
/// is over is over for good, however long ago.
fn moved_back(memory: Memory, span: Duration) -> Memory {
    let state = match memory.state {
        State::Emitting { since } => State::Emitting { since: back(since, span) },
        State::Resting { until } => State::Resting { until: back(until, span) },
        State::Disarmed | State::Armed | State::Faulted { .. } => memory.state,
    };
    Memory {
        state,
        refusal: memory.refusal,
        stepped_at: Some(PINNED),
        quiet_until: still_ahead(back(memory.quiet_until, span)),
        lit: memory.lit.moved_back(span),
    }
}

fn still_ahead(moment: Uptime) -> Uptime {
    if moment <= PINNED { Uptime::ZERO } else { moment }
}

fn back(moment: Uptime, span: Duration) -> Uptime {
    Uptime::ZERO + moment.since(Uptime::ZERO + span)
}

/// Explores everything; panics with the shortest way to a breach. Returns how many states it saw.
fn explore(standing: Standing, judged: Standing) -> usize {
    let world = Small { rules: Rules { limits: SMALL, standing }, judged };
    let checker = world.checker().spawn_bfs().join();
    checker.assert_properties();
    checker.unique_state_count()
}

#[test]
fn every_reachable_state_keeps_every_limit() {
    let states = explore(Standing::All, Standing::All);
    assert!(states > 10_000, "only {states} states");
}

#[test]
fn every_reachable_state_keeps_each_limit_that_stands_alone() {
    for rule in [Refusal::EmissionLength, Refusal::Rest, Refusal::FirstMinute] {
        explore(Standing::Only([rule, Refusal::Lapsed]), Standing::Only([rule, rule]));
    }
    for rule in [Refusal::Continuous, Refusal::DutyBudget] {
        explore(Standing::Only([rule, Refusal::NoTarget]), Standing::Only([rule, rule]));
    }
}

#[test]
fn the_model_finds_the_breach_when_a_barrier_is_missing() {
    let missing = [
        (Refusal::EmissionLength, "emission"),
        (Refusal::Rest, "rest"),
        (Refusal::DutyBudget, "duty"),
        (Refusal::FirstMinute, "boot"),
        (Refusal::StaleVerdict, "stale"),
        (Refusal::Faulted(Fault::ClockBackwards), "clock"),
    ];
    for (missing, law) in missing {
        let rules = Rules { limits: SMALL, standing: Standing::AllBut(missing) };
        // With one law to judge, the search ends at its first breach.
        let world = Small { rules, judged: Standing::Only([missing, missing]) };
        let checker = world.checker().spawn_bfs().join();
        checker.assert_any_discovery(law);
    }
}
