//! The eyes as the body meets them: one visit per stay, a target per frame.

use super::*;
use alloc::vec;
use alloc::vec::Vec;
use apis_protocol::records::VISIT_GAP_MS;
use apis_units::PictureBox;

const WIDTH: usize = 320;
const HEIGHT: usize = 240;
const FRAME_MS: u64 = 66;

/// When hornets are in the picture.
struct Scene {
    /// Frames in which the hornet hovers: first and one past the last.
    stays: &'static [(u64, u64)],
    /// Frames in which nothing of it can be seen.
    hidden: core::ops::Range<u64>,
    /// Its length in pixels; the bees' is 12.
    length: i32,
}

/// A hornet that hovers for so long, twice as long as a bee.
fn hornet(stays: &'static [(u64, u64)], hidden: core::ops::Range<u64>) -> Scene {
    Scene { stays, hidden, length: 24 }
}

impl Scene {
    fn draw(&self, number: u64) -> Vec<u8> {
        let ground = |index: usize| 110 + (index % WIDTH / 7 * 31 + index / WIDTH / 5 * 17) % 40;
        let mut luma: Vec<u8> = (0..WIDTH * HEIGHT).map(|index| ground(index) as u8).collect();
        for lane in 0..4 {
            let x = (number * 9 + lane * 90) % 420;
            body(&mut luma, (x as i32 - 40, 30 + 50 * lane as i32), 12);
        }
        for &(first, last) in self.stays {
            if !self.hidden.contains(&number)
                && let Some(place) = hover(number, first, last)
            {
                body(&mut luma, place, self.length);
            }
        }
        luma
    }
}

/// It flies in from the left for 15 frames, hovers, and flies on to the right.
fn hover(number: u64, first: u64, last: u64) -> Option<(i32, i32)> {
    let (now, first, last) = (number as i32, first as i32, last as i32);
    let wobble =
        [0, 2, 4, 5, 4, 1, -2, -4, -5, -3, -1, 2, 3, 1, -2, -3, 0][number as usize / 3 % 17];
    match now {
        _ if now < first - 15 => None,
        _ if now < first => Some((160 - (first - now) * 12, 105)),
        _ if now < last => Some((160 + wobble, 105 + wobble * wobble / 4 - 3)),
        _ if now < last + 15 => Some((160 + (now - last) * 14, 105)),
        _ => None,
    }
}

fn body(luma: &mut [u8], (x, y): (i32, i32), length: i32) {
    let (along, across) = (length / 2, length / 4);
    for dy in -across..=across {
        for dx in -along..=along {
            let inside = dx * dx * across * across + dy * dy * along * along
                <= along * along * across * across;
            let (px, py) = (x + dx, y + dy);
            if inside && (0..WIDTH as i32).contains(&px) && (0..HEIGHT as i32).contains(&py) {
                luma[py as usize * WIDTH + px as usize] = 30;
            }
        }
    }
}

fn at(number: u64) -> Uptime {
    Uptime::from_millis(1_000 + number * FRAME_MS)
}

fn drain(eyes: &mut Eyes, outputs: &mut Vec<EyesOutput>) {
    while let Some(output) = eyes.next_output() {
        outputs.push(output);
    }
}

fn watch(eyes: &mut Eyes, frames: core::ops::Range<u64>, scene: &Scene) -> Vec<EyesOutput> {
    let mut outputs = Vec::new();
    for number in frames {
        let luma = scene.draw(number);
        let size = (WIDTH as u16, HEIGHT as u16);
        let frame = Frame::new(&luma, size, WIDTH, at(number), PictureBox::FULL).unwrap();
        eyes.handle(EyesInput::Frame(frame), at(number));
        drain(eyes, &mut outputs);
    }
    outputs
}

/// What was told of one kind.
fn told<T>(outputs: &[EyesOutput], pick: impl Fn(&EyesOutput) -> Option<T>) -> Vec<T> {
    outputs.iter().filter_map(pick).collect()
}

fn opened(outputs: &[EyesOutput]) -> Vec<VisitOpened> {
    told(
        outputs,
        |output| if let EyesOutput::VisitOpened(visit) = output { Some(*visit) } else { None },
    )
}

fn rejoined(outputs: &[EyesOutput]) -> Vec<VisitOpened> {
    told(
        outputs,
        |output| if let EyesOutput::VisitRejoined(visit) = output { Some(*visit) } else { None },
    )
}

fn closed(outputs: &[EyesOutput]) -> Vec<VisitClosed> {
    told(
        outputs,
        |output| if let EyesOutput::VisitClosed(visit) = output { Some(*visit) } else { None },
    )
}

fn targets(outputs: &[EyesOutput]) -> Vec<Target> {
    told(
        outputs,
        |output| if let EyesOutput::Verdict(target) = output { Some(*target) } else { None },
    )
}

fn samples(outputs: &[EyesOutput]) -> Vec<CheckOpened> {
    told(
        outputs,
        |output| if let EyesOutput::CheckOpened(check) = output { Some(*check) } else { None },
    )
}

#[test]
fn a_stay_is_one_visit_with_a_target_on_every_frame_after_the_verdict() {
    let scene = hornet(&[(75, 150)], 0..0);
    let outputs = watch(&mut Eyes::new(Config::default()), 0..260, &scene);
    let [visit] = opened(&outputs)[..] else { panic!("{:?}", opened(&outputs)) };
    assert!(visit.captured_at <= at(75 + 19), "{visit:?}");
    assert!(!visit.evidence.terms().is_empty());
    let times: Vec<Uptime> = targets(&outputs).iter().map(|target| target.captured_at).collect();
    let frames_between = visit.captured_at.since(at(150)).as_millis();
    assert_eq!(frames_between, 0);
    let hovering = (0..150).map(at).filter(|&time| time >= visit.captured_at);
    assert!(hovering.clone().all(|time| times.contains(&time)));
    let [end] = closed(&outputs)[..] else { panic!("{:?}", closed(&outputs)) };
    assert_eq!((end.visit, end.departure), (visit.visit, Departure::Left));
    assert!(end.last_seen_at >= at(150));
}

#[test]
fn a_hornet_hidden_for_less_than_the_gap_is_on_the_same_visit() {
    // Two seconds behind something.
    let scene = hornet(&[(75, 220)], 120..150);
    let outputs = watch(&mut Eyes::new(Config::default()), 0..330, &scene);
    assert_eq!((opened(&outputs).len(), closed(&outputs).len()), (1, 1));
    // The verdict that found it again is told with its own evidence.
    let again = rejoined(&outputs);
    let [first] = opened(&outputs)[..] else { panic!("{:?}", opened(&outputs)) };
    assert_eq!(again.len(), 1, "{again:?}");
    assert_eq!(again[0].visit, first.visit);
    assert_ne!(again[0].track, first.track);
    assert!(first.captured_at < again[0].hover_since && !again[0].evidence.terms().is_empty());
}

#[test]
fn a_hornet_that_comes_after_the_gap_is_another_visit() {
    let scene = hornet(&[(75, 120), (260, 310)], 0..0);
    let outputs = watch(&mut Eyes::new(Config::default()), 0..330, &scene);
    let numbers: Vec<u32> = opened(&outputs).iter().map(|visit| visit.visit.0).collect();
    assert_eq!(numbers, vec![1, 2]);
}

#[test]
fn a_tick_closes_a_visit_when_frames_no_longer_come() {
    let mut eyes = Eyes::new(Config::default());
    let scene = hornet(&[(75, 200)], 0..0);
    assert_eq!(eyes.wake_at(), Uptime::from_micros(u64::MAX));
    watch(&mut eyes, 0..150, &scene);
    let due = eyes.wake_at();
    assert_eq!(due, at(149) + core::time::Duration::from_millis(VISIT_GAP_MS));
    let mut outputs = Vec::new();
    eyes.handle(EyesInput::Tick, Uptime::from_micros(due.micros() - 1));
    drain(&mut eyes, &mut outputs);
    assert_eq!(closed(&outputs), []);
    eyes.handle(EyesInput::Tick, due);
    drain(&mut eyes, &mut outputs);
    assert_eq!(closed(&outputs).len(), 1);
}

#[test]
fn another_frame_size_ends_the_visit_as_stayed() {
    let mut eyes = Eyes::new(Config::default());
    let scene = hornet(&[(75, 200)], 0..0);
    watch(&mut eyes, 0..150, &scene);
    let mut outputs = Vec::new();
    let luma = vec![100; 160 * 120];
    for number in 150..240 {
        let frame = Frame::new(&luma, (160, 120), 160, at(number), PictureBox::FULL).unwrap();
        eyes.handle(EyesInput::Frame(frame), at(number));
        drain(&mut eyes, &mut outputs);
    }
    let ends: Vec<Departure> = closed(&outputs).iter().map(|end| end.departure).collect();
    assert_eq!(ends, vec![Departure::Stayed]);
}

/// What was told of checks, in a word each.
fn checks(outputs: &[EyesOutput]) -> Vec<&'static str> {
    told(outputs, |output| match output {
        EyesOutput::CheckOpened(check) => Some(match check.kind {
            CheckKind::NearMiss => "near miss",
            CheckKind::Sample => "sample",
        }),
        EyesOutput::CheckClosed(_) => Some("closed"),
        EyesOutput::CheckWithdrawn(_) => Some("withdrawn"),
        EyesOutput::Verdict(_)
        | EyesOutput::VisitOpened(_)
        | EyesOutput::VisitRejoined(_)
        | EyesOutput::VisitClosed(_)
        | EyesOutput::Track(_)
        | EyesOutput::Picture(_) => None,
    })
}

#[test]
fn what_is_short_of_a_verdict_by_little_is_a_near_miss_and_never_a_target() {
    let mut near_misses = 0;
    for length in 13..22 {
        let scene = Scene { length, ..hornet(&[(75, 135)], 0..0) };
        let outputs = watch(&mut Eyes::new(Config::default()), 0..240, &scene);
        let told = checks(&outputs);
        if told == ["near miss", "closed"] {
            near_misses += 1;
            assert_eq!((opened(&outputs).len(), targets(&outputs).len()), (0, 0), "{length} px");
        } else {
            // A bee is none, a hornet is a visit: nothing is both.
            assert!(told.is_empty() || opened(&outputs).len() == 1, "{length} px: {told:?}");
        }
    }
    assert!(near_misses > 0, "no length is between a bee's and a hornet's");
}

#[test]
fn a_hornet_is_no_check_beside_its_visit() {
    let outputs = watch(&mut Eyes::new(Config::default()), 0..260, &hornet(&[(75, 150)], 0..0));
    assert_eq!(checks(&outputs), [""; 0]);
}

#[test]
fn a_draw_samples_a_body_that_is_followed_and_makes_no_target_of_it() {
    let nobody = hornet(&[], 0..0);
    let mut eyes = Eyes::new(Config::default());
    watch(&mut eyes, 0..60, &nobody);
    eyes.handle(EyesInput::Draw(481), at(60));
    assert_eq!(checks(&watch(&mut eyes, 60..90, &nobody)), [""; 0], "one in 480 is one");
    eyes.handle(EyesInput::Draw(2 * 480), at(90));
    let outputs = watch(&mut eyes, 90..260, &nobody);
    assert_eq!(checks(&outputs), ["sample", "closed"]);
    assert_eq!((opened(&outputs).len(), targets(&outputs).len()), (0, 0));
    let [sample] = samples(&outputs)[..] else { panic!("{:?}", samples(&outputs)) };
    let is_own = |output: &&EyesOutput| matches!(output, EyesOutput::Track(point) if point.track == sample.opened.track);
    let own = outputs.iter().filter(is_own);
    assert!(own.count() > 5, "its way is told");
}

#[test]
fn a_sample_that_gets_a_verdict_is_withdrawn() {
    let scene = hornet(&[(75, 150)], 0..0);
    // Whichever body is picked: one of them is the hornet.
    let picked = (0..8).map(|pick| {
        let mut eyes = Eyes::new(Config::default());
        watch(&mut eyes, 0..76, &scene);
        eyes.handle(EyesInput::Draw(pick * 480), at(76));
        let outputs = watch(&mut eyes, 76..240, &scene);
        assert_eq!(opened(&outputs).len(), 1);
        checks(&outputs)
    });
    assert!(picked.into_iter().any(|told| told == ["sample", "withdrawn"]));
}
