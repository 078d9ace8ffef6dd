//! The stages in their order, and when they start anew.

use apis_units::Uptime;

use crate::frame::{Frame, Placing};
use crate::seen::{Quality, Seen};

/// Smallest width and height that are looked at, in pixels.
///
/// The shortest hornet is 12 px long; a picture of fewer than three of them shows no hover.
const SIDE_PX_MIN: u16 = 32;

/// What memory the eyes take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// Widest frame that will come, in pixels.
    pub width_px_max: u16,
    /// Highest frame that will come, in pixels.
    pub height_px_max: u16,
}

impl Default for Config {
    /// VGA.
    fn default() -> Config {
        Config { width_px_max: 640, height_px_max: 480 }
    }
}

/// The eyes' picture of the world, frame by frame.
#[derive(Debug, Clone)]
pub struct Vision {
    config: Config,
    placing: Option<Placing>,
    seen: Seen,
}

impl Vision {
    /// Takes all memory that will ever be needed.
    pub fn new(config: Config) -> Vision {
        Vision { config, placing: None, seen: Seen::nothing() }
    }

    /// Looks at one frame.
    ///
    /// A frame of another size or view than the one before, or one that was not captured later,
    /// starts everything anew: no track outlives it. A frame of a size that the eyes were not
    /// made for is counted and not looked at.
    pub fn step(&mut self, frame: &Frame<'_>) -> &Seen {
        let placing = Placing { width: frame.width(), height: frame.height(), view: frame.view() };
        if !self.has_room_for(&placing) {
            self.seen.counters.frames_refused += 1;
            self.restart(None, frame.captured_at());
            self.seen.facts.quality = Quality::WrongSize;
            return &self.seen;
        }
        if self.placing != Some(placing) {
            self.restart(Some(placing), frame.captured_at());
        }
        self.seen.counters.frames += 1;
        self.seen.captured_at = frame.captured_at();
        &self.seen
    }

    fn has_room_for(&self, placing: &Placing) -> bool {
        (SIDE_PX_MIN..=self.config.width_px_max).contains(&placing.width)
            && (SIDE_PX_MIN..=self.config.height_px_max).contains(&placing.height)
    }

    fn restart(&mut self, placing: Option<Placing>, captured_at: Uptime) {
        self.seen.counters.restarts += u64::from(self.placing.is_some());
        self.placing = placing;
        self.seen.forget(captured_at);
    }
}
