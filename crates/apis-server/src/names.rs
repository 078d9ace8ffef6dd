//! Names that people give: to tenants, accounts, sites and hives.

/// Most characters of a name: one line of a phone's screen, twice.
pub const NAME_CHARS_MAX: usize = 80;

/// The text cannot be a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to {NAME_CHARS_MAX} characters, none of which steer the text around it")]
pub struct NameError;

/// The name without surrounding white space, if it can be one.
pub fn checked(text: &str) -> Result<String, NameError> {
    let name = text.trim();
    let is_name = !name.is_empty()
        && name.chars().count() <= NAME_CHARS_MAX
        && !name.chars().any(|char| char.is_control() || turns(char));
    if is_name { Ok(name.to_owned()) } else { Err(NameError) }
}

/// Whether a character turns what stands around the name (UAX #9, explicit formatting): names of
/// every script are fine without.
const fn turns(char: char) -> bool {
    matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_short_line() {
        assert_eq!(checked("  Hive 3 "), Ok("Hive 3".to_owned()));
        assert_eq!(checked(&"ü".repeat(80)), Ok("ü".repeat(80)));
        assert_eq!(checked("כוורת 3"), Ok("כוורת 3".to_owned()));
        for wrong in ["", "   ", "two\nlines", "turned \u{202e}round", &"x".repeat(81)] {
            assert_eq!(checked(wrong), Err(NameError), "{wrong:?}");
        }
    }
}
