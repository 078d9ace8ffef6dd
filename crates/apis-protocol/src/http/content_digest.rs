//! RFC 9530 `Content-Digest`, SHA-256 alone.

use super::structured;
use crate::digest::Sha256Digest;
use crate::encoding;
use alloc::format;
use alloc::string::String;

/// The member of `Content-Digest` that counts.
const SHA_256: &str = "sha-256";

/// The value of `Content-Digest` for content with this digest.
#[must_use]
pub fn content_digest(digest: Sha256Digest) -> String {
    format!("{SHA_256}=:{}:", encoding::to_base64(&digest.to_bytes()))
}

/// The SHA-256 in a `Content-Digest`; digests of other algorithms beside it are ignored.
///
/// Shape: `None` when the field is malformed, or has no SHA-256 of 32 bytes.
#[must_use]
pub fn read_content_digest(field: &str) -> Option<Sha256Digest> {
    let members = structured::read_bytes_dictionary(field).ok()?;
    let (_, bytes) = members.into_iter().find(|member| member.0 == SHA_256)?;
    bytes.try_into().ok().map(Sha256Digest::from_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_9530_reads() {
        // RFC 9530 appendix B.1: {"hello": "world"} and a line feed.
        let field = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";
        let digest = Sha256Digest::of(b"{\"hello\": \"world\"}\n");
        assert_eq!(content_digest(digest), field);
        assert_eq!(read_content_digest(field), Some(digest));
        assert_eq!(read_content_digest(&format!("sha-512=:Zg==:, {field}")), Some(digest));
        for field in ["", "sha-512=:Zg==:", "sha-256=:Zg==:", &field[..field.len() - 1]] {
            assert_eq!(read_content_digest(field), None, "{field}");
        }
    }
}
