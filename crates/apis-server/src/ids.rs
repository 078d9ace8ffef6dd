//! The names of rows: UUIDs, each kind its own type, so that a hive's cannot be given for a site's.
//!
//! Written as 36 lower-case characters everywhere: in tables, URLs and JSON.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

pub use apis_protocol::id::{SiteId, TenantId, UnitId, UploadId, VisitId};

use crate::clock::UnixMs;
use crate::db::{Column, CorruptRow, IntoValue, Row, Value};
use crate::random;

/// The text is not a lower-case UUID of 36 characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a lower-case UUID of 36 characters")]
pub struct NotAnId;

/// An id that the server makes.
pub trait NewId: Sized {
    /// A new one, sorted by its moment of making (UUID version 7).
    fn new_at(now: UnixMs) -> Self;
}

/// An id as a column stores it.
macro_rules! stored {
    ($name:ident) => {
        impl IntoValue for $name {
            fn into_value(self) -> Value {
                Value::Text(Some(self.to_string()))
            }

            fn null() -> Value {
                Value::Text(None)
            }
        }

        impl Column for $name {
            fn read(row: &mut Row<'_>) -> Result<$name, CorruptRow> {
                let text: String = row.take()?;
                text.parse().map_err(|_| row.corrupt("not an id"))
            }
        }
    };
}

/// An id that units know too.
macro_rules! shared_id {
    ($name:ident) => {
        stored!($name);

        impl NewId for $name {
            fn new_at(now: UnixMs) -> $name {
                $name::from_bytes(random::uuid_v7(now).into_bytes())
            }
        }
    };
}

shared_id!(TenantId);
shared_id!(SiteId);
shared_id!(UnitId);
shared_id!(VisitId);
shared_id!(UploadId);

/// An id that only the server and its pages know.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        stored!($name);

        impl NewId for $name {
            fn new_at(now: UnixMs) -> $name {
                $name(random::uuid_v7(now))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<$name, NotAnId> {
                parse(text).map($name)
            }
        }
    };
}

id!(
    /// Names an account.
    AccountId
);
id!(
    /// Names a session.
    SessionId
);
id!(
    /// Names a hive.
    HiveId
);
id!(
    /// Names a label of a visit.
    LabelId
);
id!(
    /// Names a stream token.
    StreamTokenId
);
id!(
    /// Names a job.
    JobId
);
id!(
    /// Names an audit record.
    AuditId
);
id!(
    /// Names a claim.
    ClaimId
);
id!(
    /// Names a command.
    CommandId
);

fn parse(text: &str) -> Result<Uuid, NotAnId> {
    let is_canonical = text.len() == 36 && !text.bytes().any(|byte| byte.is_ascii_uppercase());
    if !is_canonical {
        return Err(NotAnId);
    }
    Uuid::try_parse(text).map_err(|_| NotAnId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_written_form_is_an_id() {
        let written = "0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";
        assert_eq!(written.parse::<HiveId>().unwrap().to_string(), written);
        for other in [
            "0193A1B2-C3D4-7E5F-8A9B-0C1D2E3F4A5B",
            "0193a1b2c3d47e5f8a9b0c1d2e3f4a5b",
            "{0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b}",
            "",
            "site",
        ] {
            assert_eq!(other.parse::<HiveId>(), Err(NotAnId), "{other}");
        }
    }

    #[test]
    fn ids_sort_by_their_moment() {
        let early = HiveId::new_at(UnixMs(1_000));
        let late = HiveId::new_at(UnixMs(2_000));
        assert!(early.to_string() < late.to_string());
    }
}
