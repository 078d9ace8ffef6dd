//! How a hornet flies: it enters, stands before the hive while it drifts and corrects, and strikes
//! or leaves; or it only passes.
//!
//! ```text
//! Entering ─► Hovering ─► Striking ─► Leaving ─► gone
//!                 └────────────────────┘
//! Passing ─────────────────────────────► gone
//! ```
//! Speeds are in body lengths wherever the body sets them. Source: footage of real hovers — within
//! about one body length over a second, drifting 0.7 to 1.7 body lengths a second.

use super::lot::Lot;
use super::place::{Airspace, Place, turn};
use super::settings::{Errand, HornetPlan};

/// The step of all flight, in µs: small against a frame, so that paths do not depend on its rate.
pub const STEP_US: u64 = 5_000;

const STEP_S: f32 = STEP_US as f32 / 1e6;

/// Mean speed of entering and leaving, in reference pixels a second.
const CRUISE: f32 = 260.0;

/// A hornet within this share of its body of its station has arrived.
const ARRIVED_BODIES: f32 = 0.30;

/// What a hornet is doing.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Flight {
    Entering,
    Hovering { until_us: u64, drift: Place, turn_at_us: u64 },
    Striking { at: Place },
    Leaving { to: Place },
    Passing { to: Place, bend: f32 },
}

/// One hornet in the scene.
#[derive(Debug, Clone)]
pub struct Hornet {
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
    /// Share of its length that the camera sees: it turns towards and away from the lens.
    pub foreshortening: f32,
    /// How light it is: 1 is a plain black hornet in sun.
    pub tone: f32,
    /// Phase of the wing beat at the scene's start, 0 to 1.
    pub wing_phase: f32,
    flight: Flight,
    station: Place,
    exit: Place,
    hover_us: u64,
    strikes: bool,
    sway: f32,
}

impl Hornet {
    /// The hornet of `plan`, still outside the picture, and the moment at which it sets out.
    ///
    /// It sets out early enough to stand at its station when the plan says so.
    pub fn planned(
        id: u32,
        plan: HornetPlan,
        length: f32,
        air: Airspace,
        lot: &mut Lot,
    ) -> (u64, Hornet) {
        let station =
            Place::new(lot.between(0.20, 0.80) * 640.0, lot.between(0.38, 0.80) * air.height);
        let (from, exit) = (outside(air, length, lot), outside(air, length, lot));
        let (flight, hover_us, lead_s) = match plan.errand {
            Errand::Hover { for_us } => {
                (Flight::Entering, for_us, (station - from).length() / CRUISE + 0.45)
            }
            Errand::Pass => {
                let bend = lot.between(-0.5, 0.5);
                (Flight::Passing { to: across(from, air, length, lot), bend }, 0, 0.0)
            }
        };
        let hornet = Hornet {
            id,
            at: from,
            velocity: Place::default(),
            heading: (station - from).angle(),
            length,
            foreshortening: lot.between(0.85, 1.0),
            tone: lot.between(0.85, 1.35),
            wing_phase: lot.between(0.0, 1.0),
            flight,
            station,
            exit,
            hover_us,
            strikes: lot.chance(0.4),
            sway: lot.between(0.0, 6.0),
        };
        (plan.at_us.saturating_sub((lead_s * 1e6) as u64), hornet)
    }

    /// Puts it at its station as if it had been there for long.
    pub fn settle(&mut self, now_us: u64) {
        self.at = self.station;
        self.flight = self.begin_hover(now_us);
    }

    /// Whether it keeps its station.
    pub fn is_hovering(&self) -> bool {
        match self.flight {
            Flight::Hovering { .. } => true,
            Flight::Entering
            | Flight::Striking { .. }
            | Flight::Leaving { .. }
            | Flight::Passing { .. } => false,
        }
    }

    /// Length of the body as the camera sees it.
    pub fn apparent_length(&self) -> f32 {
        self.length * self.foreshortening
    }

    /// One step of [`STEP_US`]; false when it has left for good.
    pub fn step(&mut self, now_us: u64, air: Airspace, lot: &mut Lot) -> bool {
        let wish = self.decide(now_us, air, lot);
        let agility = if self.is_hovering() { 9.0 } else { 6.0 };
        self.velocity = self.velocity + (wish - self.velocity) * (agility * STEP_S);
        self.at = self.at + self.velocity * STEP_S;
        self.turn_head(air);
        self.foreshortening +=
            (lot.about_zero() * 0.012 + (0.93 - self.foreshortening) * 0.02) * 0.5;
        self.foreshortening = self.foreshortening.clamp(0.75, 1.0);
        !self.is_gone(air)
    }

    /// The velocity it wants; moves on to the next flight when this one is done.
    fn decide(&mut self, now_us: u64, air: Airspace, lot: &mut Lot) -> Place {
        match self.flight {
            Flight::Entering => {
                let way = self.station - self.at;
                let slow = self.velocity.length() < 2.0 * self.length;
                if way.length() < ARRIVED_BODIES * self.length && slow {
                    self.flight = self.begin_hover(now_us);
                }
                (way * 3.2).at_most(CRUISE)
            }
            Flight::Hovering { until_us, .. } if until_us <= now_us => {
                self.flight = if self.strikes {
                    let miss = Place::new(lot.between(-60.0, 60.0), lot.between(-6.0, 14.0));
                    Flight::Striking { at: air.entrance + miss }
                } else {
                    Flight::Leaving { to: self.exit }
                };
                self.velocity
            }
            Flight::Hovering { until_us, drift, turn_at_us } => {
                let strayed = self.at - self.station;
                if turn_at_us <= now_us || strayed.length() > 0.42 * self.length {
                    let turn_at_us = now_us + (lot.between(0.22, 0.65) * 1e6) as u64;
                    let drift = self.draw_drift(strayed, lot);
                    self.flight = Flight::Hovering { until_us, drift, turn_at_us };
                }
                self.sway += STEP_S * std::f32::consts::TAU * 6.5;
                drift + Place::new(0.4, 1.0) * (self.sway.sin() * 0.35 * self.length)
            }
            Flight::Striking { at } => {
                let way = at - self.at;
                if way.length() < 14.0 {
                    self.flight = Flight::Leaving { to: self.exit };
                }
                (way * 8.0).at_most(520.0)
            }
            Flight::Leaving { to } => Place::towards((to - self.at).angle()) * (1.3 * CRUISE),
            Flight::Passing { to, bend } => {
                // Bent at first, straight at the end; it never slows down.
                let way = to - self.at;
                let bent = bend * (way.length() / 640.0).min(1.0);
                Place::towards(way.angle() + bent) * (1.4 * CRUISE)
            }
        }
    }

    fn begin_hover(&self, now_us: u64) -> Flight {
        Flight::Hovering {
            until_us: now_us.saturating_add(self.hover_us),
            drift: Place::default(),
            turn_at_us: now_us,
        }
    }

    /// A new drift: anywhere while near the station, back to it when strayed.
    fn draw_drift(&self, strayed: Place, lot: &mut Lot) -> Place {
        let speed = lot.between(0.7, 1.7) * self.length;
        let back = strayed.length() > 0.30 * self.length;
        let angle =
            if back { (strayed * -1.0).angle() + lot.between(-0.6, 0.6) } else { lot.direction() };
        Place::towards(angle) * speed
    }

    /// It looks where it flies, and at the entrance when it stands.
    fn turn_head(&mut self, air: Airspace) {
        let speed = self.velocity.length();
        let goal = if speed > 3.0 * self.length && !self.is_hovering() {
            self.velocity.angle()
        } else {
            (air.entrance - self.at).angle() + (self.sway * 0.06).sin() * 0.5
        };
        self.heading += turn(self.heading, goal) * (5.0 * STEP_S);
    }

    fn is_gone(&self, air: Airspace) -> bool {
        let margin = self.length * 0.8;
        let outside = self.at.x < -margin
            || self.at.x > 640.0 + margin
            || self.at.y < -margin
            || self.at.y > air.height + margin;
        match self.flight {
            Flight::Leaving { .. } => outside,
            Flight::Passing { to, .. } => outside && (to - self.at).length() < 0.5 * 640.0,
            Flight::Entering | Flight::Hovering { .. } | Flight::Striking { .. } => false,
        }
    }
}

/// A place outside another edge than the one that `from` is outside of, and far from it.
fn across(from: Place, air: Airspace, length: f32, lot: &mut Lot) -> Place {
    let far = length * 1.6;
    let y = lot.between(0.2, 0.9) * air.height;
    if from.x < 0.0 {
        Place::new(640.0 + far, y)
    } else if from.x > 640.0 {
        Place::new(-far, y)
    } else {
        Place::new(lot.between(0.1, 0.9) * 640.0, air.height + far)
    }
}

/// A place outside the left, right or upper edge.
fn outside(air: Airspace, length: f32, lot: &mut Lot) -> Place {
    let far = length * 1.2;
    match lot.index(3) {
        0 => Place::new(-far, lot.between(0.15, 0.8) * air.height),
        1 => Place::new(640.0 + far, lot.between(0.15, 0.8) * air.height),
        _ => Place::new(lot.between(0.1, 0.9) * 640.0, -far),
    }
}
