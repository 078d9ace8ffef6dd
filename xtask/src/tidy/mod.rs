//! `tidy`: the rules of this repository that a machine can hold, as one command.
//!
//! Each rule returns the places where it is broken; all are printed, and any makes it fail.

mod files;

mod edges;

mod words;

mod links;

#[cfg(test)]
mod tests;

use crate::tools;
use anyhow::{Result, bail};

/// A place where a rule is broken, as the reader should see it.
pub struct Broken {
    /// The file, from the top of the checkout, with the line where there is one.
    place: String,
    /// What is wrong and what would be right.
    why: String,
}

/// Holds every rule against the checkout.
pub fn run() -> Result<()> {
    let files = files::tracked(&tools::root())?;
    let mut broken = edges::check()?;
    broken.extend(words::check(&files));
    broken.extend(links::check(&files));
    for Broken { place, why } in &broken {
        eprintln!("{place}: {why}");
    }
    if !broken.is_empty() {
        bail!("tidy found {} places", broken.len());
    }
    Ok(())
}
