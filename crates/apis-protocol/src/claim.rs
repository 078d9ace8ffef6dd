//! The claim string: what a member hands to a unit, the same in text and QR.
//!
//! `apis:1?u=<url>&t=pin&p=<pin, base64url>&s=<secret, base32>` trusts the server's own key;
//! `apis:1?u=<url>&t=web&s=<secret, base32>` the public certificate authorities. One use, 15
//! minutes, 128 bits. There is exactly one spelling of a claim: what reads is what would be
//! written.

use crate::encoding;
use crate::settings::{BadServerUrl, Pin, SERVER_URL_BYTES_MAX, ServerUrl};
use alloc::format;
use alloc::string::String;
use core::fmt;
use core::str::FromStr;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How long a claim can be used, in milliseconds.
pub const VALID_MS: i64 = 15 * 60 * 1_000;

/// Longest claim string in bytes: every byte of the address escaped, the pin and the secret.
pub const CLAIM_BYTES_MAX: usize = 3 * SERVER_URL_BYTES_MAX + 128;

/// A claim, as the unit reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Where to enrol.
    pub server_url: ServerUrl,
    /// Why that server is the right one.
    pub trust: ServerTrust,
    /// What makes it a claim.
    pub secret: ClaimSecret,
}

/// Why a unit trusts a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerTrust {
    /// `t=pin`: its public key has this digest.
    Pin(Pin),
    /// `t=web`: a public certificate authority says so.
    Web,
}

/// Why a text is not a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadClaim {
    /// It does not begin with `apis:`, or is too long to be one.
    NotAClaim,
    /// A claim of another version: the unit is older than the server.
    UnknownVersion,
    /// A part is missing, unknown, doubled or out of order.
    Parts,
    /// The address is not `https://name[:port]`, escaped in the one way.
    Address,
    /// `t` is neither `pin` nor `web`.
    UnknownTrust,
    /// The pin is not 32 bytes of strict base64url.
    Pin,
    /// The secret is not 16 bytes of strict base32.
    Secret,
}

impl fmt::Display for BadClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadClaim::NotAClaim => "not a claim: a claim begins with apis:1?",
            BadClaim::UnknownVersion => "a claim of a version this unit does not know",
            BadClaim::Parts => "the claim's parts are not u, t, p, s in this order",
            BadClaim::Address => "the claim's address is not https://name[:port]",
            BadClaim::UnknownTrust => "the claim's trust is neither pin nor web",
            BadClaim::Pin => "the claim's pin is not a SHA-256 in base64url",
            BadClaim::Secret => "the claim's secret is not 128 bits in base32",
        })
    }
}

impl core::error::Error for BadClaim {}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "apis:1?u={}", escape(self.server_url.as_str()))?;
        match self.trust {
            ServerTrust::Pin(pin) => write!(f, "&t=pin&p={pin}")?,
            ServerTrust::Web => f.write_str("&t=web")?,
        }
        write!(f, "&s={}", self.secret.to_text())
    }
}

impl FromStr for Claim {
    type Err = BadClaim;

    fn from_str(text: &str) -> Result<Claim, BadClaim> {
        if text.len() > CLAIM_BYTES_MAX {
            return Err(BadClaim::NotAClaim);
        }
        let rest = text.strip_prefix("apis:").ok_or(BadClaim::NotAClaim)?;
        let (version, rest) = rest.split_once('?').ok_or(BadClaim::NotAClaim)?;
        if version != "1" {
            return Err(BadClaim::UnknownVersion);
        }
        let mut parts = rest.split('&');
        let mut part =
            |key| parts.next().and_then(|part: &str| part.strip_prefix(key)).ok_or(BadClaim::Parts);
        let server_url = unescape(part("u=")?).map_err(|BadServerUrl| BadClaim::Address)?;
        let trust = match part("t=")? {
            "pin" => ServerTrust::Pin(part("p=")?.parse().map_err(|_| BadClaim::Pin)?),
            "web" => ServerTrust::Web,
            _ => return Err(BadClaim::UnknownTrust),
        };
        let secret = part("s=")?.parse()?;
        if parts.next().is_some() {
            return Err(BadClaim::Parts);
        }
        Ok(Claim { server_url, trust, secret })
    }
}

/// The 128 bits that make a claim; base32 in messages, hidden by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct ClaimSecret([u8; 16]);

impl ClaimSecret {
    /// The secret of these 16 random bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> ClaimSecret {
        ClaimSecret(bytes)
    }

    /// Its 26 characters of base32.
    #[must_use]
    pub fn to_text(&self) -> String {
        encoding::to_base32(&self.0)
    }

    /// What the server stores and looks up instead of the secret. 128 random bits need no salt
    /// and no slow hash.
    #[must_use]
    pub fn digest(&self) -> crate::Sha256Digest {
        crate::Sha256Digest::of(&self.0)
    }
}

impl fmt::Debug for ClaimSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClaimSecret")
    }
}

impl FromStr for ClaimSecret {
    type Err = BadClaim;

    fn from_str(text: &str) -> Result<ClaimSecret, BadClaim> {
        encoding::array_from_base32(text).map(ClaimSecret).map_err(|_| BadClaim::Secret)
    }
}

impl Serialize for ClaimSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_text().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ClaimSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ClaimSecret, D::Error> {
        crate::bounded::text::<D, 26>(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// RFC 3986 §2.3 unreserved characters, `:` and `/` stand for themselves (§3.4 allows them in a
/// query); all others are escaped.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/".contains(&byte)
}

fn escape(url: &str) -> String {
    url.bytes().fold(String::new(), |mut text, byte| {
        if is_plain(byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
        text
    })
}

/// The address that [`escape`] would have written as `text`.
fn unescape(text: &str) -> Result<ServerUrl, BadServerUrl> {
    let mut url = String::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        if next != '%' {
            url.push(next);
            rest = rest.get(next.len_utf8()..).ok_or(BadServerUrl)?;
            continue;
        }
        let digits = rest.get(1..3).ok_or(BadServerUrl)?;
        let byte = u8::from_str_radix(digits, 16).map_err(|_| BadServerUrl)?;
        url.push(char::from(byte));
        rest = rest.get(3..).ok_or(BadServerUrl)?;
    }
    let parsed: ServerUrl = url.parse()?;
    if escape(&url) == text { Ok(parsed) } else { Err(BadServerUrl) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    const PIN: &str = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
    const SECRET: &str = "AAAQEAYEAUDAOCAJBIFQYDIOB4";

    fn pinned() -> String {
        format!("apis:1?u=https://192.168.1.20:7443&t=pin&p={PIN}&s={SECRET}")
    }

    #[test]
    fn a_claim_survives_its_text() {
        let web = format!("apis:1?u=https://bees.example&t=web&s={SECRET}");
        let v6 = format!("apis:1?u=https://%5Bfd00::1%5D:7443&t=web&s={SECRET}");
        for text in [pinned(), web, v6] {
            assert_eq!(text.parse::<Claim>().unwrap().to_string(), text);
        }
        let claim: Claim = pinned().parse().unwrap();
        assert_eq!(claim.server_url.authority(), "192.168.1.20:7443");
        assert!(!format!("{claim:?}").contains(SECRET));
    }

    #[test]
    fn a_text_that_is_no_claim_says_why() {
        let pinned = pinned();
        let swap = |from: &str, to: &str| pinned.replace(from, to);
        for (text, why) in [
            (String::new(), BadClaim::NotAClaim),
            (swap("apis:", "APIS:"), BadClaim::NotAClaim),
            (format!("{pinned}{}", "A".repeat(CLAIM_BYTES_MAX)), BadClaim::NotAClaim),
            (swap("apis:1", "apis:2"), BadClaim::UnknownVersion),
            (swap("https", "http"), BadClaim::Address),
            (swap("https", "%68ttps"), BadClaim::Address),
            (swap("7443", "7443/"), BadClaim::Address),
            (swap("192.168", "me@192.168"), BadClaim::Address),
            (swap("u=", "x="), BadClaim::Parts),
            (swap("t=pin", "t=any"), BadClaim::UnknownTrust),
            (swap("t=pin", "t=web"), BadClaim::Parts),
            (swap(PIN, &PIN[1..]), BadClaim::Pin),
            (swap(PIN, &PIN.replace("FU", "FV")), BadClaim::Pin),
            (swap(SECRET, &SECRET.to_lowercase()), BadClaim::Secret),
            (swap(SECRET, ""), BadClaim::Secret),
            (format!("{pinned}&s={SECRET}"), BadClaim::Parts),
            (format!("{pinned}&"), BadClaim::Parts),
            (format!("{pinned}\n"), BadClaim::Secret),
        ] {
            assert_eq!(text.parse::<Claim>(), Err(why), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_reads_is_what_would_be_written(text in "apis:1\\?u=https://[a-z%5Bd.:0-9]{1,20}&t=web&s=[A-Z2-7]{26}") {
            if let Ok(claim) = text.parse::<Claim>() {
                prop_assert_eq!(claim.to_string(), text);
            }
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,200}", tail in "\\PC{0,80}") {
            let _ = text.parse::<Claim>();
            let _ = format!("apis:1?u={tail}").parse::<Claim>();
            let _ = format!("apis:1?u=https://a{tail}&t=pin&p={text}").parse::<Claim>();
        }
    }
}
