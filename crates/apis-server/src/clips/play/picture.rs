//! A clip's pictures: decoded to luma and chroma, made smaller, laid side by side.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// A picture in luma and chroma, the bytes of a pixel side by side: JPEG's own colours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels.
    pub width: usize,
    /// Pixels.
    pub height: usize,
    /// `Y`, `Cb`, `Cr` of each pixel, row by row.
    pub pixels: Vec<u8>,
}

/// The largest picture that a unit sends; decoded, a larger one would fill the memory.
pub const SIDE_PX_MAX: usize = 2_048;

/// Why there is no picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPicture {
    /// It is no JPEG that can be decoded.
    Broken,
    /// It is larger than any unit's.
    TooLarge,
}

/// Chroma of no colour.
const GREY: u8 = 128;

impl Picture {
    /// A picture of one colour.
    pub fn black(width: usize, height: usize) -> Picture {
        Picture { width, height, pixels: [0, GREY, GREY].repeat(width * height) }
    }

    /// Decodes a JPEG.
    ///
    /// Errors: `TooLarge` before a pixel of it is decoded, `Broken` when it is none.
    pub fn decode(jpeg: &[u8]) -> Result<Picture, NoPicture> {
        let mut decoder = JpegDecoder::new(ZCursor::new(jpeg));
        decoder.decode_headers().map_err(|_| NoPicture::Broken)?;
        let (width, height) = decoder.dimensions().ok_or(NoPicture::Broken)?;
        if SIDE_PX_MAX < width.max(height) {
            return Err(NoPicture::TooLarge);
        }
        let is_grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
        let out = if is_grey { ColorSpace::Luma } else { ColorSpace::YCbCr };
        decoder.set_options(DecoderOptions::default().jpeg_set_out_colorspace(out));
        let decoded = decoder.decode().map_err(|_| NoPicture::Broken)?;
        let pixels = if is_grey {
            decoded.iter().flat_map(|&luma| [luma, GREY, GREY]).collect()
        } else {
            decoded
        };
        let is_whole = pixels.len() == 3 * width * height;
        is_whole.then_some(Picture { width, height, pixels }).ok_or(NoPicture::Broken)
    }

    /// The planes of 4:2:0: luma, and a quarter of each chroma. Width and height are even.
    pub fn planes(&self) -> Planes {
        let (width, height) = (self.width & !1, self.height & !1);
        let mut planes = Planes {
            width,
            height,
            y: Vec::with_capacity(width * height),
            cb: Vec::with_capacity(width * height / 4),
            cr: Vec::with_capacity(width * height / 4),
        };
        let row = |y: usize| &self.pixels[3 * y * self.width..][..3 * width];
        for y in 0..height {
            planes.y.extend(row(y).iter().step_by(3));
        }
        for y in (0..height).step_by(2) {
            let (upper, lower) = (row(y).chunks_exact(6), row(y + 1).chunks_exact(6));
            for (a, b) in upper.zip(lower) {
                let mean = |at: usize| {
                    let sum =
                        [a[at], a[at + 3], b[at], b[at + 3]].map(u16::from).iter().sum::<u16>();
                    ((sum + 2) / 4) as u8
                };
                planes.cb.push(mean(1));
                planes.cr.push(mean(2));
            }
        }
        planes
    }

    /// The picture in another size, each pixel the mean of those it covers; never larger.
    pub fn shrunk(&self, width: usize) -> Picture {
        let width = width.clamp(1, self.width);
        let height = (self.height * width / self.width).max(1);
        let mut pixels = Vec::with_capacity(3 * width * height);
        for y in 0..height {
            let rows = y * self.height / height..((y + 1) * self.height / height).max(1);
            for x in 0..width {
                let columns = x * self.width / width..((x + 1) * self.width / width).max(1);
                let count = (rows.len() * columns.len()).max(1) as u32;
                let mut sums = [count / 2; 3];
                for row in rows.clone() {
                    let from = 3 * (row * self.width + columns.start);
                    let covered = &self.pixels[from..from + 3 * columns.len()];
                    for pixel in covered.chunks_exact(3) {
                        for (sum, part) in sums.iter_mut().zip(pixel) {
                            *sum += u32::from(*part);
                        }
                    }
                }
                pixels.extend(sums.map(|sum| (sum / count) as u8));
            }
        }
        Picture { width, height, pixels }
    }

    /// Lays `tile` over this picture; what would lie beyond its edges is left out.
    pub fn lay(&mut self, tile: &Picture, (left, top): (usize, usize)) {
        let width = tile.width.min(self.width.saturating_sub(left));
        for y in 0..tile.height.min(self.height.saturating_sub(top)) {
            let to = 3 * ((top + y) * self.width + left);
            let from = 3 * y * tile.width;
            self.pixels[to..to + 3 * width].copy_from_slice(&tile.pixels[from..from + 3 * width]);
        }
    }

    /// Encodes it as JPEG; `None` when it is larger than a JPEG may be.
    pub fn encode(&self, quality: u8) -> Option<Vec<u8>> {
        let (width, height) = (u16::try_from(self.width).ok()?, u16::try_from(self.height).ok()?);
        let mut jpeg = Vec::new();
        let mut encoder = Encoder::new(&mut jpeg, quality);
        encoder.set_sampling_factor(SamplingFactor::F_2_2);
        encoder.encode(&self.pixels, width, height, ColorType::Ycbcr).ok()?;
        Some(jpeg)
    }
}

/// A picture as a video encoder takes it.
#[derive(Debug)]
pub struct Planes {
    pub width: usize,
    pub height: usize,
    pub y: Vec<u8>,
    pub cb: Vec<u8>,
    pub cr: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Left half dark and blue, right half bright and grey.
    fn halves(width: usize, height: usize) -> Picture {
        let pixel =
            |at: usize| if at % width < width / 2 { [40, 200, 90] } else { [220, 128, 128] };
        Picture { width, height, pixels: (0..width * height).flat_map(pixel).collect() }
    }

    fn is_near(a: &Picture, b: &Picture, within: u8) -> bool {
        let pairs = a.pixels.iter().zip(&b.pixels);
        (a.width, a.height) == (b.width, b.height)
            && pairs.into_iter().all(|(a, b)| a.abs_diff(*b) <= within)
    }

    #[test]
    fn a_picture_is_what_was_encoded() {
        let picture = halves(64, 48);
        let again = Picture::decode(&picture.encode(95).unwrap()).unwrap();
        // Where the halves meet, chroma of a quarter of the pixels shades over.
        assert!(is_near(&again.shrunk(4), &picture.shrunk(4), 12));
        assert_eq!(Picture::decode(b"no picture"), Err(NoPicture::Broken));
        let large = Picture::black(SIDE_PX_MAX + 1, 8).encode(50).unwrap();
        assert_eq!(Picture::decode(&large), Err(NoPicture::TooLarge));
    }

    #[test]
    fn a_smaller_picture_shows_the_same() {
        assert!(is_near(&halves(64, 48).shrunk(16), &halves(16, 12), 0));
        // Of an odd size, and never larger than it was.
        assert_eq!(halves(33, 17).shrunk(10).pixels.len(), 3 * 10 * 5);
        assert_eq!(halves(8, 8).shrunk(100).width, 8);
    }

    #[test]
    fn planes_are_even_and_hold_each_colour() {
        let planes = halves(9, 7).planes();
        assert_eq!((planes.width, planes.height), (8, 6));
        assert_eq!((planes.y.len(), planes.cb.len(), planes.cr.len()), (48, 12, 12));
        assert_eq!((planes.y[0], planes.cb[0], planes.cr[0]), (40, 200, 90));
        assert_eq!((planes.y[7], planes.cb[3], planes.cr[3]), (220, 128, 128));
    }

    #[test]
    fn tiles_lie_side_by_side_and_not_beyond() {
        let mut sheet = Picture::black(20, 8);
        sheet.lay(&halves(8, 8), (8, 0));
        sheet.lay(&halves(8, 8), (16, 4));
        let luma = |x: usize, y: usize| sheet.pixels[3 * (y * 20 + x)];
        assert_eq!(
            [luma(0, 0), luma(8, 0), luma(15, 7), luma(16, 3), luma(19, 7)],
            [0, 40, 220, 0, 40]
        );
    }
}
