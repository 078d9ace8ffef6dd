//! The control channel: a WebSocket the unit holds open, so that a command comes within a moment
//! instead of within a minute. Losing it costs latency, never function.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use apis_protocol::channel::{
    FromUnit, PING_MS, RECONNECT_MS_MAX, RECONNECT_MS_MIN, SILENCE_MS, ToUnit,
};
use apis_protocol::http::Nonce;
use apis_protocol::message::Message as _;
use apis_protocol::route;
use apis_protocol::settings::ServerUrl;
use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use rustls::pki_types::ServerName;
use serde_json::json;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

use super::backoff::Backoff;
use super::client::{Client, Unsigned};
use super::envelopes::Envelopes;
use crate::clock::random_bytes;
use crate::run::Shared;

/// Longest wait for the connection, its handshakes included.
const OPEN_WAIT: Duration = Duration::from_secs(15);

type Socket = WebSocketStream<TlsStream<TcpStream>>;

/// Holds the channel open for ever.
pub async fn run(shared: Shared, client: Client, envelopes: Envelopes) {
    let least = Duration::from_millis(RECONNECT_MS_MIN);
    let mut backoff = Backoff::new(least, Duration::from_millis(RECONNECT_MS_MAX));
    loop {
        match tokio::time::timeout(OPEN_WAIT, open(&client)).await {
            Ok(Ok(socket)) => {
                backoff.reset();
                shared.story.tell("channel_open", json!({}), || {
                    "the server's control channel is open".to_owned()
                });
                let ended = hold(socket, &envelopes).await;
                shared.report.count_error("channel_lost");
                tracing::info!("control channel lost: {ended:#}");
            }
            Ok(Err(e)) => {
                shared.report.count_error("channel_not_opened");
                tracing::debug!("control channel not opened: {e:#}");
            }
            Err(_) => shared.report.count_error("channel_not_opened"),
        }
        tokio::time::sleep(backoff.next_pause()).await;
    }
}

/// Opens the channel: signed at the handshake, by the server's nonce when it offers one.
async fn open(client: &Client) -> anyhow::Result<Socket> {
    let url = client.url().context("no address")?;
    match handshake(client, &url, Nonce::from_random(&random_bytes())).await {
        Err(WsError::Http(answer)) => {
            let offered = answer.headers().get("accept-signature");
            let nonce = offered
                .and_then(|field| Nonce::from_accept_signature(field.to_str().ok()?))
                .with_context(|| format!("the server answered {}", answer.status()))?;
            Ok(handshake(client, &url, nonce).await?)
        }
        opened => Ok(opened?),
    }
}

async fn handshake(client: &Client, url: &ServerUrl, nonce: Nonce) -> Result<Socket, WsError> {
    let not_sent = |text: String| WsError::Io(std::io::Error::other(text));
    let unsigned = Unsigned {
        method: Method::GET,
        path: route::CHANNEL.to_owned(),
        content: None,
        fields: Vec::new(),
    };
    let fields =
        client.signed_fields(&unsigned, url, nonce).map_err(|e| not_sent(e.to_string()))?;
    let address = format!("wss://{}{}", url.authority(), route::CHANNEL);
    let mut request = address.into_client_request()?;
    request.headers_mut().extend(fields);

    let host = request.uri().host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = request.uri().port_u16().unwrap_or(443);
    let stream = TcpStream::connect((host.as_str(), port)).await?;
    stream.set_nodelay(true)?;
    let name = ServerName::try_from(host).map_err(|e| not_sent(e.to_string()))?;
    let tls = TlsConnector::from(Arc::new(client.trust().tls())).connect(name, stream).await?;
    let config = WebSocketConfig::default()
        .max_message_size(Some(ToUnit::BYTES_MAX))
        .max_frame_size(Some(ToUnit::BYTES_MAX));
    let opened = tokio_tungstenite::client_async_with_config(request, tls, Some(config)).await?;
    Ok(opened.0)
}

/// Takes what comes until the channel is lost; returns why.
async fn hold(mut socket: Socket, envelopes: &Envelopes) -> anyhow::Error {
    match take_messages(&mut socket, envelopes).await {
        Ok(()) => anyhow::anyhow!("the server closed it"),
        Err(e) => e,
    }
}

async fn take_messages(socket: &mut Socket, envelopes: &Envelopes) -> anyhow::Result<()> {
    let silence = Duration::from_millis(SILENCE_MS);
    let mut ping = tokio::time::interval(Duration::from_millis(PING_MS));
    let mut heard = tokio::time::Instant::now();
    loop {
        tokio::select! {
            message = socket.next() => {
                let Some(message) = message else { return Ok(()) };
                heard = tokio::time::Instant::now();
                match message? {
                    Message::Text(text) => take_text(socket, envelopes, text.as_bytes()).await?,
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

async fn take_text(socket: &mut Socket, envelopes: &Envelopes, text: &[u8]) -> anyhow::Result<()> {
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
    };
    let text = String::from_utf8(answer.write()).context("JSON is text")?;
    socket.send(Message::Text(text.into())).await?;
    // The result stays for the next heartbeat as well: a lost channel must not lose it, and the
    // server takes the same result twice.
    Ok(())
}
