//! A door on a real socket, without its TLS, and web sockets through it.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::http::request::Builder;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use futures_util::StreamExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::{Answer, Browser, Sent, TestUnit};

/// An open WebSocket.
pub type Socket = WebSocketStream<TcpStream>;

/// Longest wait for what must come at once.
const SOON: Duration = Duration::from_secs(10);

/// Puts a door on a socket.
pub async fn listen(door: &Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let door = door.clone();
    tokio::spawn(async move { axum::serve(listener, door).await });
    address
}

async fn shake(address: SocketAddr, request: Builder) -> Result<Socket, Answer> {
    let request = request
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", generate_key());
    let stream = TcpStream::connect(address).await.expect("the door listens");
    match client_async(request.body(()).expect("the request is well formed"), stream).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => {
            let (parts, bytes) = response.into_parts();
            let bytes = bytes.unwrap_or_default();
            Err(Answer { status: parts.status, headers: parts.headers, bytes })
        }
        Err(other) => panic!("{other}"),
    }
}

/// A handshake, for its answer alone.
async fn handshake(
    door: &Router,
    request: impl AsyncFnOnce(SocketAddr) -> Result<Socket, Answer>,
) -> Answer {
    let status = StatusCode::SWITCHING_PROTOCOLS;
    match request(listen(door).await).await {
        Ok(_) => Answer { status, headers: HeaderMap::new(), bytes: Vec::new() },
        Err(answer) => answer,
    }
}

impl TestUnit {
    /// Puts the units' door on a socket.
    pub async fn listen(&self) -> SocketAddr {
        listen(&self.router).await
    }

    /// Asks for a WebSocket, for the answer alone.
    pub async fn handshake(&self, sent: Sent) -> Answer {
        handshake(&self.router, async |address| self.shake(address, sent).await).await
    }

    /// Opens a WebSocket with a signed request.
    pub async fn shake(&self, address: SocketAddr, sent: Sent) -> Result<Socket, Answer> {
        let mut request = Request::builder().uri(format!("ws://127.0.0.1:8443{}", sent.target));
        for (name, value) in &sent.fields {
            request = request.header(name, value);
        }
        shake(address, request).await
    }
}

impl Browser {
    /// Asks for a WebSocket, for the answer alone.
    pub async fn handshake(&self, path: &str) -> Answer {
        handshake(&self.router, async |address| self.shake(address, path).await).await
    }

    /// Opens a WebSocket as the page does.
    pub async fn shake(&self, address: SocketAddr, path: &str) -> Result<Socket, Answer> {
        let request = self.request(Method::GET, &format!("ws://{address}{path}"));
        shake(address, request.header("host", address.to_string())).await
    }

    /// Opens a WebSocket from a page of another origin.
    pub async fn shake_from(
        &self,
        address: SocketAddr,
        path: &str,
        origin: &str,
    ) -> Result<Socket, Answer> {
        let request = self.request(Method::GET, &format!("ws://{address}{path}"));
        let mut request = request.header("host", address.to_string());
        let fields = request.headers_mut().expect("the request is well formed");
        fields.insert("origin", origin.parse().expect("an origin is visible text"));
        fields.insert("sec-fetch-site", "cross-site".parse().expect("visible text"));
        shake(address, request).await
    }
}

/// Waits until the server closed a socket.
pub async fn closed(socket: &mut Socket) {
    let ended = async {
        while let Some(Ok(frame)) = socket.next().await {
            if matches!(frame, Message::Close(_)) {
                break;
            }
        }
    };
    tokio::time::timeout(SOON, ended).await.expect("the socket is closed soon");
}
