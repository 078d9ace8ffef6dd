//! Live video: while somebody looks, each tenth of a second the newest picture, as long as the
//! server acknowledges what came before. Nothing here makes eyes or guard wait: they leave their
//! newest, and what nobody took is replaced.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use apis_protocol::bounded::Token;
use apis_protocol::live::{
    FACTS_MS_MIN, FrameFacts, FrameHeader, FromLiveUnit, GuardState, JPEG_BYTES_MAX, LiveClock,
    LiveTrack, ToLiveUnit, UNACKNOWLEDGED_MAX,
};
use apis_protocol::message::Message as _;
use apis_protocol::route;
use apis_units::Uptime;
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_tungstenite::tungstenite::Message;

use super::client::Client;
use super::socket::{self, Socket, Target};
use crate::picture::Picture;
use crate::run::Shared;
use crate::wall::Wall;

/// Time between two frames: ten a second.
const FRAME_INTERVAL: Duration = Duration::from_millis(100);

/// JPEG quality of a live frame: what a phone shows, at 30 KB or so.
const JPEG_QUALITY: u8 = 60;

/// Longest wait for an acknowledgement: then the way to the server is dead.
const SILENCE_MAX: Duration = Duration::from_secs(10);

/// Least time between two words on a clock that drifts.
const CLOCK_INTERVAL: Duration = Duration::from_secs(10);

const TARGET: Target = Target { path: route::LIVE, message_bytes_max: ToLiveUnit::BYTES_MAX };

/// Whether the server asked for live video.
#[derive(Debug, Clone, Default)]
pub struct LiveWanted(Arc<Notify>);

impl LiveWanted {
    /// It did, just now.
    pub fn want(&self) {
        self.0.notify_one();
    }
}

/// The task that sends video while it is wanted.
pub struct Live {
    shared: Shared,
    client: Client,
    wall: Wall,
    wanted: LiveWanted,
}

impl Live {
    /// Sends nothing until `wanted`.
    pub fn new(shared: Shared, client: Client, wall: Wall, wanted: LiveWanted) -> Live {
        Live { shared, client, wall, wanted }
    }

    /// Sends for ever, while somebody looks. A socket that fails is opened again when the server
    /// asks again: it does as long as somebody looks.
    pub async fn run(self) {
        loop {
            self.wanted.0.notified().await;
            let mut socket = match socket::open(&self.client, TARGET).await {
                Ok(socket) => socket,
                Err(e) => {
                    self.shared.report.count_error("live_not_opened");
                    tracing::info!("live video not opened: {e:#}");
                    continue;
                }
            };
            self.shared.story.tell("live_began", json!({}), || "somebody looks: live video".into());
            let ended = Session::new(&self).send(&mut socket).await;
            if let Err(e) = &ended {
                self.shared.report.count_error("live_lost");
                tracing::info!("live video lost: {e:#}");
            }
            self.shared.story.tell("live_ended", json!({ "is_lost": ended.is_err() }), || {
                "live video is over".into()
            });
        }
    }
}

/// One socket's video.
struct Session<'a> {
    live: &'a Live,
    /// Frames that were due, those included that were skipped.
    sequence: u64,
    /// The newest that was sent.
    sent: u64,
    /// Frames sent, oldest first, that were not acknowledged.
    unacknowledged: Vec<u64>,
    heard: Instant,
    told: Told,
}

/// What was told last beside the frames.
#[derive(Default)]
struct Told {
    clock: Option<(LiveClock, Instant)>,
    facts: Option<Instant>,
    has_tracks: bool,
    guard: Option<(GuardState, Instant)>,
}

impl<'a> Session<'a> {
    fn new(live: &'a Live) -> Session<'a> {
        Session {
            live,
            sequence: 0,
            sent: 0,
            unacknowledged: Vec::new(),
            heard: Instant::now(),
            told: Told::default(),
        }
    }

    /// Sends until the server closes the socket.
    ///
    /// Errors: the way to the server is lost, or it says what is no message.
    async fn send(&mut self, socket: &mut Socket) -> anyhow::Result<()> {
        let mut pictures = self.live.shared.newest.follow();
        pictures.mark_changed();
        let mut due = tokio::time::interval(FRAME_INTERVAL);
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                message = socket.next() => match message {
                    None | Some(Ok(Message::Close(_))) => return Ok(()),
                    Some(message) => self.take(&message?)?,
                },
                _ = due.tick() => {
                    if !self.unacknowledged.is_empty() && SILENCE_MAX < self.heard.elapsed() {
                        bail!("the server acknowledges nothing");
                    }
                    self.tell(socket).await?;
                    let is_new = pictures.has_changed().unwrap_or(false);
                    let picture = if is_new { pictures.borrow_and_update().clone() } else { None };
                    if let Some(picture) = picture {
                        self.send_picture(socket, picture).await?;
                    }
                }
            }
        }
    }

    fn take(&mut self, message: &Message) -> anyhow::Result<()> {
        let Message::Text(text) = message else { return Ok(()) };
        let ToLiveUnit::Acknowledgement { sequence } =
            ToLiveUnit::read(text.as_bytes()).context("read the server's message")?;
        self.unacknowledged.retain(|sent| sequence < *sent);
        self.heard = Instant::now();
        Ok(())
    }

    /// Sends a picture, or skips it while two are on their way.
    async fn send_picture(
        &mut self,
        socket: &mut Socket,
        picture: Arc<Picture>,
    ) -> anyhow::Result<()> {
        self.sequence += 1;
        if UNACKNOWLEDGED_MAX <= self.unacknowledged.len() as u64 {
            return Ok(());
        }
        let captured_at = picture.captured;
        let jpeg = tokio::task::spawn_blocking(move || picture.to_jpeg(JPEG_QUALITY)).await?;
        let Ok(jpeg) = jpeg else {
            self.live.shared.report.count_error("jpeg_failed");
            return Ok(());
        };
        if JPEG_BYTES_MAX < jpeg.len() {
            return Ok(());
        }
        let jpeg_bytes = u32::try_from(jpeg.len()).context("a short JPEG")?;
        let header = FrameHeader { jpeg_bytes, sequence: self.sequence, captured_at };
        let mut message = Vec::with_capacity(FrameHeader::BYTES + jpeg.len());
        message.extend_from_slice(&header.to_bytes());
        message.extend_from_slice(&jpeg);
        if self.unacknowledged.is_empty() {
            self.heard = Instant::now();
        }
        self.unacknowledged.push(self.sequence);
        self.sent = self.sequence;
        write(socket, Message::Binary(message.into())).await?;
        self.tell_tracks(socket, captured_at).await
    }

    /// Tells what has changed of clock and guard.
    async fn tell(&mut self, socket: &mut Socket) -> anyhow::Result<()> {
        let (state, wall) = self.live.wall.state();
        let uptime = self.live.shared.clock.now();
        let clock = LiveClock { uptime, state, wall };
        let is_due = self.told.clock.is_none_or(|(told, at)| {
            let error_ms = |clock: &LiveClock| clock.wall.map(|wall| wall.error_ms);
            let has_drifted = error_ms(&told) != error_ms(&clock);
            told.state != state || has_drifted && CLOCK_INTERVAL <= at.elapsed()
        });
        if is_due {
            self.told.clock = Some((clock, Instant::now()));
            say(socket, FromLiveUnit::Clock(clock)).await?;
        }
        let guard = self.guard_state();
        let is_due = self.told.guard.as_ref().is_none_or(|(told, at)| {
            *told != guard && Duration::from_millis(FACTS_MS_MIN) <= at.elapsed()
        });
        if is_due {
            self.told.guard = Some((guard.clone(), Instant::now()));
            say(socket, FromLiveUnit::GuardState(guard)).await?;
        }
        Ok(())
    }

    fn guard_state(&self) -> GuardState {
        let facts = self.live.shared.report.facts();
        GuardState {
            is_armed: facts.is_armed,
            reason: Token::new(facts.arm_reason).expect("the guard's reasons are tokens"),
            is_line_on: facts.is_line_on,
            refusal: facts.refusal.and_then(|code| Token::new(code).ok()),
        }
    }

    /// Tells where the tracks of the frame just sent are, unless nothing is and was.
    async fn tell_tracks(&mut self, socket: &mut Socket, captured: Uptime) -> anyhow::Result<()> {
        let is_due =
            self.told.facts.is_none_or(|at| Duration::from_millis(FACTS_MS_MIN) <= at.elapsed());
        let seen = self.live.shared.tracks.get();
        let has_tracks = seen.captured == captured && !seen.tracks.is_empty();
        if !is_due || !has_tracks && !self.told.has_tracks {
            return Ok(());
        }
        let tracks = if has_tracks { seen.tracks } else { Vec::new() };
        let tracks = tracks.iter().map(|point| LiveTrack {
            track: point.track.0,
            at: point.point,
            width: point.bounds.width,
            height: point.bounds.height,
            is_hornet: point.visit.is_some(),
        });
        let facts = FrameFacts { sequence: self.sent, tracks: tracks.collect() };
        (self.told.facts, self.told.has_tracks) = (Some(Instant::now()), has_tracks);
        say(socket, FromLiveUnit::FrameFacts(facts)).await
    }
}

async fn say(socket: &mut Socket, message: FromLiveUnit) -> anyhow::Result<()> {
    let text = String::from_utf8(message.write()).context("JSON is text")?;
    write(socket, Message::Text(text.into())).await
}

/// Writes, or gives a way up that takes nothing: the next ask must not wait for the kernel.
async fn write(socket: &mut Socket, message: Message) -> anyhow::Result<()> {
    let written = tokio::time::timeout(SILENCE_MAX, socket.send(message)).await;
    written.context("the server takes nothing")?.context("write to the server")
}
