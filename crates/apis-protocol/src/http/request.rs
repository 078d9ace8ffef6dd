//! A request as a signature sees it, whatever HTTP library holds it.

use crate::upload;
use alloc::borrow::{Cow, ToOwned};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// Longest path and longest query that are signed, in bytes.
pub const TARGET_BYTES_MAX: usize = 2_048;

/// Longest value of one field that takes part in a signature, in bytes.
pub const FIELD_BYTES_MAX: usize = 4_096;

/// A request's head, borrowed from whatever library holds it.
#[derive(Debug, Clone, Copy)]
pub struct RequestView<'a> {
    /// `GET`, `POST`, …
    pub method: &'a str,
    /// The host and port the client addressed: `Host`, or `:authority` with HTTP/2.
    pub authority: &'a str,
    /// The path as sent, escapes and all.
    pub path: &'a str,
    /// What follows `?`, as sent, without it; `None` without one.
    pub query: Option<&'a str>,
    /// Every field line, in order. Names in lower case.
    pub fields: &'a [(&'a str, &'a [u8])],
}

/// Why a request can be neither signed nor verified, whoever signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestError {
    /// The method is not upper-case letters.
    Method,
    /// The authority is not in its one form ([`super::is_authority`]).
    Authority,
    /// The path or query holds a character that cannot be in one, or is too long.
    Target,
    /// A field that must be one line is there twice.
    FieldTwice(String),
    /// A field holds something other than visible ASCII and single lines, or is too long.
    FieldValue(String),
    /// `Content-Length` is not plain decimal digits.
    ContentLength,
    /// `Transfer-Encoding` is present: such a body has no signed length.
    TransferEncoding,
    /// `X-HTTP-Method-Override` is present: it would make `@method` a lie.
    MethodOverride,
    /// A component that must be covered is not in the request.
    Absent(String),
    /// A component that this crate does not resolve.
    Unresolved(String),
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RequestError::Method => f.write_str("the method is malformed"),
            RequestError::Authority => f.write_str("the authority is not in its one form"),
            RequestError::Target => f.write_str("the path or query is malformed or too long"),
            RequestError::FieldTwice(name) => write!(f, "{name} is there twice"),
            RequestError::FieldValue(name) => write!(f, "{name} has a malformed value"),
            RequestError::ContentLength => f.write_str("content-length is malformed"),
            RequestError::TransferEncoding => f.write_str("transfer-encoding is not accepted"),
            RequestError::MethodOverride => f.write_str("x-http-method-override is refused"),
            RequestError::Absent(name) => write!(f, "the request has no {name}"),
            RequestError::Unresolved(name) => write!(f, "the component {name} is not resolved"),
        }
    }
}

impl core::error::Error for RequestError {}

impl<'a> RequestView<'a> {
    /// Checks what no signature covers but every signature relies on.
    pub(super) fn check(&self) -> Result<(), RequestError> {
        let is_method = |byte: u8| byte.is_ascii_uppercase();
        if !(1..=16).contains(&self.method.len()) || !self.method.bytes().all(is_method) {
            return Err(RequestError::Method);
        }
        if !super::is_authority(self.authority) {
            return Err(RequestError::Authority);
        }
        let is_path = self.path.starts_with('/') && is_target(self.path, b"?#");
        if !is_path || !self.query.is_none_or(|query| is_target(query, b"#")) {
            return Err(RequestError::Target);
        }
        if self.has("transfer-encoding") {
            return Err(RequestError::TransferEncoding);
        }
        if self.has("x-http-method-override") {
            return Err(RequestError::MethodOverride);
        }
        Ok(())
    }

    /// Bytes of content that the request announces; 0 without `Content-Length`.
    pub(super) fn content_length(&self) -> Result<u64, RequestError> {
        match self.only("content-length")? {
            Some(value) => upload::parse_bytes(value).ok_or(RequestError::ContentLength),
            None => Ok(0),
        }
    }

    /// The components the profile requires of this request, in the order this crate signs them.
    pub(super) fn required(&self) -> Result<Vec<Cow<'static, str>>, RequestError> {
        let derived = ["@method", "@authority", "@path", "@query"];
        let content = ["content-type", "content-length", "content-digest"];
        let mut components: Vec<_> = derived.into_iter().map(Cow::Borrowed).collect();
        if self.content_length()? > 0 {
            components.extend(content.into_iter().map(Cow::Borrowed));
        }
        for (name, _) in self.fields {
            let name = name.to_ascii_lowercase();
            let is_upload = name == upload::TUS_RESUMABLE || name.starts_with("upload-");
            if is_upload && !components.contains(&Cow::Borrowed(&*name)) {
                components.push(Cow::Owned(name));
            }
        }
        Ok(components)
    }

    /// The value of a component (RFC 9421 §2), for one that must be a single line if a field.
    pub(super) fn component(&self, name: &str) -> Result<Cow<'a, str>, RequestError> {
        match name {
            "@method" => Ok(Cow::Borrowed(self.method)),
            "@authority" => Ok(Cow::Borrowed(self.authority)),
            "@path" => Ok(Cow::Borrowed(self.path)),
            "@query" => Ok(match self.query {
                Some(query) => Cow::Owned(["?", query].concat()),
                None => Cow::Borrowed("?"),
            }),
            _ if name.starts_with('@') => Err(RequestError::Unresolved(name.to_owned())),
            _ => match self.only(name)? {
                Some(value) => Ok(Cow::Borrowed(value)),
                None => Err(RequestError::Absent(name.to_owned())),
            },
        }
    }

    /// The value of a field that may be there once at most, without white space around it.
    ///
    /// Two lines of one field are joined by RFC 9421 §2.1; here they are refused, since HTTP
    /// libraries differ in which of the two they then act on.
    pub(super) fn only(&self, name: &str) -> Result<Option<&'a str>, RequestError> {
        let mut values = self.values(name);
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(RequestError::FieldTwice(name.to_owned()));
        }
        let is_plain = |byte: &u8| (b' '..=b'~').contains(byte) || *byte == b'\t';
        if value.len() > FIELD_BYTES_MAX || !value.iter().all(is_plain) {
            return Err(RequestError::FieldValue(name.to_owned()));
        }
        let text =
            core::str::from_utf8(value).map_err(|_| RequestError::FieldValue(name.to_owned()))?;
        Ok(Some(text.trim_matches([' ', '\t'])))
    }

    fn has(&self, name: &str) -> bool {
        self.values(name).next().is_some()
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let is_named = move |field: &&(&str, &[u8])| field.0.eq_ignore_ascii_case(name);
        self.fields.iter().filter(is_named).map(|field| field.1)
    }
}

fn is_target(text: &str, refused: &[u8]) -> bool {
    let is_char = |byte: u8| byte.is_ascii_graphic() && !refused.contains(&byte);
    text.len() <= TARGET_BYTES_MAX && text.bytes().all(is_char)
}
