//! Where a track was lately, thinned so that a few seconds fit whatever the frame rate.

/// Shortest time between two samples, in milliseconds.
pub(crate) const SAMPLE_MS_MIN: u32 = 50;

/// Samples kept: 2.4 s at 20 frames a second, 3.2 s at 30, 9.6 s at 5.
pub(crate) const SAMPLES_MAX: usize = 48;

/// One place, and how the body looked there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sample {
    /// Milliseconds since the track began.
    pub at_ms: u32,
    /// Centre, 1/16 pixel.
    pub x16: i32,
    /// Centre, 1/16 pixel.
    pub y16: i32,
    /// Length, 1/16 pixel.
    pub length16: i32,
    /// Share of the light taken away, 1/256.
    pub darkness: i32,
    /// Change inside the body since the frame before, 1/256.
    pub flicker: i32,
    /// How much of the background shines through, 1/256.
    pub texture: i32,
    /// Longer axis against the length, 1/256.
    pub stretch: i32,
    /// How far all of it is darker, or all of it lighter, 1/256.
    pub evenness: i32,
    /// How steeply its outline rises, 1/256 of its contrast over two cells.
    pub sharpness: i32,
}

/// A ring of the newest samples.
#[derive(Debug, Clone)]
pub(crate) struct History {
    ring: [Sample; SAMPLES_MAX],
    next: usize,
    count: usize,
}

impl History {
    pub fn new() -> History {
        History { ring: [Sample::default(); SAMPLES_MAX], next: 0, count: 0 }
    }

    /// Keeps a sample when it comes late enough after the last.
    pub fn push(&mut self, sample: Sample) {
        if let Some(last) = self.newest_first().next()
            && sample.at_ms < last.at_ms + SAMPLE_MS_MIN
        {
            return;
        }
        self.ring[self.next] = sample;
        self.next = (self.next + 1) % SAMPLES_MAX;
        self.count = (self.count + 1).min(SAMPLES_MAX);
    }

    /// The samples from the newest back.
    pub fn newest_first(&self) -> impl Iterator<Item = &Sample> + Clone {
        (1..=self.count).map(|back| &self.ring[(self.next + SAMPLES_MAX - back) % SAMPLES_MAX])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_samples_are_kept_and_close_ones_thinned() {
        let mut history = History::new();
        for at_ms in (0..10_000).step_by(20) {
            history.push(Sample { at_ms, ..Sample::default() });
        }
        let times: std::vec::Vec<u32> = history.newest_first().map(|one| one.at_ms).collect();
        assert_eq!(times.len(), SAMPLES_MAX);
        assert_eq!(&times[..3], &[9_960, 9_900, 9_840]);
    }
}
