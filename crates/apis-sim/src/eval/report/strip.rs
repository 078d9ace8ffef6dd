//! A few frames around a moment, side by side, with boxes around what was true in them.

use crate::eval::clip::Clip;
use crate::eval::truth::Body;
use anyhow::Context;
use jpeg_encoder::{ColorType, Encoder};

/// Frames of a strip.
const FRAMES: usize = 4;

/// Width of each, pixels.
const WIDTH: usize = 320;

/// Quality of the JPEG.
const QUALITY: u8 = 70;

/// The JPEG of frames up to `frame`, as far apart as a third of a second.
///
/// Errors: of the decoder and the encoder.
pub fn jpeg(clip: &Clip, frame: usize, fps: f64) -> anyhow::Result<Vec<u8>> {
    let step = (fps / 3.0).max(1.0) as usize;
    let first = frame.saturating_sub(step * (FRAMES - 1));
    let mut open = clip.open()?;
    open.skip(first)?;
    let mut strip: Vec<u8> = Vec::new();
    let (mut height, mut laid) = (0, 0);
    for at in first..=frame {
        if !(at - first).is_multiple_of(step) {
            open.skip(1)?;
            continue;
        }
        let Some(shown) = open.next_frame()? else { break };
        let (width, whole) = shown.size;
        if laid == 0 {
            height = whole * WIDTH / width;
            strip = vec![0; WIDTH * FRAMES * height];
        }
        let scale = width as f32 / WIDTH as f32;
        let stride = WIDTH * FRAMES;
        for row in 0..height {
            for column in 0..WIDTH {
                let (x, y) = ((column as f32 * scale) as usize, (row as f32 * scale) as usize);
                strip[row * stride + laid * WIDTH + column] = shown.luma[y * width + x];
            }
        }
        for body in shown.bodies.iter().filter(|body| body.is_hornet) {
            frame_in(&mut strip, (stride, height), laid * WIDTH, body, scale);
        }
        laid += 1;
    }
    let mut bytes = Vec::new();
    let side = |pixels: usize| u16::try_from(pixels).context("a strip is small");
    Encoder::new(&mut bytes, QUALITY)
        .encode(&strip, side(WIDTH * FRAMES)?, side(height)?, ColorType::Luma)
        .context("encode a strip")?;
    Ok(bytes)
}

/// A white box around a hornet.
fn frame_in(
    strip: &mut [u8],
    (stride, height): (usize, usize),
    left: usize,
    body: &Body,
    scale: f32,
) {
    let half = body.length_px / scale;
    let (x, y) = (body.px.0 / scale, body.px.1 / scale);
    let mut set = |column: f32, row: f32| {
        if (0.0..WIDTH as f32).contains(&column) && (0.0..height as f32).contains(&row) {
            strip[row as usize * stride + left + column as usize] = 255;
        }
    };
    for step in 0..=(2.0 * half) as usize {
        let along = step as f32 - half;
        for across in [-half, half] {
            set(x + along, y + across);
            set(x + across, y + along);
        }
    }
}
