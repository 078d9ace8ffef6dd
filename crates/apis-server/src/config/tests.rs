//! What may be set, what is refused, and the reference made of it.

use std::fmt::Write as _;

use serde_json::Value;

use super::*;
use crate::testing::assert_checked_in;

fn read(text: &str, keys: &[(&'static str, &str)]) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(FILE_NAME), text).unwrap();
    let flags = Flags {
        file: None,
        data: Some(folder.path().to_owned()),
        keys: keys.iter().map(|(key, value)| (*key, (*value).to_owned())).collect(),
    };
    Config::read(&flags).map_err(|error| error.to_string())
}

#[test]
fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
    let file = "[people]\nlisten = \"127.0.0.1:9000\"\n[log]\nfilter = \"debug\"\n";
    let config = read(file, &[("people.listen", "127.0.0.1:0")]).unwrap();
    assert_eq!(config.people.listen.port(), 0);
    assert_eq!(config.log.filter, "debug");
    assert_eq!(config.units, Config::default().units);
}

#[test]
fn what_cannot_be_is_refused_with_its_key() {
    let refused = |file: &str, key: &str| {
        let text = read(file, &[]).unwrap_err();
        assert!(text.contains(key), "{file}: {text}");
    };
    refused("[people]\nlisten = \"here\"\n", "people.listen");
    refused("[people]\nlistn = \"127.0.0.1:1\"\n", "listn");
    refused("[log]\nformat = \"xml\"\n", "log.format");
    refused("[people]\npublic_origin = \"ftp://bees.example\"\n", "people.public_origin");
    refused("[people]\npublic_origin = \"https://bees.example/\"\n", "people.public_origin");
    refused("[database]\nowner_url = \"postgres://o@h/d\"\n", "database.owner_url");
}

#[test]
fn plain_http_is_for_loopback_unless_a_proxy_has_tls() {
    let open = "[people]\nlisten = \"0.0.0.0:8080\"\n";
    assert!(read(open, &[]).unwrap_err().contains("people.listen"));
    read(&format!("{open}public_origin = \"https://bees.example\"\n"), &[]).unwrap();
}

#[test]
fn a_certificate_comes_with_its_key_and_an_https_origin() {
    let listen = "[people]\nlisten = \"0.0.0.0:443\"\n";
    let pair = "tls_certificate = \"c.pem\"\ntls_key = \"k.pem\"\n";
    let refused = |file: String, key: &str| {
        let text = read(&file, &[]).unwrap_err();
        assert!(text.contains(key), "{file}: {text}");
    };
    refused("[people]\ntls_key = \"k.pem\"\n".to_owned(), "one without the other");
    refused(format!("{listen}{pair}"), "people.public_origin");
    let plain = "public_origin = \"http://bees.example\"\n";
    refused(format!("[people]\n{pair}{plain}"), "https://");
    read(&format!("{listen}{pair}public_origin = \"https://bees.example\"\n"), &[]).unwrap();
    read(&format!("[people]\n{pair}"), &[]).unwrap();
}

#[test]
fn a_password_is_not_shown() {
    let file = "[database]\nurl = \"postgres://app:secret@db/apis\"\n";
    let shown = serde_json::to_string(&read(file, &[]).unwrap().without_secrets()).unwrap();
    assert!(shown.contains("postgres://app:***@db/apis") && !shown.contains("secret"), "{shown}");
}

/// The keys of a section: name, type and meaning, from its struct's source.
fn keys(source: &str, section: &str) -> Vec<(String, String)> {
    let begin = format!("pub struct {section} {{\n");
    let (_, body) = source.split_once(&begin).unwrap_or_else(|| panic!("no struct {section}"));
    let (body, _) = body.split_once("\n}").unwrap();
    let (mut keys, mut meaning) = (Vec::new(), String::new());
    for line in body.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            meaning.push_str(text);
        } else if let Some(field) = line.strip_prefix("pub ") {
            let (name, _) = field.split_once(':').unwrap();
            keys.push((name.to_owned(), std::mem::take(&mut meaning).trim().to_owned()));
        }
    }
    keys
}

#[test]
fn the_reference_of_the_configuration_is_checked_in() {
    let source = include_str!("mod.rs");
    let defaults = serde_json::to_value(Config::default()).unwrap();
    let mut made = String::from(
        "# Configuration of the server\n\nMade from `crates/apis-server/src/config/mod.rs`; a test \
         compares.\nLater wins: defaults, `apis-server.toml` in the data folder (or `--config \
         FILE`), environment, flags.\n`people.listen` is `APIS_PEOPLE__LISTEN` in the environment \
         and `listen` under `[people]` in the file.\n`apis-server config check` prints what is \
         understood, secrets hidden.\n\n| key | default | meaning |\n| --- | --- | --- |\n",
    );
    for (section, _) in keys(source, "Config") {
        let mut name = section.clone();
        name[..1].make_ascii_uppercase();
        let rows = match &defaults[&section] {
            Value::Object(_) => keys(source, &name),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => {
                keys(source, "Config").into_iter().filter(|(key, _)| *key == section).collect()
            }
        };
        for (key, meaning) in rows {
            let (full, default) = match &defaults[&section] {
                Value::Object(fields) => {
                    (format!("{section}.{key}"), fields.get(&key).cloned().unwrap_or_default())
                }
                plain @ (Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Array(_)) => (key, plain.clone()),
            };
            let default =
                if default.is_null() { "none".to_owned() } else { format!("`{default}`") };
            writeln!(made, "| `{full}` | {default} | {meaning} |").unwrap();
        }
    }
    assert_checked_in("docs/ref/config.md", &made);
}
