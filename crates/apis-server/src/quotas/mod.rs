//! Storage limits of a tenant: bytes are reserved before the first one is sent.
//!
//! A reservation becomes use when the bytes have their final place, and is given back when the
//! upload ends without. Both happen in the transaction of their cause, so what is reserved is
//! always the sum of the uploads that are still coming in.

mod store;

#[cfg(test)]
pub(crate) use store::standing;
pub(crate) use store::{free_used, hold_reservations, release, reserve, use_again, use_reserved};
