//! A connection to a door: HTTP/1.1, one request after the other; over TLS to the units' door.

use super::outgoing::{Answer, Outgoing};
use anyhow::{Context, Result, bail};
use apis_protocol::settings::ServerUrl;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;
use tungstenite::WebSocket;
use tungstenite::protocol::Role;

/// Longest wait for any byte of an answer.
const ANSWER_WAIT: Duration = Duration::from_secs(30);

/// Longest head of an answer, in bytes.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// Longest content of an answer, in bytes.
const CONTENT_BYTES_MAX: usize = 1024 * 1024;

/// An open connection.
pub struct Link<S = StreamOwned<ClientConnection, TcpStream>> {
    stream: S,
    unread: Vec<u8>,
}

impl Link {
    /// Connects to a units' door.
    pub fn open(url: &ServerUrl, tls: &Arc<ClientConfig>) -> Result<Link> {
        let authority = url.authority();
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port.parse()?),
            Some(_) | None => (authority, 443),
        };
        let host = host.trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(host.clone()).context("the server's name")?;
        let socket = TcpStream::connect((&*host, port)).with_context(|| format!("reach {url}"))?;
        socket.set_read_timeout(Some(ANSWER_WAIT))?;
        socket.set_nodelay(true)?;
        let connection = ClientConnection::new(Arc::clone(tls), name)?;
        Ok(Link { stream: StreamOwned::new(connection, socket), unread: Vec::new() })
    }
}

impl<S: Read + Write> Link<S> {
    /// A connection that is open already.
    pub fn over(stream: S) -> Link<S> {
        Link { stream, unread: Vec::new() }
    }

    /// Makes it a WebSocket by this request.
    pub fn upgrade(mut self, mut request: Outgoing) -> Result<WebSocket<S>> {
        for (name, value) in [
            ("connection", "upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ] {
            request.fields.push((name.to_owned(), value.to_owned()));
        }
        let answer = self.call(&request)?;
        if answer.status != 101 {
            bail!("{} answered {}", request.target, answer.status);
        }
        Ok(WebSocket::from_partially_read(self.stream, self.unread, Role::Client, None))
    }

    /// Sends a request and reads the whole answer.
    pub fn call(&mut self, request: &Outgoing) -> Result<Answer> {
        self.stream.write_all(&request.to_bytes()).context("send the request")?;
        self.stream.flush()?;
        let head_bytes = loop {
            if let Some(end) = self.unread.windows(4).position(|window| window == b"\r\n\r\n") {
                break end;
            }
            if self.unread.len() > HEAD_BYTES_MAX {
                bail!("the answer's head is longer than {HEAD_BYTES_MAX} bytes");
            }
            self.read_more()?;
        };
        let head: Vec<u8> = self.unread.drain(..head_bytes + 4).collect();
        let mut answer = Answer::read_head(std::str::from_utf8(&head)?)?;
        let content_bytes = answer.content_bytes(&request.method)?;
        if content_bytes > CONTENT_BYTES_MAX {
            bail!("the answer's content is longer than {CONTENT_BYTES_MAX} bytes");
        }
        while self.unread.len() < content_bytes {
            self.read_more()?;
        }
        answer.body = self.unread.drain(..content_bytes).collect();
        Ok(answer)
    }

    fn read_more(&mut self) -> Result<()> {
        let mut buffer = [0; 8 * 1024];
        let count = self.stream.read(&mut buffer).context("read the answer")?;
        if count == 0 {
            bail!("the server closed the connection before its answer was whole");
        }
        self.unread.extend(buffer.iter().take(count));
        Ok(())
    }
}
