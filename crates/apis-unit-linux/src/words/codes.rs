//! The guard's codes in words: why the line is dark, why the unit is armed, what became of a command.

/// The words of a code of the guard: why the line is dark, why the unit is armed or disarmed, what
/// became of a command. A code that has none is shown as it is.
pub fn of_code(code: &str) -> &str {
    CODES.iter().find(|(known, _)| *known == code).map_or(code, |(_, words)| words)
}

const CODES: &[(&str, &str)] = &[
    // Rules of the interlock.
    ("disarmed", "the unit is disarmed"),
    ("first_minute", "the unit started less than a minute ago"),
    ("lapsed", "the last order has lapsed"),
    ("continuous", "it has been on for as long as it may at once"),
    ("duty_budget", "this minute's light is used up"),
    ("emission_length", "an emission may last no longer"),
    ("rest", "it rests between two emissions"),
    ("no_target", "no hornet hovers any more"),
    ("stale_verdict", "the hornet was not seen just now"),
    ("outside_cone", "the hornet is outside where it may aim"),
    ("above_horizontal", "the line would point above the horizontal"),
    ("servo_moving", "the servo is still moving"),
    ("servo_astray", "the servo is not where it should be"),
    // Faults.
    ("kill_switch", "the kill switch is off"),
    ("clock_backwards", "the clock went backwards"),
    ("driver_stuck", "the laser's driver does not obey"),
    ("body_lost", "the deterrent's electronics do not answer"),
    ("camera_failed", "the camera has failed"),
    ("supply_low", "the supply is low"),
    ("too_hot", "it is too hot"),
    ("servo_stuck", "the servo is stuck"),
    ("reading_unknown", "a reading is missing"),
    // Why it is armed or disarmed.
    ("boot", "it has started and nobody armed it since"),
    ("no_deterrent", "the unit has no deterrent"),
    ("button", "by the button"),
    ("local", "by somebody on the spot"),
    ("network", "by a member, through the server"),
    ("fault_cleared", "a fault is over and nobody armed it since"),
    // What became of a command.
    ("armed", "the unit is armed"),
    ("located", "the lamp blinks"),
    ("needs_local_press", "somebody must press the arm button first"),
    ("no_lamp", "the unit has no lamp that could blink"),
    ("expired", "it came too late"),
    ("guard_busy", "the guard was busy"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use apis_safety::{Fault, Refusal};
    use apis_unit::guard::{ArmCause, CommandAnswer, DisarmReason};

    #[test]
    fn every_code_of_the_guard_has_words() {
        let rules = [
            Refusal::Disarmed,
            Refusal::FirstMinute,
            Refusal::Lapsed,
            Refusal::Continuous,
            Refusal::DutyBudget,
            Refusal::EmissionLength,
            Refusal::Rest,
            Refusal::NoTarget,
            Refusal::StaleVerdict,
            Refusal::OutsideCone,
            Refusal::AboveHorizontal,
            Refusal::ServoMoving,
            Refusal::ServoAstray,
        ];
        let reasons = [
            DisarmReason::Boot,
            DisarmReason::NoDeterrent,
            DisarmReason::Button,
            DisarmReason::Local,
            DisarmReason::Network,
            DisarmReason::FaultCleared,
        ];
        let causes = [ArmCause::Button, ArmCause::Local, ArmCause::Network];
        let answers = [
            CommandAnswer::Armed,
            CommandAnswer::Disarmed,
            CommandAnswer::Located,
            CommandAnswer::NeedsLocalPress,
            CommandAnswer::NoDeterrent,
            CommandAnswer::NoLamp,
            CommandAnswer::Expired,
        ];
        let codes = (rules.iter().map(|rule| rule.code()))
            .chain(Fault::ALL.iter().map(|fault| fault.code()))
            .chain(reasons.iter().map(|reason| reason.code()))
            .chain(causes.iter().map(|cause| cause.code()))
            .chain(answers.iter().map(|answer| answer.code()));
        for code in codes {
            assert_ne!(of_code(code), code, "it has no words");
        }
        assert_eq!(of_code("of_a_later_version"), "of_a_later_version");
    }
}
