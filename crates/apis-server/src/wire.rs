//! How the contract's keys, hashes and numbers are stored: as text, and as integers.

use apis_protocol::{CommandNumber, Generation, KeyId, Sha256Digest};

use crate::db::{Column, CorruptRow, IntoValue, Row, Value};

macro_rules! stored_as_text {
    ($($name:ident)+) => {$(
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
                text.parse().map_err(|_| row.corrupt(concat!("not a ", stringify!($name))))
            }
        }
    )+};
}

macro_rules! stored_as_number {
    ($($name:ident)+) => {$(
        impl IntoValue for $name {
            fn into_value(self) -> Value {
                Value::Int(Some(self.get()))
            }

            fn null() -> Value {
                Value::Int(None)
            }
        }

        impl Column for $name {
            fn read(row: &mut Row<'_>) -> Result<$name, CorruptRow> {
                let number: i64 = row.take()?;
                $name::new(number).ok_or_else(|| row.corrupt(concat!("not a ", stringify!($name))))
            }
        }
    )+};
}

stored_as_text!(KeyId Sha256Digest);
stored_as_number!(CommandNumber Generation);
