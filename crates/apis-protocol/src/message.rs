//! Reading and writing a message: bounded first, then JSON.

use crate::bounded::INVALID_TEXT;
use crate::problem::Code;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The media type of every message.
pub const CONTENT_TYPE: &str = "application/json";

/// One message of the protocol.
pub trait Message: Serialize + DeserializeOwned {
    /// Its name: the stem of its vector file and of its heading in the reference.
    const NAME: &'static str;

    /// Bytes a reader takes at most; the HTTP floor refuses a longer body before reading it.
    const BYTES_MAX: usize;

    /// Reads a message; fields it does not know are ignored.
    ///
    /// Errors: see [`ReadError`]; nothing is allocated beyond a small multiple of `bytes`.
    fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        if bytes.len() > Self::BYTES_MAX {
            return Err(ReadError::TooLarge { bytes_max: Self::BYTES_MAX });
        }
        serde_json::from_slice(bytes).map_err(ReadError::from_json)
    }

    /// The message's JSON bytes, as they are hashed, signed and sent.
    fn write(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("messages have text keys and no failing serializer")
    }
}

/// Why bytes are not the expected message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// More bytes than the message may have.
    TooLarge {
        /// The bound that was passed.
        bytes_max: usize,
    },
    /// A variant this version does not know: reported, never guessed at.
    UnknownVariant {
        /// What was found and what is known.
        detail: String,
    },
    /// A text holds a control character (U+0000 among them).
    InvalidText {
        /// Where.
        detail: String,
    },
    /// Not JSON, or JSON of another shape, or a value out of its bounds.
    Malformed {
        /// What and where.
        detail: String,
    },
}

impl ReadError {
    /// The stable code a server answers with.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            ReadError::TooLarge { .. } => Code::BodyTooLarge,
            ReadError::UnknownVariant { .. } => Code::UnknownVariant,
            ReadError::InvalidText { .. } => Code::InvalidText,
            ReadError::Malformed { .. } => Code::Malformed,
        }
    }

    pub(crate) fn from_json(error: serde_json::Error) -> ReadError {
        let detail = format!("{error}");
        // serde_json tells kinds apart by text alone; a test pins both texts.
        if detail.starts_with("unknown variant") {
            ReadError::UnknownVariant { detail }
        } else if detail.starts_with(INVALID_TEXT) {
            ReadError::InvalidText { detail }
        } else {
            ReadError::Malformed { detail }
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::TooLarge { bytes_max } => write!(f, "longer than {bytes_max} bytes"),
            ReadError::UnknownVariant { detail }
            | ReadError::InvalidText { detail }
            | ReadError::Malformed { detail } => f.write_str(detail),
        }
    }
}

impl core::error::Error for ReadError {}
