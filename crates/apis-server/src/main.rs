//! The companion server's program.

fn main() {}
