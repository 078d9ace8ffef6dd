//! A plain process: the host, or a Pi's processor in user-mode emulation.

use std::fmt::Arguments;
use std::sync::OnceLock;
use std::time::Instant;

/// What [`counter`] counts.
pub const COUNTER: &str = "nanoseconds";

/// Time since the first call.
pub fn counter() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

/// Prints to standard output.
pub fn print(line: Arguments<'_>) {
    print!("{line}");
}

/// Not measured here: a process has stack enough.
pub fn stack_used() -> usize {
    0
}
