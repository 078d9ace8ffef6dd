//! Luma frames of any video file, decoded by the `ffmpeg` program.

use anyhow::{Context, bail, ensure};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A video being decoded.
pub struct Video {
    decoder: Child,
    stream: BufReader<ChildStdout>,
    width: usize,
    height: usize,
    /// Frames a second, as a fraction.
    rate: (u64, u64),
    luma: Vec<u8>,
    number: u64,
}

/// One decoded frame.
pub struct VideoFrame<'a> {
    /// Row-major, one byte a pixel.
    pub luma: &'a [u8],
    /// Time since the first frame, µs.
    pub at_us: u64,
}

/// Starts to decode `path`, scaled down to fit VGA where it is larger.
pub fn open(path: &Path) -> anyhow::Result<Video> {
    ensure!(path.is_file(), "there is no file {}", path.display());
    let fit = "scale=w='min(640,iw)':h='min(480,ih)':force_original_aspect_ratio=decrease:force_divisible_by=2";
    let mut decoder = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-i"])
        .arg(path)
        .args(["-vf", fit, "-f", "yuv4mpegpipe", "-strict", "-1", "-pix_fmt", "gray", "-"])
        .stdout(Stdio::piped())
        .spawn()
        .context("start the ffmpeg program, which decodes video files")?;
    let stdout = decoder.stdout.take().context("ffmpeg's output is a pipe")?;
    let mut stream = BufReader::with_capacity(1 << 20, stdout);
    let header = line(&mut stream)?.with_context(|| format!("decode {}", path.display()))?;
    let (width, height, rate) = read_header(&header)?;
    let luma = vec![0; width * height];
    Ok(Video { decoder, stream, width, height, rate, luma, number: 0 })
}

impl Video {
    /// Width and height in pixels.
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// The next frame, or `None` at the end.
    pub fn next_frame(&mut self) -> anyhow::Result<Option<VideoFrame<'_>>> {
        let Some(header) = line(&mut self.stream)? else {
            let status = self.decoder.wait().context("wait for ffmpeg")?;
            ensure!(status.success(), "ffmpeg ended with {status}");
            return Ok(None);
        };
        ensure!(header.starts_with("FRAME"), "not a frame: {header}");
        self.stream.read_exact(&mut self.luma).context("read a frame")?;
        let (frames, seconds) = self.rate;
        let at_us = self.number * 1_000_000 * seconds / frames.max(1);
        self.number += 1;
        Ok(Some(VideoFrame { luma: &self.luma, at_us }))
    }
}

impl Drop for Video {
    fn drop(&mut self) {
        // Ended already, or nobody reads it any more.
        let _ = self.decoder.kill();
        let _ = self.decoder.wait();
    }
}

fn line(stream: &mut impl BufRead) -> anyhow::Result<Option<String>> {
    let mut bytes = Vec::new();
    stream.take(256).read_until(b'\n', &mut bytes).context("read a header")?;
    if bytes.is_empty() {
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&bytes).trim_end().to_owned()))
}

/// Reads `YUV4MPEG2 W640 H360 F30:1 … Cmono`.
fn read_header(header: &str) -> anyhow::Result<(usize, usize, (u64, u64))> {
    ensure!(header.starts_with("YUV4MPEG2"), "not a Y4M stream: {header}");
    let (mut width, mut height, mut rate) = (None, None, None);
    for field in header.split(' ').skip(1) {
        match field.split_at_checked(1) {
            Some(("W", value)) => width = Some(value.parse()?),
            Some(("H", value)) => height = Some(value.parse()?),
            Some(("F", value)) => {
                let (frames, seconds) = value.split_once(':').context("a rate is a fraction")?;
                rate = Some((frames.parse()?, seconds.parse()?));
            }
            Some(("C", value)) => ensure!(value == "mono", "not luma alone: {value}"),
            Some(_) | None => {}
        }
    }
    match (width, height, rate) {
        (Some(width), Some(height), Some(rate)) => Ok((width, height, rate)),
        _ => bail!("no size or rate in {header}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_gives_size_and_rate() {
        let read = read_header("YUV4MPEG2 W640 H360 F30000:1001 Ip A1:1 Cmono").unwrap();
        assert_eq!(read, (640, 360, (30_000, 1_001)));
        assert!(read_header("YUV4MPEG2 W640 F30:1").is_err());
        assert!(read_header("YUV4MPEG2 W640 H360 F30:1 C420").is_err());
        assert!(read_header("RIFF").is_err());
    }
}
