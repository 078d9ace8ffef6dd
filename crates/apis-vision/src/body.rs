//! One body that is followed: what it looked like, where it should be next, when it is given up.

use core::time::Duration;

use apis_units::Uptime;

use crate::association::Prediction;
use crate::blobs::Blob;
use crate::fixed::root;
use crate::flight::Flight;
use crate::history::{History, Sample};
use crate::lost::Lost;
use crate::motion;
use crate::seen::{Judgement, Phase, TrackId};
use crate::tracks::Moment;
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

/// Way from where it began after which a body may be in flight, 1/256 of its length.
///
/// Bees that meet have a common centre that leaps by one length and a half.
const AWAY_TRAVEL_MIN: i32 = 2 * 256;

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
    /// Since when, frame by frame, it has looked like one or been short of it by little.
    pub near_since: Option<Uptime>,
    /// Since when a verdict's body has loitered as bees do.
    pub loitered_since: Option<Uptime>,
    /// Whether it has flown since its verdict, and was not seen to hover as a hornet again.
    pub is_on_its_way: bool,
    /// Since when a verdict's body has not moved.
    pub stood_since: Option<Uptime>,
    /// Where the hornet was whose name it has, or had until just now.
    pub hornet_at: Option<Lost>,
    /// For how long of this stay it did not look like a hornet, in milliseconds.
    pub doubted_ms: u64,
    /// For how long it was counted as one that stays, in milliseconds.
    pub stayed_ms: u32,
    /// How long it was while it flew: before it came among others.
    pub flight: Flight,
    /// 1/16 pixel per second.
    velocity: (i32, i32),
    hits: u32,
    /// The box around every place it was seen at, 1/16 pixel.
    reach16: [i32; 4],
}

impl Body {
    pub fn new(id: TrackId, blob: &Blob, origin: Origin, moment: &Moment) -> Body {
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
            near_since: None,
            loitered_since: None,
            is_on_its_way: false,
            stood_since: None,
            hornet_at: None,
            doubted_ms: 0,
            stayed_ms: 0,
            flight: Flight::new(),
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

    pub fn predict(&self, now: Uptime, width_px: u16) -> Prediction {
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

    pub fn hit(&mut self, blob: &Blob, moment: &Moment) {
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
        self.measure_flight(blob.length16, now);
    }

    /// Keeps the length from time to time while it flies.
    fn measure_flight(&mut self, length16: i32, now: Uptime) {
        let is_away = self.travel() >= AWAY_TRAVEL_MIN;
        if is_away && motion::is_flight(&self.history, self.length16) {
            self.flight.keep(length16, now);
        }
    }

    /// Its place and length, as those of a hornet that may be lost.
    pub fn place(&self) -> Lost {
        let Body { seen_at, x16, y16, .. } = *self;
        Lost { seen_at, x16, y16, length16: self.flight.length16().unwrap_or(self.length16) }
    }

    /// What is remembered of it when it is forgotten, or when it has lost a hornet's name.
    pub fn take_lost(&mut self, is_forgotten: bool) -> Option<Lost> {
        match self.judgement {
            Judgement::Verdict(_) if is_forgotten => Some(self.place()),
            Judgement::Verdict(_) => None,
            Judgement::Open | Judgement::RuledOut(_) => self.hornet_at.take(),
        }
    }

    fn remember(&mut self, blob: &Blob, moment: &Moment) {
        self.history.push(Sample {
            at_ms: millis(moment.now.since(self.began_at)).min(u64::from(u32::MAX)) as u32,
            x16: blob.x16,
            y16: blob.y16,
            length16: blob.length16,
            darkness: blob.darkness,
            flicker: blob.flicker,
            texture: blob.texture,
            evenness: blob.evenness,
            stretch: blob.stretch,
            sharpness: blob.sharpness,
        });
    }

    pub fn is_tentative(&self) -> bool {
        match self.phase {
            Phase::Tentative { .. } => true,
            Phase::Confirmed | Phase::Coasting { .. } => false,
        }
    }

    /// The phase after a frame without it; `None` when it is to be forgotten.
    pub fn after_miss(&self, moment: &Moment) -> Option<Phase> {
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
