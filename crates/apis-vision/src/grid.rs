//! The cells that all later stages look at: a small frame's pixels, or a large one's in squares
//! of two by two.
//!
//! Squares halve the noise, quarter the work and leave a hornet of 12 px six cells to be seen in.

use alloc::boxed::Box;
use alloc::vec;

use crate::frame::Frame;

/// Widest frame whose pixels are looked at one by one, in pixels.
const WIDTH_PX_SINGLE_MAX: u16 = 400;

/// Cells across, cells down, and pixels along a cell's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GridSize {
    pub width: usize,
    pub height: usize,
    pub cell_px: usize,
}

impl GridSize {
    pub fn of(width_px: u16, height_px: u16) -> GridSize {
        let cell_px = if width_px <= WIDTH_PX_SINGLE_MAX { 1 } else { 2 };
        GridSize {
            width: usize::from(width_px) / cell_px,
            height: usize::from(height_px) / cell_px,
            cell_px,
        }
    }

    /// Most cells that any frame up to this size has.
    pub fn cells_max(width_px_max: u16, height_px_max: u16) -> usize {
        let single = usize::from(width_px_max.min(WIDTH_PX_SINGLE_MAX));
        let double = usize::from(width_px_max) / 2;
        let halved = usize::from(height_px_max) / 2;
        (single * usize::from(height_px_max)).max(double * halved)
    }

    pub fn cells(self) -> usize {
        self.width * self.height
    }

    /// The span of cells that row `y` covers.
    pub fn row(self, y: usize) -> core::ops::Range<usize> {
        y * self.width..(y + 1) * self.width
    }
}

/// A frame's cells and those of the frame before.
#[derive(Debug, Clone)]
pub(crate) struct Cells {
    pub current: Box<[u8]>,
    pub previous: Box<[u8]>,
}

impl Cells {
    pub fn new(cells_max: usize) -> Cells {
        Cells {
            current: vec![0; cells_max].into_boxed_slice(),
            previous: vec![0; cells_max].into_boxed_slice(),
        }
    }

    /// Takes a new frame; the one before becomes `previous`.
    #[inline(never)]
    pub fn take(&mut self, frame: &Frame<'_>, size: GridSize) {
        core::mem::swap(&mut self.current, &mut self.previous);
        for (y, cells) in self.current.chunks_exact_mut(size.width).take(size.height).enumerate() {
            if size.cell_px == 1 {
                cells.copy_from_slice(frame.row(y));
            } else {
                halve(frame.row(2 * y), frame.row(2 * y + 1), cells);
            }
        }
    }

    /// Says that nothing came before: the frame counts as its own predecessor.
    pub fn forget_previous(&mut self) {
        self.previous.copy_from_slice(&self.current);
    }
}

/// The rounded mean of each square of two by two pixels.
fn halve(upper: &[u8], lower: &[u8], cells: &mut [u8]) {
    let pairs = upper.chunks_exact(2).zip(lower.chunks_exact(2));
    for (cell, (above, below)) in cells.iter_mut().zip(pairs) {
        let sum =
            u16::from(above[0]) + u16::from(above[1]) + u16::from(below[0]) + u16::from(below[1]);
        *cell = ((sum + 2) >> 2) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use apis_units::{PictureBox, Uptime};

    #[test]
    fn a_large_frame_is_looked_at_in_squares() {
        let size = GridSize::of(641, 363);
        assert_eq!((size.width, size.height, size.cell_px), (320, 181, 2));
        let luma: std::vec::Vec<u8> = (0..641 * 363).map(|at| (at % 641 % 200) as u8).collect();
        let frame = Frame::new(&luma, (641, 363), 641, Uptime::ZERO, PictureBox::FULL).unwrap();
        let mut cells = Cells::new(size.cells());
        cells.take(&frame, size);
        assert_eq!(&cells.current[..3], &[1, 3, 5]);
        assert_eq!(cells.current[size.row(180)][2], 5);
    }

    #[test]
    fn the_room_taken_fits_every_smaller_frame() {
        for width in (32..=640).step_by(8) {
            for height in (32..=480).step_by(8) {
                assert!(GridSize::of(width, height).cells() <= GridSize::cells_max(640, 480));
            }
        }
    }
}
