//! The keeper as a whole, on a simulated disk.
