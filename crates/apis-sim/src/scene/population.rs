//! Every insect of a scene, moved in steps of fixed length so that paths depend on the seed alone.

use super::bee::{Bee, Guise};
use super::hornet::{Hornet, STEP_US};
use super::look::{Look, NEAR_SHARE_MAX};
use super::lot::{Lot, Stream};
use super::place::Airspace;
use super::plan::plan;
use super::settings::{Errand, Family, SceneSettings};

/// A bee's length as a share of a hornet's: about 13 mm to about 27.
const BEE_SHARE: (f32, f32) = (0.44, 0.56);

/// A hornet's length in reference pixels.
const HORNET_PX: (f32, f32) = (22.0, 44.0);

/// Hornets and bees.
#[derive(Debug)]
pub struct Population {
    /// Hornets that have set out, in order.
    pub hornets: Vec<Hornet>,
    /// Bees about.
    pub bees: Vec<Bee>,
    /// How it all looks.
    pub look: Look,
    /// Length of a bee's body in reference pixels.
    pub bee_length: f32,
    now_us: u64,
    air: Airspace,
    /// Hornets that have not set out, the next one last.
    waiting: Vec<(u64, Hornet)>,
    guests: Guests,
    bee_count: usize,
    bees_seen: u32,
    next_bee_us: u64,
    hornet_lot: Lot,
    bee_lot: Lot,
}

impl Population {
    /// The population of a scene at its first moment.
    pub fn new(settings: &SceneSettings, air: Airspace) -> Population {
        let mut plan_lot = Lot::new(settings.seed, Stream::Plan);
        let mut hornet_lot = Lot::new(settings.seed, Stream::Hornets);
        let look = drawn_look(settings, &mut plan_lot);
        let (length, bee_length) = (look.hornet_px, look.hornet_px * look.bee_share);
        let mut waiting = Vec::new();
        let mut hornets = Vec::new();
        for (id, plan) in (1..).zip(plan(settings, &mut plan_lot)) {
            let own = length * hornet_lot.between(0.93, 1.07);
            let (sets_out_us, mut hornet) = Hornet::planned(id, plan, own, air, &mut hornet_lot);
            if plan.at_us == 0 && plan.errand != Errand::Pass {
                hornet.settle(0);
                hornets.push(hornet);
            } else {
                waiting.push((sets_out_us, hornet));
            }
        }
        waiting.sort_by_key(|(sets_out_us, _)| std::cmp::Reverse(*sets_out_us));
        let mut population = Population {
            hornets,
            bees: Vec::new(),
            look,
            guests: Guests::of(settings.family),
            bee_length,
            now_us: 0,
            air,
            waiting,
            bee_count: settings.bees.unwrap_or(bees_of(settings.family)),
            bees_seen: 0,
            next_bee_us: 0,
            hornet_lot,
            bee_lot: Lot::new(settings.seed, Stream::Bees),
        };
        population.settle_bees();
        population
    }

    /// Some walk on the board already; the others have been on their way for a while.
    fn settle_bees(&mut self) {
        if self.air.board_half_width > 0.0 {
            for _ in 0..self.bee_count / 4 {
                let id = self.next_bee_id();
                let bee = Bee::walking(id, self.bee_length, self.air, &mut self.bee_lot);
                self.bees.push(bee);
            }
        }
        for _ in 0..400 {
            self.step_bees();
        }
    }

    /// Moves everything to `at_us` of scene time; never back.
    pub fn advance(&mut self, at_us: u64) {
        while self.now_us + STEP_US <= at_us {
            self.now_us += STEP_US;
            while let Some((_, hornet)) =
                self.waiting.pop_if(|(sets_out_us, _)| *sets_out_us <= self.now_us)
            {
                self.hornets.push(hornet);
            }
            let (now_us, air, lot) = (self.now_us, self.air, &mut self.hornet_lot);
            self.hornets.retain_mut(|hornet| hornet.step(now_us, air, lot));
            self.step_bees();
        }
    }

    /// Seconds from the last step to `at_us`: by so much a drawn place runs ahead.
    pub fn ahead_s(&self, at_us: u64) -> f32 {
        at_us.saturating_sub(self.now_us) as f32 / 1e6
    }

    fn step_bees(&mut self) {
        let (now_us, air, lot) = (self.now_us, self.air, &mut self.bee_lot);
        self.bees.retain_mut(|bee| bee.step(now_us, air, lot));
        self.next_bee_us = self.next_bee_us.saturating_sub(STEP_US);
        if self.bees.len() < self.bee_count && self.next_bee_us == 0 {
            let id = self.next_bee_id();
            let bee = Bee::setting_out(id, self.bee_length, self.air, &mut self.bee_lot);
            let bee = self.guests.instead_of(bee, &self.look, &mut self.bee_lot);
            self.bees.push(bee);
            self.next_bee_us = (self.bee_lot.between(0.02, 0.3) * 1e6) as u64;
        }
    }

    fn next_bee_id(&mut self) -> u32 {
        self.bees_seen += 1;
        self.bees_seen
    }
}

/// How many bees are about at once.
fn bees_of(family: Family) -> usize {
    match family {
        Family::Crowd => 40,
        Family::Bees => 26,
        Family::Garden | Family::Early | Family::Station | Family::Cloud | Family::Shake => 14,
        Family::Shade | Family::Lens | Family::Clump => 10,
        Family::Meadow | Family::Fleck | Family::Leaf | Family::Dusk => 7,
        Family::Rain => 3,
        Family::Exposure
        | Family::Person
        | Family::Near
        | Family::Guests
        | Family::Spider
        | Family::Jpeg
        | Family::Pair => 12,
        Family::Beard => 16,
    }
}

/// The look of `settings`, which takes the scene's first two lots whether it is varied or not.
fn drawn_look(settings: &SceneSettings, lot: &mut Lot) -> Look {
    let drawn_px = lot.between(HORNET_PX.0, HORNET_PX.1);
    Look::of(settings, drawn_px, lot.between(BEE_SHARE.0, BEE_SHARE.1))
}

/// The look of a scene, before it is made.
pub fn look(settings: &SceneSettings) -> Look {
    drawn_look(settings, &mut Lot::new(settings.seed, Stream::Plan))
}

/// Who comes instead of a bee.
#[derive(Debug, Clone, Copy)]
struct Guests {
    /// Share of bees that are near the lens, beyond the look's own.
    near: f32,
    /// Share that are wasps.
    wasps: f32,
    /// Share that are bumblebees.
    bumblebees: f32,
    /// Share that are drones, beyond the usual few.
    drones: f32,
}

impl Guests {
    fn of(family: Family) -> Guests {
        let nobody = Guests { near: 0.0, wasps: 0.0, bumblebees: 0.0, drones: 0.0 };
        if family == Family::Near {
            Guests { near: 0.4, ..nobody }
        } else if family == Family::Guests {
            Guests { wasps: 0.25, bumblebees: 0.12, drones: 0.25, ..nobody }
        } else {
            nobody
        }
    }

    fn instead_of(&self, bee: Bee, look: &Look, lot: &mut Lot) -> Bee {
        let near = self.near + look.near_share;
        if near <= 0.0 && self.wasps <= 0.0 {
            // A plain scene takes no further lot.
            return bee;
        }
        let drawn = lot.between(0.0, 1.0);
        let hornet = look.hornet_px;
        let steps = [
            (near, Guise::Near, (look.bee_share * hornet, NEAR_SHARE_MAX * hornet)),
            (self.wasps, Guise::Wasp, (0.55 * hornet, 0.68 * hornet)),
            (self.bumblebees, Guise::Bumblebee, (0.60 * hornet, 0.80 * hornet)),
            (self.drones, Guise::Drone, (0.56 * hornet, 0.64 * hornet)),
        ];
        let mut reached = 0.0;
        for (share, guise, length) in steps {
            reached += share;
            if drawn < reached {
                return bee.become_guest(guise, lot.between(length.0, length.1), lot);
            }
        }
        bee
    }
}
