//! The settings document of a unit: where the server is, and which of its keys to trust.
//!
//! It is made from the server's own configuration whenever a unit runs another generation, so
//! nothing has to be stored but the generation; that grows when the configuration changes.

use apis_protocol::envelope::Envelope;
use apis_protocol::settings::{Pin, ServerUrl, Settings, SettingsKind};
use apis_protocol::{Generation, SecretKey, UnitId};

use crate::clock::UnixMs;

/// How long an envelope of settings may travel, in milliseconds: a day, since a unit that knows
/// the time asks again at its next heartbeat.
pub const ENVELOPE_MS: i64 = 24 * 60 * 60 * 1_000;

/// What every unit of this server is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsSource {
    /// Where the units' door is, best first.
    pub server_urls: Vec<ServerUrl>,
    /// Keys of the server that a unit trusts.
    pub pins: Vec<Pin>,
}

impl SettingsSource {
    /// As it is remembered between starts: one address or pin a line. When it is not what was
    /// remembered, all units need new settings.
    #[must_use]
    pub fn to_text(&self) -> String {
        let urls = self.server_urls.iter().map(ToString::to_string);
        let lines: Vec<String> = urls.chain(self.pins.iter().map(ToString::to_string)).collect();
        lines.join("\n")
    }

    /// What [`SettingsSource::to_text`] wrote; `None` for anything else.
    #[must_use]
    pub fn of_text(text: &str) -> Option<SettingsSource> {
        let mut source = SettingsSource { server_urls: Vec::new(), pins: Vec::new() };
        for line in text.lines() {
            match line.parse() {
                Ok(url) => source.server_urls.push(url),
                Err(_) => source.pins.push(line.parse().ok()?),
            }
        }
        Some(source)
    }

    /// The document of one unit, signed by its tenant.
    #[must_use]
    pub fn envelope(
        &self,
        unit: UnitId,
        generation: Generation,
        key: &SecretKey,
        now: UnixMs,
    ) -> Envelope {
        let settings = Settings {
            kind: SettingsKind::Settings,
            unit_id: unit,
            generation,
            expires_ms: now.0.saturating_add(ENVELOPE_MS),
            server_urls: self.server_urls.clone(),
            pins: self.pins.clone(),
        };
        Envelope::seal(&settings, key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_units_are_told_survives_its_text() {
        let source = SettingsSource {
            server_urls: vec!["https://bees.example".parse().unwrap()],
            pins: vec![Pin::from_bytes([7; 32])],
        };
        assert_eq!(SettingsSource::of_text(&source.to_text()), Some(source));
        assert_eq!(SettingsSource::of_text("neither address nor pin"), None);
    }
}
