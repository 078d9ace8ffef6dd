//! Frozen signature bases and signatures: `testdata/protocol/v1/signature-*.txt`.
//!
//! Each file holds a request, the key's seed, what the signature adds, and the base it is over,
//! so that another implementation can see where it differs.

use crate::samples::{NOW_MS, unit_key};
use crate::vectors::frozen;
use crate::wire::{self, Wire, nonce_key, terms};
use apis_protocol::encoding::to_hex;
use apis_protocol::http::{Policy, Presented, SigningTerms};

fn check(stem: &str, unsigned: &Wire, terms: &SigningTerms) {
    let signed = unsigned.signed_with(terms, &unit_key()).unwrap();
    let authorities = [wire::AUTHORITY.to_owned()];
    let policy = Policy { authorities: &authorities, nonce_key: &nonce_key() };
    let base = signed
        .view(|request| {
            Presented::read(request, &policy, NOW_MS).map(|read| read.base().to_owned())
        })
        .unwrap()
        .unwrap();
    let new = text(&signed, &base);
    let file = frozen(&format!("{stem}.txt"), &new);
    assert_eq!(new, file, "{stem}");
    assert!(signed.judge().is_ok(), "{stem}");
}

fn text(signed: &Wire, base: &str) -> String {
    let query = signed
        .query
        .as_deref()
        .map_or(String::new(), |query| format!("?{}", String::from_utf8_lossy(query)));
    let mut text = format!(
        "# Frozen at release: if this vector fails, the code is wrong.\n\
         # An Ed25519 seed in hex, the request (body: base64), and the base its signature is over.\n\
         seed {}\nnow_ms {NOW_MS}\n--- request\n{} {}{query}\nhost: {}\n",
        to_hex(&unit_key().seed()),
        String::from_utf8_lossy(&signed.method),
        String::from_utf8_lossy(&signed.path),
        String::from_utf8_lossy(&signed.authority),
    );
    for (name, value) in &signed.fields {
        text += &format!("{name}: {}\n", String::from_utf8_lossy(value));
    }
    let body = apis_protocol::encoding::to_base64(&signed.body);
    text + &format!("--- body\n{body}\n--- base\n{base}\n")
}

#[test]
fn signatures_are_made_as_frozen() {
    check("signature-heartbeat", &wire::heartbeat(), &terms());
    check("signature-creation", &wire::creation(), &terms());
    check("signature-patch", &wire::patch(), &terms());
    check("signature-channel", &wire::channel(), &terms());
}

#[test]
fn a_unit_without_a_clock_signs_as_frozen() {
    let nonce = nonce_key().issue(NOW_MS - 900, &[0x3c; 16]);
    let terms = SigningTerms { created_s: 4, expires_s: 64, nonce };
    check("signature-clockless", &wire::heartbeat(), &terms);
}
