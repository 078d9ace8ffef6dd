//! Bodies followed from frame to frame: which blob is whose, who begins, who is given up.

use alloc::vec::Vec;

use apis_units::Uptime;

use crate::TRACKS_MAX;
use crate::association::{Association, Prediction};
use crate::blobs::Blob;
use crate::body::Body;
use crate::flight::Flight;
use crate::lost::Lost;
use crate::seen::{Judgement, TrackId};
use crate::verdict::Origin;

/// Hornets whose track was lost that are remembered; more at once are a mass attack.
const LOST_MAX: usize = 8;

/// All followed bodies, oldest first.
#[derive(Debug, Clone)]
pub(crate) struct Tracks {
    pub bodies: Vec<Body>,
    predictions: Vec<Prediction>,
    association: Association,
    /// Hornets out of sight; the oldest gives way.
    lost: [Option<Lost>; LOST_MAX],
    lost_next: usize,
    next_id: u32,
    /// Tentative tracks that found no room since construction.
    pub dropped: u64,
}

/// What is the same for all tracks in one frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub now: Uptime,
    /// Time since the frame before, milliseconds.
    pub elapsed_ms: u32,
    pub width_px: u16,
    pub height_px: u16,
    /// Whether the eyes have only just begun.
    pub is_start: bool,
}

/// Two cells of two pixels, in 1/16 pixel.
const RIM16: i32 = 4 * 16;

impl Moment {
    /// Where a body is, in 1/65,536 of the frame.
    pub fn place_of(&self, body: &Body) -> (u32, u32) {
        let share = |at16: i32, px: u16| {
            let share = (i64::from(at16) << 12) / i64::from(px.max(1));
            share.clamp(0, 65_535) as u32
        };
        (share(body.x16, self.width_px), share(body.y16, self.height_px))
    }

    /// Whether the frame's rim cuts a body, so that neither its length nor its place is known.
    pub fn cuts(&self, bounds16: [i32; 4]) -> bool {
        let [left, top, right, bottom] = bounds16;
        let (width16, height16) = (i32::from(self.width_px) * 16, i32::from(self.height_px) * 16);
        left < RIM16 || top < RIM16 || right > width16 - RIM16 || bottom > height16 - RIM16
    }
}

impl Tracks {
    pub fn new() -> Tracks {
        Tracks {
            bodies: Vec::with_capacity(TRACKS_MAX),
            predictions: Vec::with_capacity(TRACKS_MAX),
            association: Association::new(),
            lost: [None; LOST_MAX],
            lost_next: 0,
            next_id: 1,
            dropped: 0,
        }
    }

    /// Forgets every body; names are not used again.
    pub fn clear(&mut self) {
        self.bodies.clear();
        self.lost = [None; LOST_MAX];
    }

    /// Folds one frame's blobs into the tracks.
    #[inline(never)]
    pub fn step(&mut self, blobs: &[Blob], moment: &Moment) {
        self.predictions.clear();
        for body in &self.bodies {
            self.predictions.push(body.predict(moment.now, moment.width_px));
        }
        self.association.solve(&self.predictions, blobs);
        let mut index = 0;
        let association = &self.association;
        let (lost, lost_next) = (&mut self.lost, &mut self.lost_next);
        self.bodies.retain_mut(|body| {
            let blob = association.blob_of(index).and_then(|blob| blobs.get(blob));
            index += 1;
            let is_kept = match blob {
                Some(blob) => {
                    body.hit(blob, moment);
                    true
                }
                None => match body.after_miss(moment) {
                    Some(phase) => {
                        body.phase = phase;
                        true
                    }
                    None => false,
                },
            };
            if let Some(hornet) = body.take_lost(!is_kept) {
                lost[*lost_next % LOST_MAX] = Some(hornet);
                *lost_next = (*lost_next + 1) % LOST_MAX;
            }
            is_kept
        });
        for body in &mut self.bodies {
            match body.judgement {
                Judgement::Verdict(_) => continue,
                Judgement::Open | Judgement::RuledOut(_) => {}
            }
            let mut lost = self.lost.iter().flatten();
            if let Some(hornet) = lost.find(|lost| lost.is_under_another_name(body, moment.now)) {
                body.flight = Flight::of_other(hornet.length16);
            }
        }
        for (index, blob) in blobs.iter().enumerate() {
            if self.association.is_free(index) {
                self.begin(blob, moment);
            }
        }
    }

    fn begin(&mut self, blob: &Blob, moment: &Moment) {
        if self.bodies.len() == TRACKS_MAX {
            self.dropped += 1;
            let newest = self.bodies.iter().rposition(Body::is_tentative);
            let Some(newest) = newest else { return };
            self.bodies.remove(newest);
        }
        let mut body = Body::new(TrackId(self.next_id), blob, origin(blob, moment), moment);
        let hornet = self.lost.iter().flatten().find(|lost| lost.is(blob, moment.now));
        if let Some(hornet) = hornet {
            body.flight = Flight::of_other(hornet.length16);
        }
        self.bodies.push(body);
        self.next_id = self.next_id.wrapping_add(1).max(1);
    }
}

fn origin(blob: &Blob, moment: &Moment) -> Origin {
    let [left, top, right, bottom] = blob.bounds16;
    let rim16 = blob.length16.max(32);
    let (width16, height16) = (i32::from(moment.width_px) * 16, i32::from(moment.height_px) * 16);
    if moment.is_start {
        Origin::BeforeTheStart
    } else if left < rim16 || top < rim16 || right > width16 - rim16 || bottom > height16 - rim16 {
        Origin::AtTheRim
    } else {
        Origin::Within
    }
}

#[cfg(test)]
mod tests;
