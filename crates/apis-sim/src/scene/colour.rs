//! Colours as luma and chroma, full range: what the planes of a picture hold.

/// One colour: luma 0 to 255, both chromas about 128.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Colour {
    /// Luma.
    pub y: f32,
    /// Blue difference.
    pub u: f32,
    /// Red difference.
    pub v: f32,
}

impl Colour {
    /// The colour `0xRRGGBB`.
    ///
    /// Source: ITU-T T.871 (JFIF), the full-range conversion.
    pub const fn rgb(code: u32) -> Colour {
        let red = ((code >> 16) & 255) as f32;
        let green = ((code >> 8) & 255) as f32;
        let blue = (code & 255) as f32;
        Colour {
            y: 0.299 * red + 0.587 * green + 0.114 * blue,
            u: 128.0 - 0.168_736 * red - 0.331_264 * green + 0.5 * blue,
            v: 128.0 + 0.5 * red - 0.418_688 * green - 0.081_312 * blue,
        }
    }

    /// `share` of `other`, the rest of this.
    pub fn mixed(self, other: Colour, share: f32) -> Colour {
        Colour {
            y: self.y + (other.y - self.y) * share,
            u: self.u + (other.u - self.u) * share,
            v: self.v + (other.v - self.v) * share,
        }
    }

    /// The same hue, `factor` times as light.
    pub fn lit(self, factor: f32) -> Colour {
        Colour {
            y: self.y * factor,
            u: 128.0 + (self.u - 128.0) * factor,
            v: 128.0 + (self.v - 128.0) * factor,
        }
    }
}
