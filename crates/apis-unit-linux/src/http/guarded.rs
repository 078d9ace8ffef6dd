//! Who is admitted to the local API: the token's holder, under one of our names, from no foreign
//! page.

use std::net::SocketAddr;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use super::{Local, refusal, token};

/// The values of `Host` that are ours: the address, its loopback names, and what is configured.
pub fn hosts_of(bound: SocketAddr, more: Vec<String>) -> Vec<String> {
    let port = bound.port();
    let mut names = vec![bound.ip().to_string(), "localhost".to_owned(), "127.0.0.1".to_owned()];
    names.extend(more);
    let with_port = names.iter().map(|name| format!("{name}:{port}"));
    let mut hosts: Vec<String> = with_port.chain(names.iter().cloned()).collect();
    hosts.push(bound.to_string());
    hosts
}

/// Lets a request pass or says why not.
pub async fn admit(State(local): State<Local>, request: Request, next: Next) -> Response {
    let fields = request.headers();
    if !is_our_host(fields, &local.hosts) {
        let message = "the unit is not asked under this name";
        return refusal(StatusCode::MISDIRECTED_REQUEST, "host_refused", message);
    }
    if !is_our_origin(fields, &local.hosts) {
        let message = "the request comes from another page";
        return refusal(StatusCode::FORBIDDEN, "origin_refused", message);
    }
    let given = text(fields, header::AUTHORIZATION).and_then(|t| t.strip_prefix("Bearer "));
    if !given.is_some_and(|given| token::is_token(given, &local.token)) {
        local.shared.report.count_error("local_token_refused");
        let message = "the local token is missing or wrong";
        return refusal(StatusCode::UNAUTHORIZED, "token_refused", message);
    }
    next.run(request).await
}

fn is_our_host(fields: &HeaderMap, hosts: &[String]) -> bool {
    text(fields, header::HOST).is_some_and(|host| hosts.iter().any(|ours| ours == host))
}

/// A program sends no `Origin`; a page sends its own, which must be this unit's.
fn is_our_origin(fields: &HeaderMap, hosts: &[String]) -> bool {
    if !fields.contains_key(header::ORIGIN) {
        return true;
    }
    text(fields, header::ORIGIN)
        .and_then(|origin| origin.strip_prefix("http://"))
        .is_some_and(|host| hosts.iter().any(|ours| ours == host))
}

fn text(fields: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    fields.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(host: &str, origin: Option<&str>) -> HeaderMap {
        let mut fields = HeaderMap::new();
        fields.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            fields.insert(header::ORIGIN, origin.parse().unwrap());
        }
        fields
    }

    #[test]
    fn a_name_made_to_point_here_is_refused() {
        let hosts = hosts_of("127.0.0.1:7070".parse().unwrap(), vec!["hive.lan".to_owned()]);
        for host in ["127.0.0.1:7070", "localhost:7070", "hive.lan:7070", "hive.lan"] {
            assert!(is_our_host(&fields(host, None), &hosts), "{host}");
        }
        for host in ["evil.example:7070", "127.0.0.1:80", "127.0.0.1.evil.example", ""] {
            assert!(!is_our_host(&fields(host, None), &hosts), "{host}");
        }
    }

    #[test]
    fn a_foreign_page_is_refused_and_a_program_is_not() {
        let hosts = hosts_of("[::1]:7070".parse().unwrap(), Vec::new());
        assert!(is_our_origin(&fields("[::1]:7070", None), &hosts));
        assert!(is_our_origin(&fields("[::1]:7070", Some("http://[::1]:7070")), &hosts));
        for origin in ["https://evil.example", "null", "http://evil.example:7070"] {
            assert!(!is_our_origin(&fields("[::1]:7070", Some(origin)), &hosts), "{origin}");
        }
    }
}
