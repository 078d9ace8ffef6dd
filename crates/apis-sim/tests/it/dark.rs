//! When the laser must be dark: in the first minute, while disarmed, and 50 ms after the unit was
//! stopped dead.

use crate::body_log::broken_limits;
use crate::stage;
use crate::unit::{PAST_THE_FIRST_MINUTE, Start, Unit, Watched, is_event, wait_until};
use apis_sim::clock::monotonic_us;
use rustix::process::{Signal, kill_process};
use std::time::Duration;

/// The one-shot's time, in µs.
const ONE_SHOT_US: u64 = 50_000;

/// How late an edge that was sent before the signal may be read by a body that shares two cores
/// with others, in µs. An edge on a wire arrives at once; this is the test bench's own.
pub const ON_ITS_WAY_US: u64 = 25_000;

/// A scene of `seconds` with one hornet that hovers nearly all the time.
pub fn hover(seconds: u32) -> Watched {
    let hornets = format!("hover@3+{}", seconds - 4);
    Watched { preset: "garden", seed: 4, hornets, bees: None, seconds }
}

/// A start without a server.
pub fn standalone(uptime_offset: Option<&str>) -> Start<'_> {
    Start { uptime_offset, hold: None, standalone: true }
}

#[test]
fn a_unit_stopped_while_lit_is_dark_within_the_one_shot_s_time() {
    let _stage = stage();
    let folder = crate::Folder::new();
    let mut unit = Unit::new("stopped", &folder.path().join("unit"));
    unit.start(&hover(20), standalone(Some(PAST_THE_FIRST_MINUTE)));
    unit.arm();
    let lit = unit.running().line(Duration::from_secs(20), |line| is_event(line, "emission_began"));
    lit.unwrap_or_else(|why| panic!("never lit: {why}"));
    std::thread::sleep(Duration::from_millis(300));
    unit.running().signal(Signal::STOP);
    let stopped_us = monotonic_us();
    std::thread::sleep(Duration::from_millis(500));

    let all = unit.lit();
    let last = all.last().expect("it was lit");
    assert_eq!(last.cause, "one_shot", "{last:?}");
    println!("dark {} µs after the unit was stopped", last.to_us.saturating_sub(stopped_us));
    assert!(stopped_us <= last.to_us, "it was dark before it was stopped");
    assert_eq!(last.to_us - last.edge_us, ONE_SHOT_US, "from the last edge that it received");
    let late_us = last.edge_us.saturating_sub(stopped_us);
    assert!(late_us <= ON_ITS_WAY_US, "an edge {late_us} µs after the unit was stopped");
    unit.running().signal(Signal::CONT);
    unit.kill();
}

/// A picture that shows a hornet is stale after this time, and the order given last holds for a
/// control period, in µs.
const STALE_US: u64 = 420_000;

#[test]
fn a_unit_whose_pictures_stop_while_lit_is_dark_once_the_last_is_stale() {
    let _stage = stage();
    let folder = crate::Folder::new();
    let mut unit = Unit::new("blind", &folder.path().join("unit"));
    unit.start(&hover(20), standalone(Some(PAST_THE_FIRST_MINUTE)));
    unit.arm();
    let lit = unit.running().line(Duration::from_secs(20), |line| is_event(line, "emission_began"));
    lit.unwrap_or_else(|why| panic!("never lit: {why}"));
    std::thread::sleep(Duration::from_millis(300));
    let [camera] = unit.running().children()[..] else { panic!("the scene alone is its child") };
    kill_process(camera, Signal::STOP).unwrap();
    let stopped_us = monotonic_us();
    std::thread::sleep(Duration::from_millis(1_500));
    let last = unit.lit().pop().expect("it was lit");
    let late_us = last.to_us.saturating_sub(stopped_us);
    assert_ne!(late_us, 0, "it was dark before its pictures stopped");
    assert!(late_us <= STALE_US + ON_ITS_WAY_US, "lit for {late_us} µs without a picture");
    assert_eq!(last.cause, "beam_pin", "the guard made it dark, not the one-shot");
    kill_process(camera, Signal::CONT).unwrap();
    unit.kill();
}

#[test]
fn a_unit_whose_disk_hangs_is_lit_within_its_limits_all_the_same() {
    let _stage = stage();
    let folder = crate::Folder::new();
    let mut unit = Unit::new("hung", &folder.path().join("unit"));
    let start = standalone(Some(PAST_THE_FIRST_MINUTE));
    unit.start(&hover(16), Start { hold: Some("keeper.operation:8"), ..start });
    unit.arm();
    let over = unit.running().line(Duration::from_secs(30), |line| is_event(line, "source_over"));
    over.unwrap_or_else(|why| panic!("the scene goes on: {why}"));
    let is_hung = unit.story().iter().any(|line| line.text.starts_with("hold: keeper.operation"));
    assert!(is_hung, "its disk never hung: {}", unit.account());
    wait_until(
        || "dark".to_owned(),
        Duration::from_secs(2),
        || !unit.events("emission_ended").is_empty(),
    );
    unit.kill();
    let lit = unit.lit();
    assert!(!lit.is_empty(), "never lit: {}", unit.account());
    let broken = broken_limits(&lit, |us| unit.uptime_at(us));
    assert!(broken.is_empty(), "{broken:?}");
}

#[test]
fn neither_the_first_minute_nor_a_disarmed_unit_is_ever_lit() {
    let _stage = stage();
    let folder = crate::Folder::new();
    let mut young = Unit::new("young", &folder.path().join("young"));
    young.start(&hover(12), standalone(None));
    young.arm();
    let mut disarmed = Unit::new("disarmed", &folder.path().join("disarmed"));
    disarmed.start(&hover(12), standalone(Some(PAST_THE_FIRST_MINUTE)));
    for (unit, rule) in [(&mut young, "first_minute"), (&mut disarmed, "disarmed")] {
        let over =
            unit.running().line(Duration::from_secs(30), |line| is_event(line, "source_over"));
        over.unwrap_or_else(|why| panic!("the scene goes on: {why}"));
        assert!(!unit.events("visit_opened").is_empty(), "nobody to refuse: {}", unit.account());
        let told = || format!("a refusal by {rule}: {}", unit.account());
        wait_until(told, Duration::from_secs(5), || {
            unit.events("refused").iter().any(|refused| refused["reason"] == rule)
        });
        unit.terminate();
        assert!(unit.lit().is_empty(), "lit: {:?}", unit.lit());
    }
}
