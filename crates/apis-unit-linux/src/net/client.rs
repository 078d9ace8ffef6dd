//! One signed request and its answer.
//!
//! The unit signs by what it believes of the time. A server that does not believe it answers 401
//! with a nonce of its own, and the same request signed over that nonce is accepted: one extra
//! round trip from a cold start.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::Context;
use apis_protocol::http::{Nonce, RequestView, SigningTerms, content_digest, sign};
use apis_protocol::message::Message;
use apis_protocol::problem::Problem;
use apis_protocol::settings::ServerUrl;
use apis_protocol::{SecretKey, Sha256Digest};
use bytes::{Bytes, BytesMut};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Response, StatusCode};

use super::trust::Trust;
use crate::clock::random_bytes;
use crate::report::Report;
use crate::wall::Wall;

/// Longest wait for a connection with its handshake.
const CONNECT_WAIT: Duration = Duration::from_secs(10);

/// Longest silence while an answer is read.
const SILENCE: Duration = Duration::from_secs(20);

/// Longest time for a whole request: a chunk of a clip over a slow mobile link.
const WHOLE_WAIT: Duration = Duration::from_secs(180);

/// Most bytes of an answer that are read: the largest message and some.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// A request before it is signed.
#[derive(Debug, Clone)]
pub struct Unsigned {
    /// `GET`, `POST`, …
    pub method: Method,
    /// From `apis_protocol::route`, or an upload's place.
    pub path: String,
    /// Media type and bytes, when there are any.
    pub content: Option<(&'static str, Bytes)>,
    /// Further fields, such as those of an upload. Names in lower case.
    pub fields: Vec<(&'static str, String)>,
}

impl Unsigned {
    /// A message to `path`.
    pub fn post(path: &str, message: Bytes) -> Unsigned {
        Unsigned {
            method: Method::POST,
            path: path.to_owned(),
            content: Some((apis_protocol::message::CONTENT_TYPE, message)),
            fields: Vec::new(),
        }
    }
}

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Answered {
    /// Its status.
    pub status: StatusCode,
    /// Its fields.
    pub fields: HeaderMap,
    /// Its content, at most `ANSWER_BYTES_MAX`.
    pub body: Bytes,
    /// The uptime at which its head came: the fourth timestamp of a clock exchange.
    pub received_at: apis_units::Uptime,
}

impl Answered {
    /// A field as text.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.to_str().ok()
    }

    /// The stable code of a problem body.
    pub fn problem(&self) -> Option<Problem> {
        if self.status.is_success() {
            return None;
        }
        serde_json::from_slice(&self.body).ok()
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// The server showed a key that is not trusted: it changed, or it is another.
    #[error("the server's key is not one this unit trusts")]
    PinMismatch,
    /// No network, no connection, or it broke.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    /// The request cannot be sent as it is.
    #[error("the request cannot be signed: {0}")]
    Unsignable(String),
}

impl NoAnswer {
    /// The stable code: what status and metrics call it.
    pub fn code(&self) -> &'static str {
        match self {
            NoAnswer::PinMismatch => "server_pin_mismatch",
            NoAnswer::Unreachable(_) => "server_unreachable",
            NoAnswer::Unsignable(_) => "request_unsignable",
        }
    }
}

/// The unit's end of the units' door.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    trust: Trust,
    key: Arc<SecretKey>,
    wall: Wall,
    report: Report,
    urls: Arc<RwLock<Vec<ServerUrl>>>,
    /// Which of `urls` answered last; wraps.
    preferred: Arc<AtomicUsize>,
}

impl Client {
    /// A client of the server at `urls`, best first.
    ///
    /// Errors: when the HTTP library cannot be set up.
    pub fn new(
        urls: Vec<ServerUrl>,
        trust: Trust,
        key: SecretKey,
        wall: Wall,
        report: Report,
    ) -> anyhow::Result<Client> {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(trust.tls())
            .http1_only()
            .https_only(true)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_WAIT)
            .read_timeout(SILENCE)
            .timeout(WHOLE_WAIT)
            .tcp_nodelay(true)
            .build()
            .context("set up HTTP")?;
        Ok(Client {
            http,
            trust,
            key: Arc::new(key),
            wall,
            report,
            urls: Arc::new(RwLock::new(urls)),
            preferred: Arc::default(),
        })
    }

    /// Follows new settings.
    pub fn follow(&self, urls: Vec<ServerUrl>, pins: Vec<apis_protocol::settings::Pin>) {
        *self.urls.write().unwrap_or_else(PoisonError::into_inner) = urls;
        self.preferred.store(0, Ordering::SeqCst);
        self.trust.replace(pins);
    }

    /// The address that is tried next.
    pub fn url(&self) -> Option<ServerUrl> {
        let urls = self.urls.read().unwrap_or_else(PoisonError::into_inner);
        let index = self.preferred.load(Ordering::SeqCst);
        urls.get(index.checked_rem(urls.len())?).cloned()
    }

    /// What verifies the server's key.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Sends `request` to the server, signed; tries its next address next time if there is no
    /// answer.
    ///
    /// Errors: counted in the report by their code.
    pub async fn send(&self, request: &Unsigned) -> Result<Answered, NoAnswer> {
        let sent = self.send_signed(request).await;
        match &sent {
            Ok(_) => {}
            Err(e) => {
                self.preferred.fetch_add(1, Ordering::SeqCst);
                self.report.count_error(e.code());
            }
        }
        sent
    }

    async fn send_signed(&self, request: &Unsigned) -> Result<Answered, NoAnswer> {
        let own = Nonce::from_random(&random_bytes());
        let answered = self.send_with(request, own).await?;
        let offered = answered
            .field("accept-signature")
            .filter(|_| answered.status == StatusCode::UNAUTHORIZED)
            .and_then(Nonce::from_accept_signature);
        match offered {
            Some(nonce) => self.send_with(request, nonce).await,
            None => Ok(answered),
        }
    }

    async fn send_with(&self, request: &Unsigned, nonce: Nonce) -> Result<Answered, NoAnswer> {
        let url = self.url().ok_or_else(|| NoAnswer::Unreachable("no address".to_owned()))?;
        let fields = self.signed_fields(request, &url, nonce)?;
        let mismatches = self.trust.mismatches();
        let mut builder = self
            .http
            .request(request.method.clone(), format!("{}{}", url.as_str(), request.path))
            .headers(fields);
        if let Some((_, content)) = &request.content {
            builder = builder.body(content.clone());
        }
        let unreachable = |e: reqwest::Error| {
            if self.trust.mismatches() != mismatches {
                return NoAnswer::PinMismatch;
            }
            NoAnswer::Unreachable(innermost(&e))
        };
        let response = builder.send().await.map_err(unreachable)?;
        let received_at = self.wall.uptime();
        read_whole(response, received_at).await.map_err(unreachable)
    }

    /// All fields of the request, its signature among them.
    ///
    /// Errors: `Unsignable` when a field holds what no field can.
    pub fn signed_fields(
        &self,
        request: &Unsigned,
        url: &ServerUrl,
        nonce: Nonce,
    ) -> Result<HeaderMap, NoAnswer> {
        let mut fields: Vec<(&str, String)> = request.fields.clone();
        if let Some((media_type, content)) = &request.content {
            fields.push(("content-type", (*media_type).to_owned()));
            fields.push(("content-length", content.len().to_string()));
            fields.push(("content-digest", content_digest(Sha256Digest::of(content))));
        }
        let seen: Vec<(&str, &[u8])> =
            fields.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        let view = RequestView {
            method: request.method.as_str(),
            authority: url.authority(),
            path: &request.path,
            query: None,
            fields: &seen,
        };
        let terms = SigningTerms::at(self.wall.signing_ms(), nonce);
        let signature =
            sign(&view, &terms, &self.key).map_err(|e| NoAnswer::Unsignable(e.to_string()))?;
        fields.push(("signature-input", signature.signature_input));
        fields.push(("signature", signature.signature));
        let mut all = HeaderMap::new();
        for (name, value) in fields {
            let value = HeaderValue::try_from(value)
                .map_err(|e| NoAnswer::Unsignable(format!("{name}: {e}")))?;
            all.insert(HeaderName::from_static(name), value);
        }
        Ok(all)
    }
}

async fn read_whole(
    mut response: Response,
    received_at: apis_units::Uptime,
) -> Result<Answered, reqwest::Error> {
    let (status, fields) = (response.status(), response.headers().clone());
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        let room = ANSWER_BYTES_MAX - body.len();
        body.extend_from_slice(chunk.get(..chunk.len().min(room)).unwrap_or_default());
        if room <= chunk.len() {
            break;
        }
    }
    Ok(Answered { status, fields, body: body.freeze(), received_at })
}

/// The text of the cause beneath all others: the rest only says that a request failed.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// What `M` the content of an answer is.
///
/// Errors: with the status and code when the answer is none of success, or is no `M`.
pub fn expect_message<M: Message>(answered: &Answered) -> anyhow::Result<M> {
    if !answered.status.is_success() {
        let problem = answered.problem();
        let code = problem.as_ref().map_or("", |problem| problem.code.as_str());
        let title = problem.as_ref().map_or("", |problem| problem.title.as_str());
        anyhow::bail!("the server answered {}: {title} ({code})", answered.status.as_u16());
    }
    M::read(&answered.body).with_context(|| format!("read the server's {}", M::NAME))
}
