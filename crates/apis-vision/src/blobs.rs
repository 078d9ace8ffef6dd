//! Connected patches of changed cells, in bounded memory.
//!
//! Changed cells are gathered into runs, runs into patches (8-connected). When a table is full, the patch that takes the least light away gives way and is
//! counted: never the lowest in the picture.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use crate::background::{Background, QUIET, expected, next_changed};
use crate::fixed::root;
use crate::grid::{Cells, GridSize};

/// Most blobs of one frame.
///
/// 40 bees in the picture, a few hornets and as many flecks of sun.
pub(crate) const BLOBS_MAX: usize = 96;

/// Most runs of one frame.
///
/// A bee is 3 to 8 rows high; 96 blobs of 10 rows fit, and noise enough to be told as noise.
const RUNS_MAX: usize = 1_024;

/// Fewest cells of a blob, those that are bridged included. A bee beside a hornet of 12 px still
/// covers four.
const CELLS_MIN: u32 = 3;

/// A camera's noise in one cell, in luma steps squared: less than that is no texture.
const NOISE_SQUARE: i64 = 9;

/// One patch that differs from the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Blob {
    /// Centre, 1/16 pixel of the frame.
    pub x16: i32,
    /// Centre, 1/16 pixel of the frame.
    pub y16: i32,
    /// Left, top, right, bottom, 1/16 pixel.
    pub bounds16: [i32; 4],
    /// Length of an insect that covers as much, 1/16 pixel.
    ///
    /// By area, since two bees side by side are as long as a hornet but cover half as much.
    pub length16: i32,
    /// Length along the longer axis against that, 1/256: ragged and thin patches are stretched.
    pub stretch: i32,
    /// Share of the light taken away, 1/256; negative when it is brighter than what it covers.
    pub darkness: i32,
    /// Change since the frame before against the difference from the background, 1/256.
    pub flicker: i32,
    /// How much of the background's texture shines through, 1/256: a change of light keeps it,
    /// a body hides it.
    pub texture: i32,
    /// How far all of it is darker, or all of it lighter, than what lies beneath, 1/256: a body is
    /// one or the other, a swaying leaf is lighter on one side and darker on the other.
    pub evenness: i32,
    /// How steeply light changes in it where it changes, against its contrast, over two cells, 1/256:
    /// what is out of focus rises over many.
    pub sharpness: i32,
    /// Light taken away in all, in luma steps times cells; what hornets have most of.
    pub dark_mass: i32,
}

/// A horizontal stretch of one row, from `left` to before `right`, that belongs to patch `patch`.
#[derive(Debug, Clone, Copy, Default)]
struct Run {
    patch: u16,
    y: u16,
    left: u16,
    right: u16,
}

/// The tables of one frame's runs and blobs.
#[derive(Debug, Clone)]
pub(crate) struct BlobFinder {
    runs: Vec<Run>,
    parents: Box<[u16]>,
    blobs: Vec<Blob>,
    /// Runs that found no place since construction.
    pub runs_dropped: u64,
    /// Blobs that found no place since construction.
    pub blobs_dropped: u64,
}

impl BlobFinder {
    pub fn new() -> BlobFinder {
        BlobFinder {
            runs: Vec::with_capacity(RUNS_MAX),
            parents: vec![0; RUNS_MAX].into_boxed_slice(),
            blobs: Vec::with_capacity(BLOBS_MAX),
            runs_dropped: 0,
            blobs_dropped: 0,
        }
    }

    /// The blobs of the marked background, in no order.
    #[inline(never)]
    pub fn find(
        &mut self,
        cells: &Cells,
        background: &Background,
        gain: u16,
        size: GridSize,
    ) -> &[Blob] {
        self.gather_runs(&background.mask, size);
        self.join_runs();
        for index in 0..self.runs.len() {
            let patch = find_root(&mut self.parents, index as u16);
            self.runs[index].patch = patch;
        }
        self.runs.sort_unstable_by_key(|run| (run.patch, run.y, run.left));
        self.blobs.clear();
        let mut first = 0;
        while first < self.runs.len() {
            let patch = self.runs[first].patch;
            let count = self.runs[first..].iter().take_while(|run| run.patch == patch).count();
            let mut sums = Sums::default();
            for run in &self.runs[first..first + count] {
                sums.add_run(run, cells, background, gain, size);
            }
            if sums.cells >= CELLS_MIN {
                keep_darkest(&mut self.blobs, sums.blob(size), &mut self.blobs_dropped);
            }
            first += count;
        }
        &self.blobs
    }

    /// Finds the stretches of changed cells, in reading order.
    fn gather_runs(&mut self, mask: &[u8], size: GridSize) {
        self.runs.clear();
        for y in 0..size.height {
            let row = &mask[size.row(y)];
            let mut x = 0;
            while let Some(left) = next_changed(row, x) {
                let mut right = left + 1;
                while row.get(right).is_some_and(|&cell| cell != QUIET) {
                    right += 1;
                }
                x = right;
                if self.runs.len() == RUNS_MAX {
                    self.runs_dropped += 1;
                } else {
                    let (y, left, right) = (y as u16, left as u16, right as u16);
                    self.runs.push(Run { patch: 0, y, left, right });
                }
            }
        }
    }

    /// Joins runs of neighbouring rows that touch, corners included.
    fn join_runs(&mut self) {
        for (index, parent) in self.parents.iter_mut().take(self.runs.len()).enumerate() {
            *parent = index as u16;
        }
        let (mut above, mut here) = (0, 0);
        while here < self.runs.len() {
            let run = self.runs[here];
            while self.runs[above].y + 1 < run.y
                || (self.runs[above].y + 1 == run.y && self.runs[above].right < run.left)
            {
                above += 1;
            }
            let mut touching = above;
            while self.runs[touching].y + 1 == run.y && self.runs[touching].left <= run.right {
                join(&mut self.parents, touching as u16, here as u16);
                touching += 1;
            }
            here += 1;
        }
    }
}

fn find_root(parents: &mut [u16], start: u16) -> u16 {
    let mut at = start;
    while parents[usize::from(at)] != at {
        let above = parents[usize::from(parents[usize::from(at)])];
        parents[usize::from(at)] = above;
        at = above;
    }
    at
}

fn join(parents: &mut [u16], one: u16, other: u16) {
    let (one, other) = (find_root(parents, one), find_root(parents, other));
    parents[usize::from(one.max(other))] = one.min(other);
}

/// Adds a blob; when there is no room, the one that takes the least light away gives way.
fn keep_darkest(blobs: &mut Vec<Blob>, blob: Blob, dropped: &mut u64) {
    if blobs.len() < BLOBS_MAX {
        blobs.push(blob);
        return;
    }
    *dropped += 1;
    if let Some(least) = blobs.iter_mut().min_by_key(|blob| blob.dark_mass)
        && least.dark_mass < blob.dark_mass
    {
        *least = blob;
    }
}

/// Sums over the changed cells of one patch; places in cells.
#[derive(Debug, Clone, Copy)]
struct Sums {
    cells: u32,
    x: u64,
    y: u64,
    xx: u64,
    yy: u64,
    xy: u64,
    left: u32,
    top: u32,
    right: u32,
    bottom: u32,
    difference: i64,
    size_of_difference: i64,
    dark: i64,
    light: i64,
    change: i64,
    now: i64,
    now_square: i64,
    light_square: i64,
    now_light: i64,
    slope: i64,
    slope_square: i64,
}

impl Default for Sums {
    fn default() -> Sums {
        Sums {
            cells: 0,
            x: 0,
            y: 0,
            xx: 0,
            yy: 0,
            xy: 0,
            left: u32::MAX,
            top: u32::MAX,
            right: 0,
            bottom: 0,
            difference: 0,
            size_of_difference: 0,
            dark: 0,
            light: 0,
            change: 0,
            now: 0,
            now_square: 0,
            light_square: 0,
            now_light: 0,
            slope: 0,
            slope_square: 0,
        }
    }
}

impl Sums {
    fn add_run(
        &mut self,
        run: &Run,
        cells: &Cells,
        background: &Background,
        gain: u16,
        size: GridSize,
    ) {
        let y = u32::from(run.y);
        self.left = self.left.min(u32::from(run.left));
        self.right = self.right.max(u32::from(run.right));
        self.top = self.top.min(y);
        self.bottom = self.bottom.max(y + 1);
        for x in run.left..run.right {
            let index = usize::from(run.y) * size.width + usize::from(x);
            let (now, before) = (cells.current[index], cells.previous[index]);
            let light = expected(background.learned[index], gain);
            let difference = i64::from(i16::from(now) - light);
            let (across, down) = (u64::from(x), u64::from(y));
            self.cells += 1;
            self.x += across;
            self.y += down;
            self.xx += across * across;
            self.yy += down * down;
            self.xy += across * down;
            self.difference += difference;
            self.size_of_difference += difference.abs();
            self.dark += (-difference).max(0);
            self.light += i64::from(light);
            self.change += i64::from(now.abs_diff(before));
            let (now, light) = (i64::from(now), i64::from(light));
            self.now += now;
            self.now_square += now * now;
            self.light_square += light * light;
            self.now_light += now * light;
            self.add_slope((usize::from(x), usize::from(run.y)), cells, size);
        }
    }

    /// Adds how light changes across and down a cell; at the picture's rim nobody knows.
    fn add_slope(&mut self, (column, row): (usize, usize), cells: &Cells, size: GridSize) {
        let is_inner = (1..size.width - 1).contains(&column) && (1..size.height - 1).contains(&row);
        if !is_inner {
            return;
        }
        let at = |column: usize, row: usize| i64::from(cells.current[row * size.width + column]);
        let across = at(column + 1, row) - at(column - 1, row);
        let down = at(column, row + 1) - at(column, row - 1);
        self.slope += across.abs() + down.abs();
        self.slope_square += across * across + down * down;
    }

    /// The mean slope, weighed by itself, against the mean difference.
    fn sharpness(&self) -> i32 {
        let contrast = (self.slope * self.size_of_difference).max(1);
        (self.slope_square * 256 * i64::from(self.cells) / contrast).min(4_096) as i32
    }

    fn blob(&self, size: GridSize) -> Blob {
        let px16 = 16 * size.cell_px as i32;
        let count = u64::from(self.cells.max(1));
        let to16 = |sum: u64| ((sum * px16 as u64 + count * px16 as u64 / 2) / count) as i32;
        let length_256 = self.insect_length_256();
        let edge = |cells: u32| cells as i32 * px16;
        Blob {
            x16: to16(self.x),
            y16: to16(self.y),
            bounds16: [edge(self.left), edge(self.top), edge(self.right), edge(self.bottom)],
            length16: length_256 * px16 / 256,
            stretch: self.axis_256() * 256 / length_256.max(1),
            darkness: (-self.difference * 256 / self.light.max(1)).clamp(-4_096, 256) as i32,
            flicker: (self.change * 256 / self.size_of_difference.max(1)).min(4_096) as i32,
            texture: self.texture(),
            evenness: (self.difference.abs() * 256 / self.size_of_difference.max(1)) as i32,
            sharpness: self.sharpness(),
            dark_mass: self.dark.min(i64::from(i32::MAX)) as i32,
        }
    }

    /// Square of the correlation between what is seen and what lies beneath, 1/256; 0 when they
    /// run against each other.
    fn texture(&self) -> i32 {
        let count = i64::from(self.cells.max(1));
        let spread =
            |square: i64, sum: i64| (square * count - sum * sum) / count + NOISE_SQUARE * count;
        let shared = (self.now_light * count - self.now * self.light) / count;
        let both = i128::from(spread(self.now_square, self.now))
            * i128::from(spread(self.light_square, self.light));
        let shared = i128::from(shared.max(0));
        (shared * shared * 256 / both.max(1)).min(256) as i32
    }

    /// Length of an ellipse of an insect's proportions (2.2 to 1) with the same area, in 1/256
    /// cell: 1.67 times the root of the area.
    fn insect_length_256(&self) -> i32 {
        (root(u64::from(self.cells) << 16) * 428 / 256) as i32
    }

    /// Length of the ellipse with the same second moments, in 1/256 cell.
    fn axis_256(&self) -> i32 {
        let count = i128::from(self.cells.max(1));
        let moment = |sum: u64, one: u64, other: u64| {
            // Variance in 1/65,536 square cell.
            ((i128::from(sum) * count - i128::from(one) * i128::from(other)) << 16)
                / (count * count)
        };
        // A cell is a square, not a point: a twelfth more.
        let xx = moment(self.xx, self.x, self.x) + 65_536 / 12;
        let yy = moment(self.yy, self.y, self.y) + 65_536 / 12;
        let xy = moment(self.xy, self.x, self.y);
        let half = (xx - yy) / 2;
        let spread = root((half * half + xy * xy).min(i128::from(u64::MAX)) as u64);
        let longest = (xx + yy) / 2 + i128::from(spread);
        (4 * root(longest.clamp(0, i128::from(u64::MAX)) as u64)) as i32
    }
}

#[cfg(test)]
mod tests;
