//! The people's door for viewers of live video: signed in once, looked through by many, over fast
//! lines and slow ones.

use super::link::Link;
use super::load::Unit;
use super::outgoing::Outgoing;
use super::trust;
use anyhow::{Context, Result};
use apis_protocol::settings::Pin;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use serde_json::json;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tungstenite::WebSocket;

/// Bytes a second of the slow viewer's connection: 64 kbit/s.
pub const SLOW_RATE: f64 = 8_000.0;

/// Longest wait for a frame.
const PATIENCE: Duration = Duration::from_secs(20);

/// A viewer's connection, over whatever lies under it.
pub type Line = Box<dyn ReadWrite + Send>;

/// What a connection can do.
pub trait ReadWrite: Read + Write {}

impl<S: Read + Write> ReadWrite for S {}

/// The people's door, signed in.
pub struct Door {
    origin: String,
    authority: String,
    /// How it is trusted, when it has TLS.
    tls: Option<Arc<ClientConfig>>,
    cookie: String,
    target: String,
}

impl Door {
    /// Signs in at `people`, `http://address:port`, or `https://` with its pin, to look at the unit.
    pub fn sign_in(
        people: &str,
        pin: Option<Pin>,
        (email, password): (&str, &str),
        unit: &Unit,
    ) -> Result<Door> {
        let (_, authority) = people.split_once("://").context("http(s):// is looked at")?;
        let mut door = Door {
            origin: people.to_owned(),
            authority: authority.to_owned(),
            tls: pin.map(trust::client_config),
            cookie: String::new(),
            target: format!("/api/v1/units/{}/live", unit.id()?),
        };
        let body = json!({ "email": email, "password": password }).to_string();
        let fields = [
            ("origin", people.to_owned()),
            ("x-apis", "1".to_owned()),
            ("content-type", "application/json".to_owned()),
            ("content-length", body.len().to_string()),
        ];
        let request = Outgoing {
            method: "POST".to_owned(),
            target: "/api/v1/session".to_owned(),
            authority: authority.to_owned(),
            fields: fields.map(|(name, value)| (name.to_owned(), value)).to_vec(),
            body: body.into_bytes(),
        };
        let answer = Link::over(door.line(door.stream()?)?).call(&request)?;
        let cookie = answer.field("set-cookie").context("the sign-in set no cookie")?;
        cookie.split(';').next().unwrap_or_default().clone_into(&mut door.cookie);
        Ok(door)
    }

    /// A viewer.
    pub fn look(&self) -> Result<WebSocket<Line>> {
        self.look_over(self.stream()?)
    }

    /// A viewer behind a connection of 64 kbit/s.
    pub fn look_slowly(&self) -> Result<WebSocket<Line>> {
        let stream = self.stream()?;
        self.look_over(Slow { stream, begun: Instant::now(), taken: 0.0 })
    }

    fn look_over(&self, stream: impl Read + Write + Send + 'static) -> Result<WebSocket<Line>> {
        let fields = [("origin", self.origin.clone()), ("cookie", self.cookie.clone())];
        let request = Outgoing {
            method: "GET".to_owned(),
            target: self.target.clone(),
            authority: self.authority.clone(),
            fields: fields.map(|(name, value)| (name.to_owned(), value)).to_vec(),
            body: Vec::new(),
        };
        Link::over(self.line(stream)?).upgrade(request)
    }

    fn line(&self, stream: impl Read + Write + Send + 'static) -> Result<Line> {
        let Some(tls) = &self.tls else { return Ok(Box::new(stream)) };
        // The pin is what is trusted, not the name.
        let name = ServerName::try_from("localhost")?;
        let connection = ClientConnection::new(Arc::clone(tls), name)?;
        Ok(Box::new(StreamOwned::new(connection, stream)))
    }

    fn stream(&self) -> Result<TcpStream> {
        let stream = TcpStream::connect(&self.authority).context("reach the people's door")?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

/// A connection of 64 kbit/s: takes no more than its rate allows since it was opened.
struct Slow {
    stream: TcpStream,
    begun: Instant,
    taken: f64,
}

impl Read for Slow {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let allowed = self.begun.elapsed().as_secs_f64() * SLOW_RATE - self.taken;
            // What was not taken in time is not taken later: a line stores nothing.
            self.taken += (allowed - SLOW_RATE / 10.0).max(0.0);
            let most = (allowed.min(SLOW_RATE / 10.0) as usize).min(buffer.len());
            if most > 0 {
                let count = self.stream.read(&mut buffer[..most])?;
                self.taken += count as f64;
                return Ok(count);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
