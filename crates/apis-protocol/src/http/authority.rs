//! The one form of an authority: what a unit dials, signs and a server lists.

use core::net::Ipv6Addr;

/// Longest authority in bytes: the longest DNS name and a port.
pub const AUTHORITY_BYTES_MAX: usize = 253 + 6;

/// Whether `text` is an authority in its one form: lower case, no user, no default port.
///
/// Shape: a DNS name or IPv4 address of `[a-z0-9.-]`, or an IPv6 address in brackets as RFC 5952
/// writes it; then `:port` unless the port is 443.
/// Source: RFC 9421 §2.2.3 (the authority is normalised before it is signed). A second spelling
/// is refused rather than normalised, so that a changed byte never verifies.
#[must_use]
pub fn is_authority(text: &str) -> bool {
    if text.len() > AUTHORITY_BYTES_MAX {
        return false;
    }
    let (host, port) = match text.rsplit_once(':') {
        // A colon inside brackets belongs to the address.
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        Some(_) | None => (text, None),
    };
    let is_host = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => is_ipv6(address),
        None => is_name(host),
    };
    is_host && port.is_none_or(is_port)
}

fn is_ipv6(text: &str) -> bool {
    use alloc::string::ToString as _;
    text.parse::<Ipv6Addr>().is_ok_and(|address| address.to_string() == text)
}

fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let is_char = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && label.len() <= 63 && label.bytes().all(is_char)
    };
    text.split('.').all(is_label)
}

fn is_port(text: &str) -> bool {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    is_plain && text.parse::<u16>().is_ok_and(|port| port != 443)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_has_one_form() {
        for text in ["bees.example", "a", "192.168.1.20:7443", "[fd00::1]", "[::1]:8443"] {
            assert!(is_authority(text), "{text}");
        }
        for text in [
            "",
            ":1",
            "a:",
            "a:0",
            "a:0443",
            "a:443",
            "a:65536",
            "a:+1",
            "Bees.example",
            "bees.example.",
            "me@bees",
            "a/b",
            "a b",
            "é",
            "fd00::1",
            "[fd00:0::1]",
            "[FD00::1]",
            "[::1",
            "[::1]x",
            "[bees]",
        ] {
            assert!(!is_authority(text), "{text}");
        }
    }
}
