//! A request before it is sent: its fields, its digest, its signature.

use anyhow::{Context, Result, bail};
use apis_protocol::http::{Nonce, RequestView, SigningTerms, content_digest, sign};
use apis_protocol::{SecretKey, Sha256Digest};
use std::time::{SystemTime, UNIX_EPOCH};

/// A request whose bytes the caller decides.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// `GET`, `POST`, …
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Host and port, as signed and as sent in `Host`.
    pub authority: String,
    /// Every other field, in order; names in lower case.
    pub fields: Vec<(String, String)>,
    /// The content; empty for none.
    pub body: Vec<u8>,
}

impl Outgoing {
    /// Adds length, digest and signature.
    pub fn sign(&mut self, key: &SecretKey, terms: &SigningTerms) -> Result<()> {
        if !self.body.is_empty() {
            let digest = content_digest(Sha256Digest::of(&self.body));
            self.add("content-length", self.body.len().to_string());
            self.add("content-digest", digest);
        } else if self.method == "POST" {
            self.add("content-length", "0".to_owned());
        }
        let (path, query) = match self.target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (&*self.target, None),
        };
        let fields: Vec<(&str, &[u8])> =
            self.fields.iter().map(|(name, value)| (&**name, value.as_bytes())).collect();
        let (method, authority, fields) = (&*self.method, &*self.authority, &*fields);
        let request = RequestView { method, authority, path, query, fields };
        let signed = sign(&request, terms, key).context("sign the request")?;
        self.add("signature-input", signed.signature_input);
        self.add("signature", signed.signature);
        Ok(())
    }

    /// The request's head and body as they go over the wire.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut head =
            format!("{} {} HTTP/1.1\r\nhost: {}\r\n", self.method, self.target, self.authority);
        for (name, value) in &self.fields {
            head.extend([name.as_str(), ": ", value, "\r\n"]);
        }
        head.push_str("\r\n");
        [head.as_bytes(), &self.body].concat()
    }

    fn add(&mut self, name: &str, value: String) {
        self.fields.push((name.to_owned(), value));
    }
}

/// What the server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Names in lower case.
    pub fields: Vec<(String, String)>,
    /// The content.
    pub body: Vec<u8>,
}

impl Answer {
    /// Reads a head, all that comes before the empty line.
    pub fn read_head(head: &str) -> Result<Answer> {
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let status = status.and_then(|status| status.parse().ok()).context("no status line")?;
        let mut fields = Vec::new();
        for line in lines.filter(|line| !line.is_empty()) {
            let Some((name, value)) = line.split_once(':') else { bail!("no field: {line}") };
            fields.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        Ok(Answer { status, fields, body: Vec::new() })
    }

    /// The value of a field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.0 == name).map(|field| &*field.1)
    }

    /// How many bytes of content follow the head of the answer to `method`.
    pub fn content_bytes(&self, method: &str) -> Result<usize> {
        if method == "HEAD" || matches!(self.status, 101 | 204 | 304) {
            return Ok(0);
        }
        let length = self.field("content-length").context("the answer has no content-length")?;
        length.parse().context("the answer's content-length is no number")
    }
}

/// 16 bytes that were never drawn before.
pub fn random_bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("draw random bytes: {error}"))?;
    Ok(bytes)
}

/// A fresh nonce of a unit.
pub fn fresh_nonce() -> Result<Nonce> {
    Ok(Nonce::from_random(&random_bytes()?))
}

/// The machine's clock, in milliseconds since 1970 UTC.
#[must_use]
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_and_its_content_counted() {
        let head = "HTTP/1.1 201 Created\r\nLocation: /a\r\nContent-Length: 12\r\n";
        let answer = Answer::read_head(head).unwrap();
        assert_eq!((answer.status, answer.field("location")), (201, Some("/a")));
        assert_eq!(answer.content_bytes("POST").unwrap(), 12);
        assert_eq!(answer.content_bytes("HEAD").unwrap(), 0);
        let empty = Answer::read_head("HTTP/1.1 204 No Content").unwrap();
        assert_eq!(empty.content_bytes("PATCH").unwrap(), 0);
        assert!(Answer::read_head("HTTP/1.1 200 OK").unwrap().content_bytes("GET").is_err());
        assert!(Answer::read_head("nonsense").is_err());
    }

    #[test]
    fn a_signed_request_carries_what_it_is_signed_over() {
        let mut request = Outgoing {
            method: "POST".into(),
            target: "/api/v1/unit/heartbeat".into(),
            authority: "127.0.0.1:7443".into(),
            fields: vec![("content-type".into(), "application/json".into())],
            body: b"{}".to_vec(),
        };
        let nonce = Nonce::from_random(&[1; 16]);
        request.sign(&SecretKey::from_seed(&[1; 32]), &SigningTerms::at(0, nonce)).unwrap();
        let text = String::from_utf8(request.to_bytes()).unwrap();
        assert!(
            text.starts_with("POST /api/v1/unit/heartbeat HTTP/1.1\r\nhost: 127.0.0.1:7443\r\n")
        );
        assert!(text.contains("\r\ncontent-length: 2\r\ncontent-digest: sha-256=:"));
        assert!(text.contains("\r\nsignature: apis=:"));
        assert!(text.ends_with("\r\n\r\n{}"));
    }
}
