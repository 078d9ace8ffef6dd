//! Verdicts over made-up blobs: who keeps one, and who loses it.

use alloc::vec::Vec;

use super::*;
use crate::blobs::Blob;
use crate::tracks::Tracks;

/// Frames that the hornet flies in, at 20 a second.
const FLIES_IN: u64 = 10;

/// The frame in which it sets off again.
const SETS_OFF: u64 = 60;

/// A hive whose bees are 14 px long.
fn bees() -> BeeLengths {
    let mut bees = BeeLengths::at_scale(None);
    (0..40).for_each(|_| bees.add(14 * 16));
    bees
}

fn insect((x, y): (i32, i32), length: i32) -> Blob {
    let half = length * 8;
    Blob {
        x16: x * 16,
        y16: y * 16,
        bounds16: [x * 16 - half, y * 16 - half / 2, x * 16 + half, y * 16 + half / 2],
        length16: length * 16,
        darkness: 100,
        flicker: 120,
        texture: 4,
        evenness: 220,
        stretch: 280,
        ..Blob::default()
    }
}

/// Where the hornet is: it flies in, hovers about (200, 100) and flies off.
fn place(frame: u64) -> (i32, i32) {
    let at = frame as i32;
    if frame < FLIES_IN {
        (50 + at * 15, 100)
    } else if frame < SETS_OFF {
        let to_and_fro = if at % 20 < 10 { at % 10 } else { 10 - at % 10 };
        (200 + to_and_fro, 100)
    } else {
        (200 + (at - SETS_OFF as i32) * 12, 100)
    }
}

/// Where a bee is that loiters there from then on: five of its lengths a second, to and fro.
fn loiters(frame: u64) -> (i32, i32) {
    let angle = (frame - SETS_OFF) as f32 * 0.4;
    (205 + (angle.sin() * 13.0) as i32, 113 - (angle.cos() * 13.0) as i32)
}

/// The judgement of the first track before it sets off, and a second and a half later, when what goes
/// by its name is `length` px long.
fn before_and_after(length: i32) -> (Judgement, Judgement) {
    before_and_then(place, length)
}

fn before_and_then(then: impl Fn(u64) -> (i32, i32), length: i32) -> (Judgement, Judgement) {
    let (mut tracks, mut bees) = (Tracks::new(), bees());
    let mut before = Judgement::Open;
    for frame in 0..SETS_OFF + 30 {
        let now = Uptime::from_millis(1_000 + frame * 50);
        let moment = Moment { now, elapsed_ms: 50, width_px: 640, height_px: 480, is_start: false };
        let length = if frame < SETS_OFF { 28 } else { length };
        let at = if frame < SETS_OFF { place(frame) } else { then(frame) };
        tracks.step(&[insect(at, length)], &moment);
        judge(&mut tracks.bodies[0], &mut bees, &mut Places::new(), &moment);
        if frame + 1 == SETS_OFF {
            before = tracks.bodies[0].judgement;
        }
    }
    assert_eq!(tracks.bodies.len(), 1, "it is one body to the tracks");
    (before, tracks.bodies[0].judgement)
}

#[test]
fn a_hornet_that_leaves_is_one_on_its_way_as_well() {
    let (before, after) = before_and_after(28);
    assert!(matches!(before, Judgement::Verdict(_)), "{before:?}");
    assert_eq!(after, before);
}

#[test]
fn a_bee_that_flies_off_with_a_hornets_name_loses_it() {
    // One as long as the others, and one so long that its length alone says nothing: it has shrunk.
    for length in [15, 18] {
        let (before, after) = before_and_after(length);
        assert!(matches!(before, Judgement::Verdict(_)), "{before:?}");
        assert!(!matches!(after, Judgement::Verdict(_)), "{length}: {after:?}");
    }
}

#[test]
fn a_long_bee_that_loiters_where_the_hornet_was_loses_its_name() {
    let (before, after) = before_and_then(loiters, 21);
    assert!(matches!(before, Judgement::Verdict(_)), "{before:?}");
    assert!(!matches!(after, Judgement::Verdict(_)), "{after:?}");
    // A hornet goes on hovering.
    let (_, after) = before_and_then(|frame| place(frame % FLIES_IN + FLIES_IN), 28);
    assert!(matches!(after, Judgement::Verdict(_)), "{after:?}");
}

#[test]
fn a_hornet_that_flew_on_is_on_its_way_until_it_hovers_again() {
    let (mut tracks, mut bees) = (Tracks::new(), bees());
    let settles = SETS_OFF + 12;
    let there = |frame: u64| match frame {
        frame if frame < settles => place(frame),
        frame => {
            let (x, y) = place(FLIES_IN + frame % 20);
            (x + 144, y)
        }
    };
    let mut on_its_way = Vec::new();
    for frame in 0..settles + 40 {
        let now = Uptime::from_millis(1_000 + frame * 50);
        let moment = Moment { now, elapsed_ms: 50, width_px: 640, height_px: 480, is_start: false };
        tracks.step(&[insect(there(frame), 28)], &moment);
        judge(&mut tracks.bodies[0], &mut bees, &mut Places::new(), &moment);
        if tracks.bodies[0].is_on_its_way {
            on_its_way.push(frame);
        }
    }
    assert!(matches!(tracks.bodies[0].judgement, Judgement::Verdict(_)));
    let (first, last) = (on_its_way[0], on_its_way[on_its_way.len() - 1]);
    assert!((SETS_OFF..SETS_OFF + 6).contains(&first), "{first}");
    // A hover lasts a second; its last steps of flight already lie within its new place.
    assert!((settles + 15..settles + 35).contains(&last), "{last}");
    assert_eq!(on_its_way.len() as u64, last - first + 1, "it is not let go in between");
}
