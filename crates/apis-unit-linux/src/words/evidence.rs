//! Evidence in words: why a hornet was called one.

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
