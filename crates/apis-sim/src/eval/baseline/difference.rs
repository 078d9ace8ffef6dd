//! What changed since the frame before.

use super::CHANGED;
use super::blobs::BlobFinder;
use super::hover::Hovers;
use crate::eval::detector::{Detector, Shown, Sighting};

/// The frame before, and what stays in the difference to it.
#[derive(Debug, Default)]
pub struct Difference {
    before: Vec<u8>,
    finder: BlobFinder,
    hovers: Hovers,
}

impl Difference {
    /// At the start of a clip.
    pub fn new() -> Difference {
        Difference::default()
    }
}

impl Detector for Difference {
    fn look(&mut self, shown: Shown<'_>, found: &mut Vec<Sighting>) {
        if self.before.len() == shown.luma.len() {
            let (now, before) = (shown.luma, &self.before);
            let is_set = |at: usize| (i32::from(now[at]) - i32::from(before[at])).abs() > CHANGED;
            let blobs = self.finder.find(shown.size, is_set);
            self.hovers.take(&blobs, shown.size.0, shown.at_us, found);
        }
        self.before.clear();
        self.before.extend_from_slice(shown.luma);
    }
}
