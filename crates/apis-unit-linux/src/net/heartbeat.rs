//! The heartbeat: each minute with jitter, what the unit is like up, time, settings and commands
//! down.

use std::time::Duration;

use apis_protocol::bounded::Token;
use apis_protocol::command::CommandResult;
use apis_protocol::heartbeat::{
    ClockAnswer, DeterrentReport, EyesReport, FAULTS_MAX, HeartbeatAnswer, HeartbeatReport,
    SpoolReport, StorageReport,
};
use apis_protocol::message::Message;
use apis_protocol::{route, version};
use apis_unit::clock::{Adjustment, Stepping};
use apis_unit::keeper::KeeperInput;
use apis_units::Uptime;
use reqwest::StatusCode;
use serde_json::json;
use tokio::time::Instant;

use super::backoff::{Backoff, share_of};
use super::client::{Answered, Client, Unsigned, expect_message};
use super::envelopes::Envelopes;
use crate::clock::{monotonic_micros, random_bytes};
use crate::run::Shared;
use crate::wall::Wall;

/// Shortest and longest time to the next attempt after one without success.
const RETRY_MIN: Duration = Duration::from_secs(1);
/// See [`RETRY_MIN`]; the same as a heartbeat's own time, so that a lost server is found in it.
const RETRY_MAX: Duration = Duration::from_secs(60);

/// How soon after a heartbeat what changed is told by another one, and how often that is looked at.
const CHANGE_LOOK: Duration = Duration::from_secs(2);

/// How long the first heartbeat waits for the keeper to know which boot this is, at a time.
const BOOT_WAIT: Duration = Duration::from_millis(50);

/// The account of a spool that has not been read yet.
const NOTHING_SPOOLED: SpoolReport = SpoolReport {
    record_count: 0,
    upload_count: 0,
    parked_count: 0,
    evicted_count: 0,
    spool_bytes: 0,
    oldest_ms: None,
};

/// Longest time to the next heartbeat that the server may ask for.
const NEXT_MAX: Duration = Duration::from_secs(600);

/// The teller of heartbeats.
pub struct Heart {
    shared: Shared,
    client: Client,
    envelopes: Envelopes,
    wall: Wall,
    interval: Duration,
    backoff: Backoff,
    /// What the server knows of the deterrent and of the faults; `None` while it may not.
    told: Option<Urgent>,
}

/// What the server is told of at once when it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Urgent {
    is_armed: bool,
    reason: String,
    faults: Vec<String>,
}

impl Urgent {
    fn of(report: &HeartbeatReport) -> Urgent {
        Urgent {
            is_armed: report.deterrent.is_armed,
            reason: report.deterrent.reason.to_string(),
            faults: report.faults.iter().map(ToString::to_string).collect(),
        }
    }
}

impl Heart {
    /// Beats each `interval` on average.
    pub fn new(
        shared: Shared,
        client: Client,
        envelopes: Envelopes,
        wall: Wall,
        interval: Duration,
    ) -> Heart {
        let backoff = Backoff::new(RETRY_MIN, RETRY_MAX);
        Heart { shared, client, envelopes, wall, interval, backoff, told: None }
    }

    /// Beats for ever, the first time at once.
    pub async fn run(mut self) {
        loop {
            self.told = None;
            let pause = self.beat().await;
            self.rest(pause).await;
        }
    }

    /// Waits for the next beat, or until there is something that the server should know at once.
    async fn rest(&self, pause: Duration) {
        let until = Instant::now() + pause;
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            tokio::time::sleep(left.min(CHANGE_LOOK)).await;
            if self.told.as_ref().is_some_and(|told| *told != self.urgent()) {
                return;
            }
        }
    }

    /// Beats once; returns the time to the next.
    async fn beat(&mut self) -> Duration {
        let Some(boot) = self.wall.boot() else { return BOOT_WAIT };
        let results = self.envelopes.results();
        let report = self.report(boot, &results);
        let sent = report.clock.sent;
        let request = Unsigned::post(route::HEARTBEAT, report.write().into());
        let answered = match self.client.send(&request).await {
            Ok(answered) => answered,
            Err(e) => return self.failed(e.code(), &e.to_string()),
        };
        if !answered.status.is_success() {
            return self.refused(&answered);
        }
        let answer: HeartbeatAnswer = match expect_message(&answered) {
            Ok(answer) => answer,
            Err(e) => return self.failed("heartbeat_unreadable", &format!("{e:#}")),
        };
        self.succeeded(sent, &answered);
        self.told = Some(Urgent::of(&report));
        self.envelopes.told(&results);
        self.set_clock(sent, &answer.clock, answered.received_at);
        if let Some(settings) = &answer.settings {
            self.envelopes.take_settings(settings);
        }
        for command in &answer.commands {
            self.envelopes.take_command(command).await;
        }
        let asked = answer.next_ms.map(|ms| Duration::from_millis(ms.into()).min(NEXT_MAX));
        jittered(asked.unwrap_or(self.interval))
    }

    fn set_clock(&self, sent: Uptime, answer: &ClockAnswer, received: Uptime) {
        let is_armed = self.shared.report.facts().is_armed;
        let stepping = if is_armed { Stepping::Refused } else { Stepping::Allowed };
        let adjusted = self.wall.exchanged(sent, answer, received, stepping);
        if let Some(Adjustment::Set | Adjustment::Stepped) = adjusted {
            let (state, wall) = self.wall.state();
            let error_ms = wall.map(|wall| wall.error_ms);
            let facts = json!({ "state": state, "error_ms": error_ms });
            self.shared.story.tell("clock_set", facts, || {
                format!("the time is known, within {} ms", error_ms.unwrap_or_default())
            });
        }
        self.shared.keeper.push(KeeperInput::Clock(self.wall.state().1));
    }

    fn succeeded(&mut self, sent: Uptime, answered: &Answered) {
        self.backoff.reset();
        let over = self.shared.report.clear(|code| code.starts_with("server_"));
        if !over.is_empty() {
            let draw = u64::from_le_bytes(random_bytes());
            self.shared.keeper.push(KeeperInput::Reached { draw });
        }
        for code in over {
            self.shared.keeper.push(crate::run::fault(code, "", false));
            self.shared.story.tell("fault_over", json!({ "code": code }), || {
                format!("the server answers again ({code} is over)")
            });
        }
        let round_trip = answered.received_at.since(sent).as_micros();
        let now = self.shared.clock.now();
        self.shared.report.facts().server = json!({
            "is_enrolled": true,
            "url": self.client.url().map(|url| url.as_str().to_owned()),
            "last_heartbeat_us": now.micros(),
            "round_trip_us": u64::try_from(round_trip).unwrap_or(u64::MAX),
        });
        let facts = json!({ "round_trip_us": u64::try_from(round_trip).unwrap_or(u64::MAX) });
        self.shared.story.tell("heartbeat", facts, || {
            format!("heartbeat answered in {} ms", round_trip / 1_000)
        });
    }

    /// The server said no. Nothing is thrown away: a unit that was released keeps its key and its
    /// records until a person decides.
    fn refused(&mut self, answered: &Answered) -> Duration {
        let problem = answered.problem();
        let told = problem.as_ref().map_or("", |problem| problem.code.as_str());
        let code = match answered.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "server_refuses_unit",
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => "server_busy",
            _ => "server_failed",
        };
        self.shared.report.count_error(code);
        let detail = format!("the server answered {} {told}", answered.status.as_u16());
        let pause = self.failed(code, &detail);
        let asked = answered.field("retry-after").and_then(|field| field.parse().ok());
        let asked = asked.map_or(Duration::ZERO, Duration::from_secs).min(NEXT_MAX);
        asked.max(pause)
    }

    fn failed(&mut self, code: &'static str, detail: &str) -> Duration {
        if self.shared.report.raise(code) {
            self.shared.keeper.push(crate::run::fault(code, detail, true));
            let facts = json!({ "code": code, "detail": detail });
            self.shared.story.tell("fault", facts, || format!("server: {detail} ({code})"));
        }
        self.backoff.next_pause()
    }

    fn urgent(&self) -> Urgent {
        let facts = self.shared.report.facts();
        let faults = facts.faults.iter().filter_map(|code| Token::new(code).ok());
        Urgent {
            is_armed: facts.is_armed,
            reason: facts.arm_reason.to_string(),
            faults: faults.take(FAULTS_MAX).map(|code| code.to_string()).collect(),
        }
    }

    fn report(&self, boot: u32, results: &[CommandResult]) -> HeartbeatReport {
        let facts = self.shared.report.facts();
        let faults = facts.faults.iter().filter_map(|code| Token::new(code).ok());
        let spool = facts.spool.as_ref().map_or(NOTHING_SPOOLED, |spool| spool.report);
        let enrolment = self.envelopes.enrolment();
        HeartbeatReport {
            protocol: version::CURRENT,
            firmware: crate::FIRMWARE.to_owned(),
            boot,
            clock: self.wall.report(),
            temperature_mc: board_temperature(),
            supply_mv: None,
            storage: StorageReport {
                total_bytes: facts.disk.map_or(0, |disk| disk.total_bytes),
                free_bytes: facts.disk.map_or(0, |disk| disk.free_bytes),
            },
            spool,
            eyes: EyesReport {
                frames_per_ks: facts.frames_per_ks(monotonic_micros()),
                dropped_frame_count: facts.dropped_frame_count,
                processing_p99_us: facts.processing.percentile(99),
            },
            deterrent: DeterrentReport {
                is_armed: facts.is_armed,
                reason: Token::new(facts.arm_reason).expect("the guard's reasons are tokens"),
                emission_count: facts.emission_count,
            },
            faults: faults.take(FAULTS_MAX).collect(),
            settings_generation: Some(enrolment.settings.generation),
            command_number: self.envelopes.last_command(),
            command_results: results.to_vec(),
        }
    }
}

/// `mean` and up to a tenth more or less.
fn jittered(mean: Duration) -> Duration {
    mean - mean / 10 + share_of(mean / 5)
}

/// The board's own sensor, in thousandths of a degree; `None` where there is none.
fn board_temperature() -> Option<i32> {
    let text = std::fs::read_to_string("/sys/class/thermal/thermal_zone0/temp").ok()?;
    text.trim().parse().ok()
}
