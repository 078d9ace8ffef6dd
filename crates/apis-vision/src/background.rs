//! What the scene looks like with nothing in it, cell by cell, and which cells differ from it now.
//!
//! Each cell keeps its light (an approximate median: it is stepped towards what is seen, never by
//! more than a fixed rate, after Manzanera and Richefeu 2007) and the usual size of its
//! differences. A cell has *changed* when it differs by several times what is usual for it, so
//! swaying grass and the rim of a shaken picture grow deaf by themselves. What takes light away
//! under a living track is *held*: it never sinks into the background, however long it hovers.

use alloc::boxed::Box;
use alloc::vec;

use crate::grid::{Cells, GridSize};

/// A cell that looks as it always does.
pub(crate) const QUIET: u8 = 0;

/// A cell that differs from the background.
pub(crate) const CHANGED: u8 = 1;

/// A cell under a living track: nothing is learned.
pub(crate) const HELD: u8 = 2;

/// A cell under a track that was there from the start: what is dark is not learned, so that the
/// bright place where it first was fades.
pub(crate) const HELD_DARK: u8 = 3;

/// A cell that looks as it always does between two that differ: a body as light there as what it
/// covers.
pub(crate) const BRIDGED: u8 = 4;

/// Smallest difference that counts, in luma steps.
///
/// A camera's noise after halving is 1 to 2 steps by day. Lower finds the rims of shadows, higher
/// sees brown insects over brown ground in pieces.
const DIFFERENCE_MIN: u16 = 8;

/// A difference counts when it is this many times (as a power of two) a cell's usual one.
///
/// Four mean deviations are 3.2 standard deviations of even noise: one cell in a thousand.
const USUAL_TIMES_LOG2: u32 = 2;

/// Usual difference that a cell starts with, luma in 1/256.
const USUAL_START: u16 = 3 * 256;

/// Time over which the usual difference is averaged, in milliseconds.
///
/// Long against a passing bee, short against a leaf that sways for minutes.
const USUAL_MS: u32 = 4_000;

/// How fast a quiet cell's light is followed, luma in 1/256 per millisecond: 8 steps a second.
const QUIET_RATE: u32 = 2;

/// How fast a changed cell's light is followed, luma in 1/4,096 per millisecond: 1 step a second.
const CHANGED_RATE_16: u32 = 4;

/// How fast a quiet cell's light is drawn towards the light of now, whatever the gain, luma in
/// 1/4,096 per millisecond: a quarter of a step a second.
///
/// Without it gain and background could drift against each other for ever.
const ANCHOR_RATE_16: u32 = 1;

/// How long a *brighter* cell stands still before it is taken as background, in milliseconds.
///
/// A fleck of sun, or the place that something left which was there from the start.
const BRIGHT_STILL_MS: u32 = 2_000;

/// How long a *darker* cell stands still before it is taken as background, in milliseconds.
///
/// A hovering hornet uncovers every cell within a second or two; a bee stays on the board for
/// longer, and may well be learned.
const DARK_STILL_MS: u32 = 10_000;

/// Step in which stillness is counted, so that a byte holds the longest, in milliseconds.
const STILL_TICK_MS: u32 = 50;

/// Change from one frame to the next that still is standing still, in luma steps.
const STILL_CHANGE_MAX: u8 = 6;

/// Longest time that one frame may stand for, in milliseconds; after a gap nothing leaps.
const FRAME_MS_MAX: u32 = 250;

/// How long a new background is learned fast, in milliseconds.
pub(crate) const LEARN_MS: u32 = 1_000;

/// How much faster, as a factor.
const LEARN_TIMES: u32 = 12;

/// What is learned of the scene.
#[derive(Debug, Clone)]
pub(crate) struct Background {
    /// Luma in 1/256.
    pub learned: Box<[u16]>,
    /// Usual difference, luma in 1/256.
    usual: Box<[u16]>,
    /// [`QUIET`], [`CHANGED`], [`BRIDGED`], [`HELD`] or [`HELD_DARK`].
    pub mask: Box<[u8]>,
    /// How long each changed cell has stood still, in [`STILL_TICK_MS`].
    still: Box<[u8]>,
    still_carry_ms: u32,
    learning_ms_left: u32,
}

/// Light that is expected where `learned` was learned.
#[inline(always)]
pub(crate) fn expected(learned: u16, gain: u16) -> i16 {
    ((u32::from(learned) * u32::from(gain)) >> 16).min(255) as i16
}

impl Background {
    pub fn new(cells_max: usize) -> Background {
        Background {
            learned: vec![0; cells_max].into_boxed_slice(),
            usual: vec![0; cells_max].into_boxed_slice(),
            mask: vec![0; cells_max].into_boxed_slice(),
            still: vec![0; cells_max].into_boxed_slice(),
            still_carry_ms: 0,
            learning_ms_left: 0,
        }
    }

    /// Takes what is seen now as the background to begin with.
    pub fn restart(&mut self, current: &[u8]) {
        for (learned, &now) in self.learned.iter_mut().zip(current) {
            *learned = u16::from(now) << 8;
        }
        self.usual.fill(USUAL_START);
        self.still.fill(0);
        self.mask.fill(QUIET);
        self.still_carry_ms = 0;
        self.learning_ms_left = LEARN_MS;
    }

    /// Whether the background is still new.
    pub fn is_learning(&self) -> bool {
        self.learning_ms_left > 0
    }

    /// Scales all that is learned to a new light, so that the gain may start from the same again.
    pub fn rebase(&mut self, gain: u16, size: GridSize) {
        let scaled = |light: u16| {
            ((u32::from(light) * u32::from(gain)) >> 8).min(u32::from(u16::MAX)) as u16
        };
        for light in &mut self.learned[..size.cells()] {
            *light = scaled(*light);
        }
    }

    /// Marks the cells that differ and counts them. `shift16` is the picture's shift in 1/16 cell.
    #[inline(never)]
    pub fn mark(&mut self, current: &[u8], gain: u16, shift16: (i16, i16), size: GridSize) -> u32 {
        let mut changed = 0;
        for y in 0..size.height {
            let row = size.row(y);
            let mask = &mut self.mask[row.clone()];
            let now = &current[row.clone()];
            let usual = &self.usual[row.clone()];
            let inner = y > 0 && y + 1 < size.height;
            changed += if shift16 == (0, 0) || !inner {
                mark_row(now, &self.learned[row], usual, gain, mask)
            } else {
                let rows = SlopeRows {
                    above: &self.learned[size.row(y - 1)],
                    here: &self.learned[row],
                    below: &self.learned[size.row(y + 1)],
                };
                mark_shifted_row(now, rows, usual, gain, shift16, mask)
            };
        }
        changed
    }

    /// Marks the cells between two changed ones, beside each other or one above the other, so that a
    /// body is seen whole.
    #[inline(never)]
    pub fn bridge(&mut self, size: GridSize) {
        for y in 0..size.height {
            let row = &mut self.mask[size.row(y)];
            let mut x = 0;
            while let Some(at) = next_changed(row, x) {
                x = at + 1;
                if let [CHANGED, between @ QUIET, CHANGED, ..] = &mut row[at..] {
                    *between = BRIDGED;
                }
            }
        }
        for y in 2..size.height {
            let (above, rest) = self.mask[(y - 2) * size.width..].split_at_mut(size.width);
            let (between, below) = rest.split_at_mut(size.width);
            let mut x = 0;
            while let Some(at) = next_changed(above, x) {
                x = at + 1;
                if above[at] == CHANGED && between[at] == QUIET && below[at] == CHANGED {
                    between[at] = BRIDGED;
                }
            }
        }
    }

    /// Keeps a box of cells out of the background in the next [`learn`]; `mark` is [`HELD`] or
    /// [`HELD_DARK`].
    ///
    /// [`learn`]: Background::learn
    #[inline(never)]
    pub fn hold(&mut self, [left, top, right, bottom]: [usize; 4], mark: u8, size: GridSize) {
        let (right, bottom) = (right.min(size.width), bottom.min(size.height));
        for y in top..bottom {
            let row = &mut self.mask[size.row(y)];
            if let Some(cells) = row.get_mut(left..right) {
                cells.fill(mark);
            }
        }
    }

    /// Follows what was seen, `elapsed_ms` after the frame before.
    #[inline(never)]
    pub fn learn(&mut self, cells: &Cells, gain: u16, elapsed_ms: u32, size: GridSize) {
        let elapsed_ms = elapsed_ms.min(FRAME_MS_MAX);
        let ticks = {
            let due = self.still_carry_ms + elapsed_ms;
            self.still_carry_ms = due % STILL_TICK_MS;
            (due / STILL_TICK_MS) as u8
        };
        let hurry = if self.is_learning() { LEARN_TIMES } else { 1 };
        let rates = Rates {
            quiet: (elapsed_ms * QUIET_RATE * hurry) as i32,
            changed: (elapsed_ms * CHANGED_RATE_16 / 16).max(1) as i32,
            anchor: (elapsed_ms * ANCHOR_RATE_16 / 16).max(1) as i32,
            usual: (elapsed_ms * 65_536 / USUAL_MS) as i32,
        };
        self.learning_ms_left = self.learning_ms_left.saturating_sub(elapsed_ms);
        for y in 0..size.height {
            let row = size.row(y);
            let now = &cells.current[row.clone()];
            let mask = &self.mask[row.clone()];
            let still = &mut self.still[row.clone()];
            count_still(now, &cells.previous[row.clone()], mask, ticks, still);
            let learned = &mut self.learned[row.clone()];
            learn_row(now, mask, still, gain, &rates, learned, &mut self.usual[row]);
        }
    }
}

/// The next cell of a row that is not quiet, skipping quiet ones eight at a time.
pub(crate) fn next_changed(row: &[u8], from: usize) -> Option<usize> {
    let mut x = from;
    while let Some(eight) = row.get(x..x + 8) {
        if eight.iter().fold(0, |any, &cell| any | cell) != QUIET {
            break;
        }
        x += 8;
    }
    row.get(x..)?.iter().position(|&cell| cell != QUIET).map(|ahead| x + ahead)
}

#[inline(always)]
fn tolerance(usual: u16) -> u16 {
    (usual >> (8 - USUAL_TIMES_LOG2)).max(DIFFERENCE_MIN)
}

fn mark_row(now: &[u8], learned: &[u16], usual: &[u16], gain: u16, mask: &mut [u8]) -> u32 {
    let mut changed = 0;
    for (((cell, &now), &learned), &usual) in mask.iter_mut().zip(now).zip(learned).zip(usual) {
        let light = ((u32::from(learned) * u32::from(gain)) >> 16) as u16;
        let is_changed = u16::from(now).abs_diff(light) > tolerance(usual);
        *cell = if is_changed { CHANGED } else { QUIET };
        changed += u32::from(is_changed);
    }
    changed
}

/// The learned light of a row and of its neighbours, to take slopes from.
struct SlopeRows<'a> {
    above: &'a [u16],
    here: &'a [u16],
    below: &'a [u16],
}

fn mark_shifted_row(
    now: &[u8],
    rows: SlopeRows<'_>,
    usual: &[u16],
    gain: u16,
    (right16, down16): (i16, i16),
    mask: &mut [u8],
) -> u32 {
    let width = now.len();
    let (first, last) = (1, width - 1);
    let lit = |light: u16| ((u32::from(light) * u32::from(gain)) >> 16) as i16;
    mask[0] = QUIET;
    mask[last] = QUIET;
    let slopes_x = rows.here[..width - 2].iter().zip(&rows.here[2..]);
    let slopes_y = rows.above[first..last].iter().zip(&rows.below[first..last]);
    let cells = mask[first..last].iter_mut().zip(&now[first..last]);
    let known = rows.here[first..last].iter().zip(&usual[first..last]);
    let mut changed = 0;
    for ((((cell, &now), (&learned, &usual)), (&left, &right)), (&above, &below)) in
        cells.zip(known).zip(slopes_x).zip(slopes_y)
    {
        // A slope spans two cells and a shift is in sixteenths: together 1/32.
        let moved = (lit(right) - lit(left)) * right16 + (lit(below) - lit(above)) * down16;
        let light = lit(learned) - moved / 32;
        let is_changed = (i16::from(now) - light).unsigned_abs() > tolerance(usual);
        *cell = if is_changed { CHANGED } else { QUIET };
        changed += u32::from(is_changed);
    }
    changed
}

fn count_still(now: &[u8], before: &[u8], mask: &[u8], ticks: u8, still: &mut [u8]) {
    for (((still, &now), &before), &mask) in still.iter_mut().zip(now).zip(before).zip(mask) {
        let stands = mask != QUIET && now.abs_diff(before) <= STILL_CHANGE_MAX;
        *still = if stands { still.saturating_add(ticks) } else { 0 };
    }
}

/// How far one frame may carry a cell, luma in 1/256; `usual` is a share in 1/65,536.
struct Rates {
    quiet: i32,
    changed: i32,
    anchor: i32,
    usual: i32,
}

fn learn_row(
    now: &[u8],
    mask: &[u8],
    still: &[u8],
    gain: u16,
    rates: &Rates,
    learned: &mut [u16],
    usual: &mut [u16],
) {
    const BRIGHT_TICKS: u8 = (BRIGHT_STILL_MS / STILL_TICK_MS) as u8;
    const DARK_TICKS: u8 = (DARK_STILL_MS / STILL_TICK_MS) as u8;
    let seen = now.iter().zip(mask).zip(still);
    for ((learned, usual), ((&now, &mask), &still)) in
        learned.iter_mut().zip(usual.iter_mut()).zip(seen)
    {
        let light = ((u32::from(*learned) * u32::from(gain)) >> 8) as i32;
        let difference = (i32::from(now) << 8) - light;
        let is_held = mask == HELD || (mask == HELD_DARK && difference <= 0);
        let stood = still >= if difference > 0 { BRIGHT_TICKS } else { DARK_TICKS };
        let moving = if stood { i32::from(u16::MAX) } else { rates.changed };
        let rate = if mask == QUIET { rates.quiet } else { moving };
        let rate = if is_held { 0 } else { rate };
        let anchor = if mask == QUIET { rates.anchor } else { 0 };
        let away = (i32::from(now) << 8) - i32::from(*learned);
        let followed = difference.clamp(-rate, rate) + away.clamp(-anchor, anchor);
        let light = i32::from(*learned) + followed;
        *learned = light.clamp(0, i32::from(u16::MAX)) as u16;
        let excess = difference.abs().min(i32::from(u16::MAX)) - i32::from(*usual);
        let step = if is_held { 0 } else { (excess / 4 * rates.usual) >> 14 };
        *usual = (i32::from(*usual) + step).clamp(0, i32::from(u16::MAX)) as u16;
    }
}
