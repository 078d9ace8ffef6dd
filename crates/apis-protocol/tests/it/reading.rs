//! Reading what others sent: bounds, unknown variants, and bytes of any kind.

use crate::samples;
use apis_protocol::channel::{FromUnit, ToUnit};
use apis_protocol::command::{Command, CommandClock, CommandKind, CommandRefusal};
use apis_protocol::enrolment::{EnrolmentAnswer, EnrolmentRequest};
use apis_protocol::envelope::{Envelope, EnvelopeError};
use apis_protocol::heartbeat::{FAULTS_MAX, HeartbeatAnswer, HeartbeatReport};
use apis_protocol::message::{Message, ReadError};
use apis_protocol::problem::{Code, Problem};
use apis_protocol::records::{RECORDS_MAX, RawRecord, Record, RecordsAnswer, RecordsRequest};
use apis_protocol::settings::{Settings, SettingsRefusal};
use apis_protocol::sidecar::Sidecar;
use apis_protocol::{CommandNumber, Generation, UnitId};
use proptest::prelude::*;

fn code<M: Message>(bytes: &[u8]) -> Option<Code> {
    M::read(bytes).err().map(|error| error.code())
}

fn heartbeat_with(from: &str, to: &str) -> Option<Code> {
    let text = String::from_utf8(samples::heartbeat_report().write()).unwrap();
    assert!(text.contains(from), "{from}");
    code::<HeartbeatReport>(text.replacen(from, to, 1).as_bytes())
}

#[test]
fn values_out_of_their_bounds_are_refused() {
    assert_eq!(heartbeat_with("\"boot\":7", "\"boot\":7"), None);
    for (from, to) in [
        ("\"boot\":7", "\"boot\":-1"),
        ("\"boot\":7", "\"boot\":4294967296"),
        ("\"boot\":7", "\"boot\":\"7\""),
        ("\"boot\":7", "\"boot\":7.0"),
        ("\"boot\":7,", ""),
        ("\"boot\":7", "\"boot\":7,\"boot\":8"),
        ("\"sent_uptime_us\":61250000", "\"sent_uptime_us\":9007199254740992"),
        ("\"settings_generation\":1786700467250", "\"settings_generation\":-1"),
        ("\"firmware\":\"0.1.0\"", &*format!("\"firmware\":\"{}\"", "a".repeat(65))),
        ("\"reason\":\"button\"", "\"reason\":\"Button\""),
        ("\"reason\":\"button\"", "\"reason\":\"\""),
    ] {
        assert_eq!(heartbeat_with(from, to), Some(Code::Malformed), "{from} → {to}");
    }
    let faults = vec!["\"a\""; FAULTS_MAX + 1].join(",");
    assert_eq!(heartbeat_with("\"disk_nearly_full\"", &faults), Some(Code::Malformed));
    let faults = vec!["\"a\""; FAULTS_MAX].join(",");
    assert_eq!(heartbeat_with("\"disk_nearly_full\"", &faults), None);
}

#[test]
fn control_characters_are_invalid_text() {
    for escape in ["\\u0000", "\\n", "\\u007f", "\\u0085"] {
        let to = format!("\"firmware\":\"a{escape}\"");
        assert_eq!(heartbeat_with("\"firmware\":\"0.1.0\"", &to), Some(Code::InvalidText));
    }
}

#[test]
fn unknown_variants_are_reported_and_unknown_fields_ignored() {
    assert_eq!(heartbeat_with("\"synchronised\"", "\"atomic\""), Some(Code::UnknownVariant));
    assert_eq!(heartbeat_with("\"boot\":7", "\"boot\":7,\"mood\":{\"x\":[]}"), None);
    let command = String::from_utf8(samples::command().write()).unwrap();
    let command = command.replace("disarm", "dance");
    assert_eq!(code::<Command>(command.as_bytes()), Some(Code::UnknownVariant));
}

/// Kinds of visits and records that a later version may bring are unknown to this one, not
/// malformed: whoever sent them may hope.
#[test]
fn kinds_of_a_later_version_are_unknown_variants() {
    let opened = String::from_utf8(samples::visit_opened().write()).unwrap();
    let closed = String::from_utf8(samples::visit_closed().write()).unwrap();
    let read = |text: &str| RawRecord::from_bytes(text.as_bytes()).unwrap().record();
    for known in [&opened, &closed] {
        assert!(read(known).is_ok());
        for kind in ["swarm", "alert"] {
            let later = known.replacen("\"kind\":\"verdict\"", &format!("\"kind\":\"{kind}\""), 1);
            assert_ne!(later, *known);
            assert_eq!(read(&later).unwrap_err().code(), Code::UnknownVariant, "{later}");
        }
    }
    for fact in ["alert", "near_miss", "sample"] {
        let later = opened.replacen("\"visit_opened\"", &format!("\"{fact}\""), 1);
        assert_ne!(later, opened);
        let raw = RawRecord::from_bytes(later.as_bytes()).unwrap();
        assert_eq!(raw.record().unwrap_err().code(), Code::UnknownVariant, "{later}");
        assert_eq!(raw.place().unwrap(), samples::visit_opened().place(), "it can be answered");
    }
}

#[test]
fn a_message_longer_than_its_bound_is_not_even_parsed() {
    let long = vec![b' '; HeartbeatReport::BYTES_MAX + 1];
    assert_eq!(code::<HeartbeatReport>(&long), Some(Code::BodyTooLarge));
    let deep = "[".repeat(2_000);
    assert_eq!(code::<HeartbeatReport>(deep.as_bytes()), Some(Code::Malformed));
}

#[test]
fn one_unreadable_record_does_not_sink_its_request() {
    let good = RawRecord::of(&samples::fault());
    let body = format!(
        "{{\"sent\":{{\"boot\":7,\"uptime_us\":9}},\"records\":[{},{{\"boot\":7,\"sequence\":9,\"at\":1,\"fact\":{{\"swarm\":{{}}}}}},[]]}}",
        good.as_str()
    );
    let read = RecordsRequest::read(body.as_bytes()).unwrap();
    assert_eq!(read.records[0].record().unwrap(), samples::fault());
    assert_eq!(read.records[1].place().unwrap().sequence, 9);
    assert!(read.records[1].record().is_err());
    assert!(read.records[2].place().is_err());
    let many = format!(
        "{{\"sent\":{{\"boot\":7,\"uptime_us\":9}},\"records\":[{}]}}",
        vec!["0"; RECORDS_MAX + 1].join(",")
    );
    assert_eq!(code::<RecordsRequest>(many.as_bytes()), Some(Code::Malformed));
}

#[test]
fn a_record_is_hashed_as_it_was_written() {
    let text = String::from_utf8(samples::fault().write()).unwrap();
    let spaced = text.replacen("\"boot\":7", "\"boot\": 7", 1);
    let (text, spaced) = (text.as_bytes(), spaced.as_bytes());
    let (text, spaced) =
        (RawRecord::from_bytes(text).unwrap(), RawRecord::from_bytes(spaced).unwrap());
    assert_eq!(text.record().unwrap(), spaced.record().unwrap());
    assert_ne!(text.digest(), spaced.digest());
    assert!(RawRecord::from_bytes(b"{} {}").is_err());
    assert!(RawRecord::from_bytes(b"").is_err());
}

#[test]
fn an_envelope_opens_only_with_its_key_in_its_domain() {
    let key = samples::tenant_key();
    let envelope = Envelope::seal(&samples::command(), &key);
    assert_eq!(envelope.open::<Command>(key.public()), Ok(samples::command()));
    let other = samples::unit_key().public();
    assert_eq!(envelope.open::<Command>(other), Err(EnvelopeError::Signature));
    assert_eq!(envelope.open::<Settings>(key.public()), Err(EnvelopeError::Signature));
    let text = String::from_utf8(envelope.write()).unwrap();
    for bit in 0..text.len() * 8 {
        let mut changed = text.clone().into_bytes();
        changed[bit / 8] ^= 1 << (bit % 8);
        if let Ok(changed) = Envelope::read(&changed) {
            assert!(changed.open::<Command>(key.public()).is_err(), "bit {bit}");
        }
    }
    // Signed, but no command this version knows: told apart, so that it can be reported.
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Newer {
        kind: String,
    }
    impl Message for Newer {
        const NAME: &'static str = "newer";
        const BYTES_MAX: usize = 64;
    }
    impl apis_protocol::envelope::Sealed for Newer {
        const DOMAIN: &'static [u8] = b"apis-command-v1\0";
    }
    let newer = Envelope::seal(&Newer { kind: "dance".into() }, &key);
    let opened = newer.open::<Command>(key.public());
    assert!(matches!(opened, Err(EnvelopeError::Payload(ReadError::UnknownVariant { .. }))));
}

#[test]
fn a_command_acts_once_for_its_unit_in_its_time() {
    use CommandClock::{Known, Unsynchronised};
    let command = |kind| Command { kind, ..samples::command() };
    let unit = samples::unit_id();
    let last = CommandNumber::new(samples::NOW_MS - 1);
    let over_ms = samples::command().expires_ms;
    let known = |ms: i64| Known { earliest_ms: ms - 50, latest_ms: ms + 50 };
    for (kind, clock, expected) in [
        (CommandKind::Arm, known(over_ms - 50), Ok(())),
        (CommandKind::Arm, known(over_ms), Err(CommandRefusal::Expired)),
        (CommandKind::Arm, Unsynchronised, Err(CommandRefusal::ClockUnsynchronised)),
        (CommandKind::Disarm, known(over_ms), Ok(())),
        (CommandKind::Disarm, known(over_ms + 51), Err(CommandRefusal::Expired)),
        (CommandKind::Disarm, Unsynchronised, Ok(())),
        (CommandKind::Locate, known(over_ms + 50), Ok(())),
        (CommandKind::Locate, known(over_ms + 51), Err(CommandRefusal::Expired)),
        (CommandKind::Locate, Unsynchronised, Ok(())),
    ] {
        assert_eq!(command(kind).check(unit, last, clock), expected, "{kind:?} {clock:?}");
        let replayed = command(kind).check(unit, Some(samples::command().number), clock);
        assert_eq!(replayed, Err(CommandRefusal::Replayed));
        let other = UnitId::from_bytes([1; 16]);
        let misdirected = command(kind).check(other, last, clock);
        assert_eq!(misdirected, Err(CommandRefusal::OtherUnit));
    }
}

#[test]
fn settings_are_taken_by_their_unit_when_newer_and_in_time() {
    let settings = samples::settings();
    let unit = samples::unit_id();
    let older = Generation::new(samples::NOW_MS - 1);
    let now = Some(samples::NOW_MS);
    assert_eq!(settings.check(unit, None, now), Ok(()));
    assert_eq!(settings.check(unit, older, None), Ok(()));
    let same = Some(settings.generation);
    assert_eq!(settings.check(unit, same, now), Err(SettingsRefusal::NotNewer));
    let late = Some(settings.expires_ms + 1);
    assert_eq!(settings.check(unit, older, late), Err(SettingsRefusal::Expired));
    let other = UnitId::from_bytes([1; 16]);
    assert_eq!(settings.check(other, older, now), Err(SettingsRefusal::OtherUnit));
    let nowhere = Settings { server_urls: Vec::new(), ..settings };
    assert_eq!(nowhere.check(unit, older, now), Err(SettingsRefusal::NoServer));
}

fn read_as_everything(bytes: &[u8]) {
    let _ = EnrolmentRequest::read(bytes);
    let _ = EnrolmentAnswer::read(bytes);
    let _ = HeartbeatReport::read(bytes);
    let _ = HeartbeatAnswer::read(bytes);
    let _ = Record::read(bytes);
    let _ = RecordsAnswer::read(bytes);
    let _ = Sidecar::read(bytes);
    let _ = Settings::read(bytes);
    let _ = Command::read(bytes);
    let _ = ToUnit::read(bytes);
    let _ = FromUnit::read(bytes);
    let _ = Problem::read(bytes);
    let envelope = Envelope::read(bytes);
    let _ = envelope.map(|envelope| envelope.open::<Command>(samples::tenant_key().public()));
    if let Ok(request) = RecordsRequest::read(bytes) {
        for record in &request.records {
            let _ = (record.place(), record.record(), record.digest());
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read_as_everything(&bytes);
    }

    #[test]
    fn no_changed_message_makes_a_reader_panic(
        which in 0..8_usize,
        place in any::<prop::sample::Index>(),
        with in prop::collection::vec(any::<u8>(), 0..6),
        cut in 0..6_usize,
    ) {
        let messages = [
            samples::enrolment_request().write(),
            samples::heartbeat_report().write(),
            samples::heartbeat_answer().write(),
            samples::visit_closed().write(),
            samples::records_request().write(),
            samples::sidecar().write(),
            samples::settings().write(),
            samples::channel_from_unit().write(),
        ];
        let mut bytes = messages[which].clone();
        let from = place.index(bytes.len());
        let to = (from + cut).min(bytes.len());
        bytes.splice(from..to, with);
        read_as_everything(&bytes);
    }
}
