//! Evidence and codes in words, for the beekeeper who watches the terminal or asks why.

use apis_vision::{TermCode, TermUnit};

/// Why a hornet was called one, in a line: its length against this hive's bees and how it stayed,
/// as far as both were measured. `value` gives the value of a term.
pub fn because(value: impl Fn(TermCode) -> Option<i32>) -> String {
    let reasons = length(&value).into_iter().chain(stay(&value));
    reasons.collect::<Vec<String>>().join(", ")
}

/// Everything that was measured and that a person can picture, a sentence each.
pub fn sentences(value: impl Fn(TermCode) -> Option<i32>) -> Vec<String> {
    let lengths = |code| value(code).map(|value| tenths(value.into(), 256));
    let mut told: Vec<String> = length(&value).into_iter().chain(stay(&value)).collect();
    if let Some(speed) = lengths(TermCode::DriftSpeed) {
        told.push(format!("drifted by {speed} body lengths a second"));
    }
    if let Some(travel) = value(TermCode::OriginTravel).filter(|travel| *travel > 0) {
        told.push(format!("flew here over {} body lengths", (travel + 128) / 256));
    }
    if let Some(darkness) = value(TermCode::Darkness).filter(|darkness| *darkness != 0) {
        let share = (darkness.unsigned_abs() * 100 + 128) / 256;
        told.push(if darkness > 0 {
            format!("took away {share} % of the light behind it")
        } else {
            format!("was {share} % lighter than what is behind it")
        });
    }
    if let Some(joined) = value(TermCode::Joined).filter(|joined| *joined > 0) {
        told.push(format!("bodies that went into it and were not seen again: {joined}"));
    }
    told
}

/// A term's value with its unit: `7.012 nat`, `26.3 px`.
pub fn measured(code: TermCode, value: i32) -> String {
    let unit = code.unit();
    let whole = f64::from(value) / f64::from(unit.steps());
    let digits = match unit {
        TermUnit::Millinat | TermUnit::Millisecond => 3,
        TermUnit::Pixel16 => 1,
        TermUnit::Length256 | TermUnit::Speed256 | TermUnit::Share256 => 2,
        TermUnit::Count => 0,
    };
    format!("{whole:.digits$} {}", unit.symbol()).trim_end().to_owned()
}

fn length(value: impl Fn(TermCode) -> Option<i32>) -> Option<String> {
    let length = value(TermCode::LengthPx16)?.into();
    Some(match value(TermCode::BeeLengthPx16).filter(|bee| *bee > 0) {
        Some(bee) => format!("{} × as long as this hive's bees", tenths(length, bee.into())),
        None => format!("{} pixels long", tenths(length, 16)),
    })
}

fn stay(value: impl Fn(TermCode) -> Option<i32>) -> Option<String> {
    let lengths = tenths(value(TermCode::HoverRadius)?.into(), 256);
    let seconds = tenths(value(TermCode::HoverMs)?.into(), 1_000);
    Some(format!("stayed within {lengths} body lengths for {seconds} s"))
}

/// `part` of `whole`, to a tenth.
fn tenths(part: i64, whole: i64) -> String {
    let tenths = (part * 10 + whole / 2) / whole;
    format!("{}.{}", tenths / 10, tenths % 10)
}

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

    fn of(terms: &[(TermCode, i32)]) -> impl Fn(TermCode) -> Option<i32> {
        move |code| terms.iter().find(|term| term.0 == code).map(|term| term.1)
    }

    #[test]
    fn length_and_stay_are_told_against_bees_and_body() {
        let terms = [
            (TermCode::LengthPx16, 573),
            (TermCode::BeeLengthPx16, 298),
            (TermCode::HoverRadius, 260),
            (TermCode::HoverMs, 1_167),
        ];
        assert_eq!(
            because(of(&terms)),
            "1.9 × as long as this hive's bees, stayed within 1.0 body lengths for 1.2 s"
        );
    }

    #[test]
    fn a_length_is_told_in_pixels_while_no_bee_was_measured() {
        let terms = [(TermCode::LengthPx16, 320), (TermCode::BeeLengthPx16, 0)];
        assert_eq!(because(of(&terms)), "20.0 pixels long");
    }

    #[test]
    fn what_can_be_pictured_is_told_and_nothing_that_was_not_measured() {
        let terms = [
            (TermCode::DriftSpeed, 300),
            (TermCode::OriginTravel, 2_100),
            (TermCode::Darkness, -64),
            (TermCode::Joined, 0),
        ];
        assert_eq!(
            sentences(of(&terms)),
            [
                "drifted by 1.2 body lengths a second",
                "flew here over 8 body lengths",
                "was 25 % lighter than what is behind it"
            ]
        );
        assert_eq!(sentences(of(&[])), [""; 0]);
    }

    #[test]
    fn values_are_told_in_their_units() {
        for (code, value, told) in [
            (TermCode::Total, 7_012, "7.012 nat"),
            (TermCode::LengthPx16, 420, "26.2 px"),
            (TermCode::HoverMs, 1_600, "1.600 s"),
            (TermCode::HoverRadius, 128, "0.50 body lengths"),
            (TermCode::Texture, -2, "-0.01"),
            (TermCode::Joined, 3, "3"),
        ] {
            assert_eq!(measured(code, value), told);
        }
    }

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
