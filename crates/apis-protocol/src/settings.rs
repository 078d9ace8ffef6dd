//! The settings of a unit: one whole document with a generation, signed by the tenant's key.
//!
//! No partial patches and no order to puzzle over: a unit runs one document, tells its
//! generation in each heartbeat, and is sent the whole newest one when it differs.

use crate::bounded;
use crate::encoding;
use crate::envelope::Sealed;
use crate::id::{Generation, UnitId};
use crate::message::Message;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Most addresses a server may have at once: old and new name, LAN address, VPN name, and room.
pub const SERVER_URLS_MAX: usize = 8;

/// Longest address of a server, in bytes.
pub const SERVER_URL_BYTES_MAX: usize = 200;

/// Most pins at once: current and next key, and room.
pub const PINS_MAX: usize = 4;

/// One whole settings document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Always [`SettingsKind::Settings`].
    pub kind: SettingsKind,
    /// The unit it is for.
    pub unit_id: UnitId,
    /// Higher is newer; `max(last + 1, now in ms)`.
    pub generation: Generation,
    /// The envelope is not taken after this time, in milliseconds since 1970 UTC, by a unit that
    /// knows the time. The document itself then runs until a newer one comes.
    #[serde(deserialize_with = "bounded::stored")]
    pub expires_ms: i64,
    /// Where the units' door is, best first: `https://name[:port]`. Several, so that moving a
    /// household to another name cuts off no unit that slept through the winter.
    #[serde(deserialize_with = "bounded::list::<_, _, SERVER_URLS_MAX>")]
    pub server_urls: Vec<ServerUrl>,
    /// The server keys a unit trusts beside the public authorities: current and next. Empty
    /// when the server has a public certificate.
    #[serde(deserialize_with = "bounded::list::<_, _, PINS_MAX>")]
    pub pins: Vec<Pin>,
}

/// The kind of a settings payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettingsKind {
    /// A whole settings document.
    Settings,
}

impl Message for Settings {
    const NAME: &'static str = "settings";
    const BYTES_MAX: usize = crate::envelope::PAYLOAD_CHARS_MAX / 4 * 3;
}

impl Sealed for Settings {
    const DOMAIN: &'static [u8] = b"apis-settings-v1\0";
}

/// Why a signed settings document was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingsRefusal {
    /// It is another unit's.
    OtherUnit,
    /// The unit already runs this generation or a newer one.
    NotNewer,
    /// Its envelope is over.
    Expired,
    /// It names no server address: the unit would be cut off for good.
    NoServer,
}

impl fmt::Display for SettingsRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SettingsRefusal::OtherUnit => "the settings are another unit's",
            SettingsRefusal::NotNewer => "the settings are not newer",
            SettingsRefusal::Expired => "the settings' envelope is over",
            SettingsRefusal::NoServer => "the settings name no server",
        })
    }
}

impl core::error::Error for SettingsRefusal {}

impl Settings {
    /// Whether `unit` may take this document now.
    ///
    /// `running` is the generation it runs; `now_ms` the least time it can be (estimate minus
    /// bound), in milliseconds since 1970 UTC, `None` while its clock is unsynchronised: then
    /// the generation alone protects against an old document.
    pub fn check(
        &self,
        unit: UnitId,
        running: Option<Generation>,
        now_ms: Option<i64>,
    ) -> Result<(), SettingsRefusal> {
        if self.unit_id != unit {
            return Err(SettingsRefusal::OtherUnit);
        }
        if running.is_some_and(|running| self.generation <= running) {
            return Err(SettingsRefusal::NotNewer);
        }
        if now_ms.is_some_and(|now_ms| self.expires_ms < now_ms) {
            return Err(SettingsRefusal::Expired);
        }
        if self.server_urls.is_empty() {
            return Err(SettingsRefusal::NoServer);
        }
        Ok(())
    }
}

/// The SHA-256 of a server's public key (its `SubjectPublicKeyInfo` in DER), as base64url.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pin([u8; 32]);

impl Pin {
    /// The pin of a `SubjectPublicKeyInfo` in DER.
    #[must_use]
    pub fn of_public_key(spki_der: &[u8]) -> Pin {
        Pin(crate::Sha256Digest::of(spki_der).to_bytes())
    }

    /// A pin computed elsewhere.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Pin {
        Pin(bytes)
    }

    /// Its 32 bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encoding::to_base64url(&self.0))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pin({self})")
    }
}

impl FromStr for Pin {
    type Err = encoding::BadEncoding;

    fn from_str(text: &str) -> Result<Pin, encoding::BadEncoding> {
        encoding::array_from_base64url(text).map(Pin)
    }
}

impl Serialize for Pin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Pin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Pin, D::Error> {
        let text = bounded::text::<D, 43>(deserializer)?;
        text.parse().map_err(|_| D::Error::custom("not a SHA-256 in base64url"))
    }
}

/// The address of a units' door: `https://authority`, nothing after it, in lower case.
///
/// The authority is a DNS name, an IPv4 address or a bracketed IPv6 address, with a port when it
/// is not 443: what the unit then signs as `@authority`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct ServerUrl(String);

/// The text is not a [`ServerUrl`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadServerUrl;

impl fmt::Display for BadServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an address of the form https://name[:port]")
    }
}

impl core::error::Error for BadServerUrl {}

impl ServerUrl {
    /// The whole address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows `https://`: name or address, and the port when it is not 443.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.0.strip_prefix(HTTPS).unwrap_or_default()
    }
}

const HTTPS: &str = "https://";

impl FromStr for ServerUrl {
    type Err = BadServerUrl;

    fn from_str(text: &str) -> Result<ServerUrl, BadServerUrl> {
        let authority = text.strip_prefix(HTTPS).ok_or(BadServerUrl)?;
        if text.len() > SERVER_URL_BYTES_MAX || !crate::http::is_authority(authority) {
            return Err(BadServerUrl);
        }
        Ok(ServerUrl(text.into()))
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ServerUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ServerUrl, D::Error> {
        let text = bounded::text::<D, SERVER_URL_BYTES_MAX>(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}
