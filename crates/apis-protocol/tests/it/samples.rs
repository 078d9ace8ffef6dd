//! One filled example of each message. The vectors freeze their bytes.

use apis_protocol::bounded::Token;
use apis_protocol::channel::{FromUnit, ToUnit};
use apis_protocol::claim::ClaimSecret;
use apis_protocol::command::{Command, CommandKind, CommandOutcome, CommandResult};
use apis_protocol::enrolment::{EnrolmentAnswer, EnrolmentRequest};
use apis_protocol::envelope::Envelope;
use apis_protocol::heartbeat::{
    ClockAnswer, ClockReport, ClockState, DeterrentReport, EyesReport, HeartbeatAnswer,
    HeartbeatReport, ServerClock, SpoolReport, StorageReport,
};
use apis_protocol::live::{
    FrameFacts, FrameHeader, FromLiveUnit, GuardState, LiveClock, LiveTrack, ToLiveUnit,
};
use apis_protocol::problem::{Code, Problem};
use apis_protocol::records::{
    AngleSpan, Blindness, ClipDigests, ClipFate, Departure, Emission, Evidence, Fact, FaultChange,
    NoClipReason, RawRecord, Record, RecordAnswer, RecordOutcome, RecordPlace, RecordTime,
    RecordsAnswer, RecordsRequest, Refusal, VisitClosed, VisitKind, VisitOpened, WallTime, Watch,
};
use apis_protocol::settings::{Pin, Settings, SettingsKind};
use apis_protocol::sidecar::{CaptureTime, SIDECAR_VERSION, Sidecar, TrackPoint, Verdict};
use apis_protocol::{
    CommandNumber, Generation, SecretKey, Sha256Digest, TenantId, UnitId, VisitId, version,
};
use apis_units::{Fraction, PicturePoint, Uptime};

/// A moment of the examples, in milliseconds since 1970 UTC: 2026-08-14, 09:41:07.250.
pub const NOW_MS: i64 = 1_786_700_467_250;

/// The unit's key; a seed nobody else should use.
pub fn unit_key() -> SecretKey {
    SecretKey::from_seed(&[0x11; 32])
}

/// The tenant's key; a seed nobody else should use.
pub fn tenant_key() -> SecretKey {
    SecretKey::from_seed(&[0x22; 32])
}

pub fn unit_id() -> UnitId {
    "0198a7c2-5e4b-7a10-8c3d-2f1e0d9c8b7a".parse().unwrap()
}

pub fn tenant_id() -> TenantId {
    "0198a7c0-1122-7b33-9444-556677889900".parse().unwrap()
}

pub fn visit_id() -> VisitId {
    "0198a800-6f2e-7c01-a5b6-c7d8e9fa0b1c".parse().unwrap()
}

fn token(text: &str) -> Token {
    Token::new(text).unwrap()
}

fn wall() -> WallTime {
    WallTime { ms: NOW_MS, error_ms: 12 }
}

fn at(uptime_us: u64) -> RecordTime {
    RecordTime { boot: 7, uptime: Uptime::from_micros(uptime_us), wall: Some(wall()) }
}

pub fn enrolment_request() -> EnrolmentRequest {
    EnrolmentRequest {
        protocol: version::CURRENT,
        claim: ClaimSecret::from_bytes([0x5a; 16]),
        public_key: unit_key().public(),
        serial: "100000009a8b7c6d".into(),
        hardware: "raspberry-pi-5".into(),
        firmware: "0.1.0".into(),
    }
}

pub fn enrolment_answer() -> EnrolmentAnswer {
    EnrolmentAnswer {
        unit_id: unit_id(),
        tenant_id: tenant_id(),
        tenant_key: tenant_key().public(),
        settings: Envelope::seal(&settings(), &tenant_key()),
    }
}

pub fn settings() -> Settings {
    Settings {
        kind: SettingsKind::Settings,
        unit_id: unit_id(),
        generation: Generation::new(NOW_MS).unwrap(),
        expires_ms: NOW_MS + 86_400_000,
        server_urls: vec![
            "https://bees.example".parse().unwrap(),
            "https://192.168.1.20:7443".parse().unwrap(),
        ],
        pins: vec![Pin::from_bytes([0x33; 32]), Pin::from_bytes([0x44; 32])],
    }
}

pub fn command() -> Command {
    Command {
        unit_id: unit_id(),
        number: CommandNumber::new(NOW_MS).unwrap(),
        expires_ms: NOW_MS + 60_000,
        kind: CommandKind::Disarm,
    }
}

fn command_result() -> CommandResult {
    CommandResult {
        number: CommandNumber::new(NOW_MS).unwrap(),
        at: at(61_250_000),
        outcome: CommandOutcome::Refused(token("expired")),
    }
}

pub fn heartbeat_report() -> HeartbeatReport {
    HeartbeatReport {
        protocol: version::CURRENT,
        firmware: "0.1.0".into(),
        boot: 7,
        clock: ClockReport {
            sent: Uptime::from_micros(61_250_000),
            state: ClockState::Synchronised,
            wall: Some(wall()),
        },
        temperature_mc: Some(48_250),
        supply_mv: Some(5_080),
        storage: StorageReport { total_bytes: 31_000_000_000, free_bytes: 27_500_000_000 },
        spool: SpoolReport {
            record_count: 3,
            upload_count: 1,
            parked_count: 0,
            evicted_count: 0,
            spool_bytes: 4_812_330,
            oldest_ms: Some(95_000),
        },
        eyes: EyesReport {
            frames_per_ks: 14_980,
            dropped_frame_count: 2,
            processing_p99_us: 1_850,
        },
        deterrent: DeterrentReport { is_armed: true, reason: token("button"), emission_count: 4 },
        faults: vec![token("disk_nearly_full")],
        settings_generation: Generation::new(NOW_MS),
        command_number: CommandNumber::new(NOW_MS),
        command_results: vec![command_result()],
    }
}

pub fn heartbeat_answer() -> HeartbeatAnswer {
    HeartbeatAnswer {
        clock: ClockAnswer {
            sent: Uptime::from_micros(61_250_000),
            server: ServerClock::Plausible {
                received_us: NOW_MS * 1_000 + 21,
                answered_us: NOW_MS * 1_000 + 842,
            },
        },
        settings: Some(Envelope::seal(&settings(), &tenant_key())),
        commands: vec![Envelope::seal(&command(), &tenant_key())],
        next_ms: Some(30_000),
    }
}

fn evidence() -> Evidence {
    let terms = vec![(1, 2_100).into(), (2, -350).into(), (5, 1_275).into()];
    Evidence { version: 1, score_mnat: 3_025, terms }
}

pub fn visit_opened() -> Record {
    let fact = VisitOpened {
        visit_id: visit_id(),
        kind: VisitKind::Verdict,
        start: at(60_100_000),
        evidence: evidence(),
        detector: "hover-1".into(),
        settings_generation: Generation::new(NOW_MS),
    };
    Record { boot: 7, sequence: 41, at: at(61_250_000), fact: Fact::VisitOpened(fact) }
}

pub fn visit_closed() -> Record {
    let fact = VisitClosed {
        visit_id: visit_id(),
        kind: VisitKind::Verdict,
        start: at(60_100_000),
        end: at(66_400_000),
        departure: None,
        evidence: evidence(),
        emissions: vec![Emission {
            begun: Uptime::from_micros(61_310_000),
            ended: Uptime::from_micros(66_290_000),
            pan: AngleSpan { min_mdeg: -9_400, max_mdeg: 14_600 },
            tilt: AngleSpan { min_mdeg: -21_750, max_mdeg: -21_100 },
            track: 12,
        }],
        emissions_dropped: 0,
        refusals: vec![Refusal {
            rule: token("cooldown"),
            first: Uptime::from_micros(66_290_000),
            last: Uptime::from_micros(66_400_000),
            count: 1,
        }],
        clip: ClipFate::Kept(ClipDigests {
            sha256: Sha256Digest::of(b"clip"),
            clip_bytes: 4_800_112,
            sidecar_sha256: Some(Sha256Digest::of(b"sidecar")),
        }),
    };
    Record { boot: 7, sequence: 42, at: at(71_400_000), fact: Fact::VisitClosed(fact) }
}

/// Of a body that was nearly a hornet.
pub fn near_miss_opened() -> Record {
    let mut record = visit_opened();
    if let Fact::VisitOpened(opened) = &mut record.fact {
        opened.kind = VisitKind::NearMiss;
    }
    record
}

/// Of a body that was chosen at random, without evidence.
pub fn sample_closed() -> Record {
    let mut record = visit_closed();
    if let Fact::VisitClosed(closed) = &mut record.fact {
        closed.kind = VisitKind::Sample;
        closed.evidence = Evidence { version: 2, score_mnat: 0, terms: Vec::new() };
        closed.emissions = Vec::new();
        closed.refusals = Vec::new();
    }
    record
}

/// The same from a unit that tells what the hornet did last.
pub fn visit_closed_with_departure() -> Record {
    let mut record = visit_closed();
    if let Fact::VisitClosed(closed) = &mut record.fact {
        closed.departure = Some(Departure::Left);
    }
    record
}

/// A visit that a power cut ended: made in boot 8 of moments in boot 7, clock unsynchronised.
pub fn visit_closed_without_clip() -> Record {
    let moment =
        |boot, uptime| RecordTime { boot, uptime: Uptime::from_micros(uptime), wall: None };
    let fact = VisitClosed {
        visit_id: visit_id(),
        kind: VisitKind::Verdict,
        start: moment(7, 60_100_000),
        end: moment(7, 62_000_000),
        departure: None,
        evidence: evidence(),
        emissions: Vec::new(),
        emissions_dropped: 0,
        refusals: Vec::new(),
        clip: ClipFate::NoClip(NoClipReason::CutShort),
    };
    Record { boot: 8, sequence: 1, at: moment(8, 2_500_000), fact: Fact::VisitClosed(fact) }
}

pub fn watch() -> Record {
    let fact = Watch {
        from: at(3_600_000_000),
        to: at(7_200_000_000),
        watched_ms: 3_588_000,
        blind: vec![Blindness { reason: token("source_restarted"), blind_ms: 12_000 }],
        frames_per_ks: 14_910,
        um_per_px: Some(1_150),
        insect_count: 1_204,
    };
    Record { boot: 7, sequence: 43, at: at(7_200_000_000), fact: Fact::Watch(fact) }
}

pub fn fault() -> Record {
    let fact = FaultChange {
        fault: token("source_stalled"),
        is_present: true,
        detail: "no frame for 2 s".into(),
    };
    Record { boot: 7, sequence: 44, at: at(7_300_000_000), fact: Fact::Fault(fact) }
}

pub fn records_request() -> RecordsRequest {
    let sent = fault().at;
    RecordsRequest { sent, records: vec![RawRecord::of(&visit_opened()), RawRecord::of(&fault())] }
}

pub fn records_answer() -> RecordsAnswer {
    let place = |sequence| Some(RecordPlace { boot: 7, sequence });
    let answer = |sequence, outcome| RecordAnswer { place: place(sequence), outcome };
    let refused = RecordOutcome::refused(Code::UnknownVariant, "unknown variant `swarm`");
    RecordsAnswer {
        answers: vec![
            answer(41, RecordOutcome::Stored { is_time_suspect: false }),
            answer(42, RecordOutcome::Stored { is_time_suspect: true }),
            answer(43, RecordOutcome::SequenceConflict),
            RecordAnswer { place: None, outcome: refused },
            answer(44, RecordOutcome::Later),
        ],
    }
}

pub fn sidecar() -> Sidecar {
    let point = |frame, x, y| TrackPoint {
        frame,
        track: 12,
        at: PicturePoint { x: Fraction::from_raw(x), y: Fraction::from_raw(y) },
        width: Fraction::from_raw(2_450),
        height: Fraction::from_raw(1_380),
    };
    let time = |micros| CaptureTime(Uptime::from_micros(micros));
    Sidecar {
        version: SIDECAR_VERSION,
        visit_id: visit_id(),
        kind: VisitKind::Verdict,
        boot: 7,
        frames: vec![time(60_000_000), time(60_083_333), time(60_166_667)],
        track: vec![point(1, 30_211, 41_007), point(2, 30_240, 40_980)],
        evidence: evidence(),
        verdicts: Vec::new(),
    }
}

/// The sidecar of a check.
pub fn sidecar_of_near_miss() -> Sidecar {
    Sidecar { kind: VisitKind::NearMiss, ..sidecar() }
}

/// The same from a unit that keeps when and on which track each verdict fell.
pub fn sidecar_with_verdicts() -> Sidecar {
    let verdict = |track, decided_us| Verdict {
        track,
        hover_since: Uptime::from_micros(decided_us - 1_150_000),
        decided: Uptime::from_micros(decided_us),
        evidence: evidence(),
    };
    Sidecar { verdicts: vec![verdict(12, 61_250_000), verdict(15, 64_900_000)], ..sidecar() }
}

pub fn channel_to_unit() -> ToUnit {
    ToUnit::Command(Envelope::seal(&command(), &tenant_key()))
}

pub fn channel_from_unit() -> FromUnit {
    FromUnit::CommandResult(command_result())
}

pub fn channel_live() -> ToUnit {
    ToUnit::Live {}
}

pub fn live_acknowledgement() -> ToLiveUnit {
    ToLiveUnit::Acknowledgement { sequence: 41 }
}

pub fn live_clock() -> FromLiveUnit {
    FromLiveUnit::Clock(LiveClock {
        uptime: Uptime::from_micros(61_000_000),
        state: ClockState::Synchronised,
        wall: Some(wall()),
    })
}

pub fn live_frame_facts() -> FromLiveUnit {
    let track = LiveTrack {
        track: 130,
        at: PicturePoint { x: Fraction::from_raw(23_551), y: Fraction::from_raw(30_106) },
        width: Fraction::from_raw(4_608),
        height: Fraction::from_raw(3_413),
        is_hornet: true,
    };
    FromLiveUnit::FrameFacts(FrameFacts { sequence: 41, tracks: vec![track] })
}

pub fn live_guard_state() -> FromLiveUnit {
    FromLiveUnit::GuardState(GuardState {
        is_armed: true,
        reason: token("button"),
        is_line_on: false,
        refusal: Some(token("rest")),
    })
}

/// A frame with the smallest JPEG there is the beginning of.
pub fn live_frame() -> Vec<u8> {
    let jpeg = [0xff, 0xd8, 0xff, 0xd9];
    let captured_at = Uptime::from_micros(61_000_000);
    let mut frame = FrameHeader { jpeg_bytes: 4, sequence: 41, captured_at }.to_bytes().to_vec();
    frame.extend_from_slice(&jpeg);
    frame
}

pub fn problem() -> Problem {
    Problem::new(Code::SignatureTime, "created is in the future")
}
