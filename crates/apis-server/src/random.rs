//! The one random source of the server: the operating system's.

use uuid::Uuid;

use crate::clock::UnixMs;

/// `N` bytes that nobody can foretell.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness once it has booted");
    bytes
}

/// A UUID of version 7: the moment in its first 48 bits, randomness in the rest.
pub fn uuid_v7(now: UnixMs) -> Uuid {
    let millis = u64::try_from(now.0).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes::<10>()).into_uuid()
}

/// Eight lower-case letters and digits: 40 bits, enough to tell the servers of one machine apart.
pub fn instance_id() -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    bytes::<8>().iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}
