//! The control channel: a WebSocket the unit holds open, so that a command comes within a moment
//! instead of within a minute. Losing it costs latency, never function.

use std::time::Duration;

use anyhow::{Context, bail};
use apis_protocol::channel::{
    FromUnit, PING_MS, RECONNECT_MS_MAX, RECONNECT_MS_MIN, SILENCE_MS, ToUnit,
};
use apis_protocol::message::Message as _;
use apis_protocol::route;
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::backoff::Backoff;
use super::client::Client;
use super::envelopes::Envelopes;
use super::live::LiveWanted;
use super::socket::{self, Socket, Target};
use crate::run::Shared;

const TARGET: Target = Target { path: route::CHANNEL, message_bytes_max: ToUnit::BYTES_MAX };

/// What the channel's messages go to.
pub struct Listeners {
    /// Settings and commands.
    pub envelopes: Envelopes,
    /// Somebody wants to see live video.
    pub live_wanted: LiveWanted,
}

/// Holds the channel open for ever.
pub async fn run(shared: Shared, client: Client, listeners: Listeners) {
    let least = Duration::from_millis(RECONNECT_MS_MIN);
    let mut backoff = Backoff::new(least, Duration::from_millis(RECONNECT_MS_MAX));
    loop {
        match socket::open(&client, TARGET).await {
            Ok(socket) => {
                backoff.reset();
                shared.story.tell("channel_open", json!({}), || {
                    "the server's control channel is open".to_owned()
                });
                let ended = hold(socket, &listeners).await;
                shared.report.count_error("channel_lost");
                tracing::info!("control channel lost: {ended:#}");
            }
            Err(e) => {
                shared.report.count_error("channel_not_opened");
                tracing::debug!("control channel not opened: {e:#}");
            }
        }
        tokio::time::sleep(backoff.next_pause()).await;
    }
}

/// Takes what comes until the channel is lost; returns why.
async fn hold(mut socket: Socket, listeners: &Listeners) -> anyhow::Error {
    match take_messages(&mut socket, listeners).await {
        Ok(()) => anyhow::anyhow!("the server closed it"),
        Err(e) => e,
    }
}

async fn take_messages(socket: &mut Socket, listeners: &Listeners) -> anyhow::Result<()> {
    let silence = Duration::from_millis(SILENCE_MS);
    let mut ping = tokio::time::interval(Duration::from_millis(PING_MS));
    let mut heard = tokio::time::Instant::now();
    loop {
        tokio::select! {
            message = socket.next() => {
                let Some(message) = message else { return Ok(()) };
                heard = tokio::time::Instant::now();
                match message? {
                    Message::Text(text) => take_text(socket, listeners, text.as_bytes()).await?,
                    Message::Close(_) => return Ok(()),
                    Message::Binary(_) => bail!("a binary message came"),
                    Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
                }
            }
            _ = ping.tick() => {
                if silence < heard.elapsed() {
                    bail!("the server is silent");
                }
                socket.send(Message::Ping(Vec::new().into())).await?;
            }
        }
    }
}

async fn take_text(socket: &mut Socket, listeners: &Listeners, text: &[u8]) -> anyhow::Result<()> {
    let envelopes = &listeners.envelopes;
    let answer = match ToUnit::read(text).context("read the server's message")? {
        ToUnit::Command(envelope) => {
            let Some(result) = envelopes.take_command(&envelope).await else { return Ok(()) };
            FromUnit::CommandResult(result)
        }
        ToUnit::Settings(envelope) => {
            envelopes.take_settings(&envelope);
            let generation = envelopes.enrolment().settings.generation;
            FromUnit::SettingsTaken { generation }
        }
        ToUnit::Live {} => {
            listeners.live_wanted.want();
            return Ok(());
        }
    };
    let text = String::from_utf8(answer.write()).context("JSON is text")?;
    socket.send(Message::Text(text.into())).await?;
    // The result stays for the next heartbeat as well: a lost channel must not lose it, and the
    // server takes the same result twice.
    Ok(())
}
