//! Names that people give: to tenants, accounts, sites and hives.

/// Most characters of a name: one line of a phone's screen, twice.
pub const NAME_CHARS_MAX: usize = 80;

/// The text cannot be a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a name has 1 to {NAME_CHARS_MAX} characters, some of which are seen and none of which steer \
     the text around it"
)]
pub struct NameError;

/// The name without surrounding white space, if it can be one.
pub fn checked(text: &str) -> Result<String, NameError> {
    let name = text.trim();
    let is_name = !name.is_empty()
        && name.chars().count() <= NAME_CHARS_MAX
        && !name.chars().any(|char| char.is_control() || turns(char))
        && !name.chars().all(is_unseen);
    if is_name { Ok(name.to_owned()) } else { Err(NameError) }
}

/// Whether a character turns what stands around the name (UAX #9, explicit formatting): names of
/// every script are fine without.
const fn turns(char: char) -> bool {
    matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a character is drawn as nothing, or as an empty place.
///
/// Source: Unicode's `Default_Ignorable_Code_Point` and `White_Space`, as far as names hold them.
const fn is_unseen(char: char) -> bool {
    char.is_whitespace()
        || matches!(
            char,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2060}'..='\u{206f}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_short_line() {
        assert_eq!(checked("  Hive 3 "), Ok("Hive 3".to_owned()));
        assert_eq!(checked(&"ü".repeat(80)), Ok("ü".repeat(80)));
        assert_eq!(checked("כוורת 3"), Ok("כוורת 3".to_owned()));
        for wrong in [
            "",
            "   ",
            "two\nlines",
            "turned \u{202e}round",
            "\u{200b}",
            "\u{3164} \u{feff}",
            &"x".repeat(81),
        ] {
            assert_eq!(checked(wrong), Err(NameError), "{wrong:?}");
        }
    }
}
