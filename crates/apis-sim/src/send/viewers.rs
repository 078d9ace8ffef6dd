//! `apis-sim view`: a unit that sends live video, and many who look at it.
//!
//! Unit and viewers are one process, so that one clock tells how long a frame was on its way: from
//! before its last byte goes to the server to when a viewer has its last byte. What this process
//! itself needs for all viewers is in that time.

use super::door::{Door, Line, SLOW_RATE};
use super::load::Unit;
use anyhow::{Context, Result, bail};
use apis_protocol::claim::Claim;
use apis_protocol::live::{FrameHeader, ToLiveUnit};
use apis_protocol::message::Message as _;
use apis_protocol::settings::Pin;
use apis_units::Uptime;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tungstenite::{Message, WebSocket};

/// What is looked at before something is measured, so that everything is warm.
const WARM: Duration = Duration::from_secs(2);

/// The same before the server's memory is read: what the sign-in took for the password's hash is given
/// back by then.
const SETTLED: Duration = Duration::from_secs(10);

/// Viewers when memory is read first.
const FEW: usize = 20;

/// Looks at a unit of its own; prints one JSON line.
#[derive(Debug, clap::Args)]
pub struct ViewArgs {
    /// The claim by which the unit is enrolled.
    #[arg(long)]
    claim: Claim,
    /// The people's door, `http://address:port` or `https://address:port`.
    #[arg(long)]
    people: String,
    /// The pin of the people's door, when it has TLS.
    #[arg(long)]
    pin: Option<Pin>,
    /// The viewers' account.
    #[arg(long)]
    email: String,
    /// Its password.
    #[arg(long)]
    password: String,
    /// The server's process, whose memory is read.
    #[arg(long)]
    process: u32,
    #[command(flatten)]
    video: VideoArgs,
}

/// What is sent, and to how many.
#[derive(Debug, Clone, clap::Args)]
pub struct VideoArgs {
    /// Viewers that take each frame as it comes.
    #[arg(long, default_value_t = 200)]
    viewers: usize,
    /// Frames a second.
    #[arg(long, default_value_t = 10)]
    rate: u32,
    /// Bytes of a frame's picture.
    #[arg(long, default_value_t = 30 * 1024)]
    frame_bytes: usize,
    /// How long each measurement lasts, in seconds.
    #[arg(long, default_value_t = 15)]
    seconds: u64,
}

impl VideoArgs {
    /// The same as words of a command line.
    pub fn words(&self) -> [String; 8] {
        [
            "--viewers".to_owned(),
            self.viewers.to_string(),
            "--rate".to_owned(),
            self.rate.to_string(),
            "--frame-bytes".to_owned(),
            self.frame_bytes.to_string(),
            "--seconds".to_owned(),
            self.seconds.to_string(),
        ]
    }
}

/// Measures: many viewers, then the same beside a slow one and one that takes nothing.
pub fn run(args: &ViewArgs) -> Result<()> {
    let unit = Unit::enrol(&args.claim)?;
    let door = Door::sign_in(&args.people, args.pin, (&args.email, &args.password), &unit)?;
    let show = Show::new();
    let video = &args.video;
    let found = std::thread::scope(|scope| -> Result<Value> {
        // Whatever happens, the threads end.
        let _end = EndOnDrop(&show);
        let mut viewers = Vec::new();
        let come = |count: usize, viewers: &mut Vec<_>| -> Result<()> {
            while viewers.len() < count {
                let socket = door.look()?;
                viewers.push(scope.spawn(|| watch(socket, &show)));
            }
            Ok(())
        };
        come(FEW.min(video.viewers), &mut viewers)?;
        scope.spawn(|| send(&unit, video, &show));
        std::thread::sleep(SETTLED);
        let few_kib = resident_kib(args.process)?;
        come(video.viewers, &mut viewers)?;
        std::thread::sleep(WARM);
        let alone = show.measured(Duration::from_secs(video.seconds))?;
        let all_kib = resident_kib(args.process)?;

        let slow = door.look_slowly()?;
        let slow = scope.spawn(|| watch_slowly(slow, &show));
        let stalled = door.look()?;
        std::thread::sleep(WARM);
        let beside = show.measured(Duration::from_secs(video.seconds))?;
        drop(stalled);
        show.is_over.store(true, Ordering::SeqCst);
        let slow_ages_ms = slow.join().map_err(|_| anyhow::anyhow!("the slow viewer died"))??;
        for viewer in viewers {
            viewer.join().map_err(|_| anyhow::anyhow!("a viewer died"))??;
        }
        let others = video.viewers.saturating_sub(FEW).max(1);
        let frame_s = (FrameHeader::BYTES + video.frame_bytes) as f64 / SLOW_RATE;
        Ok(json!({
            "viewers": video.viewers,
            "frames_per_second": video.rate,
            "frame_bytes": video.frame_bytes,
            "alone": alone,
            "beside_a_slow_and_a_stalled_one": beside,
            "slow_frames": slow_ages_ms.len(),
            "slow_age_max_ms": slow_ages_ms.iter().max(),
            // A frame and one unacknowledged before it, at its rate, and one interval.
            "slow_age_bound_ms": (2.0 * frame_s * 1e3) as u64 + 1_000 / u64::from(video.rate),
            "server_kib_with_20": few_kib,
            "server_kib_with_all": all_kib,
            "server_kib_a_viewer": all_kib.saturating_sub(few_kib) as f64 / others as f64,
        }))
    })?;
    println!("{found}");
    Ok(())
}

/// What unit and viewers know of each other.
struct Show {
    begun: Instant,
    /// When each frame was sent, in microseconds since `begun`; by its number.
    sent_us: Mutex<VecDeque<(u64, u64)>>,
    /// How long frames were on their way, in microseconds, while it is measured.
    took_us: Mutex<Vec<u32>>,
    is_measured: AtomicBool,
    frames: AtomicU64,
    /// The viewers are to leave; the unit goes on until they have, since each waits for a frame.
    is_over: AtomicBool,
    /// The unit is to end.
    is_sent: AtomicBool,
}

struct EndOnDrop<'s>(&'s Show);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::SeqCst);
        self.0.is_sent.store(true, Ordering::SeqCst);
    }
}

impl Show {
    fn new() -> Show {
        Show {
            begun: Instant::now(),
            sent_us: Mutex::new(VecDeque::new()),
            took_us: Mutex::new(Vec::new()),
            is_measured: AtomicBool::new(false),
            frames: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
            is_sent: AtomicBool::new(false),
        }
    }

    fn now_us(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn sends(&self, sequence: u64) {
        let mut sent = self.sent_us.lock().unwrap_or_else(PoisonError::into_inner);
        sent.push_back((sequence, self.now_us()));
        if sent.len() > 1_000 {
            sent.pop_front();
        }
        self.frames.fetch_add(1, Ordering::Relaxed);
    }

    /// How long ago a frame was sent, in microseconds.
    fn age_us(&self, sequence: u64) -> Option<u64> {
        let now_us = self.now_us();
        let sent = self.sent_us.lock().unwrap_or_else(PoisonError::into_inner);
        let (first, _) = sent.front()?;
        let at = usize::try_from(sequence.checked_sub(*first)?).ok()?;
        sent.get(at).map(|(_, sent_us)| now_us.saturating_sub(*sent_us))
    }

    fn came(&self, sequence: u64) {
        if !self.is_measured.load(Ordering::Relaxed) {
            return;
        }
        let Some(age_us) = self.age_us(sequence) else { return };
        let mut took = self.took_us.lock().unwrap_or_else(PoisonError::into_inner);
        took.push(u32::try_from(age_us).unwrap_or(u32::MAX));
    }

    fn measured(&self, span: Duration) -> Result<Value> {
        self.took_us.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let frames = self.frames.load(Ordering::Relaxed);
        let own_ms = processor_ms(std::process::id())?;
        self.is_measured.store(true, Ordering::Relaxed);
        std::thread::sleep(span);
        self.is_measured.store(false, Ordering::Relaxed);
        let frames = self.frames.load(Ordering::Relaxed) - frames;
        let own_ms = processor_ms(std::process::id())? - own_ms;
        let mut took = self.took_us.lock().unwrap_or_else(PoisonError::into_inner);
        took.sort_unstable();
        let percentile = |per_mille: usize| took.get(took.len() * per_mille / 1_000).copied();
        if took.is_empty() {
            bail!("no frame came");
        }
        Ok(json!({
            "frames_sent": frames,
            "frames_seen": took.len(),
            "p50_us": percentile(500),
            "p99_us": percentile(990),
            "most_us": took.last(),
            "load_core_share": own_ms as f64 / span.as_millis() as f64,
        }))
    }
}

/// Sends frames at their rate, each once the one before the last was acknowledged.
fn send(unit: &Unit, video: &VideoArgs, show: &Show) -> Result<()> {
    let mut socket = unit.live()?;
    let mut picture = vec![0x5a; video.frame_bytes];
    picture.splice(..2, [0xff, 0xd8]);
    picture.splice(video.frame_bytes - 2.., [0xff, 0xd9]);
    let interval = Duration::from_secs(1) / video.rate;
    let mut due = Instant::now();
    for sequence in 1.. {
        if show.is_sent.load(Ordering::SeqCst) {
            return Ok(());
        }
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        due += interval;
        let header = FrameHeader {
            jpeg_bytes: u32::try_from(video.frame_bytes)?,
            sequence,
            captured_at: Uptime::ZERO + show.begun.elapsed(),
        };
        let message = [&header.to_bytes()[..], &picture].concat();
        show.sends(sequence);
        socket.send(Message::Binary(message.into()))?;
        loop {
            match socket.read()? {
                Message::Text(text) => {
                    let ToLiveUnit::Acknowledgement { sequence: acknowledged } =
                        ToLiveUnit::read(text.as_bytes())?;
                    if acknowledged == sequence {
                        break;
                    }
                }
                Message::Close(_) => return Ok(()),
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }
    Ok(())
}

/// Takes frames until the show is over.
fn watch(mut socket: WebSocket<Line>, show: &Show) -> Result<()> {
    while !show.is_over.load(Ordering::SeqCst) {
        if let Some(sequence) = next(&mut socket)? {
            show.came(sequence);
            acknowledge(&mut socket, sequence)?;
        }
    }
    Ok(())
}

/// The same; gives how old each frame was, in milliseconds.
fn watch_slowly(mut socket: WebSocket<Line>, show: &Show) -> Result<Vec<u64>> {
    let mut ages_ms = Vec::new();
    while !show.is_over.load(Ordering::SeqCst) {
        if let Some(sequence) = next(&mut socket)? {
            ages_ms.extend(show.age_us(sequence).map(|us| us / 1_000));
            acknowledge(&mut socket, sequence)?;
        }
    }
    Ok(ages_ms)
}

/// The number of the frame that the next message is, if it is one.
fn next(socket: &mut WebSocket<Line>) -> Result<Option<u64>> {
    match socket.read().context("a frame comes soon")? {
        Message::Binary(bytes) => {
            let (header, _) = FrameHeader::split(&bytes)
                .map_err(|bad| anyhow::anyhow!("the server sent {bad}"))?;
            Ok(Some(header.sequence))
        }
        Message::Close(_) => bail!("the server ended the view"),
        Message::Text(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(None),
    }
}

fn acknowledge(socket: &mut WebSocket<Line>, sequence: u64) -> Result<()> {
    let text = json!({ "acknowledgement": { "sequence": sequence, "sent_us": 0 } }).to_string();
    socket.send(Message::Text(text.into())).context("acknowledge a frame")
}

/// Memory that a process holds, in KiB; the kernel's socket buffers are not in it.
fn resident_kib(process: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().strip_suffix("kB").context("no VmRSS in kB")?.trim().parse()?)
}

/// Processor time of all threads of a process so far, in milliseconds.
pub(super) fn processor_ms(process: u32) -> Result<u64> {
    // Source: proc(5), stat: fields 14 and 15 in clock ticks, of which Linux counts 100 a second to
    // programs.
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, after_name) = stat.rsplit_once(')').context("no name in stat")?;
    let ticks = after_name.split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.map(|ticks| ticks.parse().unwrap_or(0_u64)).sum();
    Ok(ticks * 10)
}
