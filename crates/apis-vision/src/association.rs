//! Which blob belongs to which track: cheapest pairs first, then mended until no exchange of two
//! blobs, and no step aside for a track without one, makes the whole cheaper.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use crate::TRACKS_MAX;
use crate::blobs::{BLOBS_MAX, Blob};
use crate::fixed::log2_256;

/// Where a track should be now, and how sure that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Prediction {
    /// 1/16 pixel.
    pub x16: i32,
    /// 1/16 pixel.
    pub y16: i32,
    /// Farthest blob that can belong to it, 1/16 pixel.
    pub gate16: i32,
    /// 1/16 pixel.
    pub length16: i32,
    /// 1/256.
    pub darkness: i32,
    /// Whether it has a verdict.
    pub is_hornet: bool,
    /// What it costs the track to be matched at all: confirmed tracks choose first.
    pub handicap: u32,
}

/// Largest ratio of lengths between a track and its blob, as a logarithm in 1/256: 1.5 doublings.
///
/// Bee and hornet differ by less: a hornet that a bee flies past is one blob for a moment.
const LOG_RATIO_MAX: i32 = 384;

/// Most pairs that are weighed; a crowd of 40 bees has two or three each.
const PAIRS_MAX: usize = 1_024;

/// Rounds of mending; each round mends at least one pair, crowds rarely need three.
const ROUNDS_MAX: usize = 4;

/// Cost beyond which a hornet's track rather waits than goes over to what may be a bee: a body of
/// its own length near the gate's rim.
const HORNET_COST_MAX: u32 = 200;

/// Cost of `blob` for a track, or `None` when it cannot be the same body.
///
/// Distance squared against the gate's (256 at its rim), plus what length and darkness differ.
fn cost(track: &Prediction, blob: &Blob) -> Option<u32> {
    let (x, y) = (i64::from(blob.x16 - track.x16), i64::from(blob.y16 - track.y16));
    let gate = i64::from(track.gate16.max(1));
    let distance = (x * x + y * y) * 256 / (gate * gate);
    if distance > 256 {
        return None;
    }
    let log = |length16: i32| log2_256(length16.max(1) as u32);
    let ratio = (log(blob.length16) - log(track.length16)).abs();
    if ratio > LOG_RATIO_MAX {
        return None;
    }
    let darkness = (blob.darkness - track.darkness).abs().min(256);
    let cost = distance as u32 + (ratio * ratio / 512) as u32 + darkness as u32 / 4;
    (!track.is_hornet || cost <= HORNET_COST_MAX).then_some(cost)
}

#[derive(Debug, Clone, Copy)]
struct Pair {
    cost: u32,
    track: u8,
    blob: u8,
}

/// The tables of one frame's matching.
#[derive(Debug, Clone)]
pub(crate) struct Association {
    pairs: Vec<Pair>,
    blob_of_track: Box<[Option<u8>]>,
    track_of_blob: Box<[Option<u8>]>,
}

impl Association {
    pub fn new() -> Association {
        Association {
            pairs: Vec::with_capacity(PAIRS_MAX),
            blob_of_track: vec![None; TRACKS_MAX].into_boxed_slice(),
            track_of_blob: vec![None; BLOBS_MAX].into_boxed_slice(),
        }
    }

    /// Matches; the answers are [`blob_of`] and [`is_free`].
    ///
    /// [`blob_of`]: Association::blob_of
    /// [`is_free`]: Association::is_free
    pub fn solve(&mut self, tracks: &[Prediction], blobs: &[Blob]) {
        self.blob_of_track.fill(None);
        self.track_of_blob.fill(None);
        self.gather(tracks, blobs);
        for index in 0..self.pairs.len() {
            let Pair { track, blob, .. } = self.pairs[index];
            if self.blob_of(usize::from(track)).is_none() && self.is_free(usize::from(blob)) {
                self.set(track, blob);
            }
        }
        for _ in 0..ROUNDS_MAX {
            let exchanged = self.exchange(tracks, blobs);
            let stepped = self.step_aside(tracks, blobs);
            if !exchanged && !stepped {
                break;
            }
        }
    }

    /// The blob that belongs to a track.
    pub fn blob_of(&self, track: usize) -> Option<usize> {
        self.blob_of_track.get(track).copied().flatten().map(usize::from)
    }

    /// Whether a blob belongs to no track.
    pub fn is_free(&self, blob: usize) -> bool {
        self.track_of_blob.get(blob).copied().flatten().is_none()
    }

    fn set(&mut self, track: u8, blob: u8) {
        self.blob_of_track[usize::from(track)] = Some(blob);
        self.track_of_blob[usize::from(blob)] = Some(track);
    }

    fn gather(&mut self, tracks: &[Prediction], blobs: &[Blob]) {
        self.pairs.clear();
        for (track_index, track) in tracks.iter().enumerate() {
            for (blob_index, blob) in blobs.iter().enumerate() {
                let Some(cost) = cost(track, blob) else { continue };
                if self.pairs.len() < PAIRS_MAX {
                    let (track_index, blob_index) = (track_index as u8, blob_index as u8);
                    let cost = cost + track.handicap;
                    self.pairs.push(Pair { cost, track: track_index, blob: blob_index });
                }
            }
        }
        self.pairs.sort_unstable_by_key(|pair| (pair.cost, pair.track, pair.blob));
    }

    /// Exchanges the blobs of two tracks wherever that is cheaper for both together.
    fn exchange(&mut self, tracks: &[Prediction], blobs: &[Blob]) -> bool {
        let mut any = false;
        for one in 0..tracks.len() {
            for other in one + 1..tracks.len() {
                let (Some(its), Some(others)) = (self.blob_of(one), self.blob_of(other)) else {
                    continue;
                };
                let sum = |first: usize, second: usize| {
                    Some(cost(&tracks[one], &blobs[first])? + cost(&tracks[other], &blobs[second])?)
                };
                let (Some(now), Some(then)) = (sum(its, others), sum(others, its)) else {
                    continue;
                };
                if then < now {
                    self.set(one as u8, others as u8);
                    self.set(other as u8, its as u8);
                    any = true;
                }
            }
        }
        any
    }

    /// Gives a track without a blob one whose owner can take a free one instead.
    fn step_aside(&mut self, tracks: &[Prediction], blobs: &[Blob]) -> bool {
        let mut any = false;
        for (left_out, track) in tracks.iter().enumerate() {
            if self.blob_of(left_out).is_some() {
                continue;
            }
            let wanted = (0..blobs.len()).find_map(|blob| {
                cost(track, &blobs[blob])?;
                let owner = self.track_of_blob[blob].map(usize::from)?;
                let spare = (0..blobs.len())
                    .filter(|&spare| self.is_free(spare))
                    .find(|&spare| cost(&tracks[owner], &blobs[spare]).is_some())?;
                Some((blob, owner, spare))
            });
            if let Some((blob, owner, spare)) = wanted {
                self.set(owner as u8, spare as u8);
                self.set(left_out as u8, blob as u8);
                any = true;
            }
        }
        any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(x: i32, length: i32) -> Prediction {
        Prediction {
            x16: x * 16,
            y16: 0,
            gate16: 30 * 16,
            length16: length * 16,
            darkness: 100,
            is_hornet: false,
            handicap: 0,
        }
    }

    fn blob(x: i32, length: i32) -> Blob {
        Blob { x16: x * 16, length16: length * 16, darkness: 100, ..Blob::default() }
    }

    fn check(tracks: &[Prediction], blobs: &[Blob], expected: &[Option<usize>]) {
        let mut association = Association::new();
        association.solve(tracks, blobs);
        let found: std::vec::Vec<_> =
            (0..tracks.len()).map(|index| association.blob_of(index)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_bee_and_a_hornet_that_cross_keep_their_names() {
        check(
            &[track(100, 28), track(104, 14)],
            &[blob(103, 14), blob(101, 28)],
            &[Some(1), Some(0)],
        );
        check(
            &[track(100, 28), track(101, 14)],
            &[blob(100, 14), blob(101, 28)],
            &[Some(1), Some(0)],
        );
    }

    #[test]
    fn a_hornet_waits_rather_than_going_over_to_a_bee_at_the_rim_of_its_gate() {
        let hornet = Prediction { is_hornet: true, ..track(100, 28) };
        check(&[track(100, 28)], &[blob(126, 18)], &[Some(0)]);
        check(&[hornet], &[blob(126, 18)], &[None]);
        check(&[hornet], &[blob(108, 18)], &[Some(0)]);
    }

    #[test]
    fn the_whole_counts_not_the_nearest_pair() {
        check(
            &[track(100, 14), track(120, 14)],
            &[blob(114, 14), blob(140, 14)],
            &[Some(0), Some(1)],
        );
    }

    #[test]
    fn nothing_far_or_of_another_size_is_taken() {
        check(&[track(100, 14)], &[blob(131, 14), blob(100, 60)], &[None]);
        check(&[track(100, 14)], &[], &[None]);
    }
}
