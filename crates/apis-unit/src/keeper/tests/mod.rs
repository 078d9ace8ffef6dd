//! The keeper as a whole, on a simulated disk and before a simulated server.
//!
//! `cuts` stops the program between every two storage operations of a whole story; `disks` tells
//! of full, failing and swapped disks; `servers` of what a server may answer; `checks` of what does
//! not count.

mod draw;
mod disk;
mod server;
mod player;
mod world;
mod oracle;

mod checks;
mod cuts;
mod disks;
mod servers;

use super::*;
use world::{Plan, World};

/// Three visits: two that overlap, since the second comes within the post-roll of the first, and
/// a third later on.
const PLANS: [Plan; 3] = [
    Plan { opens: 12, closes: 30, confidence: 9_000 },
    Plan { opens: 35, closes: 52, confidence: 500 },
    Plan { opens: 95, closes: 110, confidence: 9_000 },
];

/// Room for two clips and a half, so that something is evicted.
fn limits() -> Limits {
    Limits {
        pre_roll: core::time::Duration::from_secs(1),
        post_roll: core::time::Duration::from_secs(2),
        clip_bytes_max: 20_000,
        spool_bytes_max: 14_000,
        high_confidence_kept: 1,
        piece_bytes_max: 700,
        ..Limits::default()
    }
}

/// The story before a server and a network that spoil three requests in ten.
fn story(seed: u64) -> World {
    let mut world = World::new(&PLANS, limits(), seed);
    world.server.trouble_percent = 30;
    world.server.forgets = true;
    world.may_lose_clips = true;
    world
}

/// The same with room for everything: no clip may be missing.
fn roomy_story(seed: u64) -> World {
    let mut world = World::new(&PLANS, Limits { spool_bytes_max: 1 << 20, ..limits() }, seed);
    world.server.trouble_percent = 30;
    world.server.forgets = true;
    world
}

/// The story before a server that does as it should, with room for everything.
fn calm_story() -> World {
    World::new(&PLANS, Limits { spool_bytes_max: 1 << 20, ..limits() }, 3)
}

/// Tells the story to its end, waits until everything is sent, and checks it.
///
/// Starts it, unless that was done.
fn tell(mut world: World, about: &str) -> World {
    if world.tick == 0 && world.disk.operations == 0 {
        world.begin();
    }
    run_to(&mut world, 140);
    world.settle();
    oracle::check(&world, about);
    world
}

fn run_to(world: &mut World, tick: u32) {
    while world.tick < tick {
        world.step();
    }
}
