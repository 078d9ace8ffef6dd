//! A running average of the picture, what differs from it, its size, and whether it stays: the
//! earlier design.

use super::CHANGED;
use super::blobs::BlobFinder;
use super::hover::Hovers;
use crate::eval::detector::{Detector, Shown, Sighting};

/// The newest frame's share of the average, as a part of 256.
const SHARE: i32 = 13;

/// The average in 1/256 steps of luma, and what stays in the difference to it.
#[derive(Debug, Default)]
pub struct Average {
    mean: Vec<i32>,
    finder: BlobFinder,
    hovers: Hovers,
}

impl Average {
    /// At the start of a clip.
    pub fn new() -> Average {
        Average::default()
    }
}

impl Detector for Average {
    fn look(&mut self, shown: Shown<'_>, found: &mut Vec<Sighting>) {
        if self.mean.len() != shown.luma.len() {
            self.mean = shown.luma.iter().map(|&luma| i32::from(luma) * 256).collect();
            return;
        }
        let (now, mean) = (shown.luma, &self.mean);
        let is_set = |at: usize| (i32::from(now[at]) - mean[at] / 256).abs() > CHANGED;
        let blobs = self.finder.find(shown.size, is_set);
        self.hovers.take(&blobs, shown.size.0, shown.at_us, found);
        for (mean, &luma) in self.mean.iter_mut().zip(shown.luma) {
            *mean += (i32::from(luma) * 256 - *mean) * SHARE / 256;
        }
    }
}
