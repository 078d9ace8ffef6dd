//! Evidence in words, for the beekeeper who watches the terminal.

use apis_vision::{Term, TermCode};

/// Why a hornet was called one: its length against this hive's bees and how it stayed, as far as
/// both were measured.
pub fn because(terms: &[Term]) -> String {
    let value =
        |code| terms.iter().find(|term| term.code == code).map(|term| i64::from(term.value));
    let tenths = |part: i64, whole: i64| (part * 10 + whole / 2) / whole;
    let shown = |tenths: i64| format!("{}.{}", tenths / 10, tenths % 10);
    let mut reasons = Vec::new();
    match (value(TermCode::LengthPx16), value(TermCode::BeeLengthPx16)) {
        (Some(length), Some(bee)) if 0 < bee => {
            reasons.push(format!("{} × as long as this hive's bees", shown(tenths(length, bee))));
        }
        (Some(length), _) => reasons.push(format!("{} pixels long", shown(tenths(length, 16)))),
        (None, _) => {}
    }
    if let (Some(radius), Some(ms)) = (value(TermCode::HoverRadius), value(TermCode::HoverMs)) {
        let (lengths, seconds) = (shown(tenths(radius, 256)), shown(tenths(ms, 1_000)));
        reasons.push(format!("stayed within {lengths} body lengths for {seconds} s"));
    }
    reasons.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_and_stay_are_told_against_bees_and_body() {
        let terms = [
            Term { code: TermCode::LengthPx16, value: 573 },
            Term { code: TermCode::BeeLengthPx16, value: 298 },
            Term { code: TermCode::HoverRadius, value: 260 },
            Term { code: TermCode::HoverMs, value: 1_167 },
        ];
        assert_eq!(
            because(&terms),
            "1.9 × as long as this hive's bees, stayed within 1.0 body lengths for 1.2 s"
        );
    }

    #[test]
    fn a_length_is_told_in_pixels_while_no_bee_was_measured() {
        let terms = [
            Term { code: TermCode::LengthPx16, value: 320 },
            Term { code: TermCode::BeeLengthPx16, value: 0 },
        ];
        assert_eq!(because(&terms), "20.0 pixels long");
    }
}
