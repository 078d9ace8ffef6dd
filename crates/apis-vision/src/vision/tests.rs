//! Whole frames through all stages: small drawn scenes, and input that is no scene at all.

use super::*;
use crate::TrackId;
use apis_units::PictureBox;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::vec;
use std::vec::Vec;

const WIDTH: usize = 320;
const HEIGHT: usize = 240;

/// A drawn body: centre and length in pixels, light.
#[derive(Clone, Copy)]
struct Drawn {
    x: f64,
    y: f64,
    length: f64,
    light: u8,
}

/// Mottled ground, as light as `percent` of usual, with bodies on it.
fn draw(bodies: &[Drawn], percent: u32) -> Vec<u8> {
    let mut luma: Vec<u8> = (0..WIDTH * HEIGHT)
        .map(|index| {
            let (x, y) = (index % WIDTH, index / WIDTH);
            let ground = 110 + (x / 7 * 31 + y / 5 * 17) % 40;
            (ground as u32 * percent / 100) as u8
        })
        .collect();
    for body in bodies {
        let (along, across) = (body.length / 2.0, body.length / 4.4);
        for (index, pixel) in luma.iter_mut().enumerate() {
            let dx = (index % WIDTH) as f64 - body.x;
            let dy = (index / WIDTH) as f64 - body.y;
            if (dx / along).powi(2) + (dy / across).powi(2) <= 1.0 {
                *pixel = body.light;
            }
        }
    }
    luma
}

struct Watched {
    /// Tracks with a verdict, and the first frame of each.
    verdicts: Vec<(TrackId, u64)>,
    last: Seen,
}

/// Shows `frames` frames at 15 a second.
fn watch(frames: u64, picture: impl Fn(u64) -> Vec<u8>) -> Watched {
    let mut vision = Vision::new(Config::default());
    let (mut known, mut verdicts) = (BTreeSet::new(), Vec::new());
    for number in 0..frames {
        let luma = picture(number);
        let at = Uptime::from_micros(1_000 + number * 66_667);
        let frame =
            Frame::new(&luma, (WIDTH as u16, HEIGHT as u16), WIDTH, at, PictureBox::FULL).unwrap();
        for track in vision.step(&frame).tracks() {
            if track.verdict().is_some() && known.insert(track.id) {
                verdicts.push((track.id, number));
            }
        }
    }
    Watched { verdicts, last: vision.seen }
}

/// Bees of 12 px that cross the picture, one every second.
fn bees(number: u64) -> Vec<Drawn> {
    (0..4)
        .map(|lane| {
            let x = (number * 9 + lane * 90) % 420;
            let y = 30.0 + 50.0 * lane as f64;
            Drawn { x: x as f64 - 40.0, y, length: 12.0, light: 35 }
        })
        .collect()
}

/// A hornet of 24 px that flies in at frame 60 and hovers, drifting and correcting, from 75 on.
fn hornet(number: u64) -> Option<Drawn> {
    let t = number as f64;
    let start = 75.0;
    let (x, y) = if t < 60.0 {
        return None;
    } else if t < start {
        (160.0 - (start - t) * 12.0, 105.0)
    } else {
        let s = (t - start) / 15.0;
        (
            160.0 + 7.0 * (s * 1.7).sin() + 3.0 * (s * 4.3).sin(),
            105.0 + 5.0 * (s * s * 0.4 + s).sin(),
        )
    };
    Some(Drawn { x, y, length: 24.0, light: 25 })
}

#[test]
fn a_hovering_hornet_gets_one_verdict_in_time() {
    let seen = watch(180, |number| {
        let mut bodies = bees(number);
        bodies.extend(hornet(number));
        draw(&bodies, 100)
    });
    let [(_, frame)] = seen.verdicts.as_slice() else { panic!("{:?}", seen.verdicts) };
    // A second is 15 frames; three more are allowed.
    assert!(*frame <= 75 + 18, "{frame}");
}

/// The laser's line, 3 px wide and 80 px high, that sweeps about (160, 105) twice in 5 s.
fn shine(luma: &mut [u8], number: u64) {
    let swing = (number as f64 / 15.0 * core::f64::consts::TAU * 0.4).sin();
    let middle = 160.0 + 96.0 * swing;
    for row in luma.chunks_mut(WIDTH).skip(65).take(80) {
        for pixel in &mut row[middle as usize - 1..=middle as usize + 1] {
            *pixel = pixel.saturating_add(90);
        }
    }
}

#[test]
fn the_laser_line_that_sweeps_across_a_hornet_gets_no_verdict_of_its_own() {
    let lit = 95..170;
    let picture = |number: u64, with_hornet: bool| {
        let mut bodies = bees(number);
        bodies.extend(hornet(number).filter(|_| with_hornet));
        let mut luma = draw(&bodies, 100);
        if lit.contains(&number) {
            shine(&mut luma, number);
        }
        luma
    };
    let both = watch(200, |number| picture(number, true));
    assert_eq!(both.verdicts.len(), 1, "{:?}", both.verdicts);
    let line = watch(200, |number| picture(number, false));
    assert!(line.verdicts.is_empty(), "{:?}", line.verdicts);
}

#[test]
fn bees_alone_get_none() {
    assert_eq!(watch(300, |number| draw(&bees(number), 100)).verdicts, []);
}

#[test]
fn a_cloud_dims_the_scene_and_nothing_else_changes() {
    let dims = |number: u64| if number < 40 { 100 } else { 100 - (number - 40).min(16) as u32 };
    let seen = watch(120, |number| draw(&[], dims(number)));
    assert_eq!(seen.verdicts, []);
    assert!(seen.last.facts.changed < Fraction::of(1, 100), "{:?}", seen.last.facts);
    assert!((205..=222).contains(&seen.last.facts.gain), "{:?}", seen.last.facts);
}

#[test]
fn a_shaken_mount_is_no_visitor() {
    let seen = watch(150, |number| {
        let shift = [0, 1, 0, 0, 1, 1, 0][number as usize % 7];
        let mut luma = draw(&[], 100);
        luma.rotate_right(shift * (1 + WIDTH * (number as usize % 2)));
        luma
    });
    assert_eq!(seen.verdicts, []);
    assert!(!seen.last.facts.has_large_motion);
}

#[test]
fn a_fleck_that_appears_and_stays_is_absorbed() {
    let seen = watch(150, |number| {
        let fleck = Drawn { x: 200.0, y: 100.0, length: 28.0, light: 235 };
        let mut bodies = bees(number);
        bodies.extend((number > 40).then_some(fleck));
        draw(&bodies, 100)
    });
    assert_eq!(seen.verdicts, []);
    let point = |x: u16| Fraction::of(u64::from(x), WIDTH as u64);
    assert!(seen.last.tracks().all(|track| {
        track.point.x < point(185) || track.point.x > point(215) || !track.is_seen()
    }));
}

#[test]
fn a_hornet_that_hovers_for_minutes_does_not_sink_into_the_background() {
    let seen = watch(15 * 180, |number| {
        let mut bodies = bees(number);
        bodies.extend(hornet(number));
        draw(&bodies, 100)
    });
    assert!(seen.last.tracks().any(|track| track.verdict().is_some() && track.is_seen()));
}

#[test]
fn another_size_or_an_earlier_time_starts_anew() {
    let mut vision = Vision::new(Config::default());
    let luma = vec![100; 640 * 480];
    let mut show = |size: (u16, u16), millis: u64| {
        let at = Uptime::from_millis(millis);
        let frame = Frame::new(&luma, size, usize::from(size.0), at, PictureBox::FULL).unwrap();
        let seen = vision.step(&frame);
        (seen.facts.quality, seen.counters.restarts, seen.counters.frames_refused)
    };
    assert_eq!(show((640, 480), 10).1, 0);
    assert_eq!(show((640, 480), 110).1, 0);
    assert_eq!(show((320, 240), 210).1, 1);
    assert_eq!(show((320, 240), 200).1, 2);
    assert_eq!(show((320, 240), 200).1, 3);
    assert_eq!(show((1, 1), 300), (Quality::WrongSize, 4, 1));
    assert_eq!(show((640, 480), 400).1, 4);
    // Across 32 bits of milliseconds and of microseconds nothing wraps.
    for millis in [4_294_967, 4_294_968, u64::from(u32::MAX), u64::from(u32::MAX) + 1] {
        show((640, 480), millis);
    }
}

#[test]
fn where_things_stay_is_known_after_a_gap_and_forgotten_in_another_picture() {
    let mut vision = Vision::new(Config::default());
    let luma = vec![100; 640 * 480];
    let show = |vision: &mut Vision, size: (u16, u16), millis: u64| {
        let at = Uptime::from_millis(millis);
        vision.step(&Frame::new(&luma, size, usize::from(size.0), at, PictureBox::FULL).unwrap());
    };
    let board = (32_768, 24_000);
    show(&mut vision, (640, 480), 10);
    vision.places.take(board, 30_000);
    let known = vision.places.share(board);
    assert_eq!(known, 256);
    show(&mut vision, (640, 480), 60_000);
    assert_eq!(vision.places.share(board), known);
    show(&mut vision, (320, 240), 60_100);
    assert_eq!(vision.places.share(board), 0);
}

#[test]
fn a_black_picture_is_blind_and_silent() {
    let seen = watch(60, |_| vec![0; WIDTH * HEIGHT]);
    assert_eq!(seen.last.facts.quality, Quality::Blind);
    assert_eq!(seen.last.tracks().count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_input_breaks_it(
        size in (1_u16..700, 1_u16..500),
        seed in any::<u32>(),
        steps in proptest::collection::vec((0_u64..20_000_000, 0_u8..4), 1..12),
    ) {
        let mut vision = Vision::new(Config::default());
        let mut at = 0_u64;
        let mut state = seed | 1;
        for (step, kind) in steps {
            at = if kind == 3 { at / 2 } else { at + step };
            let (width, height) = if kind == 2 { (size.1, size.0) } else { size };
            let stride = usize::from(width) + usize::from(kind);
            let luma: Vec<u8> = (0..stride * usize::from(height))
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    if kind == 1 { 255 } else { (state >> 24) as u8 }
                })
                .collect();
            let at = Uptime::from_micros(at);
            let frame = Frame::new(&luma, (width, height), stride, at, PictureBox::FULL).unwrap();
            let seen = vision.step(&frame);
            prop_assert!(seen.tracks().count() <= crate::TRACKS_MAX);
        }
    }
}
