//! A server whose key changed: the unit says so, sends nothing, and keeps everything.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use apis_protocol::envelope::Envelope;
use apis_protocol::id::Generation;
use apis_protocol::settings::{Pin, ServerUrl, Settings, SettingsKind};
use apis_protocol::{SecretKey, UnitId};
use rcgen::{CertifiedKey, KeyPair, PublicKeyData, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;

use crate::unit::{Unit, frames};

/// A TLS server that reads whatever comes, counts the bytes and answers nothing.
fn listen(certified: &CertifiedKey<KeyPair>) -> (String, Arc<AtomicUsize>) {
    let key = PrivateKeyDer::Pkcs8(certified.signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let heard = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&heard);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            let mut bytes = [0; 4_096];
            while let Ok(count @ 1..) = stream.read(&mut bytes) {
                counted.fetch_add(count, Ordering::SeqCst);
            }
            stream.flush().ok();
        }
    });
    (url, heard)
}

/// An enrolment as the unit saves it, at `url` with trust in `pin`.
fn enrol(data: &Path, url: &str, pin: Pin) -> String {
    let tenant = SecretKey::from_seed(&[5; 32]);
    let unit_id = UnitId::from_bytes([7; 16]);
    let settings = Settings {
        kind: SettingsKind::Settings,
        unit_id,
        generation: Generation::new(1).unwrap(),
        expires_ms: 4_000_000_000_000,
        server_urls: vec![url.parse::<ServerUrl>().unwrap()],
        pins: vec![pin],
    };
    let saved = json!({
        "server_url": url,
        "pin": pin.to_string(),
        "answer": {
            "unit_id": unit_id,
            "tenant_id": "00000000-0000-7000-8000-000000000001",
            "tenant_key": tenant.public(),
            "settings": Envelope::seal(&settings, &tenant),
        },
    });
    std::fs::create_dir_all(data).unwrap();
    std::fs::write(data.join("enrolment.json"), saved.to_string()).unwrap();
    saved.to_string()
}

#[test]
fn a_server_whose_key_changed_is_told_nothing_and_the_unit_keeps_all() {
    let certificate = || generate_simple_self_signed(["server".to_owned()]).unwrap();
    let (trusted, changed) = (certificate(), certificate());
    let (url, heard) = listen(&changed);
    let folder = tempfile::tempdir().unwrap();
    let pin = Pin::of_public_key(&trusted.signing_key.subject_public_key_info());
    let saved = enrol(folder.path(), &url, pin);
    let source = format!("exec:{}", frames("64x48", 10_000));
    let unit = Unit::start(folder.path(), &["--source", &source]);
    unit.faults("server_pin_mismatch");
    let status = unit.status();
    assert!(1 <= status["errors"]["server_pin_mismatch"].as_u64().unwrap());
    assert!(status["faults"].as_array().unwrap().contains(&"server_pin_mismatch".into()));
    assert!(unit.terminate().success());
    assert_eq!(heard.load(Ordering::SeqCst), 0, "the unit spoke to a stranger");
    assert_eq!(std::fs::read_to_string(folder.path().join("enrolment.json")).unwrap(), saved);
    assert!(folder.path().join("unit.key").is_file());
}
