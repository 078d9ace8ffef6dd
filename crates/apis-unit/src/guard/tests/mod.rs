//! The guard on a bench: a servo that answers, readings that come, a target where the test wants.

mod bench;

mod commands;

mod emission;

mod faults;
