//! How bees come and go: they fly in, loiter before the entrance, land, walk, and leave again.
//!
//! ```text
//! Arriving ─► Loitering ─► Landing ─► Walking ─► inside (gone)
//!     └──────────┴─────────► Departing ─► gone
//! ```
//! A loitering bee is the hard one for whoever looks for hornets: it too stands in the air, with
//! half the length and wider swings.

use super::hornet::STEP_US;
use super::lot::Lot;
use super::place::{Airspace, Place, turn};

const STEP_S: f32 = STEP_US as f32 / 1e6;

/// What a bee is doing.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Task {
    Arriving { to: Place },
    Loitering { until_us: u64, about: Place, swing: f32 },
    Landing { to: Place },
    Walking { until_us: u64, to: Place },
    Departing { to: Place },
}

/// One bee in the scene.
#[derive(Debug, Clone)]
pub struct Bee {
    /// Its number.
    pub id: u32,
    /// Centre of its body.
    pub at: Place,
    /// Its velocity, a second.
    pub velocity: Place,
    /// Where its head points, in radians.
    pub heading: f32,
    /// Length of its body.
    pub length: f32,
    /// How light it is: 1 is a brown bee in sun.
    pub tone: f32,
    /// Phase of the wing beat at the scene's start, 0 to 1.
    pub wing_phase: f32,
    task: Task,
    cruise: f32,
    swing_phase: f32,
}

impl Bee {
    /// A bee that sets out now: from outside, or out of the entrance.
    pub fn setting_out(id: u32, length: f32, air: Airspace, lot: &mut Lot) -> Bee {
        let has_board = air.board_half_width > 0.0;
        let leaves = has_board && lot.chance(0.45);
        let outer = edge(air, lot);
        let (at, task) = if leaves {
            (on_board(air, lot), Task::Departing { to: outer })
        } else if has_board {
            (outer, Task::Arriving { to: before_board(air, lot) })
        } else {
            let to = Place::new(lot.between(60.0, 580.0), lot.between(0.1, 0.9) * air.height);
            (outer, Task::Arriving { to })
        };
        Bee {
            id,
            at,
            velocity: Place::default(),
            heading: lot.direction(),
            // A drone now and then: two thirds of a hornet instead of half.
            length: length * if lot.chance(0.06) { 1.3 } else { lot.between(0.86, 1.14) },
            tone: lot.between(0.75, 1.25),
            wing_phase: lot.between(0.0, 1.0),
            task,
            cruise: lot.between(130.0, 300.0),
            swing_phase: lot.direction(),
        }
    }

    /// A bee that already walks on the board.
    pub fn walking(id: u32, length: f32, air: Airspace, lot: &mut Lot) -> Bee {
        let mut bee = Bee::setting_out(id, length, air, lot);
        bee.at = on_board(air, lot);
        bee.task = Task::Walking { until_us: (lot.between(3.0, 60.0) * 1e6) as u64, to: bee.at };
        bee
    }

    /// Whether its wings are folded.
    pub fn is_on_foot(&self) -> bool {
        match self.task {
            Task::Walking { .. } => true,
            Task::Arriving { .. }
            | Task::Loitering { .. }
            | Task::Landing { .. }
            | Task::Departing { .. } => false,
        }
    }

    /// One step of flight; false when it has left or gone inside.
    pub fn step(&mut self, now_us: u64, air: Airspace, lot: &mut Lot) -> bool {
        self.swing_phase += STEP_S * 9.0;
        let Some(wish) = self.decide(now_us, air, lot) else { return false };
        let agility = if self.is_on_foot() { 12.0 } else { 5.0 };
        self.velocity = self.velocity + (wish - self.velocity) * (agility * STEP_S);
        self.at = self.at + self.velocity * STEP_S;
        if self.velocity.length() > 6.0 {
            self.heading += turn(self.heading, self.velocity.angle()) * (7.0 * STEP_S);
        }
        true
    }

    /// The velocity it wants; `None` when it is gone.
    fn decide(&mut self, now_us: u64, air: Airspace, lot: &mut Lot) -> Option<Place> {
        let weave = Place::new(-self.velocity.y, self.velocity.x) * (self.swing_phase.sin() * 0.45);
        match self.task {
            Task::Arriving { to } => {
                let way = to - self.at;
                if way.length() < 18.0 {
                    self.task = self.after_arrival(now_us, air, lot);
                }
                Some((way * 3.0).at_most(self.cruise) + weave)
            }
            Task::Loitering { until_us, about, swing } => {
                if until_us <= now_us {
                    self.task = if air.board_half_width > 0.0 && lot.chance(0.7) {
                        Task::Landing { to: on_board(air, lot) }
                    } else {
                        Task::Departing { to: edge(air, lot) }
                    };
                }
                let goal = about
                    + Place::new(self.swing_phase.sin(), (self.swing_phase * 0.6).cos() * 0.5)
                        * swing;
                Some(((goal - self.at) * 7.0).at_most(self.cruise))
            }
            Task::Landing { to } => {
                let way = to - self.at;
                if way.length() < 5.0 {
                    let until_us = now_us + (lot.between(0.6, 14.0) * 1e6) as u64;
                    self.task = Task::Walking { until_us, to: on_board(air, lot) };
                }
                Some((way * 4.0).at_most(0.6 * self.cruise))
            }
            Task::Walking { until_us, to } => {
                let way = to - self.at;
                if until_us <= now_us {
                    return None;
                }
                if way.length() < 4.0 && lot.chance(0.004) {
                    self.task = Task::Walking { until_us, to: on_board(air, lot) };
                }
                Some((way * 3.0).at_most(22.0))
            }
            Task::Departing { to } => {
                let way = to - self.at;
                (way.length() > 12.0).then(|| (way * 3.0).at_most(1.2 * self.cruise) + weave)
            }
        }
    }

    fn after_arrival(&self, now_us: u64, air: Airspace, lot: &mut Lot) -> Task {
        if lot.chance(0.5) {
            let until_us = now_us + (lot.between(0.5, 3.5) * 1e6) as u64;
            let swing = self.length * lot.between(1.2, 3.0);
            return Task::Loitering { until_us, about: self.at, swing };
        }
        if air.board_half_width > 0.0 {
            Task::Landing { to: on_board(air, lot) }
        } else {
            Task::Departing { to: edge(air, lot) }
        }
    }
}

fn on_board(air: Airspace, lot: &mut Lot) -> Place {
    let along = lot.between(-0.9, 0.9) * air.board_half_width;
    air.entrance + Place::new(along, lot.between(3.0, 26.0))
}

fn before_board(air: Airspace, lot: &mut Lot) -> Place {
    let along = lot.between(-1.1, 1.1) * air.board_half_width;
    air.entrance + Place::new(along, lot.between(30.0, 150.0))
}

/// A place just outside the left, right or lower edge.
fn edge(air: Airspace, lot: &mut Lot) -> Place {
    match lot.index(3) {
        0 => Place::new(-20.0, lot.between(0.1, 1.0) * air.height),
        1 => Place::new(660.0, lot.between(0.1, 1.0) * air.height),
        _ => Place::new(lot.between(0.0, 640.0), air.height + 20.0),
    }
}
