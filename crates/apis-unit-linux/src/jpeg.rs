//! Reads a JPEG as the eyes take pictures.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::picture::{SIZE_MAX, Size};

/// A JPEG's size and its pixels as planar 4:2:0; an odd last row or column is left out.
///
/// Errors: why it is no picture that the eyes can take, for a person.
pub fn decode(jpeg: &[u8]) -> Result<(Size, Vec<u8>), String> {
    let options = DecoderOptions::new_fast()
        .set_max_width(SIZE_MAX.width.into())
        .set_max_height(SIZE_MAX.height.into())
        .jpeg_set_out_colorspace(ColorSpace::YCbCr);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(jpeg), options);
    decoder.decode_headers().map_err(|e| format!("{e:?}"))?;
    let (width, height) = decoder.dimensions().ok_or("it has no size")?;
    let even = |length: usize| u32::try_from(length).unwrap_or(u32::MAX) & !1;
    let size = Size::new(even(width), even(height))?;
    if decoder.input_colorspace() == Some(ColorSpace::Luma) {
        decoder.set_options(options.jpeg_set_out_colorspace(ColorSpace::Luma));
        let luma = decoder.decode().map_err(|e| format!("{e:?}"))?;
        return Ok((size, planar(&luma, width, 1, size)));
    }
    let pixels = decoder.decode().map_err(|e| format!("{e:?}"))?;
    Ok((size, planar(&pixels, width, 3, size)))
}

/// Takes interleaved pixels of one (luma) or three (Y, Cb, Cr) bytes apart into planes.
fn planar(pixels: &[u8], width: usize, pixel_bytes: usize, size: Size) -> Vec<u8> {
    let row = |y: usize| pixels.get(y * width * pixel_bytes..).unwrap_or_default();
    let (columns, rows) = (usize::from(size.width), usize::from(size.height));
    let mut bytes = Vec::with_capacity(size.bytes());
    for y in 0..rows {
        bytes.extend(row(y).iter().step_by(pixel_bytes).take(columns));
    }
    if pixel_bytes == 1 {
        // Grey: chroma in the middle.
        bytes.resize(size.bytes(), 128);
    } else {
        for plane in [1, 2] {
            for y in (0..rows).step_by(2) {
                let from = row(y).get(plane..).unwrap_or_default();
                bytes.extend(from.iter().step_by(2 * pixel_bytes).take(columns / 2));
            }
        }
    }
    bytes
}
