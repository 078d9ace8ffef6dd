//! `GET /api/v1/unit/live`: the WebSocket by which a unit sends video while somebody looks.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, sleep_until};

use apis_protocol::live::{FrameHeader, FromLiveUnit, JPEG_BYTES_MAX, ToLiveUnit};
use apis_protocol::message::Message as _;

use super::streams::{Frame, Stream, Words, over};
use crate::app::App;
use crate::http::{ApiError, UnitCaller};

/// How long the uplink stays open without a viewer: one that loads the page again is back by then.
const IDLE: Duration = Duration::from_millis(1_500);

/// Longest silence of a unit; its camera may stand, its words go on.
const SILENCE: Duration = Duration::from_secs(60);

/// Longest write to a unit that takes nothing.
const WRITE: Duration = Duration::from_secs(10);

/// How often it is looked whether another process released the unit.
const LOOK: Duration = Duration::from_secs(1);

/// Frames while somebody looks; an acknowledgement of each.
#[utoipa::path(get, path = "/api/v1/unit/live", operation_id = "live_open", tag = "unit",
    responses((status = 101, description = "a WebSocket: frames, and words beside them")))]
pub async fn open(
    app: App,
    caller: UnitCaller,
    upgrade: WebSocketUpgrade,
) -> Result<Response, ApiError> {
    let bytes_max = FrameHeader::BYTES + JPEG_BYTES_MAX;
    let upgrade = upgrade.max_message_size(bytes_max).max_frame_size(bytes_max);
    Ok(upgrade.on_upgrade(move |socket| hold(app, caller, socket)))
}

/// Why an uplink ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// Nobody looks, or nobody may.
    NobodyLooks,
    /// The unit opened a newer one.
    Replaced,
    /// The unit was released by another process.
    Released,
    /// The unit closed it, or the connection broke.
    Unit,
    /// Nothing was heard for too long.
    Silent,
    /// The unit sent what is no frame and no message.
    Nonsense,
}

async fn hold(app: App, caller: UnitCaller, mut socket: WebSocket) {
    let (tenant, unit) = (caller.tenant, caller.unit);
    let mut ending = Ending::NobodyLooks;
    if let Some(stream) = app.units.live.find(tenant, unit) {
        let mut number = 0;
        stream.uplink.send_modify(|newest| {
            *newest += 1;
            number = *newest;
        });
        stream.hear();
        stream.words.send_replace(Words { is_sending: true, ..Words::default() });
        metrics::gauge!("apis_live_uplinks").increment(1.0);
        ending = Uplink { app: &app, caller: &caller, stream: &stream, number, sequence: 0 }
            .take(&mut socket)
            .await;
        metrics::gauge!("apis_live_uplinks").decrement(1.0);
        if ending != Ending::Replaced {
            stream.words.send_modify(|words| words.is_sending = false);
            // Who comes now must not take an old picture for a new one.
            stream.frame.send_replace(None);
            app.units.live.uplink_ended(tenant, unit, &stream);
        }
        if ending == Ending::Released {
            app.units.live.close(tenant, unit);
        }
    }
    tracing::debug!(unit.id = %unit, ?ending, "a live uplink closed");
    let frame = CloseFrame { code: close_code::NORMAL, reason: "over".into() };
    let _ = tokio::time::timeout(WRITE, socket.send(Message::Close(Some(frame)))).await;
}

/// Waits until the unit opened another uplink than this one.
async fn replaced(newest: &mut watch::Receiver<u64>, number: u64) {
    let _ = newest.wait_for(|newest| *newest != number).await;
}

struct Uplink<'a> {
    app: &'a App,
    caller: &'a UnitCaller,
    stream: &'a Arc<Stream>,
    /// Its own number.
    number: u64,
    /// The number of the newest frame.
    sequence: u64,
}

impl Uplink<'_> {
    async fn take(&mut self, socket: &mut WebSocket) -> Ending {
        let mut newest = self.stream.uplink.subscribe();
        let mut viewers = self.stream.viewers.subscribe();
        let mut is_over = self.stream.is_over.subscribe();
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        let mut left = (*viewers.borrow() == 0).then(Instant::now);
        loop {
            let ends_at = left.map_or(heard + SILENCE, |left| left + IDLE);
            tokio::select! {
                biased;
                () = over(&mut is_over) => return Ending::NobodyLooks,
                () = replaced(&mut newest, self.number) => return Ending::Replaced,
                _ = viewers.changed() => {
                    let is_empty = *viewers.borrow_and_update() == 0;
                    left = is_empty.then(|| left.unwrap_or_else(Instant::now));
                }
                message = socket.recv() => {
                    heard = Instant::now();
                    self.stream.hear();
                    let Some(Ok(message)) = message else { return Ending::Unit };
                    if let Err(ending) = self.take_message(socket, message).await {
                        return ending;
                    }
                }
                _ = look.tick() => match self.app.units.directory.find(self.caller.key.key_id).await {
                    Ok(Some(key)) if !key.is_released => {}
                    Ok(_) => return Ending::Released,
                    // A database that is away for a moment need not cost anybody the picture.
                    Err(error) => tracing::warn!(%error, "a live uplink could not ask the database"),
                },
                () = sleep_until(ends_at) => {
                    return if left.is_some() { Ending::NobodyLooks } else { Ending::Silent };
                }
            }
        }
    }

    async fn take_message(
        &mut self,
        socket: &mut WebSocket,
        message: Message,
    ) -> Result<(), Ending> {
        match message {
            Message::Binary(bytes) => self.take_frame(socket, bytes).await,
            Message::Text(text) => self.take_words(text.as_bytes()),
            Message::Ping(_) | Message::Pong(_) => Ok(()),
            Message::Close(_) => Err(Ending::Unit),
        }
    }

    async fn take_frame(&mut self, socket: &mut WebSocket, message: Bytes) -> Result<(), Ending> {
        let header = match FrameHeader::split(&message) {
            Ok((header, _)) if self.sequence < header.sequence => header,
            Ok(_) => return Err(self.nonsense("a frame that is not newer")),
            Err(error) => return Err(self.nonsense(&error.to_string())),
        };
        self.sequence = header.sequence;
        self.stream.frame.send_replace(Some(Frame { header, message }));
        metrics::counter!("apis_live_frames_total").increment(1);
        let answer = ToLiveUnit::Acknowledgement { sequence: header.sequence };
        let text = String::from_utf8(answer.write()).expect("JSON is text");
        match tokio::time::timeout(WRITE, socket.send(Message::Text(text.into()))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Ending::Unit),
        }
    }

    fn take_words(&self, text: &[u8]) -> Result<(), Ending> {
        let said = FromLiveUnit::read(text).map_err(|error| self.nonsense(&error.to_string()))?;
        let text: Arc<str> = String::from_utf8(said.write()).expect("JSON is text").into();
        self.stream.words.send_modify(|words| match said {
            FromLiveUnit::Clock(_) => words.clock = Some(text),
            FromLiveUnit::FrameFacts(_) => words.frame_facts = Some(text),
            FromLiveUnit::GuardState(_) => words.guard_state = Some(text),
        });
        Ok(())
    }

    fn nonsense(&self, why: &str) -> Ending {
        metrics::counter!("apis_live_nonsense_total").increment(1);
        tracing::warn!(unit.id = %self.caller.unit, why, "a live uplink sent nonsense");
        Ending::Nonsense
    }
}
