//! Handshakes in memory against certificates made for the purpose.

use std::io::{Read, Write};

use rcgen::{
    CertificateParams, CertifiedKey, KeyPair, PublicKeyData, date_time_ymd,
    generate_simple_self_signed,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ClientConnection, ServerConfig, ServerConnection};

use super::*;

fn certificate() -> CertifiedKey<rcgen::KeyPair> {
    generate_simple_self_signed(["another.name".to_owned()]).unwrap()
}

fn pin_of(certified: &CertifiedKey<rcgen::KeyPair>) -> Pin {
    Pin::of_public_key(&certified.signing_key.subject_public_key_info())
}

/// Connects with `trust` to a server that shows `shown` and signs with the key of `held`.
fn connect(
    trust: &Trust,
    shown: &CertifiedKey<rcgen::KeyPair>,
    held: &CertifiedKey<rcgen::KeyPair>,
) -> Result<(), Error> {
    let key = PrivateKeyDer::Pkcs8(held.signing_key.serialize_der().into());
    let provider = Arc::new(ring::default_provider());
    let key = provider.key_provider.load_private_key(key).unwrap();
    // Built by hand: rustls' own builder refuses a certificate whose key is another.
    let certified = rustls::sign::CertifiedKey::new(vec![shown.cert.der().clone()], key);
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(certified)));
    let mut server = ServerConnection::new(Arc::new(config)).unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let mut client = ClientConnection::new(Arc::new(trust.tls()), name).unwrap();
    while client.is_handshaking() || server.is_handshaking() {
        let mut wire = Vec::new();
        client.write_tls(&mut wire).unwrap();
        server.read_tls(&mut wire.as_slice()).unwrap();
        server.process_new_packets()?;
        let mut wire = Vec::new();
        server.write_tls(&mut wire).unwrap();
        client.read_tls(&mut wire.as_slice()).unwrap();
        client.process_new_packets()?;
    }
    client.writer().write_all(b"hello").unwrap();
    let mut wire = Vec::new();
    client.write_tls(&mut wire).unwrap();
    server.read_tls(&mut wire.as_slice()).unwrap();
    server.process_new_packets()?;
    let mut said = [0; 5];
    server.reader().read_exact(&mut said).unwrap();
    assert_eq!(&said, b"hello");
    Ok(())
}

#[test]
fn a_pinned_key_is_trusted_whatever_name_its_certificate_has() {
    let (ours, next) = (certificate(), certificate());
    let trust = Trust::new(vec![pin_of(&ours), pin_of(&next)]);
    connect(&trust, &ours, &ours).unwrap();
    connect(&trust, &next, &next).unwrap();
    assert_eq!(trust.mismatches(), 0);
}

#[test]
fn a_pinned_key_is_trusted_whatever_dates_its_certificate_has() {
    // A unit without a clock lives in 1970, and nobody renews the server's own certificate.
    for (from, to) in [(1971, 1972), (2990, 2991)] {
        let mut dated = CertificateParams::new(["another.name".to_owned()]).unwrap();
        dated.not_before = date_time_ymd(from, 1, 1);
        dated.not_after = date_time_ymd(to, 1, 1);
        let signing_key = KeyPair::generate().unwrap();
        let ours = CertifiedKey { cert: dated.self_signed(&signing_key).unwrap(), signing_key };
        connect(&Trust::new(vec![pin_of(&ours)]), &ours, &ours).unwrap();
        let others = Trust::new(vec![pin_of(&certificate())]);
        connect(&others, &ours, &ours).unwrap_err();
    }
}

#[test]
fn another_key_is_refused_and_counted_until_settings_name_it() {
    let (ours, other) = (certificate(), certificate());
    let trust = Trust::new(vec![pin_of(&ours)]);
    connect(&trust, &other, &other).unwrap_err();
    assert_eq!(trust.mismatches(), 1);
    trust.replace(vec![pin_of(&other)]);
    connect(&trust, &other, &other).unwrap();
    connect(&trust, &ours, &ours).unwrap_err();
}

#[test]
fn showing_the_pinned_certificate_without_its_key_is_refused() {
    let (ours, thief) = (certificate(), certificate());
    let trust = Trust::new(vec![pin_of(&ours)]);
    connect(&trust, &ours, &thief).unwrap_err();
}
