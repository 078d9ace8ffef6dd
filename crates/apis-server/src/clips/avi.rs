//! Reads an AVI that a unit made: is it one, and how many frames does it hold?
//!
//! What units write is RIFF `AVI ` with one MJPEG video stream; a frame that was dropped is an
//! empty chunk. The reader walks chunk headers and looks at the first and last bytes of each
//! frame, so its memory does not grow with the clip; only the first picture is decoded.
//!
//! Source: Microsoft, *AVI RIFF File Reference*; RFC 2361 §4 for the fourCC.

use std::io::{self, Read, Seek, SeekFrom};

use zune_jpeg::JpegDecoder;

/// Most bytes of the picture that is decoded; a VGA frame of a unit has some 30 KB.
const PICTURE_BYTES_MAX: u32 = 4 * 1024 * 1024;

/// Most frames that a clip may hold: ten minutes at 15 a second.
const FRAMES_MAX: u64 = 9_000;

/// What a clip says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AviFacts {
    /// Frames with a picture in them.
    pub pictures: u64,
    /// Frames that the unit had to drop: empty chunks that keep the timing.
    pub dropped: u64,
    /// Width of the first picture, in pixels.
    pub width: u32,
    /// Height of the first picture, in pixels.
    pub height: u32,
    /// Time between frames, in microseconds.
    pub frame_us: u32,
}

/// Why a file is not a clip. Each has a stable word that is stored and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AviFlaw {
    /// Does not begin with `RIFF` … `AVI `.
    #[error("not an AVI file")]
    NotAvi,
    /// A chunk claims more bytes than the file has.
    #[error("a chunk runs past the end of the file")]
    Truncated,
    /// No header list, or no video stream of MJPEG in it.
    #[error("no MJPEG video stream")]
    NotMjpeg,
    /// The frame list is absent, or holds no picture.
    #[error("no picture in it")]
    Empty,
    /// A frame is not a JPEG, or the first one cannot be decoded.
    #[error("a frame is not a JPEG picture")]
    BrokenPicture,
    /// More than `FRAMES_MAX` frames.
    #[error("too many frames")]
    TooManyFrames,
}

impl AviFlaw {
    /// The stable word for this flaw.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            AviFlaw::NotAvi => "not_avi",
            AviFlaw::Truncated => "avi_truncated",
            AviFlaw::NotMjpeg => "avi_not_mjpeg",
            AviFlaw::Empty => "avi_empty",
            AviFlaw::BrokenPicture => "avi_broken_picture",
            AviFlaw::TooManyFrames => "avi_too_many_frames",
        }
    }
}

/// Why a clip could not be judged, or was judged badly.
#[derive(Debug, thiserror::Error)]
pub enum AviError {
    /// The file itself says so: for good.
    #[error("the clip is flawed")]
    Flaw(#[from] AviFlaw),
    /// The disk says so: worth another try.
    #[error("could not read the clip")]
    Io(#[from] io::Error),
}

/// One RIFF chunk's place: where its bytes begin and how many there are.
#[derive(Debug, Clone, Copy)]
struct Chunk {
    four_cc: [u8; 4],
    start: u64,
    bytes: u32,
}

impl Chunk {
    fn end(self) -> u64 {
        self.start + u64::from(self.bytes)
    }

    /// Chunks begin at even places.
    fn next_at(self) -> u64 {
        self.end() + u64::from(self.bytes % 2)
    }
}

/// Reads the whole file's structure and decodes its first picture.
///
/// Errors: `Flaw` when the file is not a clip, `Io` when it could not be read.
pub fn inspect(file: &mut (impl Read + Seek)) -> Result<AviFacts, AviError> {
    let (frame_us, list) = parts(file)?;
    let frames = count_frames(file, list.ok_or(AviFlaw::Empty)?)?;
    let first = frames.first_picture.ok_or(AviFlaw::Empty)?;
    let (width, height) = decode(file, first)?;
    Ok(AviFacts { pictures: frames.pictures, dropped: frames.dropped, width, height, frame_us })
}

/// Where a picture lies in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The frame's number, dropped ones counted.
    pub frame: usize,
    /// Its first byte.
    pub start: u64,
    /// Its bytes.
    pub bytes: u32,
}

/// The time between frames, in microseconds, and every picture's place in order.
///
/// Errors: as of [`inspect`].
pub fn pictures(file: &mut (impl Read + Seek)) -> Result<(u32, Vec<Place>), AviError> {
    let (frame_us, list) = parts(file)?;
    let (mut places, mut frame) = (Vec::new(), 0);
    each_frame(file, list.ok_or(AviFlaw::Empty)?, |_, chunk| {
        if PICTURE_BYTES_MAX < chunk.bytes {
            return Err(AviFlaw::BrokenPicture.into());
        }
        if 0 < chunk.bytes {
            places.push(Place { frame, start: chunk.start, bytes: chunk.bytes });
        }
        frame += 1;
        Ok(())
    })?;
    if places.is_empty() { Err(AviFlaw::Empty.into()) } else { Ok((frame_us, places)) }
}

/// The time between frames, in microseconds, and the list of frames.
fn parts(file: &mut (impl Read + Seek)) -> Result<(u32, Option<Chunk>), AviError> {
    let file_bytes = file.seek(SeekFrom::End(0))?;
    let end = riff_end(file, file_bytes)?;
    let (mut frame_us, mut frames) = (None, None);
    let mut at = 12;
    while let Some(chunk) = chunk_at(file, at, end)? {
        at = chunk.next_at();
        if &chunk.four_cc != b"LIST" {
            continue;
        }
        match &list_kind(file, chunk)? {
            b"hdrl" => frame_us = Some(read_header(file, chunk)?),
            b"movi" => frames = Some(chunk),
            _ => {}
        }
    }
    Ok((frame_us.ok_or(AviFlaw::NotMjpeg)?, frames))
}

/// Shows `take` each frame of the video stream in order, dropped ones too.
fn each_frame<F: Read + Seek>(
    file: &mut F,
    list: Chunk,
    mut take: impl FnMut(&mut F, Chunk) -> Result<(), AviError>,
) -> Result<(), AviError> {
    let mut at = list.start + 4;
    while let Some(chunk) = chunk_at(file, at, list.end())? {
        at = chunk.next_at();
        if matches!(&chunk.four_cc, b"00dc" | b"00db") {
            take(file, chunk)?;
        }
    }
    Ok(())
}

fn riff_end(file: &mut (impl Read + Seek), file_bytes: u64) -> Result<u64, AviError> {
    if file_bytes < 12 {
        return Err(AviFlaw::NotAvi.into());
    }
    let mut head = [0; 12];
    file.seek(SeekFrom::Start(0))?;
    file.read_exact(&mut head)?;
    let [r0, r1, r2, r3, s0, s1, s2, s3, k0, k1, k2, k3] = head;
    if [r0, r1, r2, r3] != *b"RIFF" || [k0, k1, k2, k3] != *b"AVI " {
        return Err(AviFlaw::NotAvi.into());
    }
    let end = 8 + u64::from(u32::from_le_bytes([s0, s1, s2, s3]));
    if file_bytes < end { Err(AviFlaw::Truncated.into()) } else { Ok(end) }
}

/// The chunk whose header begins at `at`, or `None` at the end of its list.
fn chunk_at(
    file: &mut (impl Read + Seek),
    at: u64,
    list_end: u64,
) -> Result<Option<Chunk>, AviError> {
    if list_end <= at {
        return Ok(None);
    }
    if list_end < at + 8 {
        return Err(AviFlaw::Truncated.into());
    }
    let mut head = [0; 8];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut head)?;
    let [c0, c1, c2, c3, s0, s1, s2, s3] = head;
    let bytes = u32::from_le_bytes([s0, s1, s2, s3]);
    let chunk = Chunk { four_cc: [c0, c1, c2, c3], start: at + 8, bytes };
    if list_end < chunk.end() {
        return Err(AviFlaw::Truncated.into());
    }
    Ok(Some(chunk))
}

fn list_kind(file: &mut (impl Read + Seek), list: Chunk) -> Result<[u8; 4], AviError> {
    if list.bytes < 4 {
        return Err(AviFlaw::Truncated.into());
    }
    let mut kind = [0; 4];
    file.seek(SeekFrom::Start(list.start))?;
    file.read_exact(&mut kind)?;
    Ok(kind)
}

/// Finds the frame period in `avih` and insists on a video stream of MJPEG.
fn read_header(file: &mut (impl Read + Seek), list: Chunk) -> Result<u32, AviError> {
    let mut frame_us = None;
    let mut is_mjpeg = false;
    let mut at = list.start + 4;
    while let Some(chunk) = chunk_at(file, at, list.end())? {
        at = chunk.next_at();
        match &chunk.four_cc {
            b"avih" => frame_us = Some(u32::from_le_bytes(first_bytes(file, chunk)?)),
            b"LIST" if &list_kind(file, chunk)? == b"strl" => {
                is_mjpeg |= is_mjpeg_stream(file, chunk)?;
            }
            _ => {}
        }
    }
    match frame_us {
        Some(frame_us) if is_mjpeg => Ok(frame_us),
        Some(_) | None => Err(AviFlaw::NotMjpeg.into()),
    }
}

fn is_mjpeg_stream(file: &mut (impl Read + Seek), list: Chunk) -> Result<bool, AviError> {
    let mut at = list.start + 4;
    while let Some(chunk) = chunk_at(file, at, list.end())? {
        at = chunk.next_at();
        if &chunk.four_cc == b"strh" {
            return Ok(&first_bytes::<8>(file, chunk)? == b"vidsMJPG");
        }
    }
    Ok(false)
}

fn first_bytes<const N: usize>(
    file: &mut (impl Read + Seek),
    chunk: Chunk,
) -> Result<[u8; N], AviError> {
    let mut bytes = [0; N];
    if u64::from(chunk.bytes) < N as u64 {
        return Err(AviFlaw::Truncated.into());
    }
    file.seek(SeekFrom::Start(chunk.start))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[derive(Default)]
struct Frames {
    pictures: u64,
    dropped: u64,
    first_picture: Option<Chunk>,
}

/// Counts the frames of the video stream; each is empty or begins and ends as a JPEG does.
fn count_frames(file: &mut (impl Read + Seek), list: Chunk) -> Result<Frames, AviError> {
    let mut frames = Frames::default();
    each_frame(file, list, |file, chunk| {
        if chunk.bytes == 0 {
            frames.dropped += 1;
        } else {
            check_is_jpeg(file, chunk)?;
            frames.pictures += 1;
            frames.first_picture.get_or_insert(chunk);
        }
        if FRAMES_MAX < frames.pictures + frames.dropped {
            return Err(AviFlaw::TooManyFrames.into());
        }
        Ok(())
    })?;
    Ok(frames)
}

/// JPEG's first marker is SOI; its last is EOI, which a unit may follow by one padding byte.
fn check_is_jpeg(file: &mut (impl Read + Seek), chunk: Chunk) -> Result<(), AviError> {
    if chunk.bytes < 4 || first_bytes::<2>(file, chunk)? != [0xff, 0xd8] {
        return Err(AviFlaw::BrokenPicture.into());
    }
    let mut tail = [0; 3];
    file.seek(SeekFrom::Start(chunk.end() - 3))?;
    file.read_exact(&mut tail)?;
    let ends_well = tail.ends_with(&[0xff, 0xd9]) || tail.starts_with(&[0xff, 0xd9]);
    if ends_well { Ok(()) } else { Err(AviFlaw::BrokenPicture.into()) }
}

fn decode(file: &mut (impl Read + Seek), picture: Chunk) -> Result<(u32, u32), AviError> {
    if PICTURE_BYTES_MAX < picture.bytes {
        return Err(AviFlaw::BrokenPicture.into());
    }
    let mut bytes = vec![0; picture.bytes as usize];
    file.seek(SeekFrom::Start(picture.start))?;
    file.read_exact(&mut bytes)?;
    let mut decoder = JpegDecoder::new(zune_jpeg::zune_core::bytestream::ZCursor::new(&bytes));
    decoder.decode().map_err(|_| AviFlaw::BrokenPicture)?;
    let (width, height) = decoder.dimensions().ok_or(AviFlaw::BrokenPicture)?;
    let width = u32::try_from(width).map_err(|_| AviFlaw::BrokenPicture)?;
    let height = u32::try_from(height).map_err(|_| AviFlaw::BrokenPicture)?;
    Ok((width, height))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Cursor;

    use super::*;

    /// The smallest grey picture that decodes: 8 × 8, made by `jpeg-encoder` at quality 50.
    pub(crate) fn picture() -> Vec<u8> {
        let mut bytes = Vec::new();
        let encoder = jpeg_encoder::Encoder::new(&mut bytes, 50);
        encoder.encode(&[128; 64], 8, 8, jpeg_encoder::ColorType::Luma).unwrap();
        bytes
    }

    /// A picture of this size and luma, with a darker square that moves with `step`.
    pub(crate) fn scene(width: u16, height: u16, luma: u8, step: usize) -> Vec<u8> {
        let (w, h) = (usize::from(width), usize::from(height));
        let inside = |at: usize| (step..step + 8).contains(&(at % w)) && at / w < 8;
        let pixels: Vec<u8> =
            (0..w * h).map(|at| if inside(at) { luma / 2 } else { luma }).collect();
        let mut bytes = Vec::new();
        let encoder = jpeg_encoder::Encoder::new(&mut bytes, 90);
        encoder.encode(&pixels, width, height, jpeg_encoder::ColorType::Luma).unwrap();
        bytes
    }

    fn chunk(four_cc: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let mut bytes = four_cc.to_vec();
        bytes.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
        bytes.extend(body);
        bytes.resize(bytes.len().next_multiple_of(2), 0);
        bytes
    }

    fn list(kind: &[u8; 4], parts: &[Vec<u8>]) -> Vec<u8> {
        chunk(b"LIST", &[kind.to_vec(), parts.concat()].concat())
    }

    /// An AVI of these frames, as a unit writes it.
    pub(crate) fn avi(frames: &[Vec<u8>]) -> Vec<u8> {
        avi_of(b"vidsMJPG", frames)
    }

    fn avi_of(stream: &[u8; 8], frames: &[Vec<u8>]) -> Vec<u8> {
        let mut avih = 100_000_u32.to_le_bytes().to_vec();
        avih.resize(56, 0);
        let mut strh = stream.to_vec();
        strh.resize(56, 0);
        let header =
            list(b"hdrl", &[chunk(b"avih", &avih), list(b"strl", &[chunk(b"strh", &strh)])]);
        let frames: Vec<Vec<u8>> = frames.iter().map(|frame| chunk(b"00dc", frame)).collect();
        let body = [b"AVI ".to_vec(), header, list(b"movi", &frames)].concat();
        chunk(b"RIFF", &body)
    }

    #[track_caller]
    fn check_flaw(bytes: &[u8], expected: AviFlaw) {
        match inspect(&mut Cursor::new(bytes)) {
            Err(AviError::Flaw(flaw)) => assert_eq!(flaw, expected),
            other => panic!("{other:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn a_clip_tells_its_pictures_and_its_dropped_frames() {
        let clip = avi(&[picture(), Vec::new(), picture()]);
        let facts = inspect(&mut Cursor::new(clip)).unwrap();
        let expected = AviFacts { pictures: 2, dropped: 1, width: 8, height: 8, frame_us: 100_000 };
        assert_eq!(facts, expected);
    }

    #[test]
    fn what_is_not_an_avi_is_named() {
        check_flaw(b"", AviFlaw::NotAvi);
        check_flaw(b"<!doctype html><html></html>", AviFlaw::NotAvi);
        check_flaw(&chunk(b"RIFF", b"WAVEfmt "), AviFlaw::NotAvi);
        check_flaw(&chunk(b"RIFF", b"AVI "), AviFlaw::NotMjpeg);
        check_flaw(&avi_of(b"vidsH264", &[picture()]), AviFlaw::NotMjpeg);
        check_flaw(&avi(&[]), AviFlaw::Empty);
        check_flaw(&avi(&[Vec::new()]), AviFlaw::Empty);
        check_flaw(&avi(&[b"no picture at all".to_vec()]), AviFlaw::BrokenPicture);
        check_flaw(&avi(&[b"\xff\xd8 looks like one \xff\xd9".to_vec()]), AviFlaw::BrokenPicture);
    }

    #[test]
    fn a_clip_cut_at_any_byte_is_refused_and_never_panics() {
        let clip = avi(&[picture(), picture()]);
        for cut in 0..clip.len() {
            let result = inspect(&mut Cursor::new(&clip[..cut]));
            assert!(matches!(result, Err(AviError::Flaw(_))), "cut at {cut}: {result:?}");
        }
    }
}
