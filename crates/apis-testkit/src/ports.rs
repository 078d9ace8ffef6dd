//! Ports for servers that a test starts, stops and starts again.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

/// The ports given out: below those that Linux takes by itself for outgoing connections (from
/// 32,768), one of which would hold the port of a server that is between two starts.
const FIRST: u16 = 10_000;
const COUNT: u16 = 22_000;

/// A port of the loopback that nobody listens on, and that this process gives out once.
///
/// Panics: when none is left.
pub fn free_port() -> u16 {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    // Programs that run side by side begin at different places.
    let begin = (std::process::id().wrapping_mul(977) % u32::from(COUNT)) as u16;
    for _ in 0..COUNT {
        let port = FIRST + (begin + GIVEN.fetch_add(1, Ordering::Relaxed) % COUNT) % COUNT;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("no port of the loopback is free");
}
