//! `apis-sim load`: units that do nothing but post signed heartbeats, as fast as they are answered.

use super::command::enrolment;
use super::link::Link;
use super::outgoing::{Answer, Outgoing, fresh_nonce, now_ms, random_bytes};
use super::trust;
use anyhow::{Context, Result, bail};
use apis_protocol::bounded::Token;
use apis_protocol::claim::{Claim, ServerTrust};
use apis_protocol::enrolment::EnrolmentAnswer;
use apis_protocol::heartbeat::{
    ClockReport, ClockState, DeterrentReport, EyesReport, HeartbeatReport, SpoolReport,
    StorageReport,
};
use apis_protocol::http::SigningTerms;
use apis_protocol::message::Message as _;
use apis_protocol::records::WallTime;
use apis_protocol::settings::Settings;
use apis_protocol::{Generation, SecretKey, UnitId, route, version};
use apis_units::Uptime;
use rustls::{ClientConnection, StreamOwned};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tungstenite::WebSocket;

/// Enrols a unit for each claim and posts signed heartbeats; prints one JSON line.
#[derive(Debug, clap::Args)]
pub struct LoadArgs {
    /// File with one claim a line; each is used once. All name the same server.
    #[arg(long)]
    claims: PathBuf,
    /// How long to post, in seconds.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Connections, each with one request under way; the units take turns on them.
    #[arg(long, default_value_t = 32)]
    connections: usize,
}

/// Enrols and posts, and prints what was reached to standard output.
pub fn run(args: &LoadArgs) -> Result<()> {
    let text = std::fs::read_to_string(&args.claims).context("read the claims")?;
    let claims: Vec<Claim> =
        text.lines().map(str::parse).collect::<Result<_, _>>().context("read the claims")?;
    let units: Vec<Unit> = claims.iter().map(Unit::enrol).collect::<Result<_>>()?;
    if units.is_empty() || args.connections == 0 {
        bail!("nothing to do: no claims or no connections");
    }
    let begun = Instant::now();
    let until = begun + Duration::from_secs(args.seconds);
    let counts: Vec<Count> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..args.connections)
            .map(|first| {
                let units = &units;
                scope.spawn(move || post(units, first, until))
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| {
                thread.join().map_err(|_| anyhow::anyhow!("a connection's thread died"))?
            })
            .collect::<Result<_>>()
    })?;
    print(&counts, begun.elapsed(), units.len(), args.connections);
    Ok(())
}

/// What one connection reached.
#[derive(Default)]
struct Count {
    accepted_us: Vec<u64>,
    refused: u64,
}

/// An enrolled unit that only sends.
pub(super) struct Unit {
    key: SecretKey,
    claim: Claim,
    /// By what name its server knows it, once it is enrolled.
    id: Option<UnitId>,
    /// Reported, so that no answer has to carry the settings again.
    generation: Option<Generation>,
}

impl Unit {
    /// Enrols by a claim.
    pub(super) fn enrol(claim: &Claim) -> Result<Unit> {
        let key = SecretKey::from_seed(&random_bytes()?);
        let mut unit = Unit { key, claim: claim.clone(), id: None, generation: None };
        let body = enrolment(claim, &unit.key, "load").write();
        let answer = unit.link()?.call(&unit.request(route::ENROLMENT, body)?)?;
        if answer.status != 200 {
            bail!("enrolment answered {}: {}", answer.status, text(&answer));
        }
        let enrolled = EnrolmentAnswer::read(&answer.body)?;
        let settings: Settings = enrolled.settings.open(enrolled.tenant_key)?;
        unit.generation = Some(settings.generation);
        unit.id = Some(enrolled.unit_id);
        Ok(unit)
    }

    /// By what name its server knows it.
    pub(super) fn id(&self) -> Result<UnitId> {
        self.id.context("the unit is not enrolled")
    }

    /// The socket by which it sends live video.
    pub(super) fn live(&self) -> Result<WebSocket<StreamOwned<ClientConnection, TcpStream>>> {
        let request = self.signed("GET", route::LIVE, Vec::new(), Vec::new())?;
        self.link()?.upgrade(request)
    }

    /// A connection to its server.
    pub(super) fn link(&self) -> Result<Link> {
        let ServerTrust::Pin(pin) = self.claim.trust else {
            bail!("this tool trusts servers by pin only")
        };
        Link::open(&self.claim.server_url, &trust::client_config(pin))
    }

    fn request(&self, target: &str, body: Vec<u8>) -> Result<Outgoing> {
        let fields = vec![("content-type".to_owned(), "application/json".to_owned())];
        self.signed("POST", target, fields, body)
    }

    /// A request of this unit, signed now.
    pub(super) fn signed(
        &self,
        method: &str,
        target: &str,
        fields: Vec<(String, String)>,
        body: Vec<u8>,
    ) -> Result<Outgoing> {
        let mut request = Outgoing {
            method: method.to_owned(),
            target: target.to_owned(),
            authority: self.claim.server_url.authority().to_owned(),
            fields,
            body,
        };
        request.sign(&self.key, &SigningTerms::at(now_ms(), fresh_nonce()?))?;
        Ok(request)
    }
}

fn post(units: &[Unit], first: usize, until: Instant) -> Result<Count> {
    let mut count = Count::default();
    let mut turn = units.iter().cycle().skip(first % units.len());
    let begun = Instant::now();
    let mut link = units.first().context("no units")?.link()?;
    while Instant::now() < until {
        let unit = turn.next().context("no units")?;
        let body = heartbeat(Uptime::ZERO + begun.elapsed(), unit.generation).write();
        let request = unit.request(route::HEARTBEAT, body)?;
        let sent = Instant::now();
        let answer = link.call(&request)?;
        match answer.status {
            200 => count.accepted_us.push(u64::try_from(sent.elapsed().as_micros())?),
            _ => {
                if count.refused == 0 {
                    eprintln!("refused with {}: {}", answer.status, text(&answer));
                }
                count.refused += 1;
            }
        }
    }
    Ok(count)
}

fn print(counts: &[Count], span: Duration, units: usize, connections: usize) {
    let mut all_us: Vec<u64> =
        counts.iter().flat_map(|count| &count.accepted_us).copied().collect();
    all_us.sort_unstable();
    let percentile = |percent: usize| all_us.get(all_us.len() * percent / 100).copied();
    let line = serde_json::json!({
        "units": units,
        "connections": connections,
        "seconds": span.as_secs_f64(),
        "accepted": all_us.len(),
        "refused": counts.iter().map(|count| count.refused).sum::<u64>(),
        "accepted_per_second": (all_us.len() as f64 / span.as_secs_f64()).round(),
        "p50_us": percentile(50),
        "p99_us": percentile(99),
    });
    println!("{line}");
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

fn heartbeat(sent: Uptime, generation: Option<Generation>) -> HeartbeatReport {
    HeartbeatReport {
        protocol: version::CURRENT,
        firmware: env!("CARGO_PKG_VERSION").to_owned(),
        boot: 1,
        clock: ClockReport {
            sent,
            state: ClockState::Synchronised,
            wall: Some(WallTime { ms: now_ms(), error_ms: 10 }),
        },
        temperature_mc: Some(45_000),
        supply_mv: Some(5_050),
        storage: StorageReport { total_bytes: 32_000_000_000, free_bytes: 20_000_000_000 },
        spool: SpoolReport {
            record_count: 0,
            upload_count: 0,
            parked_count: 0,
            evicted_count: 0,
            spool_bytes: 0,
            oldest_ms: None,
        },
        eyes: EyesReport {
            frames_per_ks: 15_000,
            dropped_frame_count: 0,
            processing_p99_us: 1_000,
        },
        deterrent: DeterrentReport {
            is_armed: false,
            reason: Token::new("boot").expect("boot is a token"),
            emission_count: 0,
        },
        faults: Vec::new(),
        settings_generation: generation,
        command_number: None,
        command_results: Vec::new(),
    }
}
