//! A blob that stays is a verdict.

use super::LENGTH_PX;
use super::blobs::Blob;
use crate::eval::detector::Sighting;
use std::collections::VecDeque;

/// How long it has to stay, µs.
const HOVER_US: u64 = 1_000_000;

/// Within how many of its lengths.
const RADIUS_LENGTHS: f32 = 1.0;

/// How long it may be gone and still be the same, µs.
const GONE_US: u64 = 300_000;

#[derive(Debug)]
struct Followed {
    id: u32,
    places: VecDeque<(u64, (f32, f32))>,
    length_px: f32,
    has_verdict: bool,
}

/// Blobs over time, each joined to the nearest that was there before.
#[derive(Debug, Default)]
pub struct Hovers {
    followed: Vec<Followed>,
    next_id: u32,
}

impl Hovers {
    /// Takes the blobs of the next frame of `width` pixels, and adds what hovers to `found`.
    pub fn take(&mut self, blobs: &[Blob], width: usize, at_us: u64, found: &mut Vec<Sighting>) {
        let scale = width as f32 / 640.0;
        self.followed.retain(|one| at_us - one.places.back().map_or(0, |last| last.0) <= GONE_US);
        for blob in blobs.iter().filter(|blob| LENGTH_PX.contains(&(blob.length_px / scale))) {
            let distance = |one: &Followed| {
                let (_, (x, y)) = one.places.back().copied().unwrap_or_default();
                (blob.px.0 - x).hypot(blob.px.1 - y)
            };
            let is_free = |one: &Followed| one.places.back().is_some_and(|last| last.0 < at_us);
            let near = self
                .followed
                .iter_mut()
                .filter(|one| is_free(one) && distance(one) <= 1.5 * one.length_px);
            let nearest = near.min_by(|a, b| distance(a).total_cmp(&distance(b)));
            let one = match nearest {
                Some(one) => one,
                None => {
                    self.next_id += 1;
                    self.followed.push(Followed {
                        id: self.next_id,
                        places: VecDeque::new(),
                        length_px: blob.length_px,
                        has_verdict: false,
                    });
                    let last = self.followed.len() - 1;
                    &mut self.followed[last]
                }
            };
            one.length_px += (blob.length_px - one.length_px) / 4.0;
            one.places.push_back((at_us, blob.px));
            one.judge(at_us);
            if one.has_verdict {
                found.push(Sighting { track: one.id, verdict: one.id, px: blob.px });
            }
        }
    }
}

impl Followed {
    fn judge(&mut self, at_us: u64) {
        while self.places.get(1).is_some_and(|next| next.0 + HOVER_US <= at_us) {
            self.places.pop_front();
        }
        let Some(&(first_us, _)) = self.places.front() else { return };
        let count = self.places.len() as f32;
        let sum = self.places.iter().fold((0.0, 0.0), |sum, (_, px)| (sum.0 + px.0, sum.1 + px.1));
        let mean = (sum.0 / count, sum.1 / count);
        let stays = self
            .places
            .iter()
            .all(|(_, px)| (px.0 - mean.0).hypot(px.1 - mean.1) <= RADIUS_LENGTHS * self.length_px);
        self.has_verdict |= stays && first_us + HOVER_US <= at_us;
    }
}
