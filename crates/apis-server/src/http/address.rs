//! Which address a request comes from.
//!
//! `X-Forwarded-For` is believed only from a configured proxy, and then only its last entry that is
//! not itself a configured proxy: everything before was written by whoever liked to.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::app::App;

/// The client's address; `None` when the request came through no socket (a test).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub Option<IpAddr>);

impl ClientAddress {
    /// The address as a rate limit counts it: an IPv6 client owns its whole /64.
    pub fn bucket(self) -> String {
        match self.0.map(|address| address.to_canonical()) {
            None => "none".to_owned(),
            Some(IpAddr::V4(address)) => address.to_string(),
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        }
    }
}

impl FromRequestParts<App> for ClientAddress {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &App,
    ) -> Result<ClientAddress, Self::Rejection> {
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|ConnectInfo(peer)| peer.ip().to_canonical());
        let proxies = &app.config.people.trusted_proxies;
        Ok(ClientAddress(peer.map(|peer| client(peer, &parts.headers, proxies))))
    }
}

fn client(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
    if !proxies.contains(&peer) {
        return peer;
    }
    let entries: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    entries
        .into_iter()
        .rev()
        .map_while(|entry| entry.trim().parse::<IpAddr>().ok())
        .map(|address| address.to_canonical())
        .find(|address| !proxies.contains(address))
        .unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(peer: &str, forwarded: &str, expected: &str) {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", forwarded.parse().unwrap());
        let proxies = ["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()];
        let found = client(peer.parse().unwrap(), &headers, &proxies);
        assert_eq!(found.to_string(), expected, "{peer} forwarding {forwarded}");
    }

    #[test]
    fn only_a_configured_proxy_is_believed() {
        check("192.0.2.7", "203.0.113.9", "192.0.2.7");
        check("10.0.0.1", "203.0.113.9", "203.0.113.9");
        check("10.0.0.1", "198.51.100.1, 203.0.113.9, 10.0.0.2", "203.0.113.9");
        check("10.0.0.1", "nonsense", "10.0.0.1");
    }

    #[test]
    fn an_ipv6_client_is_counted_by_its_network() {
        let one = ClientAddress(Some("2001:db8:1:2::7".parse().unwrap()));
        let other = ClientAddress(Some("2001:db8:1:2:ffff::9".parse().unwrap()));
        assert_eq!(one.bucket(), other.bucket());
    }
}
