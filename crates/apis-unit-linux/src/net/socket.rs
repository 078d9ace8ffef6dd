//! A WebSocket to the server: signed at the handshake, by the server's nonce when it offers one.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use apis_protocol::http::Nonce;
use apis_protocol::settings::ServerUrl;
use reqwest::Method;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Error as WsError;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::client::{Client, Unsigned};
use crate::clock::random_bytes;

/// Longest wait for the connection, its handshakes included.
const OPEN_WAIT: Duration = Duration::from_secs(15);

/// A socket that is open.
pub type Socket = WebSocketStream<TlsStream<TcpStream>>;

/// Where a socket leads.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// From `apis_protocol::route`.
    pub path: &'static str,
    /// Longest message the server may send, in bytes.
    pub message_bytes_max: usize,
}

/// Opens a socket.
///
/// Errors: no address, no connection within [`OPEN_WAIT`], a key that is not trusted, or a server
/// that says no.
pub async fn open(client: &Client, target: Target) -> anyhow::Result<Socket> {
    tokio::time::timeout(OPEN_WAIT, open_unbounded(client, target)).await.context("no answer")?
}

async fn open_unbounded(client: &Client, target: Target) -> anyhow::Result<Socket> {
    let url = client.url().context("no address")?;
    match handshake(client, &url, target, Nonce::from_random(&random_bytes())).await {
        Err(WsError::Http(answer)) => {
            let offered = answer.headers().get("accept-signature");
            let nonce = offered
                .and_then(|field| Nonce::from_accept_signature(field.to_str().ok()?))
                .with_context(|| format!("the server answered {}", answer.status()))?;
            Ok(handshake(client, &url, target, nonce).await?)
        }
        opened => Ok(opened?),
    }
}

async fn handshake(
    client: &Client,
    url: &ServerUrl,
    target: Target,
    nonce: Nonce,
) -> Result<Socket, WsError> {
    let not_sent = |text: String| WsError::Io(std::io::Error::other(text));
    let unsigned = Unsigned {
        method: Method::GET,
        path: target.path.to_owned(),
        content: None,
        fields: Vec::new(),
    };
    let fields =
        client.signed_fields(&unsigned, url, nonce).map_err(|e| not_sent(e.to_string()))?;
    let address = format!("wss://{}{}", url.authority(), target.path);
    let mut request = address.into_client_request()?;
    request.headers_mut().extend(fields);

    let host = request.uri().host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = request.uri().port_u16().unwrap_or(443);
    let stream = TcpStream::connect((host.as_str(), port)).await?;
    stream.set_nodelay(true)?;
    let name = ServerName::try_from(host).map_err(|e| not_sent(e.to_string()))?;
    let tls = TlsConnector::from(Arc::new(client.trust().tls())).connect(name, stream).await?;
    let config = WebSocketConfig::default()
        .max_message_size(Some(target.message_bytes_max))
        .max_frame_size(Some(target.message_bytes_max));
    let opened = tokio_tungstenite::client_async_with_config(request, tls, Some(config)).await?;
    Ok(opened.0)
}
