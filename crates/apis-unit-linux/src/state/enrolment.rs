//! Whose unit this is and where its server stands: what enrolment answered, the newest settings,
//! the highest command number.

use anyhow::{Context, bail};
use apis_protocol::claim::{Claim, ServerTrust};
use apis_protocol::enrolment::EnrolmentAnswer;
use apis_protocol::envelope::Envelope;
use apis_protocol::message::Message;
use apis_protocol::settings::{Pin, ServerUrl, Settings};
use apis_protocol::{CommandNumber, PublicKey, TenantId, UnitId};
use serde_json::{Value, json};

use super::DataFolder;
use crate::hold;

/// What enrolment gave: the claim's address and pin, and the server's answer.
const ENROLMENT: &str = "enrolment.json";

/// The newest settings envelope that was taken after enrolment.
const SETTINGS: &str = "settings.json";

/// The highest command number that was taken.
const COMMAND_NUMBER: &str = "command.number";

/// The enrolment of a unit with its newest settings.
#[derive(Debug, Clone)]
pub struct Enrolment {
    /// The unit's name.
    pub unit_id: UnitId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// What signs settings and commands.
    pub tenant_key: PublicKey,
    /// The settings it runs.
    pub settings: Settings,
    /// Where the claim sent it; stays a place to try.
    claim_url: ServerUrl,
    /// The key the claim trusted; counts until settings name pins.
    claim_pin: Pin,
}

impl Enrolment {
    /// Reads the enrolment in `folder`; `None` when the unit is not enrolled.
    ///
    /// Errors: when a file is there but cannot be understood. Nothing is thrown away.
    pub fn load(folder: &DataFolder) -> anyhow::Result<Option<Enrolment>> {
        let Some(bytes) = folder.read(ENROLMENT)? else { return Ok(None) };
        let context = || format!("understand {ENROLMENT}");
        let saved: Value = serde_json::from_slice(&bytes).with_context(context)?;
        let text = |name: &str| saved.get(name).and_then(Value::as_str).unwrap_or_default();
        let claim_url: ServerUrl = text("server_url").parse().with_context(context)?;
        let claim_pin: Pin = text("pin").parse().with_context(context)?;
        let answer = saved.get("answer").map(Value::to_string).unwrap_or_default();
        let answer = EnrolmentAnswer::read(answer.as_bytes()).with_context(context)?;
        let mut enrolment = Enrolment::of(&answer, claim_url, claim_pin)?;
        if let Some(bytes) = folder.read(SETTINGS)? {
            let envelope = Envelope::read(&bytes).context("understand settings.json")?;
            // Settings left by an enrolment before this one have another key or unit, and do not
            // count.
            let newest = envelope.open::<Settings>(answer.tenant_key).ok();
            let running = enrolment.settings.generation;
            enrolment.settings = newest
                .filter(|newest| newest.check(enrolment.unit_id, Some(running), None).is_ok())
                .unwrap_or(enrolment.settings);
        }
        Ok(Some(enrolment))
    }

    /// Checks the server's answer to `claim` and saves it.
    ///
    /// Errors: when the answer's settings are not signed by the key it names or are another
    ///         unit's, or when saving fails.
    pub fn save(
        folder: &DataFolder,
        claim: &Claim,
        answer: &EnrolmentAnswer,
    ) -> anyhow::Result<Enrolment> {
        let ServerTrust::Pin(pin) = claim.trust else {
            bail!("only claims with a pin are supported");
        };
        let enrolment = Enrolment::of(answer, claim.server_url.clone(), pin)?;
        let saved = json!({
            "server_url": claim.server_url.as_str(),
            "pin": pin.to_string(),
            "answer": answer,
        });
        folder.write(ENROLMENT, saved.to_string().as_bytes())?;
        hold::point("enrol.saved");
        Ok(enrolment)
    }

    fn of(answer: &EnrolmentAnswer, url: ServerUrl, pin: Pin) -> anyhow::Result<Enrolment> {
        let settings: Settings = answer.settings.open(answer.tenant_key)?;
        settings.check(answer.unit_id, None, None)?;
        Ok(Enrolment {
            unit_id: answer.unit_id,
            tenant_id: answer.tenant_id,
            tenant_key: answer.tenant_key,
            settings,
            claim_url: url,
            claim_pin: pin,
        })
    }

    /// Takes newer settings: persisted before they count.
    ///
    /// Errors: when the envelope is not the tenant's, not for this unit, not newer or over; or
    ///         when saving fails. The old settings then stay.
    pub fn take_settings(
        &mut self,
        folder: &DataFolder,
        envelope: &Envelope,
        now_ms: Option<i64>,
    ) -> anyhow::Result<()> {
        let settings: Settings = envelope.open(self.tenant_key)?;
        settings.check(self.unit_id, Some(self.settings.generation), now_ms)?;
        folder.write(SETTINGS, &envelope.write())?;
        hold::point("settings.saved");
        self.settings = settings;
        Ok(())
    }

    /// Where to try the server, best first; the claim's address last, in case all others moved.
    pub fn server_urls(&self) -> Vec<ServerUrl> {
        let mut urls = self.settings.server_urls.clone();
        if !urls.contains(&self.claim_url) {
            urls.push(self.claim_url.clone());
        }
        urls
    }

    /// The server keys that are trusted.
    pub fn pins(&self) -> Vec<Pin> {
        if self.settings.pins.is_empty() {
            return vec![self.claim_pin];
        }
        self.settings.pins.clone()
    }
}

/// The highest command number that was ever taken.
///
/// Errors: when the file holds anything else than a number.
pub fn last_command(folder: &DataFolder) -> anyhow::Result<Option<CommandNumber>> {
    let Some(number) = folder.read_number(COMMAND_NUMBER)? else { return Ok(None) };
    let number = i64::try_from(number).ok().and_then(CommandNumber::new);
    number.map(Some).context("the saved command number is out of bounds")
}

/// Persists that `number` was taken; called before the command is acted on.
///
/// Errors: when it cannot be written; the command is then not acted on.
pub fn save_command(folder: &DataFolder, number: CommandNumber) -> anyhow::Result<()> {
    folder.write_number(COMMAND_NUMBER, number.get().cast_unsigned())?;
    hold::point("command.number_saved");
    Ok(())
}
