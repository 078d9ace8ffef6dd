//! A request as its bytes, so that tests can change any of them, and a server's judgement of it.

use crate::samples::{NOW_MS, unit_key};
use apis_protocol::http::{
    Nonce, NonceKey, Policy, Presented, Refusal, RequestError, RequestView, SignatureFields,
    SigningTerms, Verified, content_digest, sign,
};
use apis_protocol::{SecretKey, Sha256Digest};

pub const AUTHORITY: &str = "192.168.1.20:7443";

pub fn nonce_key() -> NonceKey {
    NonceKey::from_bytes([0x77; 32])
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wire {
    pub method: Vec<u8>,
    pub authority: Vec<u8>,
    pub path: Vec<u8>,
    pub query: Option<Vec<u8>>,
    pub fields: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

/// What a server can find wrong with a request before its handler runs.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    /// Bytes that no HTTP server hands on.
    NotHttp,
    Signature(Refusal),
    KeyUnknown,
    Body,
}

impl Wire {
    pub fn new(method: &str, path: &str, fields: &[(&str, &str)], body: &[u8]) -> Wire {
        let (path, query) = match path.split_once('?') {
            Some((path, query)) => (path, Some(query.into())),
            None => (path, None),
        };
        let fields = fields.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let mut wire = Wire {
            method: method.into(),
            authority: AUTHORITY.into(),
            path: path.into(),
            query,
            fields: fields.collect(),
            body: body.into(),
        };
        if !body.is_empty() {
            wire.set("content-length", &body.len().to_string());
            wire.set("content-digest", &content_digest(Sha256Digest::of(body)));
        }
        wire
    }

    /// The request with a signature of the examples' unit.
    pub fn signed(&self) -> Wire {
        self.signed_with(&terms(), &unit_key()).unwrap()
    }

    pub fn signed_with(&self, terms: &SigningTerms, key: &SecretKey) -> Result<Wire, RequestError> {
        let fields = self.view(|request| sign(request, terms, key)).unwrap()?;
        let mut signed = self.clone();
        signed.set("signature-input", &fields.signature_input);
        signed.set("signature", &fields.signature);
        Ok(signed)
    }

    /// The request signed over a `Signature-Input` of the test's own, whatever it covers.
    pub fn signed_over(&self, input: &str) -> Wire {
        let fields = sign_over(self, input, &unit_key()).unwrap();
        let mut signed = self.clone();
        signed.set("signature-input", &fields.signature_input);
        signed.set("signature", &fields.signature);
        signed
    }

    pub fn field(&self, name: &str) -> &str {
        let field = self.fields.iter().find(|field| field.0 == name).unwrap();
        str::from_utf8(&field.1).unwrap()
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.remove(name);
        self.fields.push((name.into(), value.into()));
    }

    pub fn remove(&mut self, name: &str) {
        self.fields.retain(|field| field.0 != name);
    }

    pub fn without(&self, name: &str) -> Wire {
        let mut wire = self.clone();
        wire.remove(name);
        wire
    }

    pub fn with(&self, name: &str, value: &str) -> Wire {
        let mut wire = self.clone();
        wire.set(name, value);
        wire
    }

    /// What a server decides at `now_ms` that knows the examples' unit alone.
    pub fn judge_at(&self, now_ms: i64) -> Result<Verified, Refused> {
        let authorities = ["bees.example".to_owned(), AUTHORITY.to_owned()];
        let policy = Policy { authorities: &authorities, nonce_key: &nonce_key() };
        let presented = self
            .view(|request| Presented::read(request, &policy, now_ms))
            .ok_or(Refused::NotHttp)?
            .map_err(Refused::Signature)?;
        let key = unit_key().public();
        if presented.key_id() != key.key_id() {
            return Err(Refused::KeyUnknown);
        }
        let verified = presented.verify(key).map_err(Refused::Signature)?;
        let is_body = match verified.content {
            Some(content) => {
                content.content_bytes == self.body.len() as u64
                    && content.sha256 == Sha256Digest::of(&self.body)
            }
            None => self.body.is_empty(),
        };
        if is_body { Ok(verified) } else { Err(Refused::Body) }
    }

    pub fn judge(&self) -> Result<Verified, Refused> {
        self.judge_at(NOW_MS)
    }

    pub fn refusal(&self) -> Refusal {
        match self.judge() {
            Err(Refused::Signature(refusal)) => refusal,
            other => panic!("not refused for its signature: {other:?}"),
        }
    }

    /// Lends the request to `with`; `None` when its head is not even text.
    pub fn view<T>(&self, with: impl FnOnce(&RequestView<'_>) -> T) -> Option<T> {
        let fields: Vec<(&str, &[u8])> =
            self.fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        let query = match &self.query {
            Some(query) => Some(str::from_utf8(query).ok()?),
            None => None,
        };
        Some(with(&RequestView {
            method: str::from_utf8(&self.method).ok()?,
            authority: str::from_utf8(&self.authority).ok()?,
            path: str::from_utf8(&self.path).ok()?,
            query,
            fields: &fields,
        }))
    }
}

/// The signature over whatever `input` (everything after the label) covers.
fn sign_over(wire: &Wire, input: &str, key: &SecretKey) -> Result<SignatureFields, RequestError> {
    let (list, _) = input.strip_prefix('(').and_then(|rest| rest.split_once(')')).unwrap();
    let names = list.split(' ').filter(|name| !name.is_empty()).map(|name| name.trim_matches('"'));
    let base = wire
        .view(|request| apis_protocol::http::base::signature_base(request, names, input))
        .unwrap()?;
    let signature = apis_protocol::encoding::to_base64(&key.sign(base.as_bytes()));
    Ok(SignatureFields {
        signature_input: format!("apis={input}"),
        signature: format!("apis=:{signature}:"),
    })
}

pub fn terms() -> SigningTerms {
    SigningTerms::at(NOW_MS, Nonce::from_random(&[0xa5; 16]))
}

/// A heartbeat: content, no upload fields.
pub fn heartbeat() -> Wire {
    use apis_protocol::message::Message as _;
    let body = crate::samples::heartbeat_report().write();
    let fields = [("content-type", "application/json"), ("user-agent", "apis-unit/0.1.0")];
    Wire::new("POST", "/api/v1/unit/heartbeat", &fields, &body)
}

/// The creation of an upload: upload fields, no content.
pub fn creation() -> Wire {
    use apis_protocol::upload::{UploadKind, UploadMetadata};
    let metadata = UploadMetadata {
        visit_id: crate::samples::visit_id(),
        kind: UploadKind::Clip,
        sha256: Sha256Digest::of(b"clip"),
    };
    let fields = [
        ("tus-resumable", "1.0.0"),
        ("upload-length", "4800112"),
        ("upload-metadata", &*metadata.to_field()),
        ("content-length", "0"),
    ];
    Wire::new("POST", "/api/v1/unit/uploads", &fields, b"")
}

/// A part of an upload: upload fields and content, and a query for good measure.
pub fn patch() -> Wire {
    let path = "/api/v1/unit/uploads/0198a801-0000-7000-8000-00000000000a?part=2&of=3";
    let fields = [
        ("tus-resumable", "1.0.0"),
        ("upload-offset", "16384"),
        ("content-type", "application/offset+octet-stream"),
    ];
    Wire::new("PATCH", path, &fields, b"sixteen KiB of a clip, or rather less of it")
}

/// The handshake of the control channel: neither content nor upload fields.
pub fn channel() -> Wire {
    let fields = [("upgrade", "websocket"), ("connection", "Upgrade")];
    Wire::new("GET", "/api/v1/unit/channel", &fields, b"")
}
