//! A session's tokens and their cookies.
//!
//! Requests carry a short access token. A refresh token, sent nowhere but to the route that takes
//! it, fetches the next pair; it names its family, so that one that is known no more is told from
//! one that never was.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::random;

/// How long an access token is taken: the longest use of a stolen one.
pub const ACCESS_SPAN: Duration = Duration::from_secs(15 * 60);

/// How long before an access token's end the browser had better fetch the next.
pub const ACCESS_MARGIN: Duration = Duration::from_secs(5 * 60);

/// How long a session lives without being used: a season's pause.
pub const SESSION_SPAN: Duration = Duration::from_secs(90 * 24 * 3_600);

/// How long a refresh token is still taken once its successor was used: requests that were on
/// their way from another page of the same browser.
pub const GRACE: Duration = Duration::from_secs(30);

/// The only route that the refresh token is sent to.
pub const REFRESH_PATH: &str = "/api/v1/session/refresh";

/// A new token: 256 bits in base64url. Shown once, to the browser.
pub fn new_token() -> String {
    URL_SAFE_NO_PAD.encode(random::bytes::<32>())
}

/// What is stored of a token. It has 256 bits of its own, so one plain hash is enough.
pub fn hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token.as_bytes()))
}

/// What a refresh cookie holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refresh<'t> {
    /// The same in every refresh token of a session.
    pub family: &'t str,
    /// The token itself.
    pub token: &'t str,
}

/// The `Set-Cookie` value that gives the browser its access token.
pub fn access_cookie(instance_id: &str, token: &str) -> HeaderValue {
    set(&access_name(instance_id), token, "/", ACCESS_SPAN)
}

/// The `Set-Cookie` value that gives the browser its refresh token.
pub fn refresh_cookie(instance_id: &str, refresh: Refresh<'_>) -> HeaderValue {
    let Refresh { family, token } = refresh;
    set(&refresh_name(instance_id), &format!("{family}.{token}"), REFRESH_PATH, SESSION_SPAN)
}

/// The `Set-Cookie` values that take both away.
pub fn no_cookies(instance_id: &str) -> [HeaderValue; 2] {
    [
        set(&access_name(instance_id), "", "/", Duration::ZERO),
        set(&refresh_name(instance_id), "", REFRESH_PATH, Duration::ZERO),
    ]
}

fn set(name: &str, value: &str, path: &str, span: Duration) -> HeaderValue {
    let seconds = span.as_secs();
    let text =
        format!("{name}={value}; Path={path}; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}");
    HeaderValue::from_str(&text).expect("a token is base64url")
}

/// The access token in the request's cookie of this server.
pub fn access_of<'h>(headers: &'h HeaderMap, instance_id: &str) -> Option<&'h str> {
    cookie_of(headers, &access_name(instance_id))
}

/// The refresh token in the request's cookie of this server.
pub fn refresh_of<'h>(headers: &'h HeaderMap, instance_id: &str) -> Option<Refresh<'h>> {
    let (family, token) = cookie_of(headers, &refresh_name(instance_id))?.split_once('.')?;
    Some(Refresh { family, token })
}

fn cookie_of<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(found, token)| (found == name).then_some(token))
}

/// Cookies ignore ports, so the name says which server of a machine it belongs to.
fn access_name(instance_id: &str) -> String {
    format!("__Host-apis-{instance_id}")
}

/// `__Host-` cookies go to every path, and this one must not.
fn refresh_name(instance_id: &str) -> String {
    format!("__Secure-apis-{instance_id}-refresh")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_reads_only_its_own_cookie() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; __Host-apis-other=theirs"));
        assert_eq!(access_of(&headers, "own"), None);
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("__Host-apis-own=mine; __Secure-apis-own-refresh=f.t; b=2"),
        );
        assert_eq!(access_of(&headers, "own"), Some("mine"));
        assert_eq!(access_of(&headers, "other"), Some("theirs"));
        assert_eq!(refresh_of(&headers, "own"), Some(Refresh { family: "f", token: "t" }));
        assert_eq!(refresh_of(&headers, "other"), None);
    }

    #[test]
    fn the_cookies_are_kept_from_scripts_and_other_origins() {
        let cookie = access_cookie("abcdefgh", "token");
        assert_eq!(
            cookie.to_str().unwrap(),
            "__Host-apis-abcdefgh=token; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=900"
        );
        let refresh = Refresh { family: "family", token: "token" };
        assert_eq!(
            refresh_cookie("abcdefgh", refresh).to_str().unwrap(),
            "__Secure-apis-abcdefgh-refresh=family.token; Path=/api/v1/session/refresh; Secure; \
             HttpOnly; SameSite=Lax; Max-Age=7776000"
        );
    }
}
