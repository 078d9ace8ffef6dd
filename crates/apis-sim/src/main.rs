//! Drawn scenes with truth, and the simulated body.

fn main() {}
