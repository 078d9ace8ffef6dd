//! HTTP message signatures: RFC 9421 with the profile `apis-unit-v1`.

pub mod authority;

pub use authority::is_authority;
