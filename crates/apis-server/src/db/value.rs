//! What a statement is given: values of the column palette, and lists of them.
//!
//! The palette is `TEXT`, `BIGINT` and `DOUBLE PRECISION`; a NULL keeps its column's type, because
//! PostgreSQL refuses a text NULL for a number.

use crate::clock::UnixMs;

/// One bound value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A `TEXT` column's.
    Text(Option<String>),
    /// A `BIGINT` column's.
    Int(Option<i64>),
    /// A `DOUBLE PRECISION` column's.
    Real(Option<f64>),
}

/// A type that can be bound.
pub trait IntoValue {
    /// The value as its column stores it.
    fn into_value(self) -> Value;

    /// The NULL of its column.
    fn null() -> Value;
}

/// The arguments of one statement: a tuple, a list of [`Value`]s, or `()`.
pub trait Args {
    /// The values in the order of their numbers, `$1` first.
    fn into_values(self) -> Vec<Value>;
}

impl IntoValue for String {
    fn into_value(self) -> Value {
        Value::Text(Some(self))
    }

    fn null() -> Value {
        Value::Text(None)
    }
}

impl IntoValue for &str {
    fn into_value(self) -> Value {
        Value::Text(Some(self.to_owned()))
    }

    fn null() -> Value {
        Value::Text(None)
    }
}

impl IntoValue for i64 {
    fn into_value(self) -> Value {
        Value::Int(Some(self))
    }

    fn null() -> Value {
        Value::Int(None)
    }
}

impl IntoValue for u32 {
    fn into_value(self) -> Value {
        Value::Int(Some(i64::from(self)))
    }

    fn null() -> Value {
        Value::Int(None)
    }
}

impl IntoValue for bool {
    /// 0 or 1: the engines disagree about BOOLEAN, so no column has that type.
    fn into_value(self) -> Value {
        Value::Int(Some(i64::from(self)))
    }

    fn null() -> Value {
        Value::Int(None)
    }
}

impl IntoValue for f64 {
    fn into_value(self) -> Value {
        Value::Real(Some(self))
    }

    fn null() -> Value {
        Value::Real(None)
    }
}

impl IntoValue for UnixMs {
    fn into_value(self) -> Value {
        Value::Int(Some(self.0))
    }

    fn null() -> Value {
        Value::Int(None)
    }
}

impl<T: IntoValue> IntoValue for Option<T> {
    fn into_value(self) -> Value {
        self.map_or_else(T::null, T::into_value)
    }

    fn null() -> Value {
        T::null()
    }
}

impl Args for () {
    fn into_values(self) -> Vec<Value> {
        Vec::new()
    }
}

impl Args for Vec<Value> {
    fn into_values(self) -> Vec<Value> {
        self
    }
}

macro_rules! tuple_args {
    ($($name:ident)+) => {
        impl<$($name: IntoValue),+> Args for ($($name,)+) {
            fn into_values(self) -> Vec<Value> {
                #[expect(non_snake_case, reason = "the type's letter names the element")]
                let ($($name,)+) = self;
                vec![$($name.into_value()),+]
            }
        }
    };
}

tuple_args!(A);
tuple_args!(A B);
tuple_args!(A B C);
tuple_args!(A B C D);
tuple_args!(A B C D E);
tuple_args!(A B C D E F);
tuple_args!(A B C D E F G);
tuple_args!(A B C D E F G H);
tuple_args!(A B C D E F G H I);
tuple_args!(A B C D E F G H I J);
tuple_args!(A B C D E F G H I J K);
tuple_args!(A B C D E F G H I J K L);
tuple_args!(A B C D E F G H I J K L M);
tuple_args!(A B C D E F G H I J K L M N);
tuple_args!(A B C D E F G H I J K L M N O);
tuple_args!(A B C D E F G H I J K L M N O P);
