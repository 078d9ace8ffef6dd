//! Places in the full sensor picture, whatever crop or scale a frame was taken with.
//!
//! All positions that leave the eyes and all shapes in settings are of this kind, so that a
//! change of resolution moves nothing (docs/ref/protocol.md, positions).

/// A share of the full picture's width or height, in 1/65,536.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Fraction(u16);

impl Fraction {
    /// The left or upper edge.
    pub const ZERO: Fraction = Fraction(0);

    /// The last place that can be named, 1/65,536 short of the right or lower edge.
    pub const MAX: Fraction = Fraction(u16::MAX);

    /// A share of `raw` / 65,536.
    pub const fn from_raw(raw: u16) -> Fraction {
        Fraction(raw)
    }

    /// `part` of `whole`, held within the picture; zero when `whole` is.
    pub const fn of(part: u64, whole: u64) -> Fraction {
        if whole == 0 {
            return Fraction::ZERO;
        }
        let raw = part.saturating_mul(65_536) / whole;
        if raw > u16::MAX as u64 { Fraction::MAX } else { Fraction(raw as u16) }
    }

    /// The share in 1/65,536.
    pub const fn raw(self) -> u16 {
        self.0
    }
}

/// A point of the full sensor picture; `x` from the left, `y` from the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PicturePoint {
    /// Share of the width, from the left.
    pub x: Fraction,
    /// Share of the height, from the top.
    pub y: Fraction,
}

/// An upright box in the full sensor picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PictureBox {
    /// The upper left corner.
    pub left_top: PicturePoint,
    /// Share of the full width the box covers.
    pub width: Fraction,
    /// Share of the full height the box covers.
    pub height: Fraction,
}

impl PictureBox {
    /// The whole sensor picture: what an uncropped frame covers.
    pub const FULL: PictureBox = PictureBox {
        left_top: PicturePoint { x: Fraction::ZERO, y: Fraction::ZERO },
        width: Fraction::MAX,
        height: Fraction::MAX,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_stays_within_the_picture() {
        assert_eq!(Fraction::of(1, 2).raw(), 32_768);
        assert_eq!(Fraction::of(640, 640), Fraction::MAX);
        assert_eq!(Fraction::of(9, 0), Fraction::ZERO);
    }
}
