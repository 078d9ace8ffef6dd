//! A frame as the eyes take it: one 8-bit luma picture, when it was taken and where it lies in
//! the full sensor picture.

use apis_units::{Fraction, PictureBox, PicturePoint, Uptime};

/// One luma picture on loan from the body.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    luma: &'a [u8],
    width: u16,
    height: u16,
    stride: usize,
    captured_at: Uptime,
    view: PictureBox,
}

/// Why bytes were not taken as a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameError {
    /// Width or height is zero.
    Empty,
    /// A row is longer than the distance to the next one.
    StrideTooShort,
    /// Fewer bytes than `stride × (height − 1) + width`.
    TooFewBytes,
}

impl core::fmt::Display for FrameError {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str(match self {
            FrameError::Empty => "the frame has no pixels",
            FrameError::StrideTooShort => "the frame's stride is shorter than its width",
            FrameError::TooFewBytes => "the frame has fewer bytes than its size needs",
        })
    }
}

impl core::error::Error for FrameError {}

impl<'a> Frame<'a> {
    /// A frame of `width × height` pixels.
    ///
    /// Shape:  `luma` is row-major, one byte a pixel, rows `stride` bytes apart.
    /// Units:  pixels; `view` is the part of the full sensor picture that the frame shows.
    /// Errors: see [`FrameError`].
    pub fn new(
        luma: &'a [u8],
        (width, height): (u16, u16),
        stride: usize,
        captured_at: Uptime,
        view: PictureBox,
    ) -> Result<Frame<'a>, FrameError> {
        if width == 0 || height == 0 {
            return Err(FrameError::Empty);
        }
        if stride < usize::from(width) {
            return Err(FrameError::StrideTooShort);
        }
        let needed = stride
            .checked_mul(usize::from(height) - 1)
            .and_then(|bytes| bytes.checked_add(usize::from(width)))
            .ok_or(FrameError::TooFewBytes)?;
        if luma.len() < needed {
            return Err(FrameError::TooFewBytes);
        }
        Ok(Frame { luma, width, height, stride, captured_at, view })
    }

    /// Pixels in a row.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> u16 {
        self.height
    }

    /// When the light fell on the sensor, as well as the body knows it.
    pub fn captured_at(&self) -> Uptime {
        self.captured_at
    }

    /// The part of the full sensor picture that the frame shows.
    pub fn view(&self) -> PictureBox {
        self.view
    }

    /// The pixels of row `y`; empty below the last row.
    pub fn row(&self, y: usize) -> &'a [u8] {
        let first = y.saturating_mul(self.stride);
        self.luma.get(first..first.saturating_add(usize::from(self.width))).unwrap_or(&[])
    }
}

/// Carries places from a frame into the full sensor picture.
///
/// Units: places in the frame are in 1/16 pixel from its upper left corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Placing {
    pub width: u16,
    pub height: u16,
    pub view: PictureBox,
}

impl Placing {
    pub fn point(&self, x16: i32, y16: i32) -> PicturePoint {
        PicturePoint {
            x: place(x16, self.width, self.view.left_top.x, self.view.width),
            y: place(y16, self.height, self.view.left_top.y, self.view.height),
        }
    }

    /// The box from (`left16`, `top16`) to (`right16`, `bottom16`).
    pub fn bounds(&self, [left16, top16, right16, bottom16]: [i32; 4]) -> PictureBox {
        let left_top = self.point(left16, top16);
        let right_bottom = self.point(right16, bottom16);
        PictureBox {
            left_top,
            width: Fraction::from_raw(right_bottom.x.raw().saturating_sub(left_top.x.raw())),
            height: Fraction::from_raw(right_bottom.y.raw().saturating_sub(left_top.y.raw())),
        }
    }

    /// A span of `span16`, measured along the width.
    pub fn span(&self, span16: i32) -> Fraction {
        place(span16, self.width, Fraction::ZERO, self.view.width)
    }
}

fn place(at16: i32, whole_px: u16, start: Fraction, share: Fraction) -> Fraction {
    let at16 = u64::try_from(at16).unwrap_or(0);
    // `Fraction::MAX` stands for the whole picture, which is one more than it can name.
    let share = u64::from(share.raw()) + u64::from(share == Fraction::MAX);
    let within = at16 * share / (u64::from(whole_px.max(1)) * 16);
    Fraction::of(u64::from(start.raw()) + within, 65_536)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn try_frame(bytes: usize, size: (u16, u16), stride: usize) -> Result<(), FrameError> {
        let luma = std::vec![0; bytes];
        Frame::new(&luma, size, stride, Uptime::ZERO, PictureBox::FULL).map(|_| ())
    }

    #[test]
    fn a_frame_needs_its_bytes() {
        assert_eq!(try_frame(1, (1, 1), 1), Ok(()));
        assert_eq!(try_frame(64 * 9 + 50, (50, 10), 64), Ok(()));
        assert_eq!(try_frame(64 * 9 + 49, (50, 10), 64), Err(FrameError::TooFewBytes));
        assert_eq!(try_frame(1_000, (50, 10), 49), Err(FrameError::StrideTooShort));
        assert_eq!(try_frame(1_000, (0, 10), 49), Err(FrameError::Empty));
        assert_eq!(try_frame(8, (4, 4), usize::MAX), Err(FrameError::TooFewBytes));
    }

    #[test]
    fn a_crop_is_placed_in_the_full_picture() {
        let quarter = Fraction::of(1, 4);
        let view = PictureBox {
            left_top: PicturePoint { x: quarter, y: quarter },
            width: Fraction::of(1, 2),
            height: Fraction::of(1, 2),
        };
        let placing = Placing { width: 640, height: 480, view };
        assert_eq!(
            placing.point(320 * 16, 240 * 16),
            PicturePoint { x: Fraction::of(1, 2), y: Fraction::of(1, 2) }
        );
        assert_eq!(placing.span(64 * 16), Fraction::of(1, 20));
    }

    #[test]
    fn the_whole_picture_is_placed_on_itself() {
        let placing = Placing { width: 640, height: 480, view: PictureBox::FULL };
        assert_eq!(placing.point(320 * 16, 240 * 16).x, Fraction::of(1, 2));
        assert_eq!(placing.point(640 * 16, 480 * 16).y, Fraction::MAX);
        assert_eq!(placing.point(-5, 0).x, Fraction::ZERO);
    }
}
