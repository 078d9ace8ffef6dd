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

/// What an insect that flies like a bee is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guise {
    /// A bee at the hive.
    Bee,
    /// A bee nearer to the lens: larger, faster over the picture, out of focus.
    Near,
    /// Slender, yellow and black; stands before the entrance to look in.
    Wasp,
    /// Round and dark; flies slowly.
    Bumblebee,
    /// A bee, longer and broader.
    Drone,
}

/// One bee in the scene, or what flies like one.
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
    /// What it is.
    pub guise: Guise,
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
            guise: Guise::Bee,
            task,
            cruise: lot.between(130.0, 300.0),
            swing_phase: lot.direction(),
        }
    }

    /// The same on the same way as another insect of `length`.
    pub fn become_guest(mut self, guise: Guise, length: f32, lot: &mut Lot) -> Bee {
        let is_near = guise == Guise::Near;
        self.cruise *= match guise {
            // It looks faster by as much as it looks larger.
            Guise::Near => (length / self.length).max(1.0),
            Guise::Bumblebee => 0.6,
            Guise::Bee | Guise::Wasp | Guise::Drone => 1.0,
        };
        (self.guise, self.length) = (guise, length);
        if is_near && lot.chance(0.5) {
            // It never lands: the board is farther away.
            self.task =
                Task::Departing { to: Place::new(640.0 - self.at.x, lot.between(0.0, 400.0)) };
        }
        self
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
                    let may_land = air.board_half_width > 0.0 && self.guise != Guise::Near;
                    self.task = if may_land && lot.chance(0.7) {
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
        let stands = match self.guise {
            Guise::Wasp | Guise::Bumblebee => 0.8,
            Guise::Bee | Guise::Near | Guise::Drone => 0.5,
        };
        if lot.chance(stands) {
            let until_us = now_us + (lot.between(0.5, 3.5) * 1e6) as u64;
            let widths = match self.guise {
                Guise::Wasp => (0.8, 2.0),
                Guise::Bee | Guise::Near | Guise::Bumblebee | Guise::Drone => (1.2, 3.0),
            };
            let swing = self.length * lot.between(widths.0, widths.1);
            return Task::Loitering { until_us, about: self.at, swing };
        }
        let may_land = match self.guise {
            Guise::Bee | Guise::Drone | Guise::Wasp => air.board_half_width > 0.0,
            Guise::Near | Guise::Bumblebee => false,
        };
        if may_land {
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
