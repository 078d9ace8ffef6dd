//! The program ends at every place where it can end.

use super::disk::Cut;
use super::draw::Draw;
use super::world::{Plan, Stop, World};
use super::*;
use alloc::vec::Vec;
use std::format;
use std::hash::{BuildHasher, RandomState};

#[test]
fn a_story_without_a_cut_ends_with_everything_on_the_server() {
    let world = tell(story(1), "no cut");
    let dropped = world.keeper.spool.dropped;
    let clips = world.keeper.spool.clips.len() as u64 + dropped.uploaded_clips + dropped.clips;
    assert_eq!(clips, 3);
    assert!(dropped.clips + dropped.uploaded_clips > 0, "the story evicts");
}

/// Stops after every operation of a story, in one way; returns how many there were.
fn stop_everywhere(story: fn(u64) -> World, cut: impl Fn(usize) -> Cut, is_torn: bool) -> usize {
    let mut after = 0;
    loop {
        let mut world = story(7);
        let stop = Stop { after, cut: cut(after), is_torn };
        world.stops.push_back(stop);
        world.begin();
        let world = tell(world, &format!("{stop:?}"));
        if !world.stops.is_empty() {
            return after;
        }
        after += 1;
    }
}

#[test]
fn a_kill_between_any_two_operations_loses_and_doubles_nothing() {
    assert!(stop_everywhere(story, |_| Cut::Kill, false) > 150);
}

#[test]
fn a_kill_within_any_operation_loses_and_doubles_nothing() {
    assert!(stop_everywhere(roomy_story, |_| Cut::Kill, true) > 150);
}

#[test]
fn a_power_cut_that_takes_all_it_may_loses_and_doubles_nothing_that_was_told() {
    assert!(stop_everywhere(story, |_| Cut::PowerLosesAll, false) > 150);
    assert!(stop_everywhere(roomy_story, |_| Cut::PowerLosesAll, false) > 150);
}

#[test]
fn a_power_cut_that_tears_what_it_may_loses_and_doubles_nothing_that_was_told() {
    for round in 0..2 {
        let cut = |after: usize| Cut::PowerTears(round * 10_007 + after as u64);
        assert!(stop_everywhere(story, cut, true) > 150);
        assert!(stop_everywhere(roomy_story, cut, true) > 150);
    }
}

#[test]
fn a_second_cut_while_the_first_is_mended_loses_and_doubles_nothing() {
    const SECONDS: [usize; 12] = [0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 23];
    let mut cuts = 0;
    for first in (0..200).step_by(4) {
        for second in SECONDS {
            let seed = (first * 31 + second) as u64;
            let cut = if seed.is_multiple_of(3) { Cut::Kill } else { Cut::PowerTears(seed) };
            let mut world = story(7);
            for after in [first, second] {
                world.stops.push_back(Stop { after, cut, is_torn: seed.is_multiple_of(2) });
            }
            world.begin();
            let world = tell(world, &format!("stops after {first} and {second}, {cut:?}"));
            cuts += 2 - world.stops.len();
        }
    }
    assert!(cuts > 1_000, "{cuts} cuts");
}

/// A story, a network and cuts, all drawn from one seed.
fn check_random(seed: u64) {
    let mut draw = Draw::new(seed);
    let mut plans = Vec::new();
    let mut tick = 5;
    for _ in 0..=draw.below(4) {
        let opens = tick + draw.below(40) as u32;
        let closes = opens + 1 + draw.below(60) as u32;
        plans.push(Plan { opens, closes, confidence: [500, 9_000][draw.below(2)] });
        tick = opens + 5;
    }
    let limits = Limits {
        spool_bytes_max: 4_000 + draw.below(40_000) as u64,
        clip_count_max: 1 + draw.below(5),
        high_confidence_kept: draw.below(2),
        clip_bytes_max: 3_000 + draw.below(20_000) as u32,
        recordings_max: 1 + draw.below(3),
        piece_bytes_max: 100 + draw.below(4_000) as u32,
        ..limits()
    };
    let mut world = World::new(&plans, limits, draw.next());
    world.server.trouble_percent = draw.below(60);
    world.server.forgets = draw.below(2) == 0;
    world.may_lose_clips = true;
    for _ in 0..draw.below(5) {
        let cut = match draw.below(4) {
            0 => Cut::Kill,
            1 => Cut::PowerLosesAll,
            _ => Cut::PowerTears(draw.next()),
        };
        let stop = Stop { after: draw.below(160), cut, is_torn: draw.below(2) == 0 };
        world.stops.push_back(stop);
    }
    world.begin();
    while world.tick < 200 {
        world.step();
    }
    world.stops.clear();
    world.settle();
    oracle::check(&world, &format!("seed {seed}"));
}

#[test]
fn drawn_stories_with_drawn_cuts_lose_and_double_nothing() {
    (0..300).for_each(check_random);
}

#[test]
fn fresh_seeds_lose_and_double_nothing() {
    let first = RandomState::new().hash_one("keeper");
    std::println!("seeds from {first} on");
    (0..40).for_each(|step| check_random(first.wrapping_add(step)));
}
