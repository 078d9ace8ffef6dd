//! Every row of the wire profile at the door itself: each covered component missing and altered,
//! each parameter, each field that would make a covered value a lie, on both engines. What is
//! refused uses up no nonce and changes nothing: the same requests are accepted afterwards.

use apis_protocol::encoding::to_base64;
use apis_protocol::http::RequestView;
use apis_protocol::http::base::signature_base;
use apis_protocol::{VisitId, route};

use crate::ids::NewId as _;
use crate::route_tests::stage::{TUS, creation, patch};
use crate::testing::{START, Sent, TestUnit, World, in_each_world};

const WHOLE: &[u8] = b"sixteen KiB of a clip, or rather less of it";

/// A unit and an upload of its that waits for its first byte.
struct House {
    unit: TestUnit,
    location: String,
}

impl House {
    async fn new(world: &World) -> House {
        let unit = world.unit(world.tenant("House").await).await;
        let created = unit.send(creation(&unit, VisitId::new_at(START), WHOLE)).await;
        let location = created.header("location").to_owned();
        assert!(!location.is_empty(), "{created:?}");
        House { unit, location }
    }

    /// One request of every kind, signed now: content, upload fields, both with a query, neither.
    fn requests(&self) -> [Sent; 5] {
        let unit = &self.unit;
        let location = format!("{}?part=1&of=1", self.location);
        [
            unit.post(route::HEARTBEAT, &unit.report()),
            creation(unit, VisitId::new_at(START), b"another"),
            unit.sign("HEAD", &self.location, &[TUS], Vec::new()),
            patch(unit, &location, WHOLE),
            unit.sign("GET", route::CHANNEL, &[], Vec::new()),
        ]
    }

    async fn check(&self, sent: &Sent, status: u16, code: &str, row: &str) {
        let (method, target) = (sent.method, &sent.target);
        let answer = self.unit.send(sent.clone()).await;
        assert_eq!(answer.status, status, "{row}: {method} {target}");
        if method != "HEAD" {
            assert_eq!(answer.refusal().1, code, "{row}: {method} {target}");
        }
    }

    /// What was refused on the way changed nothing and used up no nonce.
    async fn assert_accepted(&self, requests: &[Sent]) {
        for sent in requests {
            let answer = self.unit.send(sent.clone()).await;
            if sent.target == route::CHANNEL {
                // Signed as it should be, only no handshake of a WebSocket.
                assert!(![401, 403, 421].contains(&answer.status.as_u16()), "{answer:?}");
            } else {
                assert!(answer.status.is_success(), "{sent:?}: {answer:?}");
            }
        }
    }
}

fn value<'s>(sent: &'s Sent, name: &str) -> &'s str {
    &sent.fields.iter().find(|field| field.0 == name).expect("the request has the field").1
}

/// `Signature-Input` without its label.
fn input(sent: &Sent) -> &str {
    value(sent, "signature-input").strip_prefix("apis=").unwrap()
}

/// The components that the signature covers.
fn covered(sent: &Sent) -> Vec<String> {
    let (list, _) = input(sent).strip_prefix('(').unwrap().split_once(')').unwrap();
    list.split(' ').map(|name| name.trim_matches('"').to_owned()).collect()
}

/// The request genuinely signed over an input of the test's own.
fn signed_over(unit: &TestUnit, sent: &Sent, input: &str) -> Sent {
    let (list, _) = input.strip_prefix('(').unwrap().split_once(')').unwrap();
    let names = list.split(' ').map(|name| name.trim_matches('"'));
    let fields: Vec<(&str, &[u8])> =
        sent.fields.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let (path, query) = match sent.target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (sent.target.as_str(), None),
    };
    let authority = value(sent, "host");
    let view = RequestView { method: sent.method, authority, path, query, fields: &fields };
    let base = signature_base(&view, names, input).unwrap();
    let signature = to_base64(&unit.key.sign(base.as_bytes()));
    sent.clone()
        .with("signature-input", Some(&format!("apis={input}")))
        .with("signature", Some(&format!("apis=:{signature}:")))
}

/// Genuinely signed with a part of the input replaced.
fn resigned(unit: &TestUnit, sent: &Sent, from: &str, to: &str) -> Sent {
    assert!(input(sent).contains(from), "{from} in {}", input(sent));
    signed_over(unit, sent, &input(sent).replacen(from, to, 1))
}

#[tokio::test]
async fn a_signature_that_leaves_out_a_component_is_refused_at_the_door() {
    in_each_world(async |world| {
        let house = House::new(world).await;
        let mut row_count = 0;
        let requests = house.requests();
        for sent in &requests {
            for name in covered(sent) {
                let quoted = format!("\"{name}\"");
                let without = input(sent).replacen(&format!("{quoted} "), "", 1);
                let without = without.replacen(&format!(" {quoted})"), ")", 1);
                assert!(!without.contains(&quoted));
                let sent = signed_over(&house.unit, sent, &without);
                house.check(&sent, 401, "signature_profile", &format!("without {name}")).await;
                row_count += 1;
            }
        }
        assert!(30 < row_count, "{row_count} rows");
        house.assert_accepted(&requests).await;
    })
    .await;
}

#[tokio::test]
async fn a_covered_field_that_was_lost_or_doubled_is_refused_at_the_door() {
    in_each_world(async |world| {
        let house = House::new(world).await;
        let requests = house.requests();
        for sent in &requests {
            for name in covered(sent).into_iter().filter(|name| !name.starts_with('@')) {
                let lost = sent.clone().with(&name, None);
                house.check(&lost, 401, "signature_malformed", &format!("{name} lost")).await;
                let mut doubled = sent.clone();
                doubled.fields.push((name.clone(), value(sent, &name).to_owned()));
                house.check(&doubled, 401, "signature_malformed", &format!("{name} twice")).await;
            }
            for name in ["signature", "signature-input"] {
                let lost = sent.clone().with(name, None);
                house.check(&lost, 401, "signature_missing", &format!("{name} lost")).await;
                let mut doubled = sent.clone();
                doubled.fields.push((name.to_owned(), value(sent, name).to_owned()));
                house.check(&doubled, 401, "signature_malformed", &format!("{name} twice")).await;
                let two = format!("{0}, {0}", value(sent, name));
                let two = sent.clone().with(name, Some(&two));
                house.check(&two, 401, "signature_malformed", &format!("two in {name}")).await;
            }
        }
        house.assert_accepted(&requests).await;
    })
    .await;
}

#[tokio::test]
async fn a_component_that_was_altered_is_refused_at_the_door() {
    in_each_world(async |world| {
        let house = House::new(world).await;
        let altered_fields = [
            ("content-type", "text/plain"),
            ("content-length", "1"),
            ("content-digest", "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"),
            ("tus-resumable", "0.2.2"),
            ("upload-offset", "1"),
            ("upload-length", "11"),
            ("upload-metadata", "kind Y2xpcA=="),
        ];
        let mut met = std::collections::BTreeSet::new();
        let requests = house.requests();
        for sent in &requests {
            for (name, other) in altered_fields {
                if covered(sent).iter().any(|covered| covered == name) {
                    let altered = sent.clone().with(name, Some(other));
                    house.check(&altered, 401, "signature_invalid", name).await;
                    met.insert(name);
                }
            }
            let altered = sent.clone().with("host", Some("bees.example"));
            house.check(&altered, 421, "authority_unknown", "@authority").await;
            let (path, query) = sent.target.split_once('?').unwrap_or((&sent.target, ""));
            for other in ["x=1", "part=1&of=2", ""] {
                let mark = if other.is_empty() { "" } else { "?" };
                let altered = Sent { target: format!("{path}{mark}{other}"), ..sent.clone() };
                if other != query {
                    house.check(&altered, 401, "signature_invalid", "@query").await;
                }
            }
            let replay = if sent.method == "POST" { route::RECORDS.to_owned() } else { continue };
            let altered = Sent { target: replay, ..sent.clone() };
            house.check(&altered, 401, "signature_invalid", "@path").await;
        }
        assert_eq!(met.len(), altered_fields.len(), "every field was covered once: {met:?}");
        let [.., part, _] = requests.clone();
        let altered = Sent { method: "DELETE", ..part };
        house.check(&altered, 401, "signature_invalid", "@method").await;
        house.assert_accepted(&requests).await;
    })
    .await;
}

#[tokio::test]
async fn a_parameter_that_is_missing_changed_or_unknown_is_refused_at_the_door() {
    in_each_world(async |world| {
        let house = House::new(world).await;
        let unit = &house.unit;
        let beat = unit.post(route::HEARTBEAT, &unit.report());
        let (profile, malformed) = ("signature_profile", "signature_malformed");
        for name in ["created", "expires", "nonce", "keyid", "alg", "tag"] {
            let parts = input(&beat).split(';');
            let kept: Vec<&str> =
                parts.filter(|part| !part.starts_with(&format!("{name}="))).collect();
            let without = signed_over(unit, &beat, &kept.join(";"));
            house.check(&without, 401, profile, &format!("without {name}")).await;
        }
        for (name, other, code) in [
            ("created", "created=\"1\"", profile),
            ("created", "created", profile),
            ("created", "created=1;created=1", malformed),
            ("nonce", "nonce=\"short\"", malformed),
            ("nonce", "nonce=12", profile),
            ("keyid", "keyid=\"unit-7\"", malformed),
            ("alg", "alg=\"rsa-pss-sha512\"", profile),
            ("alg", "alg=\"hmac-sha256\"", profile),
            ("tag", "tag=\"apis-unit-v2\"", profile),
            ("tag", "tag=\"apis-unit-v1\";extra=1", profile),
        ] {
            let part = input(&beat).split(';').find(|part| part.starts_with(&format!("{name}=")));
            let changed = resigned(unit, &beat, part.unwrap(), other);
            house.check(&changed, 401, code, other).await;
        }
        house.assert_accepted(&[beat]).await;
    })
    .await;
}

#[tokio::test]
async fn what_would_make_a_covered_value_a_lie_is_refused_at_the_door() {
    in_each_world(async |world| {
        let house = House::new(world).await;
        let requests = house.requests();
        for sent in &requests {
            for (name, other, code) in [
                ("x-http-method-override", "DELETE", "signature_malformed"),
                ("transfer-encoding", "chunked", "signature_malformed"),
                ("upload-checksum", "sha1 AAAA", "signature_profile"),
                ("upload-concat", "partial", "signature_profile"),
                ("upload-defer-length", "1", "signature_profile"),
                ("upload-anything", "1", "signature_profile"),
            ] {
                let added = sent.clone().with(name, Some(other));
                house.check(&added, 401, code, &format!("{name} added")).await;
            }
        }
        // Content where none was signed.
        let [.., channel] = requests.clone();
        let with_content = channel.with("content-length", Some("2"));
        house.check(&with_content, 401, "signature_profile", "content added").await;
        for digest in ["sha-512=:AAAA:", "sha-256=:AAAA:", "sha-256=AAAA", "md5=:AAAA:"] {
            let [beat, ..] = requests.clone();
            let beat = beat.with("content-digest", Some(digest));
            let beat = signed_over(&house.unit, &beat, input(&beat));
            house.check(&beat, 401, "signature_malformed", digest).await;
        }
        house.assert_accepted(&requests).await;
    })
    .await;
}
