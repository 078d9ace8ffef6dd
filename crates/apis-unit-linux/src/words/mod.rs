//! What is known by a code or a number, in words for the beekeeper who watches the terminal or asks why.

mod codes;
mod evidence;

pub use codes::of_code;
pub use evidence::{because, measured, sentences};
