//! Sizes: what a reader accepts at most, and the readers that hold to it.
//!
//! Senders fill plain `String`s and `Vec`s; the bounds bite where untrusted bytes become values.

use alloc::string::String;
use alloc::vec::Vec;
use apis_units::Uptime;
use core::fmt;
use core::marker::PhantomData;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Largest integer that every JSON reader takes exactly (RFC 8259 §6), and far inside `BIGINT`.
pub const INTEGER_MAX: u64 = (1 << 53) - 1;

/// Longest short free text: a serial number, a version, a name of hardware.
pub const TEXT_BYTES_MAX: usize = 64;

/// Longest free text that a person may read: a problem's detail.
pub const DETAIL_BYTES_MAX: usize = 512;

/// Longest [`Token`].
pub const TOKEN_BYTES_MAX: usize = 40;

/// A name in the code's own spelling, `[a-z][a-z0-9_]*`: an interlock rule, a fault.
///
/// Rules and faults are tokens rather than an enum of this crate, so that a server stores the
/// record of a unit that is newer than itself instead of refusing it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Token(String);

/// The text is not a [`Token`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadToken;

impl fmt::Display for BadToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a lower-case name of at most 40 characters")
    }
}

impl core::error::Error for BadToken {}

impl Token {
    /// The token spelled `text`.
    ///
    /// Errors: `BadToken` when it is empty, too long, or holds another character.
    pub fn new(text: &str) -> Result<Token, BadToken> {
        let is_first = text.as_bytes().first().is_some_and(u8::is_ascii_lowercase);
        let is_rest = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if !is_first || text.len() > TOKEN_BYTES_MAX || !text.bytes().all(is_rest) {
            return Err(BadToken);
        }
        Ok(Token(text.into()))
    }

    /// Its spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Token, D::Error> {
        let text = text::<D, TOKEN_BYTES_MAX>(deserializer)?;
        Token::new(&text).map_err(D::Error::custom)
    }
}

/// Begins the error of a text with a control character; [`crate::message`] tells it by this.
pub(crate) const INVALID_TEXT: &str = "invalid text";

/// Reads a text of at most `MAX` bytes without control characters.
pub(crate) fn text<'de, D: Deserializer<'de>, const MAX: usize>(
    deserializer: D,
) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.len() > MAX {
        return Err(D::Error::custom(format_args!("text longer than {MAX} bytes")));
    }
    // U+0000 cannot be stored in PostgreSQL; the others have no business in a name either.
    if text.chars().any(char::is_control) {
        return Err(D::Error::custom(format_args!("{INVALID_TEXT}: control character")));
    }
    Ok(text)
}

/// Reads a list of at most `MAX` items, and stops reading at one more.
pub(crate) fn list<'de, D, T, const MAX: usize>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Items<T, const MAX: usize>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for Items<T, MAX> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a list of at most {MAX} items")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
            let mut list = Vec::new();
            while let Some(item) = items.next_element()? {
                if list.len() == MAX {
                    return Err(A::Error::invalid_length(MAX + 1, &self));
                }
                list.push(item);
            }
            Ok(list)
        }
    }

    deserializer.deserialize_seq(Items::<T, MAX>(PhantomData))
}

/// Reads an unsigned integer of at most [`INTEGER_MAX`].
pub(crate) fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let value = u64::deserialize(deserializer)?;
    if value > INTEGER_MAX {
        return Err(D::Error::custom("integer above 2^53 - 1"));
    }
    Ok(value)
}

/// Reads an instant or number that the server keeps as `BIGINT`: 0 to [`INTEGER_MAX`].
pub(crate) fn stored<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let value = integer(deserializer)?;
    i64::try_from(value).map_err(D::Error::custom)
}

/// `Uptime` as whole microseconds; for `#[serde(with = …)]`.
pub(crate) mod uptime_us {
    use super::{Deserializer, Serialize, Serializer, Uptime, integer};

    pub(crate) fn serialize<S: Serializer>(uptime: &Uptime, to: S) -> Result<S::Ok, S::Error> {
        uptime.micros().serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Uptime, D::Error> {
        integer(from).map(Uptime::from_micros)
    }
}
