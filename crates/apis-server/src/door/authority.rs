//! The names and addresses by which units may call: configured, or the machine's own.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use apis_protocol::settings::ServerUrl;

/// The addresses of the units' door, best first, for a listener at `listen`.
///
/// Errors: the first configured name that is none.
pub fn authorities(configured: &[String], listen: SocketAddr) -> Result<Vec<ServerUrl>, String> {
    if configured.is_empty() {
        return Ok(own(listen, outward_address()));
    }
    configured.iter().map(|name| url(name).ok_or_else(|| name.clone())).collect()
}

/// The hosts of these addresses, without ports and brackets, for a certificate.
pub fn hosts(urls: &[ServerUrl]) -> Vec<String> {
    urls.iter().map(|url| host(url.authority()).to_owned()).collect()
}

fn host(authority: &str) -> &str {
    if let Some((address, _)) = authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address;
    }
    authority.split_once(':').map_or(authority, |(name, _)| name)
}

/// A listener on one address is called by that; one on all addresses by the one that leads to
/// the network, and by loopback from the machine itself.
fn own(listen: SocketAddr, outward: Option<IpAddr>) -> Vec<ServerUrl> {
    let port = listen.port();
    if !listen.ip().is_unspecified() {
        return url(&authority(&listen.ip().to_string(), port)).into_iter().collect();
    }
    let loopback = IpAddr::from(Ipv4Addr::LOCALHOST).to_string();
    let hosts = outward.map(|address| address.to_string()).into_iter();
    let hosts = hosts.chain([loopback, "localhost".to_owned()]);
    hosts.filter_map(|host| url(&authority(&host, port))).collect()
}

fn authority(host: &str, port: u16) -> String {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    // 443 is what https means, so an authority never says it.
    if port == 443 { host } else { format!("{host}:{port}") }
}

fn url(authority: &str) -> Option<ServerUrl> {
    format!("https://{authority}").parse().ok()
}

/// The address from which this machine would reach another network. Nothing is sent: a UDP
/// socket that is connected only chooses its route.
fn outward_address() -> Option<IpAddr> {
    // TEST-NET-1 (RFC 5737): routed like any other address, and nobody's.
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_unspecified() && !address.is_loopback()).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(listen: &str, outward: Option<&str>, expected: &[&str]) {
        let outward = outward.map(|address| address.parse().unwrap());
        let found = own(listen.parse().unwrap(), outward);
        let found: Vec<&str> = found.iter().map(ServerUrl::authority).collect();
        assert_eq!(found, expected, "{listen}");
    }

    #[test]
    fn a_server_knows_its_own_names() {
        let lan = Some("192.168.1.20");
        check("0.0.0.0:8443", lan, &["192.168.1.20:8443", "127.0.0.1:8443", "localhost:8443"]);
        check("0.0.0.0:8443", None, &["127.0.0.1:8443", "localhost:8443"]);
        check("127.0.0.1:443", lan, &["127.0.0.1"]);
        check("[::1]:8443", lan, &["[::1]:8443"]);
    }

    #[test]
    fn configured_names_are_taken_or_refused_by_name() {
        let listen = "0.0.0.0:8443".parse().unwrap();
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let urls = authorities(&names(&["bees.example:8443", "[fd00::1]:8443"]), listen).unwrap();
        assert_eq!(hosts(&urls), ["bees.example", "fd00::1"]);
        let refused = authorities(&names(&["bees.example:8443", "Bees"]), listen);
        assert_eq!(refused, Err("Bees".to_owned()));
    }
}
