//! What a statement gives back: rows, read column by column in the order of the SELECT list.
//!
//! A slice turns a row into its domain type by [`FromRow`]; what cannot be is a [`CorruptRow`],
//! logged where the operation ends and never patched.

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, ValueRef as _};

use super::error::CorruptRow;
use crate::clock::UnixMs;

/// One row and the place of the next column to read.
pub struct Row<'r> {
    engine_row: EngineRow<'r>,
    next: usize,
}

enum EngineRow<'r> {
    Sqlite(&'r SqliteRow),
    Postgres(&'r PgRow),
}

/// A type that one row becomes.
pub trait FromRow: Sized {
    /// Reads the columns in the order in which the statement names them.
    fn from_row(row: &mut Row<'_>) -> Result<Self, CorruptRow>;
}

/// A type that one column becomes.
pub trait Column: Sized {
    /// Reads the next column.
    fn read(row: &mut Row<'_>) -> Result<Self, CorruptRow>;
}

impl<'r> Row<'r> {
    pub(super) fn sqlite(row: &'r SqliteRow) -> Row<'r> {
        Row { engine_row: EngineRow::Sqlite(row), next: 0 }
    }

    pub(super) fn postgres(row: &'r PgRow) -> Row<'r> {
        Row { engine_row: EngineRow::Postgres(row), next: 0 }
    }

    /// Reads the next column as `T`.
    pub fn take<T: Column>(&mut self) -> Result<T, CorruptRow> {
        T::read(self)
    }

    /// A [`CorruptRow`] that names what could not be understood, for use inside [`FromRow`].
    pub fn corrupt(&self, reason: impl Into<String>) -> CorruptRow {
        CorruptRow { column: self.next, reason: reason.into() }
    }

    fn is_null(&self) -> Result<bool, CorruptRow> {
        match self.engine_row {
            EngineRow::Sqlite(row) => row.try_get_raw(self.next).map(|value| value.is_null()),
            EngineRow::Postgres(row) => row.try_get_raw(self.next).map(|value| value.is_null()),
        }
        .map_err(|error| self.corrupt(error.to_string()))
    }

    fn text(&mut self) -> Result<String, CorruptRow> {
        let value = match self.engine_row {
            EngineRow::Sqlite(row) => row.try_get::<String, _>(self.next),
            EngineRow::Postgres(row) => row.try_get::<String, _>(self.next),
        };
        self.advance(value)
    }

    fn int(&mut self) -> Result<i64, CorruptRow> {
        let value = match self.engine_row {
            EngineRow::Sqlite(row) => row.try_get::<i64, _>(self.next),
            EngineRow::Postgres(row) => row.try_get::<i64, _>(self.next),
        };
        self.advance(value)
    }

    fn real(&mut self) -> Result<f64, CorruptRow> {
        let value = match self.engine_row {
            EngineRow::Sqlite(row) => row.try_get::<f64, _>(self.next),
            EngineRow::Postgres(row) => row.try_get::<f64, _>(self.next),
        };
        self.advance(value)
    }

    fn advance<T>(&mut self, value: Result<T, sqlx::Error>) -> Result<T, CorruptRow> {
        let value = value.map_err(|error| self.corrupt(error.to_string()))?;
        self.next += 1;
        Ok(value)
    }
}

impl Column for String {
    fn read(row: &mut Row<'_>) -> Result<String, CorruptRow> {
        row.text()
    }
}

impl Column for i64 {
    fn read(row: &mut Row<'_>) -> Result<i64, CorruptRow> {
        row.int()
    }
}

impl Column for u32 {
    fn read(row: &mut Row<'_>) -> Result<u32, CorruptRow> {
        let value = row.int()?;
        u32::try_from(value).map_err(|_| row.corrupt(format!("{value} does not fit 32 bits")))
    }
}

impl Column for bool {
    fn read(row: &mut Row<'_>) -> Result<bool, CorruptRow> {
        match row.int()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(row.corrupt(format!("{other} is neither 0 nor 1"))),
        }
    }
}

impl Column for f64 {
    fn read(row: &mut Row<'_>) -> Result<f64, CorruptRow> {
        row.real()
    }
}

impl Column for UnixMs {
    fn read(row: &mut Row<'_>) -> Result<UnixMs, CorruptRow> {
        row.int().map(UnixMs)
    }
}

impl<T: Column> Column for Option<T> {
    fn read(row: &mut Row<'_>) -> Result<Option<T>, CorruptRow> {
        if row.is_null()? {
            row.next += 1;
            return Ok(None);
        }
        T::read(row).map(Some)
    }
}

macro_rules! tuple_row {
    ($($name:ident)+) => {
        impl<$($name: Column),+> FromRow for ($($name,)+) {
            fn from_row(row: &mut Row<'_>) -> Result<Self, CorruptRow> {
                Ok(($($name::read(row)?,)+))
            }
        }
    };
}

tuple_row!(A);
tuple_row!(A B);
tuple_row!(A B C);
tuple_row!(A B C D);
tuple_row!(A B C D E);
tuple_row!(A B C D E F);
tuple_row!(A B C D E F G);
tuple_row!(A B C D E F G H);
tuple_row!(A B C D E F G H I);
tuple_row!(A B C D E F G H I J);
tuple_row!(A B C D E F G H I J K);
tuple_row!(A B C D E F G H I J K L);
