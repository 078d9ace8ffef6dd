//! What is accepted and until when: the window, the profile, the server's nonce.

use crate::samples::{NOW_MS, tenant_key, unit_key};
use crate::wire::{self, Refused, Wire, nonce_key, terms};
use apis_protocol::http::nonce::accept_signature;
use apis_protocol::http::structured::BadMember;
use apis_protocol::http::{Nonce, NonceKey, Refusal, RequestError, SigningTerms};
use apis_protocol::problem::Code;

const CREATED_S: i64 = NOW_MS / 1_000;

fn all() -> [Wire; 4] {
    [wire::heartbeat(), wire::creation(), wire::patch(), wire::channel()]
}

fn signed_at(created_s: i64, expires_s: i64) -> Wire {
    let terms = SigningTerms { created_s, expires_s, ..terms() };
    wire::heartbeat().signed_with(&terms, &unit_key()).unwrap()
}

#[test]
fn every_kind_of_request_is_accepted_once_signed() {
    for wire in all() {
        let verified = wire.signed().judge().unwrap();
        assert_eq!(verified.key_id, unit_key().public().key_id());
        assert_eq!(verified.nonce, terms().nonce.as_str());
        assert_eq!(verified.created_s, CREATED_S);
        assert_eq!(verified.nonce_kept_until_ms, (CREATED_S + 60 + 60) * 1_000);
        assert_eq!(verified.content.is_some(), !wire.body.is_empty());
        assert!(!verified.is_server_nonce);
        assert_eq!(wire.refusal(), Refusal::Unsigned);
    }
}

#[test]
fn the_window_is_30_s_before_to_60_s_after_created_and_no_longer_than_expires() {
    let full = signed_at(CREATED_S, CREATED_S + 600);
    let short = signed_at(CREATED_S, CREATED_S + 10);
    let from = CREATED_S * 1_000;
    for (wire, now_ms, expected) in [
        (&full, from - 30_001, Some(Refusal::Early)),
        (&full, from - 30_000, None),
        (&full, from + 60_000, None),
        (&full, from + 60_001, Some(Refusal::Late)),
        (&short, from + 10_000, None),
        (&short, from + 10_001, Some(Refusal::Late)),
    ] {
        let refusal = wire.judge_at(now_ms).err();
        assert_eq!(refusal, expected.map(Refused::Signature), "{now_ms}");
    }
    assert_eq!(signed_at(CREATED_S, CREATED_S).refusal(), Refusal::Times);
    assert_eq!(signed_at(CREATED_S, CREATED_S - 1).refusal(), Refusal::Times);
}

#[test]
fn a_nonce_is_kept_until_a_minute_past_its_end() {
    let short = signed_at(CREATED_S, CREATED_S + 10).judge().unwrap();
    assert_eq!(short.nonce_kept_until_ms, (CREATED_S + 10 + 60) * 1_000);
}

#[test]
fn a_unit_in_1970_is_let_in_by_the_servers_nonce() {
    let early = signed_at(4, 64);
    assert_eq!(early.refusal(), Refusal::Late);
    assert!(early.refusal().offers_nonce());
    assert_eq!(early.refusal().code(), Code::SignatureTime);

    let offered = accept_signature(&nonce_key().issue(NOW_MS, &[1; 16]));
    let nonce = Nonce::from_accept_signature(&offered).unwrap();
    // Whatever its times say: the boot's, a wrong year's, even none that hold together.
    for (created_s, expires_s) in [(4, 64), (4_102_444_800, 4_102_444_860), (9, 9), (0, 0)] {
        let terms = SigningTerms { created_s, expires_s, nonce: nonce.clone() };
        let wire = wire::heartbeat().signed_with(&terms, &unit_key()).unwrap();
        let verified = wire.judge_at(NOW_MS + 60_000).unwrap();
        assert!(verified.is_server_nonce);
        assert_eq!(verified.nonce_kept_until_ms, NOW_MS + 120_000);
        let over = wire.judge_at(NOW_MS + 60_001);
        assert_eq!(over, Err(Refused::Signature(Refusal::ServerNonceOver)));
        let stepped_back = wire.judge_at(NOW_MS - 1);
        assert_eq!(stepped_back, Err(Refused::Signature(Refusal::ServerNonceOver)));
    }
    assert!(Refusal::ServerNonceOver.offers_nonce());
}

#[test]
fn another_servers_nonce_opens_nothing() {
    let nonce = NonceKey::from_bytes([1; 32]).issue(NOW_MS, &[1; 16]);
    let terms = SigningTerms { nonce, ..terms() };
    let wire = wire::heartbeat().signed_with(&terms, &unit_key()).unwrap();
    assert_eq!(wire.refusal(), Refusal::ServerNonceForeign);
    assert!(wire.refusal().offers_nonce());
}

#[test]
fn another_units_signature_is_refused() {
    let other = wire::heartbeat().signed_with(&terms(), &tenant_key()).unwrap();
    assert_eq!(other.judge(), Err(Refused::KeyUnknown));
    // … also when it claims to be this unit.
    let claimed = other.field("signature-input").replace(
        &tenant_key().public().key_id().to_text(),
        &unit_key().public().key_id().to_text(),
    );
    assert_eq!(other.with("signature-input", &claimed).refusal(), Refusal::Invalid);
}

/// Replaces parts of a genuine `Signature-Input` and signs again: the signature is right, the
/// profile is not.
fn resigned(from: &str, to: &str) -> Wire {
    let wire = wire::heartbeat();
    let input = wire.signed().field("signature-input").replace(from, to);
    wire.signed_over(input.strip_prefix("apis=").unwrap())
}

#[test]
fn the_order_of_components_and_parameters_is_the_signers() {
    let input = resigned("(\"@method\" \"@authority\"", "(\"@authority\" \"@method\"");
    assert!(input.judge().is_ok());
    let parts = resigned(";alg=\"ed25519\"", "").field("signature-input").to_owned();
    let moved = parts.strip_prefix("apis=").unwrap().to_owned() + ";alg=\"ed25519\"";
    assert!(wire::heartbeat().signed_over(&moved).judge().is_ok());
    let labelled = wire::heartbeat().signed();
    let other = |name: &str| labelled.field(name).replacen("apis=", "sig1=", 1);
    let both = labelled.with("signature-input", &other("signature-input"));
    assert!(both.with("signature", &other("signature")).judge().is_ok());
}

#[test]
fn a_parameter_that_is_missing_changed_or_unknown_is_refused() {
    let created = format!(";created={CREATED_S}");
    let expires = format!(";expires={}", CREATED_S + 60);
    let nonce = format!(";nonce=\"{}\"", terms().nonce.as_str());
    let key_id = format!(";keyid=\"{}\"", unit_key().public().key_id());
    for (from, to, refusal) in [
        (&*created, "", Refusal::Parameter("created")),
        (&created, ";created=\"1\"", Refusal::Parameter("created")),
        (&created, ";created", Refusal::Parameter("created")),
        (&expires, "", Refusal::Parameter("expires")),
        (&nonce, "", Refusal::Parameter("nonce")),
        (&nonce, ";nonce=\"short\"", Refusal::Nonce),
        (&nonce, ";nonce=12", Refusal::Parameter("nonce")),
        (&key_id, "", Refusal::Parameter("keyid")),
        (&key_id, ";keyid=\"unit-7\"", Refusal::KeyId),
        (";alg=\"ed25519\"", "", Refusal::Algorithm),
        (";alg=\"ed25519\"", ";alg=\"rsa-pss-sha512\"", Refusal::Algorithm),
        (";alg=\"ed25519\"", ";alg=\"hmac-sha256\"", Refusal::Algorithm),
        (";tag=\"apis-unit-v1\"", "", Refusal::Tag),
        (";tag=\"apis-unit-v1\"", ";tag=\"apis-unit-v2\"", Refusal::Tag),
        (";tag", ";extra=1;tag", Refusal::UnknownParameter("extra".into())),
        (";tag", ";created=1;tag", Refusal::Input(BadMember::ParameterTwice)),
    ] {
        assert_eq!(resigned(from, to).refusal(), refusal, "{from} → {to}");
    }
}

#[test]
fn a_second_member_or_a_second_line_is_refused() {
    let wire = wire::heartbeat().signed();
    let input = wire.field("signature-input");
    let signature = wire.field("signature");
    let twice = format!("{input}, {input}");
    let refusal = wire.with("signature-input", &twice).refusal();
    assert_eq!(refusal, Refusal::Input(BadMember::Several));
    let twice = format!("{signature}, {signature}");
    let refusal = wire.with("signature", &twice).refusal();
    assert_eq!(refusal, Refusal::Signature(BadMember::Several));
    let other = signature.replacen("apis", "other", 1);
    assert_eq!(wire.with("signature", &other).refusal(), Refusal::SignatureMember);
    let short = "apis=:AAAA:";
    assert_eq!(wire.with("signature", short).refusal(), Refusal::SignatureMember);
    for name in ["signature-input", "signature"] {
        assert_eq!(wire.without(name).refusal(), Refusal::Unsigned);
        let mut doubled = wire.clone();
        doubled.fields.push((name.into(), wire.field(name).into()));
        let refusal = Refusal::Request(RequestError::FieldTwice(name.into()));
        assert_eq!(doubled.refusal(), refusal);
    }
}

#[test]
fn an_extra_component_is_accepted_if_it_resolves_and_then_covered() {
    let signed = resigned("\"content-digest\"", "\"content-digest\" \"user-agent\"");
    assert!(signed.judge().is_ok());
    assert_eq!(signed.with("user-agent", "other").refusal(), Refusal::Invalid);
    assert_eq!(
        signed.without("user-agent").refusal(),
        Refusal::Request(RequestError::Absent("user-agent".into()))
    );
    for name in ["@target-uri", "@scheme", "@request-target", "@query-param"] {
        let wire = wire::heartbeat().signed();
        let input = wire.field("signature-input").replacen(")", &format!(" \"{name}\")"), 1);
        let refusal = Refusal::Request(RequestError::Unresolved(name.into()));
        assert_eq!(wire.with("signature-input", &input).refusal(), refusal);
    }
    let with_parameter = wire::heartbeat().signed();
    let input = with_parameter.field("signature-input").replace("\"@path\"", "\"@path\";req");
    let refusal = Refusal::Input(BadMember::ComponentParameter);
    assert_eq!(with_parameter.with("signature-input", &input).refusal(), refusal);
}

#[test]
fn what_would_make_a_covered_value_a_lie_is_refused() {
    let wire = wire::heartbeat().signed();
    assert_eq!(
        wire.with("x-http-method-override", "DELETE").refusal(),
        Refusal::Request(RequestError::MethodOverride)
    );
    assert_eq!(
        wire.with("transfer-encoding", "chunked").refusal(),
        Refusal::Request(RequestError::TransferEncoding)
    );
    for wire in all() {
        let signed = wire.signed();
        for (name, value) in &wire.fields {
            if !signed.field("signature-input").contains(&format!("\"{name}\"")) {
                continue;
            }
            let mut doubled = signed.clone();
            doubled.fields.push((name.to_uppercase(), value.clone()));
            let refusal = Refusal::Request(RequestError::FieldTwice(name.clone()));
            assert_eq!(doubled.refusal(), refusal);
        }
    }
}

#[test]
fn an_authority_that_is_none_of_ours_is_refused() {
    let mut wire = wire::heartbeat();
    wire.authority = b"other.example".to_vec();
    assert_eq!(wire.signed().refusal(), Refusal::AuthorityUnknown);
    wire.authority = b"bees.example".to_vec();
    assert!(wire.signed().judge().is_ok(), "every listed authority counts");
    // Another spelling of a listed one is not signed by us, nor accepted from others.
    wire.authority = b"BEES.example".to_vec();
    assert_eq!(wire.signed_with(&terms(), &unit_key()), Err(RequestError::Authority));
}

#[test]
fn a_digest_without_a_strict_sha_256_is_refused() {
    for field in ["sha-512=:AAAA:", "sha-256=:AAAA:", "sha-256=AAAA", "md5=:AAAA:"] {
        let wire = wire::heartbeat().with("content-digest", field).signed();
        assert_eq!(wire.refusal(), Refusal::ContentDigest, "{field}");
    }
    let wire = wire::heartbeat();
    let more = format!("sha-512=:AAAA:, {}", wire.field("content-digest"));
    assert!(wire.with("content-digest", &more).signed().judge().is_ok());
}

#[test]
fn a_request_that_cannot_be_signed_says_why() {
    let wire = wire::heartbeat();
    let refusal = |wire: &Wire| wire.signed_with(&terms(), &unit_key()).unwrap_err();
    assert_eq!(
        refusal(&wire.without("content-digest")),
        RequestError::Absent("content-digest".into())
    );
    assert_eq!(refusal(&wire.with("content-length", "+7")), RequestError::ContentLength);
    let mut spaced = wire;
    spaced.path = b"/a b".to_vec();
    assert_eq!(refusal(&spaced), RequestError::Target);
}
