//! Raw video on a pipe: Y4M C420 whose FRAME lines carry the capture time, or bare I420.

use super::picture::{Picture, PictureSize};
use std::io::{self, Write};

/// How frames are framed on the pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// `YUV4MPEG2` with `FRAME XT=<µs of CLOCK_MONOTONIC>`.
    Y4m,
    /// Nothing but the planes.
    Raw,
}

/// Writes the stream's header, where the framing has one.
pub fn begin(
    out: &mut impl Write,
    framing: Framing,
    size: PictureSize,
    fps: f64,
) -> io::Result<()> {
    match framing {
        Framing::Raw => Ok(()),
        Framing::Y4m => {
            let PictureSize { width, height } = size;
            let rate = (fps * 1_000.0).round() as u64;
            writeln!(out, "YUV4MPEG2 W{width} H{height} F{rate}:1000 Ip A1:1 C420")
        }
    }
}

/// Writes one frame that was captured at `at_us`.
pub fn frame(
    out: &mut impl Write,
    framing: Framing,
    picture: &Picture,
    at_us: u64,
) -> io::Result<()> {
    match framing {
        Framing::Raw => {}
        Framing::Y4m => writeln!(out, "FRAME XT={at_us}")?,
    }
    out.write_all(picture.bytes())?;
    out.flush()
}
