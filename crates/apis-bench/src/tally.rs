//! One number for everything the eyes said, so that two boards can be compared by a line.

use apis_units::{Fraction, Uptime};
use apis_vision::{Judgement, Phase, RuledOut, Seen, Track, Verdict};

/// What was seen in all frames so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    sum: u64,
    frames: u32,
    tracks: u32,
    verdicts: u32,
    ruled_out: u32,
}

impl Default for Tally {
    fn default() -> Tally {
        Tally::new()
    }
}

impl Tally {
    /// Nothing seen yet.
    pub const fn new() -> Tally {
        // The offset basis of FNV-1a with 64 bits.
        Tally { sum: 0xcbf2_9ce4_8422_2325, frames: 0, tracks: 0, verdicts: 0, ruled_out: 0 }
    }

    /// Adds every track of a frame: which, where, how long, since when, and what is thought of it
    /// with all evidence.
    pub fn take(&mut self, seen: &Seen) {
        self.frames += 1;
        self.add_time(seen.captured_at());
        self.add(u64::from(seen.facts().gain));
        for track in seen.tracks() {
            self.add_track(track);
        }
    }

    /// The number that must be the same on every board.
    pub fn sum(&self) -> u64 {
        self.sum
    }

    /// Frames taken.
    pub fn frames(&self) -> u32 {
        self.frames
    }

    /// Tracks, each counted in every frame.
    pub fn tracks(&self) -> u32 {
        self.tracks
    }

    /// Tracks with a verdict, each counted in every frame.
    pub fn verdicts(&self) -> u32 {
        self.verdicts
    }

    /// Tracks that were told apart from a hornet, each counted in every frame.
    pub fn ruled_out(&self) -> u32 {
        self.ruled_out
    }

    fn add_track(&mut self, track: &Track) {
        self.tracks += 1;
        self.add(u64::from(track.id.0));
        let bounds = track.bounds;
        for place in [track.point, bounds.left_top] {
            self.add_fraction(place.x);
            self.add_fraction(place.y);
        }
        self.add_fraction(bounds.width);
        self.add_fraction(bounds.height);
        self.add_fraction(track.length);
        match track.phase {
            Phase::Tentative { hits } => self.add(0x100 | u64::from(hits)),
            Phase::Confirmed => self.add(0x200),
            Phase::Coasting { since } => self.add_time(since),
        }
        match &track.judgement {
            Judgement::Open => self.add(0x300),
            Judgement::RuledOut(why) => {
                self.ruled_out += 1;
                self.add(0x400 | number_of(*why));
            }
            Judgement::Verdict(verdict) => self.add_verdict(verdict),
        }
        self.add(u64::from(track.is_on_its_way));
    }

    fn add_verdict(&mut self, verdict: &Verdict) {
        self.verdicts += 1;
        self.add_time(verdict.decided_at);
        self.add_time(verdict.hover_since);
        for term in verdict.evidence.terms() {
            self.add(u64::from(term.code.number()));
            self.add(i64::from(term.value) as u64);
        }
    }

    fn add_fraction(&mut self, fraction: Fraction) {
        self.add(u64::from(fraction.raw()));
    }

    fn add_time(&mut self, time: Uptime) {
        self.add(time.micros());
    }

    /// One step of FNV-1a, over a word in place of a byte.
    fn add(&mut self, word: u64) {
        self.sum = (self.sum ^ word).wrapping_mul(0x0000_0100_0000_01b3);
    }
}

fn number_of(why: RuledOut) -> u64 {
    match why {
        RuledOut::Static => 1,
        RuledOut::Swaying => 2,
        RuledOut::SunFleck => 3,
        RuledOut::TooSmall => 4,
        RuledOut::Loitering => 5,
        RuledOut::TooLarge => 6,
    }
}

#[cfg(test)]
mod tests {
    use crate::{FRAME_BYTES, FRAMES, Tally, config, draw, frame};
    use apis_vision::Vision;
    use std::vec;

    /// All frames through new eyes; `spoil` may change the frame of each number first.
    fn watch(spoil: impl Fn(u32, &mut [u8])) -> Tally {
        let mut luma = vec![0; FRAME_BYTES];
        let (mut vision, mut tally) = (Vision::new(config()), Tally::new());
        for number in 0..FRAMES {
            draw(&mut luma, number);
            spoil(number, &mut luma);
            tally.take(vision.step(&frame(&luma, number).unwrap()));
        }
        tally
    }

    #[test]
    fn the_frames_show_bees_and_one_hornet_that_gets_its_verdict() {
        let tally = watch(|_, _| {});
        assert_eq!(tally.frames(), FRAMES);
        assert!(tally.tracks() > 8 * FRAMES, "{tally:?}");
        assert!(tally.ruled_out() > FRAMES, "{tally:?}");
        // It hovers for the last 36 frames, and ten of them pass before anything may be said.
        assert!((15..=26).contains(&tally.verdicts()), "{tally:?}");
    }

    #[test]
    fn the_sum_tells_that_something_else_was_seen() {
        let usual = watch(|_, _| {});
        assert_eq!(watch(|_, _| {}), usual);
        let spoilt = watch(|number, luma| {
            if number == 30 {
                luma.fill(110);
            }
        });
        assert_ne!(spoilt.sum(), usual.sum());
    }
}
