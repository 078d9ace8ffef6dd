//! One frame of a source: its pixels and its capture time.

use std::io;

use apis_units::Uptime;
use jpeg_encoder::{Encoder, ImageBuffer, JpegColorType, SamplingFactor};

/// Width and height of a picture, in pixels. Both are even, as 4:2:0 needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Pixels across.
    pub width: u16,
    /// Pixels down.
    pub height: u16,
}

/// The largest picture a source may give: VGA, what the eyes are built for.
pub const SIZE_MAX: Size = Size { width: 640, height: 480 };

/// The smallest picture in which a hornet has enough pixels to be judged.
pub const SIZE_MIN: Size = Size { width: 32, height: 32 };

impl Size {
    /// A size that the unit can work on.
    ///
    /// Errors: the reason, for a person, when it is too small, too large or odd.
    pub fn new(width: u32, height: u32) -> Result<Size, String> {
        let fits = |value: u32, least: u16, most: u16| {
            u16::try_from(value).ok().filter(|v| (least..=most).contains(v) && v % 2 == 0)
        };
        let width_fits = fits(width, SIZE_MIN.width, SIZE_MAX.width);
        let height_fits = fits(height, SIZE_MIN.height, SIZE_MAX.height);
        match (width_fits, height_fits) {
            (Some(width), Some(height)) => Ok(Size { width, height }),
            _ => Err(format!(
                "{width}x{height} is not an even size from {SIZE_MIN} to {SIZE_MAX}; \
                 let the camera or ffmpeg scale it"
            )),
        }
    }

    /// Pixels of the luma plane.
    pub fn luma_bytes(self) -> usize {
        usize::from(self.width) * usize::from(self.height)
    }

    /// Bytes of a whole 4:2:0 picture.
    pub fn bytes(self) -> usize {
        self.luma_bytes() * 3 / 2
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

impl std::str::FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Size, String> {
        let (width, height) = text.split_once('x').ok_or("a size is WIDTHxHEIGHT")?;
        let number = |text: &str| text.parse().map_err(|_| format!("`{text}` is not a number"));
        Size::new(number(width)?, number(height)?)
    }
}

/// A picture in planar 4:2:0 (I420): luma, then the two chroma planes at half size.
#[derive(Debug)]
pub struct Picture {
    /// Its size.
    pub size: Size,
    /// `size.bytes()` bytes, rows without padding.
    pub bytes: Vec<u8>,
    /// When the camera took it.
    pub captured: Uptime,
}

impl Picture {
    /// The luma plane, row-major without padding.
    pub fn luma(&self) -> &[u8] {
        self.bytes.split_at(self.size.luma_bytes()).0
    }

    /// The picture as JPEG of `quality` 1 to 100, in colour.
    ///
    /// Errors: when the encoder refuses the size, which [`Size::new`] rules out.
    pub fn to_jpeg(&self, quality: u8) -> io::Result<Vec<u8>> {
        let mut jpeg = Vec::with_capacity(self.size.luma_bytes() / 4);
        let mut encoder = Encoder::new(&mut jpeg, quality);
        encoder.set_sampling_factor(SamplingFactor::F_2_2);
        encoder.encode_image(Planes(self)).map_err(io::Error::other)?;
        Ok(jpeg)
    }
}

/// Gives the encoder the rows as they are: no way through RGB.
struct Planes<'a>(&'a Picture);

impl ImageBuffer for Planes<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        self.0.size.width
    }

    fn height(&self) -> u16 {
        self.0.size.height
    }

    fn fill_buffers(&self, y: u16, [luma_row, blue_row, red_row, _]: &mut [Vec<u8>; 4]) {
        let width = usize::from(self.0.size.width);
        let (luma, chroma) = self.0.bytes.split_at(self.0.size.luma_bytes());
        let (blue, red) = chroma.split_at(chroma.len() / 2);
        luma_row.extend_from_slice(row_of(luma, y, width));
        for (plane, to) in [(blue, blue_row), (red, red_row)] {
            let row = row_of(plane, y / 2, width / 2);
            to.extend(row.iter().flat_map(|value| [value, value]));
        }
    }
}

fn row_of(plane: &[u8], row: u16, width: usize) -> &[u8] {
    plane.chunks_exact(width).nth(usize::from(row)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_survives_its_jpeg() {
        let size = Size::new(64, 48).unwrap();
        let bytes = [vec![90; 64 * 48], vec![110; 32 * 24], vec![160; 32 * 24]].concat();
        let picture = Picture { size, bytes, captured: Uptime::ZERO };
        let jpeg = picture.to_jpeg(80).unwrap();
        let mut decoder =
            zune_jpeg::JpegDecoder::new(zune_jpeg::zune_core::bytestream::ZCursor::new(&jpeg));
        decoder.decode_headers().unwrap();
        assert_eq!(decoder.dimensions(), Some((64, 48)));
        let rgb = decoder.decode().unwrap();
        // BT.601: Y 90, Cb 110, Cr 160 is a dull red.
        assert!(rgb[0].abs_diff(135) <= 4 && rgb[1].abs_diff(73) <= 4 && rgb[2].abs_diff(58) <= 4);
    }

    #[test]
    fn sizes_that_the_eyes_cannot_take_are_refused_with_the_reason() {
        assert!("1280x720".parse::<Size>().unwrap_err().contains("640x480"));
        assert!("639x480".parse::<Size>().is_err());
        assert!("640".parse::<Size>().is_err());
        assert_eq!("640x360".parse::<Size>().unwrap().bytes(), 640 * 360 * 3 / 2);
    }
}
