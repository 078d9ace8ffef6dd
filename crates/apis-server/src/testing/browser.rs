//! A person's browser in process: keeps its cookie, sends what the page's client sends.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use serde_json::Value;
use tower::ServiceExt as _;

use super::Replica;
use crate::ids::{AccountId, TenantId};

/// Bytes of an answer that a test reads.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A browser at the people's door.
#[derive(Debug, Clone)]
pub struct Browser {
    pub(super) router: Router,
    origin: String,
    cookie: Option<String>,
    /// The account that is signed in; `None` before a sign-in.
    pub account: Option<AccountId>,
    /// The tenant that the session works in.
    pub tenant: Option<TenantId>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub bytes: Vec<u8>,
}

impl Browser {
    pub(super) fn new(router: Router, origin: String) -> Browser {
        Browser { router, origin, cookie: None, account: None, tenant: None }
    }

    /// A browser that is not signed in, at a door of the test's own.
    pub fn at_door(router: Router) -> Browser {
        Browser::new(router, super::world::ORIGIN.to_owned())
    }

    /// The same browser at another process of the server.
    pub fn at(mut self, replica: &Replica) -> Browser {
        self.router = replica.people.clone();
        self
    }

    pub(super) fn signed_in(
        mut self,
        cookie: String,
        account: AccountId,
        tenant: TenantId,
    ) -> Browser {
        (self.cookie, self.account, self.tenant) = (Some(cookie), Some(account), Some(tenant));
        self
    }

    /// Asks.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path), None).await
    }

    /// Asks for what may not end; the answer's body is still to be read.
    pub async fn open(&self, path: &str) -> Response {
        let request = self.request(Method::GET, path).body(Body::empty()).unwrap();
        self.router.clone().oneshot(request).await.expect("a router is infallible")
    }

    /// The same, and reads the answer's head alone, unless it is a refusal.
    pub async fn begin(&self, path: &str) -> Answer {
        let (parts, body) = self.open(path).await.into_parts();
        let bytes = if parts.status.is_success() {
            Vec::new()
        } else {
            to_bytes(body, ANSWER_BYTES_MAX).await.expect("a refusal ends").to_vec()
        };
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    /// Sends a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path), Some(body)).await
    }

    /// Changes what has this version.
    pub async fn patch(&self, path: &str, version: i64, body: &Value) -> Answer {
        let request =
            self.request(Method::PATCH, path).header(header::IF_MATCH, format!("\"{version}\""));
        self.send(request, Some(body)).await
    }

    /// Removes.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path), None).await
    }

    /// A request with the cookie and the fields of the page's client, to be changed and sent.
    pub fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        request
            .header(header::ORIGIN, &self.origin)
            .header("sec-fetch-site", "same-origin")
            .header("x-apis", "1")
    }

    /// Sends a request as it is.
    pub async fn send(
        &self,
        request: axum::http::request::Builder,
        body: Option<&Value>,
    ) -> Answer {
        match body {
            None => self.send_body(request, Body::empty()).await,
            Some(body) => {
                let request = request.header(header::CONTENT_TYPE, "application/json");
                self.send_body(request, Body::from(body.to_string())).await
            }
        }
    }

    /// Sends a request with any bytes, of the type that it already names.
    pub async fn send_body(&self, request: axum::http::request::Builder, body: Body) -> Answer {
        let request = request.body(body).expect("the request is well formed");
        let response = self.router.clone().oneshot(request).await.expect("a router is infallible");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, ANSWER_BYTES_MAX).await.expect("an answer ends").to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    /// Keeps the cookie that an answer sets.
    pub fn keep_cookie(&mut self, answer: &Answer) {
        let set = answer.headers.get(header::SET_COOKIE).expect("the answer sets a cookie");
        let pair = set.to_str().unwrap().split(';').next().unwrap();
        self.cookie = Some(pair.to_owned());
    }
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| {
            panic!("{error}: {} {}", self.status, String::from_utf8_lossy(&self.bytes))
        })
    }

    /// The body as JSON, of an answer that must have succeeded.
    pub fn ok(&self) -> Value {
        assert!(
            self.status.is_success(),
            "{} {}",
            self.status,
            String::from_utf8_lossy(&self.bytes)
        );
        if self.bytes.is_empty() { Value::Null } else { self.json() }
    }

    /// The status and the stable code of a refusal.
    pub fn refusal(&self) -> (u16, String) {
        let code = self.json()["code"].as_str().unwrap_or_default().to_owned();
        (self.status.as_u16(), code)
    }
}

/// A body whose sender goes away after these bytes.
pub fn broken_off(bytes: &[u8]) -> Body {
    let first = Ok(Bytes::copy_from_slice(bytes));
    Body::from_stream(stream::iter([first, Err("the connection broke")]))
}
