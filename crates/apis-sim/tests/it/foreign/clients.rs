//! A foreign unit enrols, reports and uploads against the built server.

use super::python;
use super::server::Server;
use crate::wings;
use apis_protocol::command::Command;
use apis_protocol::enrolment::EnrolmentAnswer;
use apis_protocol::envelope::EnvelopeError;
use apis_protocol::heartbeat::{HeartbeatAnswer, ServerClock};
use apis_protocol::message::Message as _;
use apis_protocol::settings::Settings;
use apis_protocol::upload::RESEND_BYTES_MAX;
use apis_unit::keeper::avi;
use apis_units::Uptime;
use serde_json::Value;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const VISIT: &str = "0198a800-6f2e-7c01-a5b6-c7d8e9fa0b1c";

/// The status and, for a problem, the code of one of the script's calls.
fn outcome(printed: &Value, call: &str) -> (u64, String) {
    let status = printed[call]["status"].as_u64().unwrap();
    (status, printed[call]["body"]["code"].as_str().unwrap_or_default().to_owned())
}

fn refused(status: u64, code: &str) -> (u64, String) {
    (status, code.to_owned())
}

fn enrol(claim: &str, seed: &Path) -> Value {
    let seed = seed.to_str().unwrap();
    python::run("enrol_and_report.py", [claim, "--seed-file", seed])
}

#[test]
fn a_foreign_signer_enrols_and_posts_heartbeats() {
    let _wings = wings();
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let seed = folder.path().join("unit.seed");
    let claim = server.claim();
    let printed = enrol(&claim, &seed);

    assert_eq!(outcome(&printed, "enrolment").0, 200, "{printed}");
    let enrolled = EnrolmentAnswer::read(printed["enrolment"]["body"].to_string().as_bytes());
    let enrolled = enrolled.unwrap();
    let settings: Settings = enrolled.settings.open(enrolled.tenant_key).unwrap();
    assert_eq!(settings.unit_id, enrolled.unit_id);
    assert!(settings.server_urls.iter().any(|url| url.as_str() == server.units));
    assert!(settings.pins.iter().any(|pin| pin.to_string() == server.pin));
    let as_command = enrolled.settings.open::<Command>(enrolled.tenant_key);
    assert_eq!(as_command, Err(EnvelopeError::Signature));

    assert_eq!(outcome(&printed, "heartbeat").0, 200, "{printed}");
    let answer = HeartbeatAnswer::read(printed["heartbeat"]["body"].to_string().as_bytes());
    let answer = answer.unwrap();
    assert!(matches!(answer.clock.server, ServerClock::Plausible { .. }));
    assert!(answer.settings.is_some(), "the script reports no generation");

    assert_eq!(outcome(&printed, "first_use").0, 200);
    assert_eq!(outcome(&printed, "second_use"), refused(401, "nonce_replayed"));
    assert_eq!(outcome(&printed, "early"), refused(401, "signature_time"));
    assert_eq!(outcome(&printed, "early_with_nonce").0, 200);
    assert_eq!(outcome(&printed, "early_with_nonce_again"), refused(401, "nonce_replayed"));
    assert_eq!(outcome(&printed, "unsigned"), refused(401, "signature_missing"));
    assert_eq!(outcome(&printed, "changed_body"), refused(400, "digest_mismatch"));

    let counted = |code: &str| {
        server.metric(&format!("apis_http_problems_total{{door=\"units\",code=\"{code}\"}}"))
    };
    assert_eq!(counted("nonce_replayed"), 2.0);
    for code in ["signature_time", "signature_missing", "digest_mismatch"] {
        assert_eq!(counted(code), 1.0, "{code}");
    }
    let by_cause =
        |cause: &str| server.metric(&format!("apis_unit_refusals_total{{cause=\"{cause}\"}}"));
    assert_eq!(by_cause("nonce_replayed"), 2.0);

    // The claim is used: its own key hears the same again, another key nothing.
    let again = enrol(&claim, &seed);
    let unit = |printed: &Value| printed["enrolment"]["body"]["unit_id"].clone();
    assert_eq!(unit(&again), unit(&printed));
    let other = enrol(&claim, &folder.path().join("other.seed"));
    assert_eq!(outcome(&other, "enrolment"), refused(403, "claim_refused"));
    assert_eq!(server.metric("apis_claims_refused_total"), 1.0);
}

/// An enrolled foreign unit.
struct Unit {
    server: Server,
    folder: TempDir,
}

impl Unit {
    fn enrolled() -> Unit {
        let unit = Unit { server: Server::start(), folder: tempfile::tempdir().unwrap() };
        let printed = enrol(&unit.server.claim(), &unit.seed());
        assert_eq!(outcome(&printed, "enrolment").0, 200, "{printed}");
        unit
    }

    fn seed(&self) -> PathBuf {
        self.folder.path().join("unit.seed")
    }

    /// Runs `script` as this unit.
    fn run(&self, script: &str, more: &[&str]) -> Value {
        let (server, seed) = (&self.server, self.seed());
        // One pin in 64 begins with the dash of a flag.
        let pin = format!("--pin={}", server.pin);
        let fixed = ["--server", &server.units, &pin, "--seed-file", seed.to_str().unwrap()];
        python::run(script, fixed.iter().chain(more))
    }

    fn upload(&self, whole: &[u8], more: &[&str]) -> Value {
        let file = self.folder.path().join("clip.avi");
        std::fs::write(&file, whole).unwrap();
        let fixed = [file.to_str().unwrap(), "--visit", VISIT];
        self.run("upload.py", &[&fixed[..], more].concat())
    }

    /// One signed heartbeat, and from the second call on the same bytes again.
    fn replay(&self) -> (u64, String) {
        let request = self.folder.path().join("request.json");
        let printed = self.run("replay.py", &["--request-file", request.to_str().unwrap()]);
        outcome(&printed, "heartbeat")
    }
}

#[test]
fn what_was_answered_once_is_refused_by_a_server_that_was_killed_right_after() {
    let _wings = wings();
    let mut unit = Unit::enrolled();
    assert_eq!(unit.replay().0, 200);
    unit.server.kill_and_start_again();
    assert_eq!(unit.replay(), refused(401, "nonce_replayed"));
}

/// One request that passed the shim: method, status and the offset it was answered with.
fn passed(request: &Value) -> (&str, Option<u64>, Option<u64>) {
    let offset = request["offset"].as_str().map(|text| text.parse().unwrap());
    (request["method"].as_str().unwrap(), request["status"].as_u64(), offset)
}

#[test]
fn a_foreign_tus_client_resumes_a_cut_upload_to_its_end() {
    let _wings = wings();
    let unit = Unit::enrolled();
    let clip = clip();
    let printed = unit.upload(&clip, &["--chunk", "262144", "--cut-after", "150000"]);
    assert_eq!(printed["error"], Value::Null, "{printed}");
    let requests = printed["requests"].as_array().unwrap();
    assert_eq!(passed(&requests[0]), ("POST", Some(201), Some(0)), "{printed}");
    // The connection died in the middle of the first part …
    assert_eq!(passed(&requests[1]), ("PATCH", None, None), "{printed}");
    // … so the client asks, and at most 16 KiB are sent again.
    let ("HEAD", Some(200), Some(safe)) = passed(&requests[2]) else {
        panic!("no HEAD after the cut: {printed}");
    };
    assert!((150_000 - RESEND_BYTES_MAX..=150_000).contains(&safe), "{safe} bytes are safe");
    assert_eq!(requests[3]["from_offset"], safe.to_string());
    let last = requests.last().unwrap();
    assert_eq!(passed(last), ("PATCH", Some(204), Some(clip.len() as u64)), "{printed}");
    assert_eq!(last["state"], "verified", "{printed}");

    // The same whole again is the same upload, and nothing of it is needed.
    let again = unit.upload(&clip, &[]);
    assert_eq!(again["location"], printed["location"]);
    assert_eq!(again["requests"][0]["state"], "verified", "{again}");
}

#[test]
fn a_foreign_client_hears_that_its_whole_is_not_what_it_said() {
    let _wings = wings();
    let unit = Unit::enrolled();
    let other = "00".repeat(32);
    // The client would try for ever: each part by itself is fine.
    let printed = unit.upload(&clip(), &["--sha256", &other, "--retries", "0"]);
    assert_eq!(printed["error"]["status"], 460, "{printed}");

    let no_avi = vec![7; 100_000];
    let printed = unit.upload(&no_avi, &[]);
    assert_eq!(printed["error"], Value::Null, "{printed}");
    let last = printed["requests"].as_array().unwrap().last().unwrap();
    assert_eq!(last["status"], 204, "{printed}");
    assert_eq!(last["state"], "rejected", "{printed}");
    let reason = "apis_clip_rejected_total{reason=\"not_avi\"}";
    assert_eq!(unit.server.metric(reason), 1.0);
    let cause = "apis_upload_refusals_total{cause=\"object_mismatch\"}";
    assert_eq!(unit.server.metric(cause), 1.0);
}

/// A clip of some 700 KB, as the keeper writes it.
fn clip() -> Vec<u8> {
    let shape = avi::Shape { width: 320, height: 240, rate_fps: 15 };
    let mut bytes = avi::open_header(shape);
    let mut slots = Vec::new();
    for frame in 0..24_u64 {
        let captured_at = Uptime::from_millis(1_000 + frame * 66);
        let jpeg = picture(frame);
        let at = u32::try_from(bytes.len()).unwrap() + avi::FRAME_NOTE_BYTES;
        let length = u32::try_from(jpeg.len()).unwrap();
        slots.push(avi::Slot { captured_at: Some(captured_at), at, bytes: length });
        bytes.extend(avi::frame_chunks(captured_at, &jpeg));
    }
    let list_end = u32::try_from(bytes.len()).unwrap();
    bytes.extend(avi::index(&slots));
    let total = u32::try_from(bytes.len()).unwrap();
    let header = avi::closed_header(shape, slots.len().try_into().unwrap(), list_end, total);
    bytes.splice(..header.len(), header);
    assert!((400_000..2_000_000).contains(&bytes.len()), "{} bytes", bytes.len());
    bytes
}

/// Grey noise, which no encoder can make small.
fn picture(seed: u64) -> Vec<u8> {
    let mut state = seed + 1;
    let noise: Vec<u8> = (0..320 * 240)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state.to_be_bytes()[0]
        })
        .collect();
    let mut jpeg = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut jpeg, 70);
    encoder.encode(&noise, 320, 240, jpeg_encoder::ColorType::Luma).unwrap();
    jpeg
}
