//! A person's browser in process: keeps its cookies, sends what the page's client sends.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
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
    cookies: Vec<Cookie>,
    /// The account that is signed in; `None` before a sign-in.
    pub account: Option<AccountId>,
    /// The tenant that the session works in.
    pub tenant: Option<TenantId>,
}

/// A cookie as a browser keeps it.
#[derive(Debug, Clone)]
struct Cookie {
    name: String,
    value: String,
    path: String,
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
        Browser { router, origin, cookies: Vec::new(), account: None, tenant: None }
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
        cookies: &[HeaderValue],
        account: AccountId,
        tenant: TenantId,
    ) -> Browser {
        cookies.iter().for_each(|set| self.keep(set));
        (self.account, self.tenant) = (Some(account), Some(tenant));
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
        for Cookie { name, value, .. } in self.cookies.iter().filter(|one| one.is_for(path)) {
            request = request.header(header::COOKIE, format!("{name}={value}"));
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

    /// Keeps the cookies that an answer sets.
    pub fn keep_cookies(&mut self, answer: &Answer) {
        assert!(answer.headers.contains_key(header::SET_COOKIE), "the answer sets a cookie");
        answer.headers.get_all(header::SET_COOKIE).iter().for_each(|set| self.keep(set));
    }

    /// Forgets the cookies that go to every path, as a browser does once their time is over.
    pub fn forget_access(&mut self) {
        self.cookies.retain(|cookie| cookie.path != "/");
    }

    fn keep(&mut self, set: &HeaderValue) {
        let text = set.to_str().unwrap();
        let mut parts = text.split("; ");
        let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).unwrap();
        let path = parts.find_map(|part| part.strip_prefix("Path=")).unwrap();
        self.cookies.retain(|cookie| cookie.name != name);
        if !text.contains("Max-Age=0") {
            let (name, value) = (name.to_owned(), value.to_owned());
            self.cookies.push(Cookie { name, value, path: path.to_owned() });
        }
    }
}

impl Cookie {
    fn is_for(&self, path: &str) -> bool {
        self.path == "/" || path.split('?').next() == Some(self.path.as_str())
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
