//! What is scored: anything that is shown frames and says what in them is a hovering hornet.

use std::fmt::Write as _;

/// One frame as a detector gets it.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// Row-major, one byte a pixel.
    pub luma: &'a [u8],
    /// Width and height in pixels.
    pub size: (usize, usize),
    /// Time since the first frame, µs.
    pub at_us: u64,
}

/// A body that a detector calls a hovering hornet, in one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sighting {
    /// The detector's own number of it; never that of another.
    pub track: u32,
    /// Which stay the detector takes it to be on; a new one is a new verdict.
    pub verdict: u32,
    /// Centre of the body, pixels of the frame.
    pub px: (f32, f32),
}

/// Finds hovering hornets. It is given frames and their times, and never a truth.
pub trait Detector {
    /// Looks at the next frame; `found` is empty and takes what is a hovering hornet in it.
    fn look(&mut self, shown: Shown<'_>, found: &mut Vec<Sighting>);

    /// Why the newest verdict was given, in one line; empty when it cannot say.
    fn evidence(&self) -> String {
        String::new()
    }
}

/// The detectors that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub enum Kind {
    /// The unit's own eyes.
    Eyes,
    /// What changed since the frame before.
    Difference,
    /// A running average, what differs from it, its size, and whether it stays.
    Average,
    /// The mixture of Gaussians of `OpenCV` and contours; needs Python with `OpenCV`.
    Mog2,
}

impl Kind {
    /// A detector at the start of a clip.
    ///
    /// Units:  `mm_per_px` of the picture as it is shown; `None` is uncalibrated.
    pub fn begin(self, mm_per_px: Option<f32>) -> Box<dyn Detector> {
        match self {
            Kind::Eyes => Box::new(super::eyes::EyesDetector::new(mm_per_px)),
            Kind::Difference => Box::new(super::baseline::difference::Difference::new()),
            Kind::Average => Box::new(super::baseline::average::Average::new()),
            Kind::Mog2 => Box::new(super::baseline::mog2::Mog2::new()),
        }
    }

    /// Its word on the command line and in tables.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Eyes => "eyes",
            Kind::Difference => "difference",
            Kind::Average => "average",
            Kind::Mog2 => "mog2",
        }
    }
}

/// Terms of an evidence as one line.
pub(super) fn line(terms: &[apis_vision::Term]) -> String {
    let mut line = String::new();
    for term in terms {
        let separator = if line.is_empty() { "" } else { ", " };
        let _ = write!(line, "{separator}{:?} {}", term.code, term.value);
    }
    line
}
