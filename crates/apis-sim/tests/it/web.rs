//! What a page does at the people's door: signs in, reads lists, downloads.
//!
//! HTTP/1.0 over loopback by hand: a test of the shipped server shares no client code with it.

use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// One answer.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Header fields, names in lower case.
    pub fields: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON: {}", String::from_utf8_lossy(&self.body)))
    }
}

/// A signed-in person.
#[derive(Debug)]
pub struct Person {
    authority: String,
    cookie: String,
}

impl Person {
    /// Signs in at `people` (`http://127.0.0.1:port`).
    ///
    /// # Panics
    /// When the door does not let her in.
    pub fn sign_in(people: &str, email: &str, password: &str) -> Person {
        let authority = people.trim_end_matches('/').trim_start_matches("http://").to_owned();
        let stranger = Person { authority, cookie: String::new() };
        let body = json!({"email": email, "password": password}).to_string();
        let answer =
            stranger.request("POST", "/api/v1/session", Some(&body)).expect("the door answers");
        assert!(
            (200..300).contains(&answer.status),
            "sign-in: {} {}",
            answer.status,
            String::from_utf8_lossy(&answer.body)
        );
        let cookies: Vec<&str> = answer
            .fields
            .iter()
            .filter(|(name, _)| name == "set-cookie")
            .filter_map(|(_, value)| value.split(';').next())
            .collect();
        assert!(!cookies.is_empty(), "signed in without a cookie");
        Person { cookie: cookies.join("; "), ..stranger }
    }

    /// Name and port of the door.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// What her browser sends with each request.
    pub fn fields(&self) -> [(&'static str, String); 3] {
        [
            ("origin", format!("http://{}", self.authority)),
            ("sec-fetch-site", "same-origin".to_owned()),
            ("cookie", self.cookie.clone()),
        ]
    }

    /// `GET path`, which must succeed.
    ///
    /// # Panics
    /// When it does not.
    pub fn get(&self, path: &str) -> Answer {
        let answer = self.request("GET", path, None).expect("the door answers");
        assert_eq!(answer.status, 200, "GET {path}: {}", String::from_utf8_lossy(&answer.body));
        answer
    }

    /// Any request.
    ///
    /// Errors: the connection's.
    pub fn request(&self, method: &str, path: &str, json: Option<&str>) -> std::io::Result<Answer> {
        let mut stream = TcpStream::connect(&self.authority)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        let body = json.unwrap_or_default();
        let mut head = format!(
            "{method} {path} HTTP/1.0\r\nHost: {host}\r\nOrigin: http://{host}\r\nSec-Fetch-Site: same-origin\r\n",
            host = self.authority
        );
        head += "X-Apis: 1\r\n";
        if !self.cookie.is_empty() {
            head += &format!("Cookie: {}\r\n", self.cookie);
        }
        if json.is_some() {
            head +=
                &format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        }
        stream.write_all(format!("{head}\r\n{body}").as_bytes())?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        parse(&bytes).ok_or_else(|| std::io::Error::other("not an HTTP answer"))
    }
}

/// The status and the body of `GET path` at `port` of this machine, as text.
///
/// # Panics
/// When nobody answers.
pub fn text_at(port: u16, path: &str) -> (u16, String) {
    let nobody = Person { authority: format!("127.0.0.1:{port}"), cookie: String::new() };
    let answer = nobody.request("GET", path, None).expect("the listener answers");
    (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let fields: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let body = bytes[end + 4..].to_vec();
    let length = fields.iter().find(|(name, _)| name == "content-length");
    if let Some((_, length)) = length
        && length.parse() != Ok(body.len())
    {
        return None;
    }
    Some(Answer { status, fields, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_cut_short_is_no_answer() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: a=b; Path=/\r\n\r\nok";
        let answer = parse(whole).unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (200, b"ok".as_slice()));
        assert_eq!(answer.fields[1], ("set-cookie".into(), "a=b; Path=/".into()));
        assert!(parse(&whole[..whole.len() - 1]).is_none());
    }
}
