//! The running unit: its threads and how they end.
//!
//! ```text
//! eyes ──newest sighting──▶ guard ──facts──▶ keeper ──sends──▶ net
//!   │                                          ▲ ▲               │
//!   ├──newest picture──▶ encoder ──frames──────┘ └──answers──────┘
//!   └──visits, tracks───────────────────────────▶
//! ```
//!
//! No thread waits for another: they meet in a slot that keeps the newest and in queues that count
//! what they drop. A thread that panics ends the program, dark; whoever supervises it starts it
//! again.

mod encoder;
mod eyes;
mod guard;
mod inbox;
mod keeper;
mod shared;
mod watch;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use apis_unit::keeper::ServerLink;
use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};

pub use keeper::fault;
pub use shared::Shared;

use self::eyes::EyesThread;
use self::guard::GuardThread;
use self::keeper::KeeperThread;
use crate::body::Body;
use crate::clock::Clock;
use crate::config::{BodySpec, Config};
use crate::failure::{Coded, Failure};
use crate::http::{Local, listen, load_or_make_token};
use crate::net::{self, Link};
use crate::sources::{Source, Speed};
use crate::state::{DataFolder, Enrolment, load_or_make_key};
use crate::story::{Form, Story};
use crate::wall::Wall;

/// The folder of the spool within the data folder.
pub const SPOOL: &str = "spool";

/// Most requests of the keeper that wait for the network.
const WANTED_MAX: usize = 8;

/// Longest time from the stop signal to the end of the program: what is not written by then is
/// recovered at the next start.
const STOP_WAIT: Duration = Duration::from_secs(5);

/// How long a panic waits for the guard's thread to go dark by itself. The one-shot does it in
/// any case within 50 ms of the guard's last toggle.
const DARK_WAIT: Duration = Duration::from_millis(40);

/// The status with which a panic in any thread ends the program.
const PANIC_STATUS: i32 = 101;

/// Runs the unit in the data folder until SIGTERM or SIGINT.
///
/// Errors: what kept it from starting, by stable code. Once it runs, nothing but a signal or a
///         panic ends it.
pub fn run(folder: DataFolder, config: Config, form: Form) -> Result<(), Failure> {
    let folder = Arc::new(folder);
    let key = load_or_make_key(&folder)?;
    let token = load_or_make_token(&folder)?;
    let enrolment = Enrolment::load(&folder).coded("state_unreadable")?;
    let enrolment = enrolment.filter(|_| !config.standalone);
    if enrolment.is_none() && !config.standalone {
        let message = "the unit is not enrolled: enrol it by a claim, or run it with --standalone";
        return Err(Failure::new("not_enrolled", message));
    }
    let listener = config.local.map(|address| listen(address, &folder)).transpose()?;
    let clock = match config.source.speed {
        Speed::Real => Clock::start(config.uptime_offset),
        Speed::Full => Clock::replay(),
    };
    let wall = Wall::load(&folder, clock.clone()).coded("state_unreadable")?;
    let story = Story::new(form, clock.clone());
    let shared = Shared::new(clock, story);
    end_dark_on_panic(&shared);

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("start the network's thread").coded("network_setup")?;
    // Heard before anything moves or is told: whoever reads that it watches may end it at once.
    let signals = runtime.block_on(async { listen_for_signals() })?;
    let about = json!({
        "unit_id": enrolment.as_ref().map(|enrolment| enrolment.unit_id.to_string()),
        "key_id": key.public().key_id().to_text(),
        "firmware": crate::FIRMWARE,
        "is_standalone": config.standalone,
    });
    let (wants, wanted) = tokio::sync::mpsc::channel(WANTED_MAX);
    let link = enrolment.as_ref().map_or(ServerLink::None, |_| ServerLink::Enrolled);
    let keeper = KeeperThread::new(shared.clone(), &folder, &config, wall.clone(), wants)?;
    let threads = start_threads(&shared, &config, &wall, keeper, link)?;

    tell_start(&shared, &config, listener.as_ref());
    let spool = folder.file(SPOOL);
    runtime.block_on(async {
        if let Some(enrolment) = enrolment {
            let (heartbeat, spool) = (config.heartbeat, spool.clone());
            let link = Link { key, enrolment, heartbeat, wanted, spool };
            net::start(&shared, &folder, &wall, link).coded("network_setup")?;
        }
        if let Some(listener) = listener {
            let local = Local::new(shared.clone(), wall.clone(), spool, token, about);
            tokio::spawn(local.serve(listener, config.local_hosts.clone()));
        }
        received(signals).await;
        Ok(())
    })?;
    shared.stop.set();
    shared.keeper.wake();
    wait_for_threads(threads);
    shared.story.tell("stopped", json!({}), || "stopped, dark".to_owned());
    Ok(())
}

fn start_threads(
    shared: &Shared,
    config: &Config,
    wall: &Wall,
    keeper: KeeperThread,
    link: ServerLink,
) -> Result<Vec<JoinHandle<()>>, Failure> {
    let body = match &config.body {
        BodySpec::None => Body::None,
        BodySpec::Simulated(socket) => Body::simulated(socket.clone()),
    };
    let guard = GuardThread::new(shared.clone(), body);
    let source = Source::new(config.source.clone(), shared.clock.clone());
    let eyes = EyesThread::new(shared.clone(), source, wall.clone(), config.clip_rate);
    let (encoder, quality) = (shared.clone(), config.jpeg_quality);
    Ok(vec![
        spawn("guard", move || guard.run())?,
        spawn("keeper", move || keeper.run(link))?,
        spawn("encoder", move || encoder::run(&encoder, quality))?,
        spawn("eyes", move || eyes.run())?,
    ])
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Failure> {
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work);
    thread.with_context(|| format!("start the {name}'s thread")).coded("thread_not_started")
}

/// A panic anywhere: the guard's thread goes dark and the program ends with a status, so that its
/// supervisor starts it again. Nothing goes on with a part of the unit gone.
fn end_dark_on_panic(shared: &Shared) {
    let stop = shared.stop.clone();
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        stop.set();
        print(panic);
        std::thread::park_timeout(DARK_WAIT);
        std::process::exit(PANIC_STATUS);
    }));
}

fn tell_start(shared: &Shared, config: &Config, listener: Option<&std::net::TcpListener>) {
    let local = listener.and_then(|listener| listener.local_addr().ok());
    let facts = json!({
        "local": local.map(|address| address.to_string()),
        "is_standalone": config.standalone,
        "uptime_offset_s": config.uptime_offset.as_secs(),
    });
    shared.story.tell("started", facts, || {
        let offset = match config.uptime_offset.as_secs() {
            0 => String::new(),
            spent => format!(" (with {spent} s of uptime already spent: simulated body)"),
        };
        let local = local.map(|local| format!(", local API at http://{local}"));
        format!("watching, disarmed and dark{offset}{}", local.unwrap_or_default())
    });
}

/// SIGTERM and SIGINT, kept from now on.
fn listen_for_signals() -> Result<[Signal; 2], Failure> {
    let listen = |kind| signal(kind).coded("thread_not_started");
    Ok([listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?])
}

async fn received([mut terminate, mut interrupt]: [Signal; 2]) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// Waits for the threads, the guard's first, but not for ever: a hung disk must not keep a unit
/// from being started again.
fn wait_for_threads(threads: Vec<JoinHandle<()>>) {
    let step = Duration::from_millis(10);
    let mut left = STOP_WAIT;
    for thread in threads {
        while !thread.is_finished() && !left.is_zero() {
            std::thread::park_timeout(step);
            left = left.saturating_sub(step);
        }
    }
}
