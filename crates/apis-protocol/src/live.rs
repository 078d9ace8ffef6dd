//! Live video: frames up a WebSocket that the unit opens when somebody looks.
//!
//! The server asks over the control channel ([`crate::channel::ToUnit::Live`]); the unit opens
//! [`crate::route::LIVE`], signed at the handshake, and sends each frame as one binary message: a
//! [`FrameHeader`] and a JPEG. Never more than [`UNACKNOWLEDGED_MAX`] frames are on their way, so
//! that lag cannot hide in buffers: what could not be sent in time is skipped. The server closes
//! the socket when nobody looks any more.

use crate::bounded::{self, Token};
use crate::heartbeat::ClockState;
use crate::message::Message;
use crate::records::WallTime;
use alloc::vec::Vec;
use apis_units::{Fraction, PicturePoint, Uptime};
use core::fmt;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Most frames that were sent and not acknowledged.
pub const UNACKNOWLEDGED_MAX: u64 = 2;

/// Longest JPEG of one frame, in bytes.
pub const JPEG_BYTES_MAX: usize = 1024 * 1024;

/// Most tracks told of one frame.
pub const TRACKS_MAX: usize = 64;

/// Least time between two [`FromLiveUnit::FrameFacts`] or two [`FromLiveUnit::GuardState`], in
/// milliseconds: at most two a second.
pub const FACTS_MS_MIN: u64 = 500;

/// What stands before a frame's JPEG: 24 bytes, little-endian.
///
/// | bytes | what |
/// | --- | --- |
/// | 0 | [`FrameHeader::VERSION`] |
/// | 1 | flags, 0: a reader ignores those it does not know |
/// | 2–3 | 0 |
/// | 4–7 | length of the JPEG |
/// | 8–15 | sequence, from 1 with each socket; a gap is a frame that was skipped |
/// | 16–23 | capture time, µs since boot |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHeader {
    /// Length of the JPEG, in bytes.
    pub jpeg_bytes: u32,
    /// Number of the frame on this socket.
    pub sequence: u64,
    /// When it was captured, since boot.
    pub captured_at: Uptime,
}

/// Why bytes are no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadFrame {
    /// Shorter than a header.
    Truncated,
    /// Of a version this crate does not read.
    UnknownVersion(u8),
    /// The JPEG is empty, longer than [`JPEG_BYTES_MAX`], or not as long as the header says.
    Length,
}

impl fmt::Display for BadFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadFrame::Truncated => f.write_str("shorter than a frame's header"),
            BadFrame::UnknownVersion(version) => write!(f, "a frame of version {version}"),
            BadFrame::Length => f.write_str("a frame of another length than its header says"),
        }
    }
}

impl core::error::Error for BadFrame {}

impl FrameHeader {
    /// Bytes of a header.
    pub const BYTES: usize = 24;

    /// The version this crate writes and reads.
    pub const VERSION: u8 = 1;

    /// The header's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; FrameHeader::BYTES] {
        let [l0, l1, l2, l3] = self.jpeg_bytes.to_le_bytes();
        let [s0, s1, s2, s3, s4, s5, s6, s7] = self.sequence.to_le_bytes();
        let captured_us = self.captured_at.micros();
        let [c0, c1, c2, c3, c4, c5, c6, c7] = captured_us.to_le_bytes();
        [
            FrameHeader::VERSION,
            0,
            0,
            0,
            l0,
            l1,
            l2,
            l3, //
            s0,
            s1,
            s2,
            s3,
            s4,
            s5,
            s6,
            s7, //
            c0,
            c1,
            c2,
            c3,
            c4,
            c5,
            c6,
            c7,
        ]
    }

    /// Splits a binary message into header and JPEG.
    ///
    /// Errors: see [`BadFrame`]. Whether the bytes behind are a JPEG is not looked into.
    pub fn split(message: &[u8]) -> Result<(FrameHeader, &[u8]), BadFrame> {
        let (header, jpeg) = message.split_first_chunk::<24>().ok_or(BadFrame::Truncated)?;
        let [version, _, _, _, rest @ ..] = header;
        if *version != FrameHeader::VERSION {
            return Err(BadFrame::UnknownVersion(*version));
        }
        let [l0, l1, l2, l3, s0, s1, s2, s3, s4, s5, s6, s7, captured @ ..] = *rest;
        let jpeg_bytes = u32::from_le_bytes([l0, l1, l2, l3]);
        let is_as_long = u32::try_from(jpeg.len()) == Ok(jpeg_bytes);
        if jpeg.is_empty() || JPEG_BYTES_MAX < jpeg.len() || !is_as_long {
            return Err(BadFrame::Length);
        }
        let sequence = u64::from_le_bytes([s0, s1, s2, s3, s4, s5, s6, s7]);
        let captured_at = Uptime::from_micros(u64::from_le_bytes(captured));
        Ok((FrameHeader { jpeg_bytes, sequence, captured_at }, jpeg))
    }
}

/// What the server sends on the live socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToLiveUnit {
    /// A frame has come, and every one before it.
    Acknowledgement {
        /// Its number.
        #[serde(deserialize_with = "bounded::integer")]
        sequence: u64,
    },
}

impl Message for ToLiveUnit {
    const NAME: &'static str = "live-to-unit";
    const BYTES_MAX: usize = 1024;
}

/// What the unit sends on the live socket beside frames; viewers get it as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromLiveUnit {
    /// What the unit knows of the time, at the start and on change: a frame's capture time is
    /// told in uptime.
    Clock(LiveClock),
    /// What the eyes saw in a frame.
    FrameFacts(FrameFacts),
    /// What the guard does.
    GuardState(GuardState),
}

impl Message for FromLiveUnit {
    const NAME: &'static str = "live-from-unit";
    const BYTES_MAX: usize = 8 * 1024;
}

/// What wall-clock time an uptime is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveClock {
    /// A moment, in microseconds since boot.
    #[serde(rename = "uptime_us", with = "bounded::uptime_us")]
    pub uptime: Uptime,
    /// How good the wall clock is.
    pub state: ClockState,
    /// Wall-clock time of that moment, with its bound; absent while `unsynchronised`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wall: Option<WallTime>,
}

/// The tracks of one frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameFacts {
    /// The frame.
    #[serde(deserialize_with = "bounded::integer")]
    pub sequence: u64,
    /// What is followed in it.
    #[serde(deserialize_with = "bounded::list::<_, _, TRACKS_MAX>")]
    pub tracks: Vec<LiveTrack>,
}

/// One track in a frame, written as `[track, x, y, width, height, is_hornet]`.
///
/// Units: 1/65,536 of the full sensor picture's width and height; `x`, `y` is the centre.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveTrack {
    /// The eyes' number of the track.
    pub track: u32,
    /// The centre.
    pub at: PicturePoint,
    /// Share of the full width the insect covers.
    pub width: Fraction,
    /// Share of the full height the insect covers.
    pub height: Fraction,
    /// Whether it has a verdict.
    pub is_hornet: bool,
}

impl Serialize for LiveTrack {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let LiveTrack { track, at, width, height, is_hornet } = self;
        (track, at.x.raw(), at.y.raw(), width.raw(), height.raw(), is_hornet).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for LiveTrack {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<LiveTrack, D::Error> {
        let (track, x, y, width, height, is_hornet) = Deserialize::deserialize(deserializer)?;
        let at = PicturePoint { x: Fraction::from_raw(x), y: Fraction::from_raw(y) };
        let (width, height) = (Fraction::from_raw(width), Fraction::from_raw(height));
        Ok(LiveTrack { track, at, width, height, is_hornet })
    }
}

/// What the guard does now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardState {
    /// Armed or disarmed.
    pub is_armed: bool,
    /// Why it is so, by name: `boot`, `button`, `command`, a fault.
    pub reason: Token,
    /// Whether the line is on.
    pub is_line_on: bool,
    /// The rule that keeps the line off though a hornet hovers, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Token>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn header(jpeg_bytes: u32) -> FrameHeader {
        FrameHeader { jpeg_bytes, sequence: 0x0102_0304, captured_at: Uptime::from_micros(5) }
    }

    fn message(header: FrameHeader, jpeg: &[u8]) -> Vec<u8> {
        let mut message = header.to_bytes().to_vec();
        message.extend_from_slice(jpeg);
        message
    }

    #[test]
    fn a_frame_is_read_as_it_was_written() {
        let bytes = message(header(3), b"abc");
        assert_eq!(bytes[..8], [1, 0, 0, 0, 3, 0, 0, 0]);
        assert_eq!(bytes[8..16], [4, 3, 2, 1, 0, 0, 0, 0]);
        assert_eq!(FrameHeader::split(&bytes), Ok((header(3), &b"abc"[..])));
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        let whole = message(header(3), b"abc");
        for cut in 0..FrameHeader::BYTES {
            assert_eq!(FrameHeader::split(&whole[..cut]), Err(BadFrame::Truncated), "{cut}");
        }
        for bytes in [&whole[..26], &message(header(3), b"abcd"), &message(header(0), b"")] {
            assert_eq!(FrameHeader::split(bytes), Err(BadFrame::Length));
        }
        let long = vec![0; JPEG_BYTES_MAX + 1];
        let too_long = message(header(u32::try_from(long.len()).unwrap()), &long);
        assert_eq!(FrameHeader::split(&too_long), Err(BadFrame::Length));
        let mut later = whole.clone();
        later[0] = 2;
        assert_eq!(FrameHeader::split(&later), Err(BadFrame::UnknownVersion(2)));
        // Flags and the two bytes behind them are a later version's to use.
        let mut flagged = whole;
        flagged[1..4].copy_from_slice(&[0xff; 3]);
        assert_eq!(FrameHeader::split(&flagged).map(|(header, _)| header), Ok(header(3)));
    }
}
