//! The stages in their order, and when they start anew.

use core::time::Duration;

use apis_units::{Fraction, Uptime};

use crate::background::{Background, HELD, HELD_DARK};
use crate::bees::BeeLengths;
use crate::blobs::BlobFinder;
use crate::body::{Body, millis};
use crate::frame::{Frame, Placing};
use crate::gain::{GAIN_SAME, GainMeter};
use crate::grid::{Cells, GridSize};
use crate::judge::judge;
use crate::places::Places;
use crate::seen::{Judgement, Phase, Quality, Seen, Track};
use crate::shift;
use crate::tracks::{Moment, Tracks};
use crate::verdict::Origin;

/// Smallest width and height that are looked at, in pixels.
///
/// The shortest hornet is 12 px long; a picture of fewer than three of them shows no hover.
const SIDE_PX_MIN: u16 = 32;

/// Share of changed cells from which on it is more than insects: a quarter, in 1/256.
const LARGE_MOTION_SHARE: usize = 64;

/// Time of large motion after which the camera is taken to have been moved, in milliseconds.
const MOVED_MS: u32 = 3_000;

/// Light between which the background is compared without being scaled, in 1/256.
const GAIN_KEPT: core::ops::RangeInclusive<u16> = 180..=364;

/// Shift that is too small to mend, in 1/16 cell.
const SHIFT16_IGNORED: i16 = 1;

/// Mean light between which an insect can be seen, in luma steps.
const LUMA_SEEING: core::ops::RangeInclusive<u32> = 6..=249;

/// Longest gap between two frames across which anything is followed, in milliseconds.
const GAP_MS_MAX: u64 = 10_000;

/// What memory the eyes take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// Widest frame that will come, in pixels.
    pub width_px_max: u16,
    /// Highest frame that will come, in pixels.
    pub height_px_max: u16,
    /// Micrometres of a pixel of the frames at the hive, where that was measured; without it the
    /// scale is learned from this hive's bees alone.
    pub um_per_px: Option<u16>,
}

impl Default for Config {
    /// VGA.
    fn default() -> Config {
        Config { width_px_max: 640, height_px_max: 480, um_per_px: None }
    }
}

/// The eyes' picture of the world, frame by frame.
#[derive(Debug, Clone)]
pub struct Vision {
    config: Config,
    placing: Option<Placing>,
    size: GridSize,
    cells: Cells,
    background: Background,
    gain_meter: GainMeter,
    blob_finder: BlobFinder,
    tracks: Tracks,
    bees: BeeLengths,
    places: Places,
    large_motion_ms: u32,
    seen: Seen,
}

impl Vision {
    /// Takes all memory that will ever be needed.
    pub fn new(config: Config) -> Vision {
        let cells_max = GridSize::cells_max(config.width_px_max, config.height_px_max);
        Vision {
            config,
            placing: None,
            size: GridSize::of(0, 0),
            cells: Cells::new(cells_max),
            background: Background::new(cells_max),
            gain_meter: GainMeter::new(),
            blob_finder: BlobFinder::new(),
            tracks: Tracks::new(),
            bees: BeeLengths::at_scale(config.um_per_px),
            places: Places::new(),
            large_motion_ms: 0,
            seen: Seen::nothing(),
        }
    }

    /// Looks at one frame.
    ///
    /// A frame of another size or view than the one before starts everything anew. One that was not
    /// captured later, or long after, starts the picture and its tracks anew: what was learned of
    /// this hive's bees and of where they sit stays. A frame of a size that the eyes were not
    /// made for is counted and not looked at.
    pub fn step(&mut self, frame: &Frame<'_>) -> &Seen {
        let placing = Placing { width: frame.width(), height: frame.height(), view: frame.view() };
        let now = frame.captured_at();
        if !self.has_room_for(&placing) {
            self.seen.counters.frames_refused += 1;
            self.restart(None, now);
            self.seen.facts.quality = Quality::WrongSize;
            return &self.seen;
        }
        let elapsed = now.since(self.seen.captured_at);
        let is_next = now > self.seen.captured_at && millis(elapsed) <= GAP_MS_MAX;
        let is_same = self.placing == Some(placing);
        if !is_same || !is_next {
            self.restart(Some(placing), now);
        }
        self.seen.counters.frames += 1;
        self.seen.captured_at = now;
        self.cells.take(frame, self.size);
        if is_same && is_next {
            self.look(elapsed, &placing);
        } else {
            self.cells.forget_previous();
            self.background.restart(&self.cells.current);
        }
        &self.seen
    }

    fn has_room_for(&self, placing: &Placing) -> bool {
        (SIDE_PX_MIN..=self.config.width_px_max).contains(&placing.width)
            && (SIDE_PX_MIN..=self.config.height_px_max).contains(&placing.height)
    }

    fn restart(&mut self, placing: Option<Placing>, captured_at: Uptime) {
        self.seen.counters.restarts += u64::from(self.placing.is_some());
        if self.placing != placing {
            self.bees = BeeLengths::at_scale(self.config.um_per_px);
            self.places.clear();
        }
        self.placing = placing;
        self.size = placing.map_or(GridSize::of(0, 0), |is| GridSize::of(is.width, is.height));
        self.large_motion_ms = 0;
        self.tracks.clear();
        self.seen.forget(captured_at);
    }

    /// All stages on one frame that follows another.
    fn look(&mut self, elapsed: Duration, placing: &Placing) {
        let elapsed_ms = millis(elapsed).min(GAP_MS_MAX) as u32;
        let gain = self.measure_light();
        let changed = self.measure_change(gain);
        self.judge_picture(changed, elapsed_ms);
        if self.large_motion_ms >= MOVED_MS {
            self.restart(Some(*placing), self.seen.captured_at);
            // The hive stands elsewhere in the picture now; a mere gap in the frames moves nothing.
            self.places.clear();
            self.background.restart(&self.cells.current);
            return;
        }
        let moment = Moment {
            now: self.seen.captured_at,
            elapsed_ms,
            width_px: placing.width,
            height_px: placing.height,
            is_start: self.background.is_learning(),
        };
        let blobs = self.blob_finder.find(&self.cells, &self.background, gain, self.size);
        self.tracks.step(blobs, &moment);
        self.places.watch(elapsed_ms);
        self.seen.near_miss = None;
        for body in &mut self.tracks.bodies {
            let near = judge(body, &mut self.bees, &mut self.places, &moment);
            self.seen.near_miss = self.seen.near_miss.or(near);
        }
        for body in &self.tracks.bodies {
            if is_held(body) {
                let mark = match body.origin {
                    Origin::BeforeTheStart => HELD_DARK,
                    Origin::AtTheRim | Origin::Within => HELD,
                };
                self.background.hold(held_cells(body, self.size), mark, self.size);
            }
        }
        self.background.learn(&self.cells, gain, elapsed_ms, self.size);
        self.report(placing);
    }

    /// The gain of this frame, 1/256; a background learned in quite another light is scaled.
    fn measure_light(&mut self) -> u16 {
        let (current, learned) = (&self.cells.current, &self.background.learned);
        let gain = self.gain_meter.measure(current, learned, self.size);
        self.seen.facts.gain = gain;
        if GAIN_KEPT.contains(&gain) {
            return gain;
        }
        self.background.rebase(gain, self.size);
        GAIN_SAME
    }

    /// Marks what differs and says how many cells do.
    fn measure_change(&mut self, gain: u16) -> usize {
        let current = &self.cells.current;
        let shift16 = shift::measure(current, &self.background.learned, gain, self.size);
        let is_still = shift16.0.abs() <= SHIFT16_IGNORED && shift16.1.abs() <= SHIFT16_IGNORED;
        let shift16 = if is_still { (0, 0) } else { shift16 };
        let cell_px = self.size.cell_px as i16;
        self.seen.facts.shift16 = (shift16.0 * cell_px, shift16.1 * cell_px);
        let changed = self.background.mark(current, gain, shift16, self.size) as usize;
        self.background.bridge(self.size);
        changed
    }

    fn judge_picture(&mut self, changed: usize, elapsed_ms: u32) {
        let facts = &mut self.seen.facts;
        facts.changed = Fraction::of(changed as u64, self.size.cells() as u64);
        facts.has_large_motion = changed * 256 > self.size.cells() * LARGE_MOTION_SHARE;
        self.large_motion_ms =
            if facts.has_large_motion { self.large_motion_ms + elapsed_ms } else { 0 };
        let sampled = self.cells.current[..self.size.cells()].iter().step_by(61);
        let (sum, count) =
            sampled.fold((0_u32, 0_u32), |(sum, count), &cell| (sum + u32::from(cell), count + 1));
        facts.quality = if !LUMA_SEEING.contains(&(sum / count.max(1))) {
            Quality::Blind
        } else if self.background.is_learning() {
            Quality::Learning
        } else {
            Quality::Good
        };
    }

    fn report(&mut self, placing: &Placing) {
        self.seen.tracks.fill(None);
        for (slot, body) in self.seen.tracks.iter_mut().zip(&self.tracks.bodies) {
            *slot = Some(Track {
                id: body.id,
                point: placing.point(body.x16, body.y16),
                bounds: placing.bounds(body.bounds16),
                length: placing.span(body.length16),
                phase: body.phase,
                judgement: body.judgement,
                is_on_its_way: body.is_on_its_way,
            });
        }
        self.seen.counters.runs_dropped = self.blob_finder.runs_dropped;
        self.seen.counters.blobs_dropped = self.blob_finder.blobs_dropped;
        self.seen.counters.tracks_dropped = self.tracks.dropped;
    }
}

/// Whether what a body covers is kept out of the background.
fn is_held(body: &Body) -> bool {
    let is_known = match body.phase {
        Phase::Tentative { .. } => false,
        Phase::Confirmed | Phase::Coasting { .. } => true,
    };
    is_known
        && match body.judgement {
            Judgement::Verdict(_) => true,
            Judgement::Open => body.may_be_hornet,
            Judgement::RuledOut(_) => false,
        }
}

/// The cells of a body and of a rim around it.
fn held_cells(body: &Body, size: GridSize) -> [usize; 4] {
    let cell16 = 16 * size.cell_px as i32;
    let [left, top, right, bottom] = body.bounds16;
    let cell = |at16: i32| (at16 / cell16).max(0) as usize;
    [cell(left - cell16), cell(top - cell16), cell(right + cell16) + 1, cell(bottom + cell16) + 1]
}

#[cfg(test)]
mod tests;
