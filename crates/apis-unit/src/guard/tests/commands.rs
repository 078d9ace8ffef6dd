//! Who may arm, and what they are told.

use apis_safety::{Fault, Refusal, State};
use apis_units::Uptime;

use super::bench::{Bench, point};
use crate::guard::{
    ArmCause, ArmState, Button, CommandAnswer, CommandKind, CommandSource, DarkReason, Deterrent,
    DisarmReason, GuardFact, GuardInput, LedPattern, Mount,
};

const ARM: CommandKind = CommandKind::Arm;
const DISARM: CommandKind = CommandKind::Disarm;
const LOCAL: CommandSource = CommandSource::Local;
const NETWORK: CommandSource = CommandSource::Network;

#[test]
fn every_boot_is_disarmed_and_the_button_arms_and_disarms() {
    let mut bench = Bench::new();
    assert_eq!(bench.guard.arm_state(), ArmState::Disarmed { reason: DisarmReason::Boot });
    bench.press();
    assert_eq!(bench.guard.arm_state(), ArmState::Armed { by: ArmCause::Button });
    bench.press();
    assert_eq!(bench.guard.arm_state(), ArmState::Disarmed { reason: DisarmReason::Button });
}

#[test]
fn a_button_that_is_let_go_arms_nothing() {
    let mut bench = Bench::new();
    bench.give(GuardInput::Button(Button::Released));
    assert_eq!(bench.guard.state(), State::Disarmed);
}

#[test]
fn the_network_arms_only_after_somebody_armed_on_the_spot_during_this_boot() {
    let mut bench = Bench::new();
    assert_eq!(bench.command(ARM, NETWORK), CommandAnswer::NeedsLocalPress);
    assert_eq!(bench.guard.state(), State::Disarmed);
    bench.press();
    bench.press();
    assert_eq!(bench.command(ARM, NETWORK), CommandAnswer::Armed);
    assert_eq!(bench.guard.arm_state(), ArmState::Armed { by: ArmCause::Network });
}

#[test]
fn a_command_on_the_spot_counts_as_a_press() {
    let mut bench = Bench::new();
    assert_eq!(bench.command(ARM, LOCAL), CommandAnswer::Armed);
    assert_eq!(bench.command(DISARM, NETWORK), CommandAnswer::Disarmed);
    assert_eq!(bench.guard.arm_state(), ArmState::Disarmed { reason: DisarmReason::Network });
    assert_eq!(bench.command(ARM, NETWORK), CommandAnswer::Armed);
}

#[test]
fn an_expired_arming_is_refused_and_a_disarming_never_expires() {
    let mut bench = Bench::new();
    let past = Some(Uptime::from_millis(60_000));
    assert_eq!(bench.command_until(ARM, LOCAL, past), CommandAnswer::Expired);
    bench.press();
    assert_eq!(bench.command_until(DISARM, NETWORK, past), CommandAnswer::Disarmed);
    assert_eq!(bench.guard.state(), State::Disarmed);
}

#[test]
fn the_network_disarms_in_the_middle_of_an_emission_and_it_is_dark_at_once() {
    let mut bench = Bench::emitting();
    assert_eq!(bench.command(DISARM, NETWORK), CommandAnswer::Disarmed);
    assert!(!bench.is_lit());
}

#[test]
fn arming_twice_is_armed() {
    let mut bench = Bench::new();
    bench.press();
    assert_eq!(bench.command(ARM, LOCAL), CommandAnswer::Armed);
    assert_eq!(bench.guard.arm_state(), ArmState::Armed { by: ArmCause::Button });
}

#[test]
fn arming_before_the_first_readings_is_refused_and_latches_nothing() {
    let mut bench = Bench::dark(Deterrent::Fitted(Mount::REFERENCE));
    bench.run_ms(100);
    let unknown = Refusal::Faulted(Fault::Unknown);
    assert_eq!(bench.command(ARM, LOCAL), CommandAnswer::Refused(unknown));
    assert_eq!(bench.guard.state(), State::Disarmed);
}

#[test]
fn a_press_that_does_not_arm_is_told() {
    let mut bench = Bench::dark(Deterrent::Fitted(Mount::REFERENCE));
    bench.run_ms(100);
    bench.press();
    let unknown = CommandAnswer::Refused(Refusal::Faulted(Fault::Unknown));
    let told = GuardFact::PressRefused { at: bench.now, answer: unknown };
    assert!(bench.facts.contains(&told), "{:?}", bench.facts);
}

#[test]
fn a_unit_without_a_deterrent_says_so() {
    let mut bench = Bench::dark(Deterrent::None);
    bench.run_ms(100);
    assert_eq!(bench.command(ARM, LOCAL), CommandAnswer::NoDeterrent);
    assert_eq!(bench.command(ARM, NETWORK), CommandAnswer::NoDeterrent, "no press would arm it");
    assert_eq!(bench.command(CommandKind::Locate, NETWORK), CommandAnswer::NoLamp);
    let reason = DisarmReason::NoDeterrent;
    assert_eq!(bench.guard.arm_state(), ArmState::Disarmed { reason });
    bench.hornet = Some(point(36_000, 30_000));
    bench.run_ms(1_000);
    let reasons = bench.facts.iter().filter_map(|fact| match fact {
        GuardFact::Refused { reason, .. } => Some(*reason),
        GuardFact::EmissionBegan { .. }
        | GuardFact::EmissionEnded(_)
        | GuardFact::ArmChanged { .. }
        | GuardFact::PressRefused { .. }
        | GuardFact::CommandAnswered { .. } => None,
    });
    assert!(reasons.eq([DarkReason::NoDeterrent]), "once for the track: {:?}", bench.facts);
}

#[test]
fn locating_blinks_the_lamp_and_nothing_else() {
    let mut bench = Bench::new();
    assert_eq!(bench.command(CommandKind::Locate, NETWORK), CommandAnswer::Located);
    bench.run_ms(1_000);
    assert!(bench.leds.iter().any(|led| led.pattern == LedPattern::Locating && led.is_lit));
    assert_eq!(bench.guard.state(), State::Disarmed);
    bench.run_ms(30_000);
    assert_eq!(bench.leds.last().map(|led| led.pattern), Some(LedPattern::Disarmed));
}
