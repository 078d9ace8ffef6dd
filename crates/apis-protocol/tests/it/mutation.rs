//! No changed request is accepted: every component missing or altered, every single bit.
//!
//! Heads and signatures are changed in every bit; bodies and whole random requests are sampled
//! with printed seeds, because their bits are too many.

use crate::samples::{NOW_MS, unit_key};
use crate::wire::{self, Refused, Wire};
use apis_protocol::http::{Nonce, Refusal, SigningTerms};
use std::hash::{BuildHasher, Hasher, RandomState};

fn all() -> [Wire; 4] {
    [wire::heartbeat(), wire::creation(), wire::patch(), wire::channel()]
}

/// The components the signature of `wire` covers.
fn covered(wire: &Wire) -> Vec<String> {
    let input = wire.field("signature-input");
    let (list, _) = input.strip_prefix("apis=(").unwrap().split_once(')').unwrap();
    list.split(' ').map(|name| name.trim_matches('"').to_owned()).collect()
}

/// The bytes that a component is made of.
fn part<'w>(wire: &'w mut Wire, name: &str) -> Option<&'w mut Vec<u8>> {
    match name {
        "@method" => Some(&mut wire.method),
        "@authority" => Some(&mut wire.authority),
        "@path" => Some(&mut wire.path),
        "@query" => wire.query.as_mut(),
        "body" => Some(&mut wire.body),
        _ => wire.fields.iter_mut().find(|field| field.0 == name).map(|field| &mut field.1),
    }
}

#[test]
fn a_signature_that_leaves_out_a_component_is_refused() {
    for wire in all() {
        let signed = wire.signed();
        for name in covered(&signed) {
            let input = signed.field("signature-input").strip_prefix("apis=").unwrap();
            let quoted = format!("\"{name}\"");
            let without = input.replacen(&format!("{quoted} "), "", 1);
            let without = without.replacen(&format!(" {quoted})"), ")", 1);
            assert!(!without.contains(&quoted));
            let resigned = wire.signed_over(&without);
            assert_eq!(resigned.refusal(), Refusal::Uncovered(name));
        }
    }
}

#[test]
fn a_request_that_lost_a_covered_field_is_refused() {
    for wire in all() {
        let signed = wire.signed();
        for name in covered(&signed).into_iter().filter(|name| !name.starts_with('@')) {
            assert!(signed.without(&name).judge().is_err(), "without {name}");
        }
    }
}

#[test]
fn a_request_whose_component_was_exchanged_is_refused() {
    for (name, value) in [
        ("@method", "PUT"),
        ("@authority", "bees.example"),
        ("@path", "/api/v1/unit/records"),
        ("@query", "part=3&of=3"),
        ("content-type", "application/json"),
        ("content-length", "1"),
        ("content-digest", "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"),
        ("tus-resumable", "0.2.2"),
        ("upload-offset", "0"),
    ] {
        let mut wire = wire::patch().signed();
        *part(&mut wire, name).unwrap() = value.into();
        assert!(wire.judge().is_err(), "{name} became {value}");
    }
    let mut no_query = wire::patch().signed();
    no_query.query = None;
    assert_eq!(no_query.refusal(), Refusal::Invalid);
    let mut query = wire::heartbeat().signed();
    query.query = Some(b"dry=1".to_vec());
    assert_eq!(query.refusal(), Refusal::Invalid);
}

#[test]
fn an_upload_field_that_was_added_is_refused() {
    for name in ["upload-checksum", "upload-concat", "upload-defer-length", "upload-anything"] {
        let wire = wire::patch().signed().with(name, "1");
        assert_eq!(wire.refusal(), Refusal::Uncovered(name.into()));
    }
}

#[test]
fn content_that_was_added_or_taken_away_is_refused() {
    let mut added = wire::channel().signed();
    added.body = b"{}".to_vec();
    assert_eq!(added.judge(), Err(Refused::Body), "without content-length");
    let added = added.with("content-length", "2").with("content-digest", "sha-256=::");
    assert!(matches!(added.refusal(), Refusal::Uncovered(_)));
    let mut cut = wire::heartbeat().signed();
    cut.body.pop();
    assert_eq!(cut.judge(), Err(Refused::Body));
    cut.body = Vec::new();
    assert!(cut.with("content-length", "0").judge().is_err());
}

/// Every single bit of every covered value, of both signature fields and of the body.
#[test]
fn every_changed_bit_is_refused() {
    let mut changed_bits = 0;
    for wire in all() {
        let signed = wire.signed();
        let names = covered(&signed);
        let names = names.iter().map(String::as_str);
        for name in names.chain(["signature-input", "signature", "body"]) {
            let bits = part(&mut signed.clone(), name).map_or(0, |bytes| bytes.len() * 8);
            for bit in 0..bits {
                let mut changed = signed.clone();
                flip(part(&mut changed, name).unwrap(), bit);
                assert!(changed.judge().is_err(), "bit {bit} of {name}: {changed:?}");
                changed_bits += 1;
            }
        }
    }
    println!("every one of {changed_bits} changed bits was refused");
    assert!(changed_bits > 10_000);
}

/// Random requests, each changed in one to three random bits.
#[test]
fn sampled_changes_of_random_requests_are_refused() {
    let fresh = RandomState::new().build_hasher().finish();
    let mut changes = 0;
    for seed in [1, 2, 3, fresh] {
        println!("seed {seed}");
        let mut dice = Dice(seed);
        for _ in 0..60 {
            let signed = random_request(&mut dice);
            assert!(signed.judge().is_ok(), "seed {seed}: {signed:?}");
            for _ in 0..25 {
                let mut changed = signed.clone();
                change(&mut changed, &mut dice);
                if changed != signed {
                    assert!(changed.judge().is_err(), "seed {seed}: {changed:?}");
                    changes += 1;
                }
            }
        }
    }
    println!("every one of {changes} sampled changes was refused");
    assert!(changes > 5_000);
}

fn random_request(dice: &mut Dice) -> Wire {
    let body: Vec<u8> = (0..dice.below(2_000)).map(|_| dice.next().to_le_bytes()[0]).collect();
    let method = ["POST", "PATCH", "HEAD", "DELETE"][dice.below(4)];
    let path = format!("/api/v1/unit/{:x}?{:x}", dice.next(), dice.next());
    let offset = dice.below(1 << 30).to_string();
    let fields = [
        ("content-type", "application/octet-stream"),
        ("upload-offset", &*offset),
        ("tus-resumable", "1.0.0"),
    ];
    let wire = Wire::new(method, &path, &fields, &body);
    let mut nonce = [0; 16];
    nonce[..8].copy_from_slice(&dice.next().to_le_bytes());
    let terms = SigningTerms::at(NOW_MS, Nonce::from_random(&nonce));
    wire.signed_with(&terms, &unit_key()).unwrap()
}

fn change(wire: &mut Wire, dice: &mut Dice) {
    let mut names = covered(wire);
    names.extend(["signature-input", "signature", "body", "body"].map(str::to_owned));
    for _ in 0..=dice.below(3) {
        let name = names[dice.below(names.len())].clone();
        if let Some(bytes) = part(wire, &name).filter(|bytes| !bytes.is_empty()) {
            let bit = dice.below(bytes.len() * 8);
            flip(bytes, bit);
        }
    }
}

fn flip(bytes: &mut [u8], bit: usize) {
    bytes[bit / 8] ^= 1 << (bit % 8);
}

/// `SplitMix64`: a seed is a whole run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }
}
