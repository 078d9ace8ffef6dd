//! A session's token and its cookie.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::random;

/// How long a session lives: as long as an apiary visit is apart from the next in the season, and
/// a stolen cookie's longest use.
pub const SESSION_SPAN: Duration = Duration::from_secs(14 * 24 * 3_600);

/// A new token: 256 bits in base64url. Shown once, to the browser.
pub fn new_token() -> String {
    URL_SAFE_NO_PAD.encode(random::bytes::<32>())
}

/// What is stored of a token. It has 256 bits of its own, so one plain hash is enough.
pub fn hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token.as_bytes()))
}

/// The `Set-Cookie` value that gives the browser its token.
pub fn cookie(instance_id: &str, token: &str, span: Duration) -> HeaderValue {
    let text = format!(
        "{}={token}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={}",
        cookie_name(instance_id),
        span.as_secs()
    );
    HeaderValue::from_str(&text).expect("a token is base64url")
}

/// The token in the request's cookie of this server.
pub fn token_of<'h>(headers: &'h HeaderMap, instance_id: &str) -> Option<&'h str> {
    let name = cookie_name(instance_id);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(found, token)| (found == name).then_some(token))
}

/// Cookies ignore ports, so the name says which server of a machine it belongs to.
fn cookie_name(instance_id: &str) -> String {
    format!("__Host-apis-{instance_id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_reads_only_its_own_cookie() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; __Host-apis-other=theirs"));
        assert_eq!(token_of(&headers, "own"), None);
        headers.append(header::COOKIE, HeaderValue::from_static("__Host-apis-own=mine; b=2"));
        assert_eq!(token_of(&headers, "own"), Some("mine"));
        assert_eq!(token_of(&headers, "other"), Some("theirs"));
    }

    #[test]
    fn the_cookie_is_kept_from_scripts_and_other_origins() {
        let cookie = cookie("abcdefgh", "token", Duration::from_secs(60));
        assert_eq!(
            cookie.to_str().unwrap(),
            "__Host-apis-abcdefgh=token; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=60"
        );
    }
}
