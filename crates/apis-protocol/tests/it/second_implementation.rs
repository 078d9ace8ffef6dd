//! `httpsig`, an implementation by others, agrees in both directions.

use crate::samples::{NOW_MS, unit_key};
use crate::wire::{self, Wire, terms};
use apis_protocol::http::SigningTerms;
use httpsig::prelude::message_component::HttpMessageComponent;
use httpsig::prelude::{
    AlgorithmName, HttpSignatureBase, HttpSignatureHeaders, HttpSignatureParams, PublicKey,
    SecretKey,
};

/// The component lines as a reader of the RFC would write them, by no code of ours.
fn lines(wire: &Wire, params: &str) -> Vec<HttpMessageComponent> {
    let (list, _) = params.strip_prefix('(').unwrap().split_once(')').unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    list.split(' ')
        .map(|quoted| {
            let value = match quoted.trim_matches('"') {
                "@method" => text(&wire.method),
                "@authority" => text(&wire.authority),
                "@path" => text(&wire.path),
                "@query" => format!("?{}", wire.query.as_deref().map(text).unwrap_or_default()),
                name => wire.field(name).to_owned(),
            };
            HttpMessageComponent::try_from(&*format!("{quoted}: {value}")).unwrap()
        })
        .collect()
}

fn all() -> [Wire; 4] {
    [wire::heartbeat(), wire::creation(), wire::patch(), wire::channel()]
}

#[test]
fn httpsig_verifies_what_we_sign() {
    let key = unit_key().public().to_bytes();
    let key = PublicKey::from_bytes(&AlgorithmName::Ed25519, &key).unwrap();
    // It holds `expires` against the machine's clock, so the signature outlives any.
    let terms = SigningTerms { expires_s: 999_999_999_999, ..terms() };
    for wire in all() {
        let signed = wire.signed_with(&terms, &unit_key()).unwrap();
        let (signature, input) = (signed.field("signature"), signed.field("signature-input"));
        let map = HttpSignatureHeaders::try_parse(signature, input).unwrap();
        let headers = map.get("apis").unwrap();
        let lines = lines(&signed, input.strip_prefix("apis=").unwrap());
        let base = HttpSignatureBase::try_new(&lines, headers.signature_params()).unwrap();
        base.verify_signature_headers(&key, headers).unwrap();
        // … and not what was changed.
        let mut changed = signed.clone();
        changed.method = b"PUT".to_vec();
        let lines = self::lines(&changed, input.strip_prefix("apis=").unwrap());
        let base = HttpSignatureBase::try_new(&lines, headers.signature_params()).unwrap();
        assert!(base.verify_signature_headers(&key, headers).is_err());
    }
}

#[test]
fn we_verify_what_httpsig_signs() {
    let key = SecretKey::from_bytes(&AlgorithmName::Ed25519, &unit_key().seed()).unwrap();
    for wire in all() {
        let ours = wire.signed();
        let params = ours.field("signature-input").strip_prefix("apis=").unwrap().to_owned();
        let lines = lines(&wire, &params);
        let params = HttpSignatureParams::try_from(&*params).unwrap();
        let base = HttpSignatureBase::try_new(&lines, &params).unwrap();
        let theirs = base.build_signature_headers(&key, Some("theirs")).unwrap();
        let signed = wire
            .with("signature-input", &theirs.signature_input_header_value())
            .with("signature", &theirs.signature_header_value());
        assert!(signed.judge_at(NOW_MS).is_ok());
    }
}
