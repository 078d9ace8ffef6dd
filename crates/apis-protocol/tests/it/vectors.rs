//! The frozen bytes of every message: `testdata/protocol/v1/*.json` and the claim strings.
//!
//! `APIS_BLESS=1` writes them anew; the diff is the review, and a changed line of a released
//! version is a broken unit in the field.

use crate::samples;
use apis_protocol::claim::{Claim, ServerTrust};
use apis_protocol::envelope::Envelope;
use apis_protocol::live::FrameHeader;
use apis_protocol::message::Message;
use apis_protocol::records::RecordsRequest;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};

const ABOUT: &str = "Frozen at release: if this vector fails, the code is wrong. \
                     `message` is the message's bytes as sent, between its line's first and last brace.";

/// Compares the vector of this stem with its sample, both ways.
type Check = fn(&str);

/// Every vector that is one message: its file's stem and the check of it.
const MESSAGES: &[(&str, Check)] = &[
    ("channel-from-unit", |stem| check(stem, &samples::channel_from_unit())),
    ("channel-to-unit-live", |stem| check(stem, &samples::channel_live())),
    ("channel-to-unit", |stem| check(stem, &samples::channel_to_unit())),
    ("command", |stem| check(stem, &samples::command())),
    ("enrolment-answer", |stem| check(stem, &samples::enrolment_answer())),
    ("enrolment-request", |stem| check(stem, &samples::enrolment_request())),
    ("envelope", |stem| check(stem, &Envelope::seal(&samples::command(), &samples::tenant_key()))),
    ("heartbeat-answer", |stem| check(stem, &samples::heartbeat_answer())),
    ("heartbeat-report", |stem| check(stem, &samples::heartbeat_report())),
    ("live-from-unit", |stem| check(stem, &samples::live_clock())),
    ("live-from-unit-frame-facts", |stem| check(stem, &samples::live_frame_facts())),
    ("live-from-unit-guard-state", |stem| check(stem, &samples::live_guard_state())),
    ("live-to-unit", |stem| check(stem, &samples::live_acknowledgement())),
    ("problem", |stem| check(stem, &samples::problem())),
    ("record", |stem| check(stem, &samples::visit_opened())),
    ("record-near-miss-opened", |stem| check(stem, &samples::near_miss_opened())),
    ("record-sample-closed", |stem| check(stem, &samples::sample_closed())),
    ("record-fault", |stem| check(stem, &samples::fault())),
    ("record-visit-closed", |stem| check(stem, &samples::visit_closed())),
    ("record-visit-closed-departure", |stem| {
        check(stem, &samples::visit_closed_with_departure());
    }),
    ("record-visit-closed-no-clip", |stem| check(stem, &samples::visit_closed_without_clip())),
    ("record-watch", |stem| check(stem, &samples::watch())),
    ("records-answer", |stem| check(stem, &samples::records_answer())),
    ("records-request", check_records_request),
    ("settings", |stem| check(stem, &samples::settings())),
    ("sidecar", |stem| check(stem, &samples::sidecar())),
    ("sidecar-near-miss", |stem| check(stem, &samples::sidecar_of_near_miss())),
    ("sidecar-verdicts", |stem| check(stem, &samples::sidecar_with_verdicts())),
];

/// Vectors that are text, and who reads them.
const TEXTS: &[&str] = &[
    "claims",
    "live-frame",
    "signature-channel",
    "signature-clockless",
    "signature-creation",
    "signature-heartbeat",
    "signature-patch",
];

pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/protocol/v1")
}

/// The file's text, after `new` has been written to it when vectors are blessed.
pub fn frozen(name: &str, new: &str) -> String {
    let path = folder().join(name);
    if std::env::var_os("APIS_BLESS").is_some() {
        fs::create_dir_all(folder()).unwrap();
        fs::write(&path, new).unwrap();
    }
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("read {name}: {error}"))
}

/// The bytes of the message in a vector file.
fn frozen_message(stem: &str, bytes: &[u8]) -> String {
    let message = str::from_utf8(bytes).unwrap();
    let new = format!("{{\"about\": \"{ABOUT}\",\n\"message\":\n{message}\n}}\n");
    let file = frozen(&format!("{stem}.json"), &new);
    let lines: Vec<&str> = file.lines().collect();
    let [_, "\"message\":", message, "}"] = lines[..] else {
        panic!("{stem}.json is not a vector file");
    };
    message.to_owned()
}

fn check<M: Message + PartialEq + Debug>(stem: &str, sample: &M) {
    let frozen = frozen_message(stem, &sample.write());
    assert_eq!(String::from_utf8(sample.write()).unwrap(), frozen, "{stem} is written otherwise");
    assert_eq!(&M::read(frozen.as_bytes()).unwrap(), sample, "{stem} is read otherwise");
    // A newer peer's additional field is ignored.
    let with_more = frozen.replacen('{', "{\"a_later_field\":[1,{\"x\":null}],", 1);
    if stem.starts_with("channel") || stem.starts_with("live") {
        assert!(M::read(with_more.as_bytes()).is_err(), "a channel message is one variant");
    } else {
        assert_eq!(&M::read(with_more.as_bytes()).unwrap(), sample, "{stem} with a later field");
    }
}

fn check_records_request(stem: &str) {
    let sample = samples::records_request();
    let frozen = frozen_message(stem, &sample.write());
    assert_eq!(String::from_utf8(sample.write()).unwrap(), frozen);
    let read = RecordsRequest::read(frozen.as_bytes()).unwrap();
    for (read, sample) in read.records.iter().zip(&sample.records) {
        assert_eq!(read.as_str(), sample.as_str());
        assert_eq!(read.digest(), sample.digest());
        assert_eq!(read.place().unwrap(), sample.record().unwrap().place());
    }
    assert_eq!(read.records.len(), sample.records.len());
}

#[test]
fn every_message_is_written_and_read_as_frozen() {
    for (stem, check) in MESSAGES {
        check(stem);
    }
}

#[test]
fn every_vector_has_a_reader() {
    let known: BTreeSet<String> = MESSAGES
        .iter()
        .map(|(stem, _)| format!("{stem}.json"))
        .chain(TEXTS.iter().map(|stem| format!("{stem}.txt")))
        .collect();
    let present: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(present, known);
}

/// Looks for the messages in the source itself, so that a new one cannot be forgotten here.
#[test]
fn every_message_has_a_vector() {
    let mut names = Vec::new();
    find_messages(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src"), &mut names);
    for name in &names {
        assert!(MESSAGES.iter().any(|(stem, _)| stem == name), "{name} has no vector");
    }
    assert_eq!(names.len(), 16, "messages in the source");
}

fn find_messages(folder: &Path, names: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find_messages(&path, names);
            continue;
        }
        for line in fs::read_to_string(&path).unwrap().lines() {
            let name = line.trim().strip_prefix("const NAME: &'static str = \"");
            names.extend(name.map(|name| name.trim_end_matches("\";").to_owned()));
        }
    }
}

#[test]
fn a_live_frame_is_written_and_read_as_frozen() {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let frame = samples::live_frame();
    let new = format!(
        "# Frozen at release: if this vector fails, the code is wrong.\n\
         # a live frame of sequence 41, captured 61,000,000 us after boot, in hex\n{}\n",
        hex(&frame)
    );
    let file = frozen("live-frame.txt", &new);
    assert_eq!(file.lines().last(), Some(hex(&frame).as_str()));
    let (header, jpeg) = FrameHeader::split(&frame).unwrap();
    assert_eq!((header.sequence, header.captured_at.micros()), (41, 61_000_000));
    assert_eq!(jpeg, [0xff, 0xd8, 0xff, 0xd9]);
}

#[test]
fn claims_read_and_write_as_frozen() {
    let pin = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
    let secret = "LJNFUWS2LJNFUWS2LJNFUWS2LI";
    let new = format!(
        "# Frozen at release: if this vector fails, the code is wrong.\n\
         # claim <tab> server <tab> trust <tab> secret\n\
         apis:1?u=https://192.168.1.20:7443&t=pin&p={pin}&s={secret}\
         \thttps://192.168.1.20:7443\t{pin}\t{secret}\n\
         apis:1?u=https://bees.example&t=web&s={secret}\thttps://bees.example\tweb\t{secret}\n\
         apis:1?u=https://%5Bfd00::1%5D:7443&t=pin&p={pin}&s={secret}\
         \thttps://[fd00::1]:7443\t{pin}\t{secret}\n"
    );
    let file = frozen("claims.txt", &new);
    let lines: Vec<&str> = file.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines.len(), 3);
    for line in lines {
        let [text, server, trust, secret] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("not a claim vector: {line}");
        };
        let claim: Claim = text.parse().unwrap();
        assert_eq!(claim.to_string(), text);
        assert_eq!(claim.server_url.as_str(), server);
        assert_eq!(claim.secret.to_text(), secret);
        let read_trust = match claim.trust {
            ServerTrust::Pin(pin) => pin.to_string(),
            ServerTrust::Web => "web".to_owned(),
        };
        assert_eq!(read_trust, trust);
    }
}
