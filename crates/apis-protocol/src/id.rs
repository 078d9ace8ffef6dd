//! Names of things: lower-case UUIDs, and the two numbers that only grow.
//!
//! Ids travel and are stored as text in exactly one form, so that comparing text is comparing
//! ids on every database and in every language.

use crate::bounded;
use crate::encoding::BadEncoding;
use core::fmt;
use core::str::FromStr;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The text is not a UUID in lower case, 8-4-4-4-12.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadId;

impl fmt::Display for BadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a lower-case UUID")
    }
}

impl core::error::Error for BadId {}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// The id of these 16 bytes (big-endian, as in RFC 9562 §4).
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> $name {
                $name(bytes)
            }

            /// Its 16 bytes.
            #[must_use]
            pub const fn to_bytes(self) -> [u8; 16] {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_uuid(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<$name, BadId> {
                parse_uuid(text).map($name)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                bounded::text::<D, 36>(deserializer)?.parse().map_err(D::Error::custom)
            }
        }
    };
}

id! {
    /// One APIS camera unit, named by the server at enrolment.
    UnitId
}
id! {
    /// What owns data: a beekeeper, an association, a farm.
    TenantId
}
id! {
    /// A place with hives.
    SiteId
}
id! {
    /// One hornet's stay, a `UUIDv7` made by the unit that saw it.
    VisitId
}
id! {
    /// One upload of a clip or a sidecar, named by the server.
    UploadId
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(#[serde(deserialize_with = "bounded::stored")] i64);

        impl $name {
            /// The number `value`; `None` outside 0 to 2^53 − 1.
            #[must_use]
            pub const fn new(value: i64) -> Option<$name> {
                // The cast keeps every value: the sign has been looked at.
                if value < 0 || value.cast_unsigned() > bounded::INTEGER_MAX {
                    return None;
                }
                Some($name(value))
            }

            /// The plain number.
            #[must_use]
            pub const fn get(self) -> i64 {
                self.0
            }

            /// The number after `last`: the later of one more and the time.
            ///
            /// The time keeps numbers from running backwards when a server is restored from a
            /// backup that knows an older `last`. `now_ms` is in milliseconds since 1970.
            #[must_use]
            pub fn after(last: Option<$name>, now_ms: i64) -> $name {
                let more = last.map_or(0, |last| last.0.saturating_add(1));
                $name(more.max(now_ms).clamp(0, bounded::INTEGER_MAX.cast_signed()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

number! {
    /// Which settings document a unit runs; the higher one is the newer.
    Generation
}
number! {
    /// A command's place in the order of commands to one unit; each number acts at most once.
    CommandNumber
}

fn write_uuid(bytes: &[u8; 16], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (place, byte) in bytes.iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            f.write_str("-")?;
        }
        write!(f, "{byte:02x}")?;
    }
    Ok(())
}

fn parse_uuid(text: &str) -> Result<[u8; 16], BadId> {
    let is_dash = |place: usize| matches!(place, 8 | 13 | 18 | 23);
    if text.len() != 36 {
        return Err(BadId);
    }
    let mut digits = [0_u8; 32];
    let mut taken = digits.iter_mut();
    for (place, byte) in text.bytes().enumerate() {
        if is_dash(place) {
            if byte != b'-' {
                return Err(BadId);
            }
        } else {
            *taken.next().ok_or(BadId)? = byte;
        }
    }
    let digits = core::str::from_utf8(&digits).map_err(|_| BadId)?;
    crate::encoding::array_from_hex(digits).map_err(|BadEncoding| BadId)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    const TEXT: &str = "0192f3a1-7c00-7def-8123-456789abcdef";

    #[test]
    fn an_id_has_one_text() {
        let id: UnitId = TEXT.parse().unwrap();
        assert_eq!(id.to_string(), TEXT);
        for text in [
            &TEXT.to_uppercase(),
            "0192f3a17c007def8123456789abcdef",
            "{0192f3a1-7c00-7def-8123-456789abcdef}",
            "0192f3a1-7c00-7def-8123_456789abcdef",
            "0192f3a1-7c00-7def-8123-456789abcdeg",
            "0192f3a1-7c00-7def-8123-456789abcdéf",
        ] {
            assert_eq!(text.parse::<UnitId>(), Err(BadId), "{text}");
        }
    }

    #[test]
    fn numbers_neither_repeat_nor_run_backwards() {
        let first = CommandNumber::after(None, 1_000);
        assert_eq!(first.get(), 1_000);
        assert_eq!(CommandNumber::after(Some(first), 1_000).get(), 1_001);
        assert_eq!(CommandNumber::after(Some(first), 500).get(), 1_001);
        assert_eq!(CommandNumber::after(Some(first), 2_000).get(), 2_000);
        assert_eq!(CommandNumber::new(-1), None);
        assert_eq!(CommandNumber::new(1 << 53), None);
    }
}
