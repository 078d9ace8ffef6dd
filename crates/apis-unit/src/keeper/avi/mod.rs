//! A clip's container: motion JPEG in AVI that only ever grows at its end.
//!
//! The header comes first with its sizes zero, which players read as "to the end of the file".
//! Frames are appended as they come; a slot without a frame is an empty chunk, so that the
//! timing holds. Beside each frame stands a `JUNK` chunk, which players skip, with what a restart
//! must know to make the sidecar: capture time and track points. Finishing appends the index and
//! writes the header once more, with the true sizes. docs/ref/clip-format.md has the bytes.
//!
//! This file builds bytes; `scan.rs` reads them back from a file that was cut anywhere.

pub mod scan;

use alloc::vec::Vec;
use apis_units::{Fraction, PictureBox, PicturePoint, Uptime};

/// Bytes before the first chunk of the frame list; the same for every clip.
pub const HEADER_BYTES: usize = 224;

/// Where offsets in the index count from: the list's name, `movi`.
const LIST_NAME_AT: u32 = HEADER_BYTES as u32 - 4;

/// Marks a note chunk as ours, and its layout as the first.
const NOTE_FRAME: [u8; 4] = *b"APf1";

/// The same for a point of a track.
const NOTE_POINT: [u8; 4] = *b"APp1";

/// What every frame of a clip shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Pixels a row.
    pub width: u16,
    /// Rows.
    pub height: u16,
    /// Slots a second.
    pub rate_fps: u16,
}

/// Where a track was, as the eyes said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Capture time of the frame that showed it.
    pub captured_at: Uptime,
    /// Number of the track within its boot.
    pub track: u32,
    /// Centre of the body.
    pub at: PicturePoint,
    /// The upright box around it.
    pub bounds: PictureBox,
}

/// One slot of the frame list, as the index at the end of the file lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Capture time; `None` for a slot whose frame was dropped.
    pub captured_at: Option<Uptime>,
    /// Where its chunk begins, in bytes from the start of the file.
    pub at: u32,
    /// Bytes of the picture; zero for a dropped frame.
    pub bytes: u32,
}

/// The header of a clip that is still being recorded: sizes zero.
pub fn open_header(shape: Shape) -> Vec<u8> {
    header(shape, 0, 0, 0)
}

/// The header of a whole clip: `slots` slots, frame list ending at `list_end`, file of `total`.
pub fn closed_header(shape: Shape, slots: u32, list_end: u32, total: u32) -> Vec<u8> {
    header(shape, slots, list_end.saturating_sub(LIST_NAME_AT), total.saturating_sub(8))
}

/// A frame and the note of its capture time.
pub fn frame_chunks(captured_at: Uptime, jpeg: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(jpeg.len() + 32);
    let mut note = Vec::with_capacity(12);
    note.extend_from_slice(&NOTE_FRAME);
    note.extend_from_slice(&captured_at.micros().to_le_bytes());
    chunk(&mut out, b"JUNK", &note);
    chunk(&mut out, b"00dc", jpeg);
    out
}

/// Bytes between the start of [`frame_chunks`] and its picture's own chunk.
pub const FRAME_NOTE_BYTES: u32 = 20;

/// A slot whose frame was dropped.
pub fn empty_chunk() -> Vec<u8> {
    let mut out = Vec::with_capacity(8);
    chunk(&mut out, b"00dc", &[]);
    out
}

/// A point of a track. It may stand anywhere among the frames: its capture time places it.
pub fn point_chunk(point: &Point) -> Vec<u8> {
    let mut note = Vec::with_capacity(28);
    note.extend_from_slice(&NOTE_POINT);
    note.extend_from_slice(&point.captured_at.micros().to_le_bytes());
    note.extend_from_slice(&point.track.to_le_bytes());
    let corner = point.bounds.left_top;
    let places =
        [point.at.x, point.at.y, corner.x, corner.y, point.bounds.width, point.bounds.height];
    for place in places {
        note.extend_from_slice(&place.raw().to_le_bytes());
    }
    let mut out = Vec::with_capacity(note.len() + 8);
    chunk(&mut out, b"JUNK", &note);
    out
}

/// The index that stands at the end of a whole clip.
pub fn index(slots: &[Slot]) -> Vec<u8> {
    /// `AVIIF_KEYFRAME`: every JPEG stands alone.
    const KEY_FRAME: u32 = 0x10;
    let mut entries = Vec::with_capacity(slots.len() * 16);
    for slot in slots {
        entries.extend_from_slice(b"00dc");
        let flags = if slot.bytes == 0 { 0 } else { KEY_FRAME };
        put(&mut entries, &[flags, slot.at.saturating_sub(LIST_NAME_AT), slot.bytes]);
    }
    let mut out = Vec::with_capacity(entries.len() + 8);
    chunk(&mut out, b"idx1", &entries);
    out
}

/// Appends a chunk: name, size, content, and a zero when the size is odd.
fn chunk(out: &mut Vec<u8>, name: &[u8; 4], content: &[u8]) {
    out.extend_from_slice(name);
    put(out, &[content.len() as u32]);
    out.extend_from_slice(content);
    if content.len() % 2 == 1 {
        out.push(0);
    }
}

/// Appends words, least significant byte first.
fn put(out: &mut Vec<u8>, words: &[u32]) {
    for word in words {
        out.extend_from_slice(&word.to_le_bytes());
    }
}

/// The whole header, up to and with the frame list's name.
///
/// Source: Microsoft, *AVI RIFF File Reference* (`AVIMAINHEADER`, `AVISTREAMHEADER`,
/// `BITMAPINFOHEADER`).
fn header(shape: Shape, slots: u32, list_bytes: u32, riff_bytes: u32) -> Vec<u8> {
    /// `AVIF_HASINDEX`.
    const HAS_INDEX: u32 = 0x10;
    let (width, height) = (u32::from(shape.width), u32::from(shape.height));
    let rate = u32::from(shape.rate_fps.max(1));

    let mut main = Vec::with_capacity(56);
    put(&mut main, &[1_000_000 / rate, 0, 0, HAS_INDEX, slots, 0, 1, 0, width, height]);
    put(&mut main, &[0; 4]);

    let mut stream = Vec::with_capacity(56);
    stream.extend_from_slice(b"vidsMJPG");
    put(&mut stream, &[0, 0, 0, 1, rate, 0, slots, 0, u32::MAX, 0]);
    for edge in [0, 0, shape.width, shape.height] {
        stream.extend_from_slice(&edge.to_le_bytes());
    }

    let mut format = Vec::with_capacity(40);
    put(&mut format, &[40, width, height, 0x0018_0001]);
    format.extend_from_slice(b"MJPG");
    put(&mut format, &[width.saturating_mul(height).saturating_mul(3), 0, 0, 0, 0]);

    let mut streams = Vec::from(*b"strl");
    chunk(&mut streams, b"strh", &stream);
    chunk(&mut streams, b"strf", &format);
    let mut headers = Vec::from(*b"hdrl");
    chunk(&mut headers, b"avih", &main);
    chunk(&mut headers, b"LIST", &streams);

    let mut out = Vec::with_capacity(HEADER_BYTES);
    out.extend_from_slice(b"RIFF");
    put(&mut out, &[riff_bytes]);
    out.extend_from_slice(b"AVI ");
    chunk(&mut out, b"LIST", &headers);
    out.extend_from_slice(b"LIST");
    put(&mut out, &[list_bytes]);
    out.extend_from_slice(b"movi");
    out
}

/// Reads a note's content back; `None` when it is not one of ours.
fn read_note(content: &[u8]) -> Option<Note> {
    let (name, rest) = content.split_first_chunk::<4>()?;
    let (time, rest) = rest.split_first_chunk::<8>()?;
    let captured_at = Uptime::from_micros(u64::from_le_bytes(*time));
    if *name == NOTE_FRAME {
        return Some(Note::Frame(captured_at));
    }
    if *name != NOTE_POINT {
        return None;
    }
    let (track, mut rest) = rest.split_first_chunk::<4>()?;
    let mut places = [Fraction::ZERO; 6];
    for place in &mut places {
        let (raw, after) = rest.split_first_chunk::<2>()?;
        *place = Fraction::from_raw(u16::from_le_bytes(*raw));
        rest = after;
    }
    let [x, y, left, top, width, height] = places;
    Some(Note::Point(Point {
        captured_at,
        track: u32::from_le_bytes(*track),
        at: PicturePoint { x, y },
        bounds: PictureBox { left_top: PicturePoint { x: left, y: top }, width, height },
    }))
}

/// What a note chunk says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Note {
    /// The frame that follows was taken then.
    Frame(Uptime),
    /// A track was there.
    Point(Point),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_has_one_length_and_names_the_frame_list_last() {
        let shape = Shape { width: 640, height: 480, rate_fps: 10 };
        let header = open_header(shape);
        assert_eq!(header.len(), HEADER_BYTES);
        assert!(header.ends_with(b"movi"));
        assert_eq!(closed_header(shape, 3, 1_000, 1_100).len(), HEADER_BYTES);
    }

    #[test]
    fn a_point_reads_back_as_written() {
        let point = Point {
            captured_at: Uptime::from_micros(123_456_789),
            track: 7,
            at: PicturePoint { x: Fraction::from_raw(1), y: Fraction::from_raw(65_535) },
            bounds: PictureBox::FULL,
        };
        let bytes = point_chunk(&point);
        assert_eq!(read_note(&bytes[8..]), Some(Note::Point(point)));
        assert_eq!(read_note(b"APIS is not a note"), None);
    }
}
