//! The raw-frame pipe: Y4M C420 when it begins with `YUV4MPEG2`, else headerless I420.
//!
//! A parser without IO: it takes bytes in pieces of any size and gives whole pictures. Its memory
//! is one picture and one bounded line, whatever arrives.

use super::fault::SourceFault;
use crate::picture::Size;

/// What a Y4M stream begins with.
const MAGIC: &[u8] = b"YUV4MPEG2 ";

/// What each of its frames begins with.
const FRAME: &[u8] = b"FRAME";

/// Longest header line, in bytes. Writers use under 100; a longer one is not Y4M.
const LINE_BYTES_MAX: usize = 256;

/// A whole picture as it came.
#[derive(Debug, PartialEq, Eq)]
pub struct RawPicture {
    /// Its size.
    pub size: Size,
    /// I420 planes, `size.bytes()` long.
    pub bytes: Vec<u8>,
    /// Capture time in microseconds of `CLOCK_MONOTONIC`, when the writer stated one (`XT=`).
    pub captured_monotonic: Option<u64>,
}

/// Where in the stream the next byte belongs.
///
/// ```text
/// Magic ──"YUV4MPEG2 "──▶ Header ──line──▶ FrameLine ──line──▶ Body ──whole──▶ FrameLine
///   └──anything else, size given──▶ Body ──whole──▶ Body        └─"YUV4MPEG2 …"─▶ FrameLine
/// ```
#[derive(Debug)]
enum State {
    /// Nothing yet, or the beginning of what may be the magic.
    Magic,
    /// In the stream's header line.
    Header,
    /// In a frame's header line, or in the header of a stream that begins again.
    FrameLine { size: Size },
    /// In a frame's pixels.
    Body { size: Size, captured_monotonic: Option<u64>, headerless: bool },
}

/// The parser of one stream.
#[derive(Debug)]
pub struct RawStream {
    state: State,
    /// The size of a stream without headers.
    headerless: Option<Size>,
    line: Vec<u8>,
    body: Vec<u8>,
    rate: Option<Rate>,
}

/// Frames a second, as a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Frames …
    pub frames: u32,
    /// … in this many seconds.
    pub seconds: u32,
}

impl RawStream {
    /// A parser at the beginning of a stream; `headerless` is the size of one without headers.
    pub fn new(headerless: Option<Size>) -> RawStream {
        RawStream {
            state: State::Magic,
            headerless,
            line: Vec::with_capacity(LINE_BYTES_MAX),
            body: Vec::new(),
            rate: None,
        }
    }

    /// The frame rate in the header, if there was one.
    pub fn rate(&self) -> Option<Rate> {
        self.rate
    }

    /// Takes bytes up to the end of a picture.
    ///
    /// Shape:  returns how many of `bytes` were used and the picture they completed, if any; call
    ///         again with the rest.
    /// Errors: `Garbage` for what is no raw-frame pipe; the parser is then of no further use.
    pub fn accept(&mut self, bytes: &[u8]) -> Result<(usize, Option<RawPicture>), SourceFault> {
        let mut used = 0;
        while let Some(&byte) = bytes.get(used) {
            if let State::Body { size, captured_monotonic, headerless } = self.state {
                let rest = bytes.get(used..).unwrap_or_default();
                used += self.fill_body(rest, size);
                if self.body.len() == size.bytes() {
                    if !headerless {
                        self.state = State::FrameLine { size };
                    }
                    let bytes = std::mem::take(&mut self.body);
                    return Ok((used, Some(RawPicture { size, bytes, captured_monotonic })));
                }
            } else {
                self.take_header_byte(byte)?;
                used += 1;
            }
        }
        Ok((used, None))
    }

    /// What the end of the stream means here.
    pub fn at_end(&self) -> SourceFault {
        match self.state {
            State::Body { size, .. } if !self.body.is_empty() => {
                SourceFault::Truncated { got: self.body.len(), want: size.bytes() }
            }
            State::FrameLine { size } if !self.line.is_empty() => {
                SourceFault::Truncated { got: 0, want: size.bytes() }
            }
            State::Magic | State::Header if !self.line.is_empty() => {
                SourceFault::Garbage("it ended within its header".to_owned())
            }
            State::Magic | State::Header | State::FrameLine { .. } | State::Body { .. } => {
                SourceFault::Ended
            }
        }
    }

    /// Copies into the picture what belongs to it; returns how many bytes that was.
    fn fill_body(&mut self, bytes: &[u8], size: Size) -> usize {
        if self.body.is_empty() {
            self.body.reserve_exact(size.bytes());
        }
        let count = bytes.len().min(size.bytes() - self.body.len());
        self.body.extend(bytes.iter().take(count));
        count
    }

    fn take_header_byte(&mut self, byte: u8) -> Result<(), SourceFault> {
        match self.state {
            State::Magic => self.take_magic(byte),
            State::Header | State::FrameLine { .. } if byte != b'\n' => self.lengthen_line(byte),
            State::Header => {
                let line = std::mem::take(&mut self.line);
                self.begin_stream(&line)
            }
            State::FrameLine { size } => {
                let line = std::mem::take(&mut self.line);
                if line.starts_with(MAGIC) {
                    return self.begin_stream(&line);
                }
                let captured_monotonic = frame_time(&line)?;
                self.state = State::Body { size, captured_monotonic, headerless: false };
                Ok(())
            }
            State::Body { .. } => Ok(()),
        }
    }

    fn take_magic(&mut self, byte: u8) -> Result<(), SourceFault> {
        self.line.push(byte);
        if self.line == MAGIC {
            self.state = State::Header;
            return Ok(());
        }
        if MAGIC.starts_with(&self.line) {
            return Ok(());
        }
        let Some(size) = self.headerless else {
            let reason = "it does not begin with YUV4MPEG2, and no --size is given".to_owned();
            return Err(SourceFault::Garbage(reason));
        };
        self.state = State::Body { size, captured_monotonic: None, headerless: true };
        self.body = std::mem::take(&mut self.line);
        self.body.reserve_exact(size.bytes());
        Ok(())
    }

    fn lengthen_line(&mut self, byte: u8) -> Result<(), SourceFault> {
        if LINE_BYTES_MAX <= self.line.len() {
            return Err(SourceFault::Garbage(format!(
                "a header line is longer than {LINE_BYTES_MAX} bytes"
            )));
        }
        self.line.push(byte);
        Ok(())
    }

    fn begin_stream(&mut self, line: &[u8]) -> Result<(), SourceFault> {
        let (size, rate) = stream_header(line)?;
        self.rate = rate;
        self.state = State::FrameLine { size };
        Ok(())
    }
}

/// Size and rate of the header line of a Y4M stream.
fn stream_header(line: &[u8]) -> Result<(Size, Option<Rate>), SourceFault> {
    let garbage = |reason: String| SourceFault::Garbage(reason);
    let line = std::str::from_utf8(line).map_err(|_| garbage("its header is not text".into()))?;
    let (mut width, mut height, mut rate) = (None, None, None);
    for parameter in line.split_ascii_whitespace().skip(1) {
        let Some((letter, value)) = parameter.split_at_checked(1) else { continue };
        match letter {
            "W" => width = value.parse().ok(),
            "H" => height = value.parse().ok(),
            "F" => rate = rate_of(value),
            "C" if !value.starts_with("420") || value.starts_with("420p1") => {
                return Err(garbage(format!("its pixels are C{value}, not C420 of 8 bits")));
            }
            "I" if value != "p" && value != "?" => {
                return Err(garbage("its pictures are interlaced".into()));
            }
            _ => {}
        }
    }
    let (Some(width), Some(height)) = (width, height) else {
        return Err(garbage("its header states no size".into()));
    };
    Ok((Size::new(width, height).map_err(garbage)?, rate))
}

fn rate_of(text: &str) -> Option<Rate> {
    let (frames, seconds) = text.split_once(':')?;
    let rate = Rate { frames: frames.parse().ok()?, seconds: seconds.parse().ok()? };
    (rate.frames != 0 && rate.seconds != 0).then_some(rate)
}

/// The capture time that a frame's header line states, if it does.
fn frame_time(line: &[u8]) -> Result<Option<u64>, SourceFault> {
    let garbage = || SourceFault::Garbage("a frame does not begin with FRAME".to_owned());
    let parameters = line.strip_prefix(FRAME).ok_or_else(garbage)?;
    let parameters = std::str::from_utf8(parameters).map_err(|_| garbage())?;
    let mut times = parameters.split_ascii_whitespace().filter_map(|p| p.strip_prefix("XT="));
    match times.next() {
        None => Ok(None),
        Some(time) => time
            .parse()
            .map(Some)
            .map_err(|_| SourceFault::Garbage(format!("`{time}` is no capture time"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { width: 32, height: 32 };

    fn picture(value: u8) -> Vec<u8> {
        vec![value; SIZE.bytes()]
    }

    fn y4m(frames: &[(&str, u8)]) -> Vec<u8> {
        let mut bytes = b"YUV4MPEG2 W32 H32 F10:1 Ip C420jpeg\n".to_vec();
        for (parameters, value) in frames {
            bytes.extend(format!("FRAME{parameters}\n").bytes());
            bytes.extend(picture(*value));
        }
        bytes
    }

    /// All pictures of `bytes` given in pieces of `piece` bytes, then how the stream ended.
    fn read(
        stream: &mut RawStream,
        bytes: &[u8],
        piece: usize,
    ) -> Result<(Vec<RawPicture>, SourceFault), SourceFault> {
        let mut pictures = Vec::new();
        for mut piece in bytes.chunks(piece) {
            while !piece.is_empty() {
                let (used, picture) = stream.accept(piece)?;
                pictures.extend(picture);
                piece = &piece[used..];
            }
        }
        Ok((pictures, stream.at_end()))
    }

    #[test]
    fn pictures_and_capture_times_come_out_however_the_bytes_are_cut() {
        let bytes = y4m(&[(" XT=1234567", 7), ("", 8), (" Ip XT=9", 9)]);
        for piece in [1, 7, 100, bytes.len()] {
            let (pictures, end) = read(&mut RawStream::new(None), &bytes, piece).unwrap();
            let times: Vec<_> = pictures.iter().map(|p| p.captured_monotonic).collect();
            assert_eq!(times, [Some(1_234_567), None, Some(9)]);
            assert!(pictures.iter().zip([7, 8, 9]).all(|(p, value)| p.bytes == picture(value)));
            assert_eq!(end, SourceFault::Ended);
        }
    }

    #[test]
    fn headerless_pictures_need_only_their_size() {
        let bytes = [picture(1), picture(b'Y'), picture(3)].concat();
        for piece in [1, 1_000, bytes.len()] {
            let (pictures, end) = read(&mut RawStream::new(Some(SIZE)), &bytes, piece).unwrap();
            assert_eq!(pictures.len(), 3);
            assert_eq!(pictures[1].bytes, picture(b'Y'));
            assert_eq!(end, SourceFault::Ended);
        }
    }

    #[test]
    fn a_stream_cut_within_a_frame_says_how_much_came() {
        let mut bytes = y4m(&[("", 1), ("", 2)]);
        bytes.truncate(bytes.len() - 100);
        let (pictures, end) = read(&mut RawStream::new(None), &bytes, 64).unwrap();
        assert_eq!(pictures.len(), 1);
        assert_eq!(end, SourceFault::Truncated { got: SIZE.bytes() - 100, want: SIZE.bytes() });
    }

    #[test]
    fn a_stream_that_begins_again_may_have_another_size() {
        let mut bytes = y4m(&[("", 1)]);
        bytes.extend(b"YUV4MPEG2 W64 H32 F5:1 C420\nFRAME\n");
        bytes.extend([2; 64 * 32 * 3 / 2]);
        let mut stream = RawStream::new(None);
        let (pictures, _) = read(&mut stream, &bytes, 50).unwrap();
        assert_eq!(pictures[1].size, Size { width: 64, height: 32 });
        assert_eq!(stream.rate(), Some(Rate { frames: 5, seconds: 1 }));
    }

    #[test]
    fn what_is_no_picture_stream_is_refused_with_the_reason() {
        let long = [b"YUV4MPEG2 W32 H32 X".to_vec(), vec![b'a'; 300]].concat();
        let mut bad_frame = y4m(&[("", 1)]);
        bad_frame.extend(b"FRAGE\n");
        for (bytes, reason) in [
            (&b"RIFF\x00\x00\x00\x00AVI "[..], "no --size"),
            (b"YUV4MPEG2 W32 H32 C444\n", "C444"),
            (b"YUV4MPEG2 W32 H32 C420p10\n", "C420p10"),
            (b"YUV4MPEG2 W1280 H720\n", "640x480"),
            (b"YUV4MPEG2 W99999999999 H2\n", "no size"),
            (b"YUV4MPEG2 W32\n", "no size"),
            (b"YUV4MPEG2 W32 H32\nFRAME XT=soon\n", "soon"),
            (&long, "longer"),
            (&bad_frame, "FRAME"),
        ] {
            let fault = read(&mut RawStream::new(None), bytes, 5).unwrap_err();
            assert_eq!(fault.code(), "source_garbage");
            assert!(fault.to_string().contains(reason), "{fault}");
        }
    }
}
