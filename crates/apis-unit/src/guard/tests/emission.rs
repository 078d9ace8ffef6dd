//! What an emission looks like from the pins.

use alloc::vec::Vec;
use core::time::Duration;

use apis_aim::slew::apart;
use apis_safety::{CONTROL_PERIOD, Refusal};
use apis_units::Angle;

use super::bench::{Bench, BenchServo, Driven, point};
use crate::guard::{DarkReason, Emission, GuardFact, GuardInput, Mount};

fn lit(bench: &Bench) -> Vec<Driven> {
    bench.drives.iter().filter(|drive| drive.is_lit).copied().collect()
}

fn emissions(bench: &Bench) -> Vec<Emission> {
    let ended = |fact: &GuardFact| match fact {
        GuardFact::EmissionEnded(emission) => Some(*emission),
        GuardFact::EmissionBegan { .. }
        | GuardFact::Refused { .. }
        | GuardFact::ArmChanged { .. }
        | GuardFact::PressRefused { .. }
        | GuardFact::CommandAnswered { .. } => None,
    };
    bench.facts.iter().filter_map(ended).collect()
}

fn refusals(bench: &Bench) -> Vec<Refusal> {
    let refused = |fact: &GuardFact| match fact {
        GuardFact::Refused { reason: DarkReason::Rule(refusal), .. } => Some(*refusal),
        GuardFact::Refused { reason: DarkReason::NoDeterrent, .. }
        | GuardFact::EmissionEnded(_)
        | GuardFact::EmissionBegan { .. }
        | GuardFact::ArmChanged { .. }
        | GuardFact::PressRefused { .. }
        | GuardFact::CommandAnswered { .. } => None,
    };
    bench.facts.iter().filter_map(refused).collect()
}

#[test]
fn the_guard_drives_every_control_period_armed_or_not() {
    let mut bench = Bench::new();
    bench.run_ms(1_000);
    bench.press();
    bench.run_ms(1_000);
    let gaps = bench.drives.windows(2).map(|pair| pair[1].at.since(pair[0].at));
    assert_eq!(gaps.max(), Some(CONTROL_PERIOD));
}

#[test]
fn a_disarmed_guard_neither_lights_nor_moves_and_says_what_it_refused() {
    let mut bench = Bench::new();
    bench.hornet = Some(point(36_000, 30_000));
    bench.run_ms(3_000);
    assert!(bench.drives.iter().all(|drive| !drive.is_lit && drive.aim.is_none()));
    assert_eq!(refusals(&bench), [Refusal::Disarmed]);
}

#[test]
fn the_beam_comes_on_when_the_hornet_has_stood_and_the_servo_has_arrived() {
    let mut bench = Bench::armed_with_hornet();
    bench.run_ms(2_000);
    let aim = Mount::REFERENCE.aim(point(36_000, 30_000)).unwrap();
    let sent = bench.drives.iter().find(|drive| drive.aim.is_some()).unwrap();
    let lit = lit(&bench);
    let way = apart(aim, apis_units::PanTilt { pan: Angle::ZERO, tilt: Angle::from_degrees(-30) });
    let slewed_ms = 45 + way.millidegrees() as u64 / 400;
    let needed_ms = slewed_ms.max(300);
    let waited = lit[0].at.since(sent.at);
    assert!(Duration::from_millis(needed_ms) <= waited, "{waited:?} for {way:?}");
    assert!(waited < Duration::from_millis(needed_ms + 100), "{waited:?} for {way:?}");
    assert_eq!(refusals(&bench), [Refusal::ServoMoving]);
}

#[test]
fn the_beam_does_not_come_on_before_the_servo_was_measured_where_it_was_sent() {
    let mut bench = Bench::armed_with_hornet();
    bench.servo_state = BenchServo::Stuck;
    bench.run_ms(400);
    assert!(lit(&bench).is_empty());
    bench.servo_state = BenchServo::Sound;
    bench.run_ms(40);
    assert!(bench.is_lit(), "{:?}", bench.guard.refusal());
}

#[test]
fn an_emission_sweeps_twelve_degrees_to_both_sides_two_or_three_times_within_five_seconds() {
    let mut bench = Bench::armed_with_hornet();
    bench.run_ms(6_500);
    let aim = Mount::REFERENCE.aim(point(36_000, 30_000)).unwrap();
    let pans: Vec<Angle> =
        lit(&bench).iter().map(|drive| drive.aim.unwrap().pan - aim.pan).collect();
    let right = *pans.iter().max().unwrap();
    let left = *pans.iter().min().unwrap();
    assert!((right - Angle::from_degrees(12)).abs() < Angle::from_millidegrees(500), "{right:?}");
    assert!((left + Angle::from_degrees(12)).abs() < Angle::from_millidegrees(500), "{left:?}");
    let reaches_it = pans.iter().position(|pan| Angle::ZERO <= *pan);
    assert!(pans[0] < Angle::ZERO && reaches_it <= Some(5), "it goes over the hornet at once");
    let signs: Vec<i32> =
        pans.iter().map(|pan| pan.millidegrees().signum()).filter(|sign| *sign != 0).collect();
    let crossings = signs.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!((4..=6).contains(&crossings), "{crossings} crossings");

    let [emission] = emissions(&bench)[..] else { panic!("{:?}", bench.facts) };
    let length = emission.ended.since(emission.began);
    assert!(length <= Duration::from_secs(5) && Duration::from_millis(4_900) < length);
    assert!(apart(emission.centre, aim) < Angle::from_millidegrees(10), "{emission:?}");
    assert_eq!(emission.ended_by, Refusal::EmissionLength);
}

#[test]
fn two_seconds_of_rest_lie_between_two_emissions_on_the_same_hornet() {
    let mut bench = Bench::armed_with_hornet();
    bench.run_ms(20_000);
    let emissions = emissions(&bench);
    assert!(emissions.len() >= 2, "{emissions:?}");
    for pair in emissions.windows(2) {
        let rest = pair[1].began.since(pair[0].ended);
        assert!(Duration::from_secs(2) <= rest && rest < Duration::from_millis(2_200), "{rest:?}");
    }
}

#[test]
fn every_lit_drive_turns_the_one_shots_pin_and_no_dark_one_does() {
    let mut bench = Bench::armed_with_hornet();
    bench.run_ms(8_000);
    for pair in bench.drives.windows(2) {
        assert_eq!(pair[1].toggle != pair[0].toggle, pair[1].is_lit, "at {:?}", pair[1].at);
    }
}

#[test]
fn the_middle_of_the_sweep_follows_the_hornet() {
    let mut bench = Bench::emitting();
    bench.hornet = Some(point(37_500, 31_000));
    bench.run_ms(1_000);
    let aim = Mount::REFERENCE.aim(point(37_500, 31_000)).unwrap();
    assert!(bench.is_lit());
    assert_eq!(bench.drives.last().unwrap().aim.unwrap().tilt, aim.tilt);
}

#[test]
fn the_line_does_not_paint_the_way_to_a_hornet_that_jumped() {
    let mut bench = Bench::emitting();
    bench.give(GuardInput::Target(bench.target(point(60_000, 30_000))));
    bench.run_ms(40);
    assert!(!bench.is_lit());
    assert!(emissions(&bench).iter().any(|emission| emission.ended_by == Refusal::ServoMoving));
}

#[test]
fn no_emission_begins_on_a_hornet_that_flies_past() {
    let mut bench = Bench::armed_with_hornet();
    bench.hornet = None;
    for step in 0..20 {
        // 2° a frame, ten frames a second: the servo arrives between any two of them.
        bench.hornet = Some(point(20_000 + step * 1_700, 30_000));
        bench.run_ms(100);
    }
    assert!(lit(&bench).is_empty());
    bench.run_ms(400);
    assert!(bench.is_lit(), "it stopped and hovers: {:?}", bench.guard.refusal());
}

#[test]
fn a_hornet_that_flies_off_is_not_followed_with_the_beam() {
    let mut bench = Bench::emitting();
    // 2° a frame: the servo keeps up with it.
    for x in [36_000, 39_300, 42_600, 45_900] {
        bench.hornet = Some(point(x, 30_000));
        bench.run_ms(100);
    }
    assert!(!bench.is_lit());
    assert!(emissions(&bench).iter().any(|emission| emission.ended_by == Refusal::ServoMoving));
}

#[test]
fn a_hornet_drawn_aside_for_a_frame_stays_lit() {
    let mut bench = Bench::emitting();
    // 1.6° downwards: more than it may stray, less than what the servo in its sweep is given up for.
    for y in [30_000, 33_500, 30_000, 30_100, 33_500, 30_000] {
        bench.hornet = Some(point(36_000, y));
        bench.run_ms(100);
        assert!(bench.is_lit(), "{y}: {:?}", bench.guard.refusal());
    }
}

#[test]
fn no_emission_begins_on_a_target_that_only_turns() {
    let mut bench = Bench::armed_with_hornet();
    bench.hornet = None;
    bench.run_ms(500);
    // A bee that the track was lost to: 13° a second, and for two frames hardly any.
    for x in [20_000, 22_200, 24_400, 24_900, 25_000, 27_200, 29_400, 31_600] {
        bench.hornet = Some(point(x, 30_000));
        bench.run_ms(100);
    }
    assert!(lit(&bench).is_empty());
}

#[test]
fn a_hornet_that_is_gone_is_dark_at_once_and_one_that_is_not_seen_soon() {
    let mut gone = Bench::emitting();
    gone.give(GuardInput::NoTarget);
    assert!(!gone.is_lit());
    assert_eq!(emissions(&gone)[0].ended_by, Refusal::NoTarget);

    let mut unseen = Bench::emitting();
    unseen.hornet = None;
    let from = unseen.now;
    unseen.run_ms(600);
    let last = lit(&unseen).last().unwrap().at;
    assert!(last.since(from) <= Duration::from_millis(400), "{last:?} after {from:?}");
    assert_eq!(emissions(&unseen)[0].ended_by, Refusal::StaleVerdict);
}

#[test]
fn an_aim_outside_the_cone_moves_nothing_and_lights_nothing() {
    let narrow = apis_aim::Cone { pan_max: Angle::from_degrees(10), ..Mount::REFERENCE.cone };
    let mount = Mount { cone: narrow, ..Mount::REFERENCE };
    let mut bench = Bench::new();
    bench.guard.deterrent = crate::guard::Deterrent::Fitted(mount);
    bench.press();
    bench.hornet = Some(point(36_000, 30_000));
    bench.run_ms(1_000);
    assert!(bench.drives.iter().all(|drive| !drive.is_lit && drive.aim.is_none()));
    assert_eq!(refusals(&bench), [Refusal::OutsideCone]);
}

#[test]
fn a_target_near_the_horizon_is_refused_by_the_interlock_even_if_the_cone_allows_it() {
    let cone = apis_aim::Cone { tilt_max: Angle::from_degrees(60), ..Mount::REFERENCE.cone };
    let mount = Mount { cone, camera_pitch: Angle::from_degrees(-8), ..Mount::REFERENCE };
    let mut bench = Bench::new();
    bench.guard.deterrent = crate::guard::Deterrent::Fitted(mount);
    bench.press();
    bench.hornet = Some(point(32_768, 20_000));
    bench.run_ms(1_000);
    assert!(lit(&bench).is_empty());
    assert!(refusals(&bench).contains(&Refusal::AboveHorizontal), "{:?}", refusals(&bench));
}

#[test]
fn the_first_minute_is_refused_and_said_once() {
    let mut early = Bench::started(1_000);
    early.press();
    early.hornet = Some(point(36_000, 30_000));
    early.run_ms(5_000);
    assert!(lit(&early).is_empty());
    assert_eq!(refusals(&early), [Refusal::FirstMinute]);
}

#[test]
fn every_emission_tells_its_beginning_and_its_end_with_visit_and_track() {
    let mut bench = Bench::armed_with_hornet();
    bench.run_ms(7_000);
    let began = bench.facts.iter().filter(|fact| matches!(fact, GuardFact::EmissionBegan { .. }));
    assert_eq!(began.count(), 1);
    let emission = emissions(&bench)[0];
    assert_eq!((emission.visit.0, emission.track.0), (3, 5));
}
