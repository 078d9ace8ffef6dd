//! The people's door for viewers of live video: signed in once, looked through by many, over fast
//! lines and slow ones.

use super::link::Link;
use super::load::Unit;
use super::outgoing::Outgoing;
use anyhow::{Context, Result};
use serde_json::json;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use tungstenite::WebSocket;

/// Bytes a second of the slow viewer's connection: 64 kbit/s.
pub const SLOW_RATE: f64 = 8_000.0;

/// Longest wait for a frame.
const PATIENCE: Duration = Duration::from_secs(20);

/// The people's door, signed in.
pub struct Door {
    pub authority: String,
    cookie: String,
    target: String,
}

impl Door {
    /// Signs in at `people`, `http://address:port`, to look at the unit.
    pub fn sign_in(people: &str, (email, password): (&str, &str), unit: &Unit) -> Result<Door> {
        let authority = people.strip_prefix("http://").context("http:// is looked at")?;
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
        let answer = Link::over(stream(authority)?).call(&request)?;
        let cookie = answer.field("set-cookie").context("the sign-in set no cookie")?;
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let target = format!("/api/v1/units/{}/live", unit.id()?);
        Ok(Door { authority: authority.to_owned(), cookie, target })
    }

    /// A viewer.
    pub fn look(&self) -> Result<WebSocket<TcpStream>> {
        self.look_over(stream(&self.authority)?)
    }

    /// A viewer over a connection of its own.
    pub fn look_over<S: Read + Write>(&self, stream: S) -> Result<WebSocket<S>> {
        let fields =
            [("origin", format!("http://{}", self.authority)), ("cookie", self.cookie.clone())];
        let request = Outgoing {
            method: "GET".to_owned(),
            target: self.target.clone(),
            authority: self.authority.clone(),
            fields: fields.map(|(name, value)| (name.to_owned(), value)).to_vec(),
            body: Vec::new(),
        };
        Link::over(stream).upgrade(request)
    }
}

fn stream(authority: &str) -> Result<TcpStream> {
    let stream = TcpStream::connect(authority).context("reach the people's door")?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A connection of 64 kbit/s: takes no more than its rate allows since it was opened.
pub struct Slow {
    stream: TcpStream,
    begun: Instant,
    taken: f64,
}

impl Slow {
    /// Connects to a door.
    pub fn open(authority: &str) -> Result<Slow> {
        Ok(Slow { stream: stream(authority)?, begun: Instant::now(), taken: 0.0 })
    }
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
