//! Tracks from made-up blobs: lives, crossings, full tables.

use super::*;
use crate::seen::Phase;
use std::vec;
use std::vec::Vec;

fn blob(x: i32, y: i32, length: i32) -> Blob {
    let half = length * 8;
    Blob {
        x16: x * 16,
        y16: y * 16,
        bounds16: [x * 16 - half, y * 16 - half / 2, x * 16 + half, y * 16 + half / 2],
        length16: length * 16,
        darkness: 100,
        ..Blob::default()
    }
}

fn moment(frame: u64) -> Moment {
    Moment {
        now: Uptime::from_millis(1_000 + frame * 50),
        elapsed_ms: 50,
        width_px: 640,
        height_px: 480,
        is_start: false,
    }
}

fn follow(frames: u64, blobs: impl Fn(u64) -> Vec<Blob>) -> Tracks {
    let mut tracks = Tracks::new();
    for frame in 0..frames {
        tracks.step(&blobs(frame), &moment(frame));
    }
    tracks
}

#[test]
fn a_body_seen_three_times_is_confirmed_and_one_seen_once_is_forgotten() {
    let tracks = follow(3, |frame| vec![blob(100 + frame as i32, 100, 20)]);
    assert_eq!(tracks.bodies[0].phase, Phase::Confirmed);
    let tracks = follow(2, |frame| if frame == 0 { vec![blob(100, 100, 20)] } else { vec![] });
    assert!(tracks.bodies.is_empty());
}

#[test]
fn an_unseen_body_coasts_and_comes_back_under_its_name() {
    let tracks =
        follow(12, |frame| if (5..9).contains(&frame) { vec![] } else { vec![blob(100, 100, 20)] });
    assert_eq!(tracks.bodies.len(), 1);
    assert_eq!((tracks.bodies[0].id, tracks.bodies[0].phase), (TrackId(1), Phase::Confirmed));
    let tracks = follow(25, |frame| if frame < 5 { vec![blob(100, 100, 20)] } else { vec![] });
    assert!(tracks.bodies.is_empty());
}

#[test]
fn a_bee_and_a_hornet_that_cross_are_not_exchanged() {
    let tracks = follow(30, |frame| {
        let step = frame as i32 * 8;
        vec![blob(100 + step, 100, 14), blob(330 - step, 102, 28)]
    });
    assert_eq!(tracks.bodies.len(), 2);
    assert_eq!((tracks.bodies[0].id, tracks.bodies[0].length16 / 16), (TrackId(1), 14));
    assert_eq!((tracks.bodies[1].id, tracks.bodies[1].length16 / 16), (TrackId(2), 28));
}

#[test]
fn a_hornet_that_a_bee_flies_over_keeps_its_name() {
    let tracks = follow(30, |frame| {
        let bee = 100 + frame as i32 * 10;
        let is_one_blob = (230..270).contains(&bee);
        if is_one_blob {
            vec![blob(250, 100, 36)]
        } else {
            vec![blob(250, 100, 28), blob(bee, 100, 14)]
        }
    });
    let hornet = tracks.bodies.iter().find(|body| body.x16 == 250 * 16).unwrap();
    assert_eq!((hornet.id, hornet.phase), (TrackId(1), Phase::Confirmed));
}

#[test]
fn a_full_table_drops_the_newest_tentative_track_and_counts_it() {
    let many = |count: i32| (0..count).map(|at| blob(at % 10 * 60 + 30, at / 10 * 60 + 30, 12));
    let mut tracks = Tracks::new();
    for frame in 0..4 {
        tracks.step(&many(60).collect::<Vec<_>>(), &moment(frame));
    }
    tracks.step(&many(70).collect::<Vec<_>>(), &moment(4));
    assert_eq!(tracks.bodies.len(), TRACKS_MAX);
    assert_eq!(tracks.dropped, 6);
    assert!(tracks.bodies[..60].iter().all(|body| body.phase == Phase::Confirmed));
}

#[test]
fn what_flies_in_is_measured_on_its_way() {
    let flown = follow(10, |frame| vec![blob(20 + frame as i32 * 15, 100, 20)]);
    assert_eq!(flown.bodies[0].flight.length16(), Some(20 * 16));
    assert_eq!(flown.bodies[0].origin, Origin::AtTheRim);
    let walked = follow(40, |frame| vec![blob(100 + frame as i32, 100, 20)]);
    assert_eq!(walked.bodies[0].flight.length16(), None);
    assert_eq!(walked.bodies[0].origin, Origin::Within);
}

#[test]
fn one_that_is_passed_on_its_way_is_as_long_as_in_most_frames() {
    let passed = follow(10, |frame| {
        let length = if (4..6).contains(&frame) { 34 } else { 20 };
        vec![blob(100 + frame as i32 * 15, 100, length)]
    });
    assert_eq!(passed.bodies[0].flight.length16(), Some(20 * 16));
}

#[test]
fn what_left_by_the_rim_is_not_what_comes_in_there() {
    let leaves_and_comes_in = |frame: u64| match frame {
        0..10 => vec![blob(600 + frame as i32 * 4, 100, 28)],
        10..20 => vec![],
        _ => vec![blob(636 - (frame as i32 - 20) * 4, 100, 28)],
    };
    let tracks = follow(25, leaves_and_comes_in);
    assert_eq!(tracks.bodies.len(), 1);
    assert_eq!(tracks.bodies[0].id, TrackId(2));
}

#[test]
fn a_hornet_that_exchanged_names_with_a_bee_is_known_by_its_length_on_the_way() {
    // The bee flew in and stayed, so that its name brings a bee's length along.
    let blobs = |frame: u64| {
        let x = 20 + (frame as i32).min(12) * 15;
        vec![blob(x, 140, if frame < 24 { 14 } else { 28 }), blob(230, 100, 28)]
    };
    let mut tracks = follow(36, blobs);
    assert_eq!(tracks.bodies[0].flight.length16(), Some(14 * 16));
    assert!(tracks.bodies[0].length16 > 24 * 16, "what goes by the bee's name is the hornet");

    // What had the hornet's name turns out to be a bee.
    let place = tracks.bodies[1].place();
    tracks.bodies[1].hornet_at = Some(place);
    tracks.bodies[1].judgement = Judgement::RuledOut(crate::seen::RuledOut::TooSmall);
    tracks.step(&blobs(36), &moment(36));
    assert_eq!(tracks.bodies[0].flight.length16(), Some(28 * 16));
    assert!(tracks.bodies[1].hornet_at.is_none(), "it is told once");
}

#[test]
fn a_length_in_flight_rests_on_the_same_time_however_often_one_looks() {
    // A second on its way, of which the last fifth before grass, where it is seen in part.
    for fps in [10, 30] {
        let mut tracks = Tracks::new();
        for frame in 0..fps {
            let at_ms = frame * 1_000 / fps;
            let length = if at_ms < 800 { 20 } else { 9 };
            let now = Uptime::from_millis(1_000 + at_ms);
            let moment = Moment { now, elapsed_ms: 1_000 / fps as u32, ..moment(0) };
            tracks.step(&[blob(30 + at_ms as i32 / 4, 100, length)], &moment);
        }
        assert_eq!(tracks.bodies[0].flight.length16(), Some(20 * 16), "{fps} a second");
        assert!(tracks.bodies[0].flight.is_steady(), "{fps} a second");
    }
}

#[test]
fn a_body_seen_in_pieces_is_not_steady_in_flight() {
    let pieces = follow(30, |frame| {
        let length = [20, 14, 9, 17][frame as usize / 2 % 4];
        vec![blob(40 + frame as i32 * 12, 100, length)]
    });
    assert!(pieces.bodies[0].flight.length16().is_some());
    assert!(!pieces.bodies[0].flight.is_steady());
}
