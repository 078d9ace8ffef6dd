//! `enrol`: a claim from the dashboard makes this unit its tenant's.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use apis_protocol::claim::{Claim, ServerTrust};
use apis_protocol::enrolment::{EnrolmentAnswer, EnrolmentRequest};
use apis_protocol::message::Message;
use apis_protocol::{SecretKey, route, version};
use clap::Args;
use serde_json::json;

use crate::clock::Clock;
use crate::failure::{Coded, Failure};
use crate::hold;
use crate::net::{Client, NoAnswer, Trust, Unsigned, expect_message};
use crate::report::Report;
use crate::state::{DataFolder, Enrolment, load_or_make_key};
use crate::wall::Wall;

/// How to enrol.
#[derive(Debug, Args)]
pub struct EnrolArgs {
    /// The claim, as the dashboard shows it: apis:1?u=…&t=pin&p=…&s=…
    #[arg(long)]
    claim: String,
    /// The board's serial number, by which the unit is called until it is given a name [default:
    /// what the board says, else the host's name].
    #[arg(long)]
    serial: Option<String>,
}

/// Enrols, once. The same claim may be used again until it has answered.
pub fn enrol(data: &Path, args: &EnrolArgs, json: bool) -> Result<(), Failure> {
    let claim: Claim =
        args.claim.trim().parse().context("read the claim").coded("claim_malformed")?;
    let ServerTrust::Pin(pin) = claim.trust else {
        let message = "the claim trusts public certificates (t=web), which this version does not \
                       support: use a claim with a pin (t=pin)";
        return Err(Failure::new("trust_web_unsupported", message));
    };
    let folder = DataFolder::open(data)?;
    let key = load_or_make_key(&folder)?;
    let wall = Wall::load(&folder, Clock::start(Duration::ZERO)).coded("state_unreadable")?;
    let urls = vec![claim.server_url.clone()];
    let client = Client::new(urls, Trust::new(vec![pin]), key.clone(), wall, Report::default())
        .coded("network_setup")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("start the runtime").coded("network_setup")?;
    let answer = runtime.block_on(ask(&client, &claim, &key, args))?;
    hold::point("enrol.answer_received");
    let enrolment = Enrolment::save(&folder, &claim, &answer).coded("enrolment_not_saved")?;
    let urls: Vec<String> =
        enrolment.server_urls().iter().map(|url| url.as_str().to_owned()).collect();
    if json {
        let facts = json!({
            "unit_id": enrolment.unit_id.to_string(),
            "tenant_id": enrolment.tenant_id.to_string(),
            "key_id": key.public().key_id().to_text(),
            "server_urls": urls,
        });
        println!("{facts}");
    } else {
        println!("enrolled as unit {} at {}", enrolment.unit_id, urls.join(", "));
    }
    Ok(())
}

async fn ask(
    client: &Client,
    claim: &Claim,
    key: &SecretKey,
    args: &EnrolArgs,
) -> Result<EnrolmentAnswer, Failure> {
    let request = EnrolmentRequest {
        protocol: version::CURRENT,
        claim: claim.secret.clone(),
        public_key: key.public(),
        serial: args.serial.clone().unwrap_or_else(board_serial),
        hardware: board_kind(),
        firmware: crate::FIRMWARE.to_owned(),
    };
    let request = Unsigned::post(route::ENROLMENT, request.write().into());
    let answered = client.send(&request).await.map_err(|e| {
        let code = match e {
            NoAnswer::PinMismatch | NoAnswer::Unreachable(_) => e.code(),
            NoAnswer::Unsignable(_) => "claim_malformed",
        };
        Failure::new(code, format!("{e} ({})", claim.server_url.as_str()))
    })?;
    let code = match answered.status.as_u16() {
        403 | 404 | 409 | 410 => "claim_refused",
        429 | 503 => "server_busy",
        _ => "enrolment_failed",
    };
    if code == "claim_refused" {
        // The server does not tell which: nobody learns by trying which claims there are.
        let message = "the claim is not good, or not any more: it was used by another unit, is \
                       older than 15 minutes, or is not this server's; make a new one under Units, \
                       Add a unit";
        return Err(Failure::new(code, message));
    }
    expect_message(&answered).coded(code)
}

/// What the board calls itself, for example `Raspberry Pi 5 Model B Rev 1.0`.
fn board_kind() -> String {
    device_tree("model").unwrap_or_else(|| format!("linux-{}", std::env::consts::ARCH))
}

/// The host's name where the board tells none; empty where there is neither.
fn board_serial() -> String {
    let host = || short_text(Path::new("/proc/sys/kernel/hostname"));
    device_tree("serial-number").or_else(host).unwrap_or_default()
}

/// A text of the board's device tree, which ends with a zero byte; `None` where there is none.
fn device_tree(name: &str) -> Option<String> {
    short_text(&Path::new("/proc/device-tree").join(name))
}

/// What a file of the kernel says, if it is a text that a message may hold.
fn short_text(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let text = text.trim_end_matches(['\0', '\n']);
    (!text.is_empty()
        && text.len() <= apis_protocol::bounded::TEXT_BYTES_MAX
        && !text.chars().any(char::is_control))
    .then(|| text.to_owned())
}
