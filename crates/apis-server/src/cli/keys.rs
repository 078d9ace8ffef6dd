//! `key`: the key by which units know this server, and the one that follows it.

use clap::Subcommand;
use serde_json::{Value, json};

use apis_protocol::settings::Pin;

use crate::config::Config;
use crate::{door, keys};

use super::people::operator;
use super::{Answer, Failure, block_on};

/// Units named in a failure; the count says how many there are.
const SHOWN_COUNT: usize = 5;

/// What `key` does.
#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// Print the pins that units are told, and which units may not know the next one.
    Show,
    /// Go on with the next key from the server's next start. Refused while a unit may not know it.
    TakeNext {
        /// Do it all the same: units that do not know the key need a new claim.
        #[arg(long)]
        leave_behind: bool,
    },
    /// Take the keys that are in the folder for this server's, whatever units were told: each
    /// unit that does not know them needs a new claim.
    Adopt,
}

pub(super) fn key(config: &Config, command: KeyCommand) -> Result<Answer, Failure> {
    block_on(async {
        let operator = operator(config).await?;
        let told = door::last_settings(&operator.db).await.map_err(database_failed)?;
        let pins = told.map(|told| told.pins).unwrap_or_default();
        let next = keys::tls::next_pin(&config.keys_folder())
            .map_err(|error| Failure::of("keys_unusable", error))?;
        let behind = door::units_behind(&operator.db).await.map_err(database_failed)?;
        let units: Vec<String> = behind.iter().map(|(_, unit)| unit.to_string()).collect();
        match command {
            KeyCommand::Adopt => {
                let pins = keys::tls::pins(&config.keys_folder())
                    .map_err(|error| Failure::of("keys_unusable", error))?;
                let json = json!({ "pin": pins[0].to_string(), "next_pin": pins[1].to_string() });
                let units = door::adopt_keys(&operator.db, pins, operator.clock.now())
                    .await
                    .map_err(database_failed)?;
                let text = format!(
                    "the units' door shows the key in the folder from the server's next start; of \
                     {units} units, those that do not know it need a new claim"
                );
                Ok(Answer { text, json })
            }
            KeyCommand::Show => Ok(shown(&pins, &units)),
            KeyCommand::TakeNext { leave_behind } => {
                if !pins.contains(&next) {
                    let text = "units were not told of the next key yet: start the server once";
                    return Err(Failure::new("next_key_not_announced", text));
                }
                if !units.is_empty() && !leave_behind {
                    return Err(left_behind(&units));
                }
                keys::tls::take_next_key(&config.keys_folder())
                    .map_err(|error| Failure::of("keys_unusable", error))?;
                let text = format!(
                    "the units' door shows the key with pin {next} from the server's next start; \
                     claims made before no longer work"
                );
                Ok(Answer { text, json: json!({ "pin": next.to_string(), "left_behind": units }) })
            }
        }
    })?
}

fn shown(pins: &[Pin], behind: &[String]) -> Answer {
    let pin = |index: usize| pins.get(index).map(ToString::to_string);
    let word = |pin: Option<String>| pin.unwrap_or_else(|| "not yet told to units".to_owned());
    let text = format!(
        "current: {}\nnext:    {}\nunits that may not know the next: {}",
        word(pin(0)),
        word(pin(1)),
        behind.len()
    );
    let json: Value = json!({ "pin": pin(0), "next_pin": pin(1), "units_behind": behind });
    Answer { text, json }
}

fn left_behind(units: &[String]) -> Failure {
    let named = units.iter().take(SHOWN_COUNT).cloned().collect::<Vec<_>>().join(", ");
    let more = if SHOWN_COUNT < units.len() { ", …" } else { "" };
    let text = format!(
        "{} of the units may not know the next key and would not find the server again: \
         {named}{more}. Wait until they were heard, release them, or add --leave-behind",
        units.len()
    );
    Failure::new("units_left_behind", text)
}

fn database_failed(error: crate::db::DbError) -> Failure {
    Failure::of("database_failed", error)
}
