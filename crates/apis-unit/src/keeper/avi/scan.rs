//! Reads a clip back that was cut anywhere, piece by piece.
//!
//! The scan trusts no size in the header: it walks chunk by chunk and keeps what is whole. What
//! follows the last whole frame (half a chunk, an index, zeros that a power cut left) is cut off.

use super::{HEADER_BYTES, Note, Point, Shape, Slot, read_note};
use alloc::vec::Vec;
use apis_units::Uptime;

/// Largest chunk that is believed: no JPEG of a unit's camera is larger.
pub const CHUNK_BYTES_MAX: u32 = 4 << 20;

/// A scan under way: feed it the file in order, then [`finish`](Scan::finish).
#[derive(Debug, Default)]
pub struct Scan {
    /// Bytes fed but not yet consumed, beginning at `at`.
    pending: Vec<u8>,
    at: u32,
    shape: Option<Shape>,
    note: Option<Uptime>,
    slots: Vec<Slot>,
    points: Vec<Point>,
    whole_to: u32,
    ended: bool,
}

/// What a cut clip still holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// Size and rate, from the header.
    pub shape: Shape,
    /// Every slot, in order.
    pub slots: Vec<Slot>,
    /// Every point, in the order of writing.
    pub points: Vec<Point>,
    /// Length to cut the file to: the end of the last whole chunk.
    pub whole_to: u32,
}

impl Scan {
    /// Takes the next piece of the file.
    ///
    /// Returns false once nothing that follows can be used, so that reading may stop.
    pub fn feed(&mut self, piece: &[u8]) -> bool {
        if self.ended {
            return false;
        }
        self.pending.extend_from_slice(piece);
        if self.shape.is_none() {
            if self.pending.len() < HEADER_BYTES {
                return true;
            }
            match read_shape(&self.pending) {
                Some(shape) => self.shape = Some(shape),
                None => {
                    self.ended = true;
                    return false;
                }
            }
            self.consume(HEADER_BYTES);
            self.whole_to = self.at;
        }
        self.take_chunks();
        !self.ended
    }

    /// What was found; `None` when not even the header is whole.
    pub fn finish(self) -> Option<Recovered> {
        let Scan { shape, slots, points, whole_to, .. } = self;
        shape.map(|shape| Recovered { shape, slots, points, whole_to })
    }

    fn take_chunks(&mut self) {
        while let Some((name, size)) = read_chunk_head(&self.pending) {
            if (name != *b"JUNK" && name != *b"00dc") || size > CHUNK_BYTES_MAX {
                self.ended = true;
                return;
            }
            let padded = size as usize + (size % 2) as usize;
            let Some(content) = self.pending.get(8..8 + size as usize) else { return };
            if self.pending.len() < 8 + padded {
                return;
            }
            let kept = if name == *b"JUNK" {
                match read_note(content) {
                    Some(Note::Frame(captured_at)) => self.note = Some(captured_at),
                    Some(Note::Point(point)) => self.points.push(point),
                    None => {}
                }
                // A frame's note without its frame is not kept.
                self.note.is_none()
            } else {
                self.take_picture(size)
            };
            if self.ended {
                return;
            }
            self.consume(8 + padded);
            if kept {
                self.whole_to = self.at;
            }
        }
    }

    /// One slot. A picture without a note, or that is not a JPEG, ends the scan.
    fn take_picture(&mut self, size: u32) -> bool {
        let captured_at = self.note.take();
        let content = self.pending.get(8..8 + size as usize).unwrap_or_default();
        let is_jpeg = content.starts_with(&[0xff, 0xd8]) && content.ends_with(&[0xff, 0xd9]);
        match captured_at {
            None if size == 0 => {}
            Some(_) if is_jpeg => {}
            None | Some(_) => {
                self.ended = true;
                return false;
            }
        }
        self.slots.push(Slot { captured_at, at: self.at, bytes: size });
        true
    }

    fn consume(&mut self, bytes: usize) {
        self.pending.drain(..bytes.min(self.pending.len()));
        self.at += bytes as u32;
    }
}

/// Name and size of the chunk that begins here; `None` when fewer than eight bytes are left.
fn read_chunk_head(bytes: &[u8]) -> Option<([u8; 4], u32)> {
    let (name, rest) = bytes.split_first_chunk::<4>()?;
    let (size, _) = rest.split_first_chunk::<4>()?;
    Some((*name, u32::from_le_bytes(*size)))
}

/// Size and rate from a header of ours; `None` when it is another's or damaged.
fn read_shape(bytes: &[u8]) -> Option<Shape> {
    let word = |at: usize| {
        let (word, _) = bytes.get(at..)?.split_first_chunk::<4>()?;
        Some(u32::from_le_bytes(*word))
    };
    // Places within `header`: main header at 32, its size at +32; stream header at 108, rate at +24.
    let shape = Shape {
        width: u16::try_from(word(64)?).ok()?,
        height: u16::try_from(word(68)?).ok()?,
        rate_fps: u16::try_from(word(132)?).ok()?,
    };
    let mut found = bytes.get(..HEADER_BYTES)?.to_vec();
    // The sizes may be the open ones, the closed ones or, after a power cut, a mixture.
    let mut expected = super::open_header(shape);
    for sized in [4..8, 48..52, 140..144, 216..220] {
        found.get_mut(sized.clone())?.fill(0);
        expected.get_mut(sized)?.fill(0);
    }
    (found == expected && shape.rate_fps > 0).then_some(shape)
}

#[cfg(test)]
mod tests {
    use super::super::{FRAME_NOTE_BYTES, empty_chunk, frame_chunks, open_header, point_chunk};
    use super::*;
    use apis_units::{PictureBox, PicturePoint};

    const SHAPE: Shape = Shape { width: 320, height: 240, rate_fps: 10 };

    fn jpeg(filler: usize) -> Vec<u8> {
        let mut bytes = alloc::vec![0xff, 0xd8];
        bytes.extend(core::iter::repeat_n(0x11, filler));
        bytes.extend([0xff, 0xd9]);
        bytes
    }

    /// A clip of three slots and a point, with the places where something whole ends.
    fn clip() -> (Vec<u8>, Vec<usize>) {
        let mut bytes = open_header(SHAPE);
        let mut ends = alloc::vec![bytes.len()];
        let point = Point {
            captured_at: Uptime::from_millis(100),
            track: 3,
            at: PicturePoint::default(),
            bounds: PictureBox::FULL,
        };
        for part in [
            frame_chunks(Uptime::from_millis(100), &jpeg(5)),
            point_chunk(&point),
            empty_chunk(),
            frame_chunks(Uptime::from_millis(300), &jpeg(8)),
        ] {
            bytes.extend(part);
            ends.push(bytes.len());
        }
        (bytes, ends)
    }

    #[test]
    fn a_clip_cut_at_any_byte_keeps_what_was_whole() {
        let (bytes, ends) = clip();
        for cut in 0..=bytes.len() {
            let mut scan = Scan::default();
            for piece in bytes[..cut].chunks(7) {
                scan.feed(piece);
            }
            let whole = ends.iter().copied().filter(|end| *end <= cut).max();
            let found = scan.finish();
            assert_eq!(found.as_ref().map(|found| found.whole_to as usize), whole, "cut at {cut}");
            if let Some(found) = found {
                let slots = [0, 1, 1, 2, 3][ends.iter().filter(|end| **end <= cut).count() - 1];
                assert_eq!(found.slots.len(), slots, "cut at {cut}");
            }
        }
    }

    #[test]
    fn every_slot_is_found_at_its_place() {
        let (bytes, ends) = clip();
        let mut scan = Scan::default();
        assert!(scan.feed(&bytes));
        let found = scan.finish().unwrap();
        assert_eq!(found.shape, SHAPE);
        let places: Vec<u32> = found.slots.iter().map(|slot| slot.at).collect();
        let expected =
            [ends[0] as u32 + FRAME_NOTE_BYTES, ends[2] as u32, ends[3] as u32 + FRAME_NOTE_BYTES];
        assert_eq!(places, expected);
        assert_eq!(found.slots[1].captured_at, None);
        assert_eq!(found.points.len(), 1);
    }

    #[test]
    fn zeros_and_rubbish_after_the_last_frame_are_cut_off() {
        for tail in [[0u8; 64].as_slice(), b"idx1\x10\x00\x00\x00", b"00dc\xff\xff\xff\xff1234"] {
            let (mut bytes, ends) = clip();
            bytes.extend_from_slice(tail);
            let mut scan = Scan::default();
            assert!(!scan.feed(&bytes));
            assert_eq!(scan.finish().unwrap().whole_to as usize, ends[4]);
        }
    }

    #[test]
    fn a_file_that_is_not_a_clip_is_told_apart() {
        let mut scan = Scan::default();
        assert!(!scan.feed(&[b'x'; 300]));
        assert_eq!(scan.finish(), None);
    }
}
