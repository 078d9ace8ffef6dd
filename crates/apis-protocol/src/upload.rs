//! Uploads of clips and sidecars by tus 1.0.0: creation, expiration, termination.
//!
//! The unit creates an upload with the whole's digest inside the signed request, then sends it
//! in `PATCH`es, each with its own `Content-Digest`. Creation is idempotent on
//! `(unit, visit_id, kind, sha256)`: the same `Location` again, and no second reservation.
//! `HEAD` tells what is durable. When the last byte is in, the server checks the whole:
//! `460 object_mismatch` puts the offset back to 0.
//!
//! Source: tus resumable upload protocol 1.0.0.

use crate::digest::Sha256Digest;
use crate::encoding;
use crate::id::VisitId;
use alloc::format;
use alloc::string::{String, ToString as _};
use core::fmt;
use serde::{Deserialize, Serialize};

/// The value of `Tus-Resumable` and `Tus-Version`.
pub const TUS_VERSION: &str = "1.0.0";

/// The value of `Tus-Extension`: what of the protocol is spoken.
pub const TUS_EXTENSIONS: &str = "creation,expiration,termination";

/// The field that states the protocol's version; in every request but `OPTIONS`.
pub const TUS_RESUMABLE: &str = "tus-resumable";

/// The field that lists a server's versions.
pub const TUS_VERSIONS: &str = "tus-version";

/// The field that lists a server's extensions.
pub const TUS_EXTENSION: &str = "tus-extension";

/// The field that states the largest upload.
pub const TUS_MAX_SIZE: &str = "tus-max-size";

/// The field with the whole's length in bytes.
pub const UPLOAD_LENGTH: &str = "upload-length";

/// The field with the bytes that are durable, and where a `PATCH` begins.
pub const UPLOAD_OFFSET: &str = "upload-offset";

/// The field with [`UploadMetadata`].
pub const UPLOAD_METADATA: &str = "upload-metadata";

/// The field that says when an unfinished upload is swept, as an HTTP date.
pub const UPLOAD_EXPIRES: &str = "upload-expires";

/// The answer field with the [`UploadState`], on creation, `HEAD` and `PATCH`.
pub const APIS_UPLOAD_STATE: &str = "apis-upload-state";

/// The answer field that says why a whole was rejected, beside `apis-upload-state: rejected`.
pub const APIS_UPLOAD_REASON: &str = "apis-upload-reason";

/// The media type of a `PATCH`.
pub const OFFSET_OCTET_STREAM: &str = "application/offset+octet-stream";

/// Most bytes of a clip: ten minutes at 15 frames a second and 20 KiB a frame.
pub const CLIP_BYTES_MAX: u64 = 192 * 1024 * 1024;

/// Most bytes of a sidecar.
pub const SIDECAR_BYTES_MAX: u64 = crate::sidecar::SIDECAR_BYTES_MAX as u64;

/// Most bytes of one `PATCH`: it is signed with its digest, so it is also the most that is read
/// before a wrong one is known.
pub const PATCH_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Most bytes that a cut connection makes a unit send again.
pub const RESEND_BYTES_MAX: u64 = 16 * 1024;

/// Longest value of `Upload-Metadata`.
pub const METADATA_BYTES_MAX: usize = 512;

/// What is uploaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UploadKind {
    /// An MJPEG AVI.
    Clip,
    /// A [`crate::sidecar::Sidecar`].
    Sidecar,
}

impl UploadKind {
    /// Its name in metadata, tables and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            UploadKind::Clip => "clip",
            UploadKind::Sidecar => "sidecar",
        }
    }

    /// Most bytes one of its kind may have.
    #[must_use]
    pub const fn bytes_max(self) -> u64 {
        match self {
            UploadKind::Clip => CLIP_BYTES_MAX,
            UploadKind::Sidecar => SIDECAR_BYTES_MAX,
        }
    }

    fn from_str(text: &str) -> Option<UploadKind> {
        [UploadKind::Clip, UploadKind::Sidecar].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// How far an upload is, in [`APIS_UPLOAD_STATE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UploadState {
    /// Bytes are missing.
    Receiving,
    /// Whole, checked and kept: the unit may forget its copy.
    Verified,
    /// Whole, and not what it should be (not an AVI, not a sidecar): kept nowhere, never to be
    /// sent again. The unit parks it.
    Rejected,
}

impl UploadState {
    /// Its value in the field.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            UploadState::Receiving => "receiving",
            UploadState::Verified => "verified",
            UploadState::Rejected => "rejected",
        }
    }

    /// The state with this value.
    #[must_use]
    pub fn from_text(text: &str) -> Option<UploadState> {
        [UploadState::Receiving, UploadState::Verified, UploadState::Rejected]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// What a creation says of the whole, in `Upload-Metadata`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UploadMetadata {
    /// Whose clip or sidecar.
    pub visit_id: VisitId,
    /// Which of the two.
    pub kind: UploadKind,
    /// Of the whole.
    pub sha256: Sha256Digest,
}

/// Why an `Upload-Metadata` is not ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadMetadata {
    /// Not `key base64` pairs joined by commas, or too long.
    Malformed,
    /// A key twice.
    Duplicate,
    /// One of the three keys is missing.
    Missing,
    /// A value is not of its kind.
    Value,
}

impl fmt::Display for BadMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadMetadata::Malformed => "upload-metadata is malformed",
            BadMetadata::Duplicate => "upload-metadata has a key twice",
            BadMetadata::Missing => "upload-metadata lacks visit_id, kind or sha256",
            BadMetadata::Value => "upload-metadata has a value of the wrong kind",
        })
    }
}

impl core::error::Error for BadMetadata {}

impl UploadMetadata {
    /// The value of `Upload-Metadata`.
    #[must_use]
    pub fn to_field(&self) -> String {
        let pair = |key, value: &str| format!("{key} {}", encoding::to_base64(value.as_bytes()));
        let visit_id = pair("visit_id", &self.visit_id.to_string());
        let kind = pair("kind", self.kind.as_str());
        let sha256 = pair("sha256", &self.sha256.to_string());
        format!("{visit_id},{kind},{sha256}")
    }

    /// Reads the value of `Upload-Metadata`: the three keys in any order, others ignored.
    ///
    /// Errors: see [`BadMetadata`].
    pub fn from_field(field: &str) -> Result<UploadMetadata, BadMetadata> {
        if field.len() > METADATA_BYTES_MAX {
            return Err(BadMetadata::Malformed);
        }
        let (mut visit_id, mut kind, mut sha256) = (None, None, None);
        for pair in field.split(',') {
            // tus allows a key alone; foreign clients put a space after the comma.
            let pair = pair.trim_matches(' ');
            let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
            let slot = match key {
                "" => return Err(BadMetadata::Malformed),
                "visit_id" => &mut visit_id,
                "kind" => &mut kind,
                "sha256" => &mut sha256,
                _ => continue,
            };
            let value = encoding::from_base64(value).map_err(|_| BadMetadata::Malformed)?;
            let value = String::from_utf8(value).map_err(|_| BadMetadata::Value)?;
            if slot.replace(value).is_some() {
                return Err(BadMetadata::Duplicate);
            }
        }
        let visit_id = visit_id.ok_or(BadMetadata::Missing)?;
        let kind = kind.ok_or(BadMetadata::Missing)?;
        let sha256 = sha256.ok_or(BadMetadata::Missing)?;
        Ok(UploadMetadata {
            visit_id: visit_id.parse().map_err(|_| BadMetadata::Value)?,
            kind: UploadKind::from_str(&kind).ok_or(BadMetadata::Value)?,
            sha256: sha256.parse().map_err(|_| BadMetadata::Value)?,
        })
    }
}

/// Reads `Upload-Length` or `Upload-Offset`: plain decimal digits, at most 2^53 − 1.
#[must_use]
pub fn parse_bytes(field: &str) -> Option<u64> {
    let is_plain =
        !field.is_empty() && field.len() <= 16 && field.bytes().all(|b| b.is_ascii_digit());
    let has_one_form = field == "0" || !field.starts_with('0');
    let value = field.parse().ok().filter(|&value| value <= crate::bounded::INTEGER_MAX)?;
    (is_plain && has_one_form).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata() -> UploadMetadata {
        UploadMetadata {
            visit_id: "0192f3a1-7c00-7def-8123-456789abcdef".parse().unwrap(),
            kind: UploadKind::Clip,
            sha256: Sha256Digest::of(b"clip"),
        }
    }

    #[test]
    fn metadata_survives_its_field() {
        assert_eq!(UploadMetadata::from_field(&metadata().to_field()), Ok(metadata()));
        let with_more = format!("filename Yw==, {},lonely", metadata().to_field());
        assert_eq!(UploadMetadata::from_field(&with_more), Ok(metadata()));
    }

    #[test]
    fn metadata_that_is_not_ours_is_refused() {
        let field = metadata().to_field();
        let twice = format!("{field},kind Y2xpcA==");
        let long = format!("{field},more {}", "A".repeat(METADATA_BYTES_MAX));
        for (field, why) in [
            ("", BadMetadata::Malformed),
            ("kind Y2xpcA==", BadMetadata::Missing),
            (&*field.replace("kind Y2xpcA==", "kind bW92aWU="), BadMetadata::Value),
            (&*field.replace("kind Y2xpcA==", "kind Y2xpcA"), BadMetadata::Malformed),
            (&*twice, BadMetadata::Duplicate),
            (&*long, BadMetadata::Malformed),
        ] {
            assert_eq!(UploadMetadata::from_field(field), Err(why), "{field}");
        }
    }

    #[test]
    fn lengths_have_one_form() {
        assert_eq!(parse_bytes("0"), Some(0));
        assert_eq!(parse_bytes("9007199254740991"), Some(9_007_199_254_740_991));
        for text in ["", "00", "01", "+1", "-1", " 1", "1 ", "9007199254740992", "0x1", "1e3"] {
            assert_eq!(parse_bytes(text), None, "{text:?}");
        }
    }
}
