//! Strict text forms of bytes: base64, base64url, base32, hex.
//!
//! Strict means that each byte string has exactly one accepted text, so that a change of any
//! character changes what is meant: no white space, no foreign alphabet, no missing or surplus
//! padding, no non-zero trailing bits.

use alloc::string::String;
use alloc::vec::Vec;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// The text is not the one accepted form of any bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadEncoding;

impl core::fmt::Display for BadEncoding {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("not a strictly encoded byte string")
    }
}

impl core::error::Error for BadEncoding {}

/// Standard alphabet with required padding: RFC 8941 byte sequences, RFC 9530, tus metadata.
const PADDED: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical)
        .with_decode_allow_trailing_bits(false),
);

/// URL-safe alphabet without padding: keys, pins, nonces, envelopes (RFC 7515 §2).
const URL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(false),
);

/// Base64 with padding (RFC 4648 §4).
#[must_use]
pub fn to_base64(bytes: &[u8]) -> String {
    PADDED.encode(bytes)
}

/// Bytes of base64 with padding.
///
/// Errors: `BadEncoding` for anything [`to_base64`] would not have written.
pub fn from_base64(text: &str) -> Result<Vec<u8>, BadEncoding> {
    PADDED.decode(text).map_err(|_| BadEncoding)
}

/// Base64url without padding (RFC 4648 §5).
#[must_use]
pub fn to_base64url(bytes: &[u8]) -> String {
    URL.encode(bytes)
}

/// Bytes of base64url without padding.
///
/// Errors: `BadEncoding` for anything [`to_base64url`] would not have written.
pub fn from_base64url(text: &str) -> Result<Vec<u8>, BadEncoding> {
    URL.decode(text).map_err(|_| BadEncoding)
}

/// Exactly `N` bytes of base64url without padding.
///
/// Errors: `BadEncoding` for another length or another form.
pub fn array_from_base64url<const N: usize>(text: &str) -> Result<[u8; N], BadEncoding> {
    from_base64url(text)?.try_into().map_err(|_| BadEncoding)
}

/// RFC 4648 §6, upper case: letters that survive a telephone call and a QR code.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Base32 without padding, upper case.
#[must_use]
pub fn to_base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let mut held: u16 = 0;
    let mut held_bits = 0;
    for &byte in bytes {
        held = held << 8 | u16::from(byte);
        held_bits += 8;
        while held_bits >= 5 {
            held_bits -= 5;
            text.push(base32_digit(held >> held_bits));
        }
        // At most four bits wait for the next byte; the rest has been written.
        held &= (1 << held_bits) - 1;
    }
    if held_bits > 0 {
        text.push(base32_digit(held << (5 - held_bits)));
    }
    text
}

/// Exactly `N` bytes of base32 without padding.
///
/// Errors: `BadEncoding` for another length, lower case, or non-zero trailing bits.
pub fn array_from_base32<const N: usize>(text: &str) -> Result<[u8; N], BadEncoding> {
    let mut bytes = Vec::with_capacity(N);
    let mut held: u16 = 0;
    let mut held_bits = 0;
    for digit in text.bytes() {
        let value = BASE32.iter().position(|&known| known == digit).ok_or(BadEncoding)?;
        held = held << 5 | u16::try_from(value).map_err(|_| BadEncoding)?;
        held_bits += 5;
        if held_bits >= 8 {
            held_bits -= 8;
            bytes.push((held >> held_bits).to_be_bytes()[1]);
            held &= (1 << held_bits) - 1;
        }
        if bytes.len() > N {
            return Err(BadEncoding);
        }
    }
    // Five surplus bits are a surplus digit; set ones are a second spelling of the same bytes.
    if held_bits >= 5 || held != 0 {
        return Err(BadEncoding);
    }
    bytes.try_into().map_err(|_| BadEncoding)
}

/// Lower-case hex.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Exactly `N` bytes of lower-case hex.
///
/// Errors: `BadEncoding` for another length or upper case.
pub fn array_from_hex<const N: usize>(text: &str) -> Result<[u8; N], BadEncoding> {
    let digits = text.as_bytes();
    let mut bytes = [0; N];
    if digits.len() != 2 * N {
        return Err(BadEncoding);
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        for &digit in pair {
            *byte = *byte << 4 | hex_value(digit)?;
        }
    }
    Ok(bytes)
}

fn base32_digit(value: u16) -> char {
    let index = usize::from(value & 31);
    BASE32.get(index).copied().map_or('A', char::from)
}

fn hex_value(digit: u8) -> Result<u8, BadEncoding> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        0..=b'/' | b':'..=b'`' | b'g'..=u8::MAX => Err(BadEncoding),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_vectors_of_rfc_4648_hold() {
        for (bytes, base32, base64) in [
            ("", "", ""),
            ("f", "MY", "Zg=="),
            ("fo", "MZXQ", "Zm8="),
            ("foo", "MZXW6", "Zm9v"),
            ("foob", "MZXW6YQ", "Zm9vYg=="),
            ("fooba", "MZXW6YTB", "Zm9vYmE="),
            ("foobar", "MZXW6YTBOI", "Zm9vYmFy"),
        ] {
            assert_eq!(to_base32(bytes.as_bytes()), base32);
            assert_eq!(to_base64(bytes.as_bytes()), base64);
        }
    }

    #[test]
    fn a_second_spelling_of_the_same_bytes_is_refused() {
        for text in ["Zg=", "Zg", "Zg===", "Zh==", " Zg==", "Zg==\n", "Z-=="] {
            assert_eq!(from_base64(text), Err(BadEncoding), "{text:?}");
        }
        for text in ["Zg==", "Zh", "Z+", "Zg "] {
            assert_eq!(from_base64url(text), Err(BadEncoding), "{text:?}");
        }
        for text in ["my", "MZ", "MY======", "MYA", "M1", "MYAA"] {
            assert_eq!(array_from_base32::<1>(text), Err(BadEncoding), "{text:?}");
        }
        for text in ["0F", "0", "000", "0g", " 0f"] {
            assert_eq!(array_from_hex::<1>(text), Err(BadEncoding), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_byte_string_survives_each_text(bytes: [u8; 16]) {
            prop_assert_eq!(array_from_base32::<16>(&to_base32(&bytes)), Ok(bytes));
            prop_assert_eq!(array_from_base64url::<16>(&to_base64url(&bytes)), Ok(bytes));
            prop_assert_eq!(array_from_hex::<16>(&to_hex(&bytes)), Ok(bytes));
            prop_assert_eq!(from_base64(&to_base64(&bytes)), Ok(bytes.to_vec()));
        }

        #[test]
        fn whatever_reads_is_what_would_be_written(text in "[ -~]{0,40}") {
            if let Ok(bytes) = from_base64(&text) {
                prop_assert_eq!(to_base64(&bytes), &*text);
            }
            if let Ok(bytes) = from_base64url(&text) {
                prop_assert_eq!(to_base64url(&bytes), &*text);
            }
            if let Ok(bytes) = array_from_base32::<5>(&text) {
                prop_assert_eq!(to_base32(&bytes), &*text);
            }
        }
    }
}
