//! Bodies followed from frame to frame: prediction, the life of a track, what it looks like.

use alloc::vec::Vec;
use core::time::Duration;

use apis_units::Uptime;

use crate::TRACKS_MAX;
use crate::association::{Association, Prediction};
use crate::blobs::Blob;
use crate::fixed::root;
use crate::history::{History, Sample};
use crate::motion;
use crate::seen::{Judgement, Phase, TrackId};
use crate::verdict::Origin;

/// Frames that a body must be seen in before it is more than noise.
const HITS_TO_CONFIRM: u8 = 3;

/// How long an unseen track's place is held, in milliseconds: a bee that covers it has passed.
const COAST_MS_MAX: u64 = 700;

/// How long the place of a verdict's track is held, in milliseconds.
const COAST_VERDICT_MS_MAX: u64 = 1_500;

/// The same at the frame's rim, where a body has most likely left and another comes in.
const COAST_RIM_MS_MAX: u64 = 300;

/// How far a body can get from where it was expected, in its lengths per second.
///
/// A bee changes its speed by some 10 lengths a second within a frame or two.
const SURPRISE_LENGTHS: i64 = 10;

/// How far a body can come in the first moments, when its speed is unknown, in lengths per second.
///
/// Bees fly at 5 m/s and slow down before the hive; 40 lengths a second is half a metre.
const START_LENGTHS: i64 = 40;

/// Hornets whose track was lost that are remembered; more at once are a mass attack.
const LOST_MAX: usize = 8;

/// How long a lost hornet is remembered, in milliseconds: the gap that ends a visit.
const LOST_MS_MAX: u64 = 5_000;

/// How far from where it was lost a hornet is taken for the same, in its lengths.
const LOST_LENGTHS: i64 = 4;

/// The same for one that goes by a bee's name since the two met.
const EXCHANGED_LENGTHS: i64 = 2;

/// Frames in flight after which the length in flight is known.
const FLIGHT_HITS_MIN: usize = 2;

/// Newest frames in flight of which the length is kept.
const FLIGHT_LENGTHS_MAX: usize = 9;

/// Farthest gate, as a share of the frame's width.
const GATE_WIDTH_SHARE: i32 = 5;

/// Handicap of a track that is not confirmed: a quarter of a gate's rim.
const TENTATIVE_HANDICAP: u32 = 64;

/// Longest time between two frames over which bodies are followed at all, in milliseconds.
const FRAME_MS_MAX: u64 = 1_000;

/// One followed body.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    pub id: TrackId,
    pub phase: Phase,
    pub judgement: Judgement,
    pub began_at: Uptime,
    pub seen_at: Uptime,
    pub origin: Origin,
    /// Centre, 1/16 pixel.
    pub x16: i32,
    /// Centre, 1/16 pixel.
    pub y16: i32,
    pub bounds16: [i32; 4],
    /// Smoothed, 1/16 pixel.
    pub length16: i32,
    /// Smoothed, 1/256.
    pub darkness: i32,
    /// Smoothed, 1/256.
    pub texture: i32,
    pub history: History,
    /// The length under which it was counted as one that flies by, 1/16 pixel.
    pub counted16: Option<i32>,
    /// Whether it is too long for a bee, so that it must not sink into the background.
    pub may_be_hornet: bool,
    /// Since when, frame by frame, it has looked like a hovering hornet.
    pub hornet_since: Option<Uptime>,
    /// Since when a verdict's body has not moved.
    pub stood_since: Option<Uptime>,
    /// Where the hornet was whose name it has, or had until just now.
    pub hornet_at: Option<Lost>,
    /// Lengths while it flew, 1/16 pixel: before it came among others. The oldest gives way.
    flight_lengths16: [i32; FLIGHT_LENGTHS_MAX],
    flight_hits: usize,
    /// 1/16 pixel per second.
    velocity: (i32, i32),
    hits: u32,
    /// The box around every place it was seen at, 1/16 pixel.
    reach16: [i32; 4],
}

impl Body {
    fn new(id: TrackId, blob: &Blob, origin: Origin, moment: &Moment) -> Body {
        let now = moment.now;
        let mut body = Body {
            id,
            phase: Phase::Tentative { hits: 1 },
            judgement: Judgement::Open,
            began_at: now,
            seen_at: now,
            origin,
            x16: blob.x16,
            y16: blob.y16,
            bounds16: blob.bounds16,
            length16: blob.length16,
            darkness: blob.darkness,
            texture: blob.texture,
            history: History::new(),
            counted16: None,
            hornet_since: None,
            stood_since: None,
            hornet_at: None,
            flight_lengths16: [0; FLIGHT_LENGTHS_MAX],
            flight_hits: 0,
            may_be_hornet: false,
            velocity: (0, 0),
            hits: 1,
            reach16: [blob.x16, blob.y16, blob.x16, blob.y16],
        };
        body.remember(blob, moment);
        body
    }

    /// Farthest distance from where it is now to where it was ever seen, 1/256 of its length.
    pub fn travel(&self) -> i32 {
        let [left, top, right, bottom] = self.reach16;
        let x = i64::from((self.x16 - left).max(right - self.x16));
        let y = i64::from((self.y16 - top).max(bottom - self.y16));
        let distance = i64::from(root((x * x + y * y) as u64));
        (distance * 256 / i64::from(self.length16.max(1))).min(65_535) as i32
    }

    fn predict(&self, now: Uptime, width_px: u16) -> Prediction {
        let elapsed_ms = millis(now.since(self.seen_at)).min(FRAME_MS_MAX) as i64;
        let is_new = self.hits < 2;
        let lengths = if is_new { START_LENGTHS } else { SURPRISE_LENGTHS };
        let free16 = i64::from(self.length16) * lengths * elapsed_ms / 1_000;
        let gate16 = i64::from(self.length16) * 3 / 4 + 32 + free16;
        // An unseen body is not expected to fly on for ever.
        let ahead_ms = elapsed_ms.min(250);
        let ahead = |speed: i32| (i64::from(speed) * ahead_ms / 1_000) as i32;
        let handicap = match self.phase {
            Phase::Tentative { .. } => TENTATIVE_HANDICAP,
            Phase::Confirmed | Phase::Coasting { .. } => 0,
        };
        Prediction {
            x16: self.x16 + ahead(self.velocity.0),
            y16: self.y16 + ahead(self.velocity.1),
            gate16: gate16.min(i64::from(width_px) * 16 / i64::from(GATE_WIDTH_SHARE)) as i32,
            length16: self.length16,
            darkness: self.darkness,
            is_hornet: match self.judgement {
                Judgement::Verdict(_) => true,
                Judgement::Open | Judgement::RuledOut(_) => false,
            },
            handicap,
        }
    }

    fn hit(&mut self, blob: &Blob, moment: &Moment) {
        let now = moment.now;
        let elapsed_ms = millis(now.since(self.seen_at)).clamp(1, FRAME_MS_MAX) as i64;
        let speed = |to: i32, from: i32| (i64::from(to - from) * 1_000 / elapsed_ms) as i32;
        let fresh = (speed(blob.x16, self.x16), speed(blob.y16, self.y16));
        self.velocity = if self.hits < 2 {
            fresh
        } else {
            ((self.velocity.0 + fresh.0) / 2, (self.velocity.1 + fresh.1) / 2)
        };
        self.hits = self.hits.saturating_add(1);
        let share = self.hits.min(8) as i32;
        self.length16 += (blob.length16 - self.length16) / share;
        self.darkness += (blob.darkness - self.darkness) / share;
        self.texture += (blob.texture - self.texture) / share;
        (self.x16, self.y16) = (blob.x16, blob.y16);
        self.bounds16 = blob.bounds16;
        self.reach16 = [
            self.reach16[0].min(blob.x16),
            self.reach16[1].min(blob.y16),
            self.reach16[2].max(blob.x16),
            self.reach16[3].max(blob.y16),
        ];
        self.seen_at = now;
        self.phase = self.phase.after_hit();
        self.remember(blob, moment);
        self.measure_flight(blob.length16);
    }

    /// Keeps the length in the frames in which it flies.
    fn measure_flight(&mut self, length16: i32) {
        if motion::is_flight(&self.history, self.length16) {
            self.flight_lengths16[self.flight_hits % FLIGHT_LENGTHS_MAX] = length16;
            self.flight_hits += 1;
        }
    }

    /// Median of its length while it flew, 1/16 pixel, once it was seen to for long enough.
    ///
    /// Another that it passes on its way makes it longer for a frame or two.
    pub fn flight16(&self) -> Option<i32> {
        if self.flight_hits < FLIGHT_HITS_MIN {
            return None;
        }
        let mut lengths16 = self.flight_lengths16;
        let known = &mut lengths16[..self.flight_hits.min(FLIGHT_LENGTHS_MAX)];
        known.sort_unstable();
        known.get(known.len() / 2).copied()
    }

    /// Its place and length, as those of a hornet that may be lost.
    pub fn place(&self) -> Lost {
        let Body { seen_at, x16, y16, .. } = *self;
        Lost { seen_at, x16, y16, length16: self.flight16().unwrap_or(self.length16) }
    }

    /// What is remembered of it when it is forgotten, or when it has lost a hornet's name.
    fn take_lost(&mut self, is_forgotten: bool) -> Option<Lost> {
        match self.judgement {
            Judgement::Verdict(_) if is_forgotten => Some(self.place()),
            Judgement::Verdict(_) => None,
            Judgement::Open | Judgement::RuledOut(_) => self.hornet_at.take(),
        }
    }

    /// Takes over what was measured of a hornet on its way when it came.
    fn take_flight_of(&mut self, hornet: &Lost) {
        self.flight_hits = FLIGHT_HITS_MIN;
        self.flight_lengths16 = [hornet.length16; FLIGHT_LENGTHS_MAX];
    }

    fn remember(&mut self, blob: &Blob, moment: &Moment) {
        self.history.push(Sample {
            at_ms: millis(moment.now.since(self.began_at)).min(u64::from(u32::MAX)) as u32,
            x16: blob.x16,
            y16: blob.y16,
            length16: blob.length16,
            darkness: blob.darkness,
            flicker: blob.flicker,
            look_ms: moment.look_ms,
            texture: blob.texture,
            evenness: blob.evenness,
            stretch: blob.stretch,
        });
    }

    /// The phase after a frame without it; `None` when it is to be forgotten.
    fn after_miss(&self, moment: &Moment) -> Option<Phase> {
        let coast_ms_max = match self.judgement {
            _ if moment.cuts(self.bounds16) => COAST_RIM_MS_MAX,
            Judgement::Verdict(_) => COAST_VERDICT_MS_MAX,
            Judgement::Open | Judgement::RuledOut(_) => COAST_MS_MAX,
        };
        self.phase.after_miss(self.seen_at, moment.now, coast_ms_max)
    }
}

impl Phase {
    fn after_hit(self) -> Phase {
        match self {
            Phase::Tentative { hits } if hits + 1 < HITS_TO_CONFIRM => {
                Phase::Tentative { hits: hits + 1 }
            }
            Phase::Tentative { .. } | Phase::Confirmed | Phase::Coasting { .. } => Phase::Confirmed,
        }
    }

    fn after_miss(self, seen_at: Uptime, now: Uptime, coast_ms_max: u64) -> Option<Phase> {
        match self {
            Phase::Tentative { .. } => None,
            Phase::Confirmed => Some(Phase::Coasting { since: seen_at }),
            Phase::Coasting { since } if millis(now.since(since)) > coast_ms_max => None,
            Phase::Coasting { .. } => Some(self),
        }
    }
}

/// Whole milliseconds of a span.
pub(crate) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// Where a hornet was last seen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lost {
    seen_at: Uptime,
    x16: i32,
    y16: i32,
    length16: i32,
}

impl Lost {
    /// Whether a blob may be this hornet, found again.
    fn is(&self, blob: &Blob, now: Uptime) -> bool {
        // Cut or covered it may look shorter by a third, among others longer by a half.
        let is_alike = (self.length16 * 2 / 3..=self.length16 * 3 / 2).contains(&blob.length16);
        is_alike && self.is_near((blob.x16, blob.y16), LOST_LENGTHS, now)
    }

    /// Whether a body that was followed as a bee may be this hornet: they met, and exchanged names.
    fn is_under_another_name(&self, body: &Body, now: Uptime) -> bool {
        let is_alike = (self.length16 * 5 / 6..=self.length16 * 6 / 5).contains(&body.length16);
        let is_known = body.flight16().is_some_and(|flight16| flight16 * 4 >= self.length16 * 3);
        is_alike && !is_known && self.is_near((body.x16, body.y16), EXCHANGED_LENGTHS, now)
    }

    fn is_near(&self, (x16, y16): (i32, i32), lengths: i64, now: Uptime) -> bool {
        let (x, y) = (i64::from(x16 - self.x16), i64::from(y16 - self.y16));
        let reach = lengths * i64::from(self.length16);
        millis(now.since(self.seen_at)) <= LOST_MS_MAX && x * x + y * y <= reach * reach
    }
}

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
    pub look_ms: i32,
    pub width_px: u16,
    pub height_px: u16,
    /// Whether the eyes have only just begun.
    pub is_start: bool,
}

/// Two cells of two pixels, in 1/16 pixel.
const RIM16: i32 = 4 * 16;

impl Moment {
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
                body.take_flight_of(hornet);
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
            let newest = self.bodies.iter().rposition(|body| match body.phase {
                Phase::Tentative { .. } => true,
                Phase::Confirmed | Phase::Coasting { .. } => false,
            });
            let Some(newest) = newest else { return };
            self.bodies.remove(newest);
        }
        let mut body = Body::new(TrackId(self.next_id), blob, origin(blob, moment), moment);
        let hornet = self.lost.iter().flatten().find(|lost| lost.is(blob, moment.now));
        if let Some(hornet) = hornet {
            body.take_flight_of(hornet);
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
