//! Faults from the body: dark in the same call, latched, reset on the spot only.

use alloc::vec::Vec;

use apis_safety::{Fault, Refusal, State};
use apis_units::Uptime;

use super::bench::{Bench, BenchServo, point};
use crate::guard::{
    ArmState, CommandAnswer, CommandKind, CommandSource, DisarmReason, GuardFact, GuardInput,
    LedPattern, Switch,
};

fn fault_of(bench: &Bench) -> Option<Fault> {
    bench.guard.fault()
}

#[test]
fn what_software_knows_is_dark_in_the_same_call() {
    let causes = [
        (GuardInput::KillSwitch(Switch::Pressed), Fault::KillSwitch),
        (GuardInput::BodyLost, Fault::BodyLost),
        (GuardInput::CameraFault, Fault::CameraFailed),
    ];
    for (input, fault) in causes {
        let mut bench = Bench::emitting();
        bench.give(input);
        assert!(!bench.is_lit(), "{fault:?}");
        assert_eq!(fault_of(&bench), Some(fault));
        let ended = GuardFact::ArmChanged {
            at: bench.now,
            state: ArmState::Disarmed { reason: DisarmReason::Fault(fault) },
        };
        assert!(bench.facts.contains(&ended), "{:?}", bench.facts);
    }
}

#[test]
fn a_sagging_supply_and_heat_are_dark_within_one_control_period() {
    let causes = [
        (GuardInput::Supply { mv: 4_500 }, Fault::SupplyLow),
        (GuardInput::Temperature { degrees_c: 75 }, Fault::TooHot),
    ];
    for (input, fault) in causes {
        let mut bench = Bench::emitting();
        bench.run_ms(20);
        bench.give(input);
        bench.run_ms(20);
        assert!(!bench.is_lit());
        assert_eq!(fault_of(&bench), Some(fault));
    }
}

#[test]
fn a_servo_that_gets_stuck_or_silent_while_lit_is_dark_in_a_quarter_of_a_second() {
    let breaks = [(BenchServo::Stuck, Fault::ServoStuck), (BenchServo::Silent, Fault::Unknown)];
    for (servo, fault) in breaks {
        let mut bench = Bench::emitting();
        bench.servo_state = servo;
        let from = bench.now;
        bench.run_ms(1_500);
        assert_eq!(fault_of(&bench), Some(fault), "{servo:?}");
        let lit: Vec<Uptime> =
            bench.drives.iter().filter(|drive| drive.is_lit).map(|drive| drive.at).collect();
        let last = lit.last().unwrap().since(from).as_millis();
        assert!(last <= 240, "{servo:?}: lit for another {last} ms");
    }
}

#[test]
fn a_servo_wired_the_wrong_way_round_is_found_before_the_first_light() {
    let mut bench = Bench::new();
    bench.servo_state = BenchServo::Reversed;
    bench.press();
    bench.hornet = Some(point(45_000, 30_000));
    bench.run_ms(3_000);
    assert_eq!(fault_of(&bench), Some(Fault::ServoStuck));
    assert!(bench.drives.iter().all(|drive| !drive.is_lit));
}

#[test]
fn a_driver_that_is_lit_without_an_order_is_a_fault() {
    let mut bench = Bench::emitting();
    bench.press();
    bench.stuck_light = true;
    bench.run_ms(500);
    assert_eq!(fault_of(&bench), Some(Fault::DriverStuck));
}

#[test]
fn readings_that_stop_coming_disarm_an_armed_unit() {
    let mut bench = Bench::emitting();
    bench.has_readings = false;
    bench.run_ms(300);
    assert_eq!(bench.guard.state(), State::Faulted { first: Fault::Unknown });
}

#[test]
fn a_guard_that_was_stopped_comes_back_dark_rests_and_goes_on_without_a_fault() {
    let mut bench = Bench::emitting();
    bench.now = Uptime::from_millis(bench.now.millis() + 3_000);
    bench.run_ms(20);
    assert!(!bench.is_lit());
    assert_eq!(fault_of(&bench), None);
    // The hornet has to be seen to stand anew.
    bench.run_ms(500);
    assert!(bench.is_lit(), "it rested while it was stopped: {:?}", bench.guard.refusal());
}

#[test]
fn a_fault_is_reset_by_the_button_or_on_the_spot_and_arming_is_a_wish_of_its_own() {
    let mut bench = Bench::emitting();
    bench.give(GuardInput::KillSwitch(Switch::Pressed));
    bench.press();
    assert_eq!(fault_of(&bench), Some(Fault::KillSwitch), "the switch is still pressed");
    bench.run_ms(200); // The bench's switch is clear again.
    bench.press();
    let cleared = ArmState::Disarmed { reason: DisarmReason::FaultCleared };
    assert_eq!(bench.guard.arm_state(), cleared);
    bench.run_ms(1_000);
    assert!(!bench.is_lit());
    bench.press();
    bench.run_ms(2_500);
    assert!(bench.is_lit());
}

#[test]
fn the_network_can_neither_reset_a_fault_nor_arm_despite_one() {
    let mut bench = Bench::emitting();
    bench.give(GuardInput::KillSwitch(Switch::Pressed));
    bench.run_ms(200);
    let network = CommandSource::Network;
    let latched = CommandAnswer::Refused(Refusal::Faulted(Fault::KillSwitch));
    assert_eq!(bench.command(CommandKind::Arm, network), latched);
    assert_eq!(bench.command(CommandKind::Disarm, network), CommandAnswer::Disarmed);
    assert_eq!(fault_of(&bench), Some(Fault::KillSwitch));
    assert_eq!(bench.leds.last().map(|led| led.pattern), Some(LedPattern::Faulted));
    bench.command(CommandKind::Disarm, CommandSource::Local);
    assert_eq!(fault_of(&bench), None);
}

#[test]
fn a_fault_from_before_the_arming_is_named_to_whoever_arms() {
    let mut bench = Bench::new();
    bench.give(GuardInput::CameraFault);
    let failed = Refusal::Faulted(Fault::CameraFailed);
    let answer = bench.command(CommandKind::Arm, CommandSource::Local);
    assert_eq!(answer, CommandAnswer::Refused(failed));
}
