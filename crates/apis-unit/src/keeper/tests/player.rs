//! A reader of AVI that believes only what the file says: sizes, index, chunks.

use alloc::vec::Vec;
use apis_units::Uptime;

/// The frames by index, as a player finds them through the index: `None` for an empty chunk.
///
/// `None` when anything does not fit: a size, a count, an index entry that points elsewhere.
pub fn frames(bytes: &[u8]) -> Option<Vec<Option<Vec<u8>>>> {
    let word =
        |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize);
    if bytes.get(..4)? != b"RIFF" || bytes.get(8..12)? != b"AVI " || word(4)? + 8 != bytes.len() {
        return None;
    }
    let header_end = 20 + word(16)?;
    let frame_count = word(48)?;
    if bytes.get(header_end..header_end + 4)? != b"LIST" {
        return None;
    }
    let list = header_end + 8;
    let list_end = list + word(header_end + 4)?;
    if bytes.get(list..list + 4)? != b"movi" || bytes.get(list_end..list_end + 4)? != b"idx1" {
        return None;
    }
    let index = list_end + 8;
    let count = word(list_end + 4)? / 16;
    if index + count * 16 != bytes.len() || count != frame_count || count != word(140)? {
        return None;
    }
    let mut frames = Vec::new();
    for entry in 0..count {
        let at = index + entry * 16;
        let (place, length) = (list + word(at + 8)?, word(at + 12)?);
        let is_chunk = bytes.get(at..at + 4)? == b"00dc" && bytes.get(place..place + 4)? == b"00dc";
        if !is_chunk || word(place + 4)? != length || place + 8 + length > list_end {
            return None;
        }
        let jpeg = &bytes[place + 8..place + 8 + length];
        let is_whole = jpeg.starts_with(&[0xff, 0xd8]) && jpeg.ends_with(&[0xff, 0xd9]);
        if length > 0 && !is_whole {
            return None;
        }
        frames.push((length > 0).then(|| jpeg.to_vec()));
    }
    Some(frames)
}

/// A picture that says when it was taken.
pub fn picture(captured_at: Uptime, filler: usize) -> Vec<u8> {
    let mut bytes = Vec::from([0xff, 0xd8]);
    bytes.extend_from_slice(&captured_at.micros().to_le_bytes());
    bytes.extend(core::iter::repeat_n(0x5a, filler));
    bytes.extend_from_slice(&[0xff, 0xd9]);
    bytes
}

/// When a picture was taken.
pub fn taken_at(picture: &[u8]) -> Uptime {
    Uptime::from_micros(u64::from_le_bytes(picture[2..10].try_into().unwrap()))
}
