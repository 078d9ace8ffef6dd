//! Python's `http-message-signatures` and `apis-protocol`, each verifying what the other signs.

use super::python;
use crate::wings;
use apis_protocol::encoding::{from_base64, to_hex};
use apis_protocol::http::{NonceKey, Policy, Presented, Refusal, RequestView, Verified};
use apis_protocol::{SecretKey, Sha256Digest};
use serde_json::Value;

const AUTHORITY: &str = "192.168.1.20:7443";
const NOW_S: i64 = 1_786_700_467;

/// One request as the script printed it.
struct Example {
    method: String,
    path: String,
    query: Option<String>,
    fields: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Example {
    fn read(value: &Value) -> Example {
        let text = |key: &str| value[key].as_str().unwrap().to_owned();
        let target = text("target");
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path.to_owned(), Some(query.to_owned())),
            None => (target, None),
        };
        let fields = value["fields"].as_array().unwrap().iter().map(|field| {
            let text = |index: usize| field[index].as_str().unwrap().to_owned();
            (text(0), text(1))
        });
        let body = from_base64(&text("body")).unwrap();
        Example { method: text("method"), path, query, fields: fields.collect(), body }
    }

    fn judge(&self, key: &SecretKey) -> Result<Verified, Refusal> {
        let fields: Vec<(&str, &[u8])> =
            self.fields.iter().map(|(name, value)| (&**name, value.as_bytes())).collect();
        let request = RequestView {
            method: &self.method,
            authority: AUTHORITY,
            path: &self.path,
            query: self.query.as_deref(),
            fields: &fields,
        };
        let authorities = [AUTHORITY.to_owned()];
        let nonce_key = NonceKey::from_bytes([0; 32]);
        let policy = Policy { authorities: &authorities, nonce_key: &nonce_key };
        let presented = Presented::read(&request, &policy, NOW_S * 1_000)?;
        presented.verify(key.public())
    }
}

#[test]
fn what_python_signs_is_accepted() {
    let _wings = wings();
    let key = SecretKey::from_seed(&[0x11; 32]);
    let seed = to_hex(&key.seed());
    let printed = python::run("sign_examples.py", [&*seed, AUTHORITY, &NOW_S.to_string()]);
    assert_eq!(printed["public_key"], key.public().to_string());
    assert_eq!(printed["key_id"], key.public().key_id().to_text());
    let examples: Vec<_> =
        printed["requests"].as_array().unwrap().iter().map(Example::read).collect();
    assert_eq!(examples.len(), 6);
    for example in &examples {
        let verified = example.judge(&key).unwrap();
        assert_eq!(verified.created_s, NOW_S);
        let digest = verified.content.map(|content| content.sha256);
        let expected = (!example.body.is_empty()).then(|| Sha256Digest::of(&example.body));
        assert_eq!(digest, expected);
    }
    let mut stolen = Example::read(&printed["requests"][0]);
    stolen.path = "/api/v1/unit/records".to_owned();
    assert_eq!(stolen.judge(&key), Err(Refusal::Invalid));
}

#[test]
fn what_we_sign_is_accepted_by_python_and_every_changed_component_refused() {
    let _wings = wings();
    let folder = python::root().join("testdata/protocol/v1");
    let mut vectors: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("signature-"))
        .collect();
    vectors.sort();
    let printed = python::run("verify_vectors.py", &vectors);
    assert_eq!(printed["verified"], vectors.len());
    // Every component of each of the five, and their parameters.
    assert_eq!(printed["refused"], 39);
}
