//! The program that runs at the hive.

fn main() {}
