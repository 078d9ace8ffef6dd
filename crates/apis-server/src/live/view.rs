//! `GET /api/v1/units/{id}/live`: the WebSocket by which a page shows a unit's video.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use bytes::Bytes;
use tokio::time::{Instant, Interval, MissedTickBehavior};

use apis_protocol::UnitId;
use apis_protocol::live::{FACTS_MS_MIN, UNACKNOWLEDGED_MAX};
use apis_server_api::live::{FromViewer, ToViewer};
use apis_server_api::problem::Code;

use super::pass::{Pass, ViewerCaller};
use super::streams::{Frame, Stream, Viewing, Words, over};
use crate::app::App;
use crate::http::{ApiError, PathId};
use crate::ids::TenantId;
use crate::units;

/// Longest message of a viewer.
const MESSAGE_BYTES_MAX: usize = 1_024;

/// Longest write to a viewer that takes nothing.
const WRITE: Duration = Duration::from_secs(10);

/// How often a viewer is told that the connection lives, and asked the same.
const ALIVE: Duration = Duration::from_secs(5);

/// How long a viewer may be silent: one of 64 kbit/s needs 8 s for the two frames before an answer.
pub(super) const GONE: Duration = Duration::from_secs(25);

/// How often it is looked whether the viewer's session, or its membership, is over.
const LOOK: Duration = Duration::from_secs(1);

/// Frames as the unit sends them, the newest as soon as the viewer has acknowledged what came
/// before; words beside them.
#[utoipa::path(get, path = "/api/v1/units/{id}/live", operation_id = "live_view", tag = "live",
    params(("id" = String, Path, description = "the unit")),
    responses((status = 101, description = "a WebSocket: frames, and words beside them")))]
pub async fn view(
    app: App,
    caller: ViewerCaller,
    PathId(unit): PathId<UnitId>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, ApiError> {
    let viewing = enter(&app, caller.tenant, unit).await?;
    let pass = caller.into_pass();
    let bytes_max = MESSAGE_BYTES_MAX;
    // By itself the library holds 128 KiB for what a viewer may say, and for what it is told.
    let upgrade = upgrade.max_message_size(bytes_max).max_frame_size(bytes_max);
    let upgrade = upgrade.read_buffer_size(bytes_max).write_buffer_size(0);
    Ok(upgrade.on_upgrade(move |socket| show(app, pass, viewing, socket)))
}

/// Begins to look at a unit, and has it asked for video when it sends none.
///
/// Errors: `not_found` when the tenant has no such unit, or has released it.
pub(super) async fn enter(app: &App, tenant: TenantId, unit: UnitId) -> Result<Viewing, ApiError> {
    let mut tx = app.db.tenant_read(tenant).await?;
    let is_let_in = units::is_let_in(&mut tx, tenant, unit).await?;
    tx.commit().await?;
    if !is_let_in {
        return Err(ApiError::new(Code::NotFound));
    }
    let viewing = app.units.live.enter(tenant, unit);
    app.units.channels.wake_for_live(tenant, unit);
    Ok(viewing)
}

/// When it is looked whether a viewer may still look.
pub(super) fn looks() -> Interval {
    let mut looks = tokio::time::interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    looks
}

async fn show(app: App, pass: Pass, viewing: Viewing, mut socket: WebSocket) {
    let mut viewer = Viewer::default();
    viewer.show(&app, &pass, &viewing.stream, &mut socket).await;
    drop(viewing);
    let frame = CloseFrame { code: close_code::NORMAL, reason: "over".into() };
    let _ = tokio::time::timeout(WRITE, socket.send(Message::Close(Some(frame)))).await;
}

/// The viewer left, or what it says is no message.
struct Gone;

/// What one viewer was sent.
#[derive(Default)]
struct Viewer {
    /// Numbers of frames that it has not acknowledged, oldest first.
    unacknowledged: VecDeque<u64>,
    /// The newest that it was sent.
    sequence: Option<u64>,
    skipped: u64,
    skipped_told: Option<(u64, Instant)>,
    words: Option<Words>,
}

impl Viewer {
    /// Shows the stream until the viewer leaves or may look no more.
    async fn show(&mut self, app: &App, pass: &Pass, stream: &Stream, socket: &mut WebSocket) {
        let (mut frames, mut words) = (stream.frame.subscribe(), stream.words.subscribe());
        frames.mark_changed();
        words.mark_changed();
        let mut is_over = stream.is_over.subscribe();
        let mut look = looks();
        let mut alive = tokio::time::interval_at(Instant::now() + ALIVE, ALIVE);
        alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        loop {
            let is_ready = (self.unacknowledged.len() as u64) < UNACKNOWLEDGED_MAX;
            let done = tokio::select! {
                biased;
                () = over(&mut is_over) => return,
                message = socket.recv() => {
                    let Some(Ok(message)) = message else { return };
                    heard = Instant::now();
                    self.take(app, socket, message).await
                }
                _ = look.tick() => if pass.is_valid(app).await { Ok(()) } else { return },
                // A device that lost its network says nothing, and its kernel's queue takes much.
                _ = alive.tick() => match heard.elapsed() < GONE {
                    true => self.ask(socket).await,
                    false => return,
                },
                _ = words.changed() => {
                    let newest = words.borrow_and_update().clone();
                    self.tell(socket, newest).await
                }
                _ = frames.changed(), if is_ready => {
                    let newest = frames.borrow_and_update().clone();
                    match newest {
                        Some(frame) => self.send(socket, frame).await,
                        None => Ok(()),
                    }
                }
            };
            if let Err(Gone) = done {
                return;
            }
        }
    }

    /// Says again how the stream stands, for the page to know that it is heard; what answers the
    /// other is the viewer's library.
    async fn ask(&self, socket: &mut WebSocket) -> Result<(), Gone> {
        let is_sending = self.words.as_ref().is_some_and(|words| words.is_sending);
        say(socket, ToViewer::Stream { is_sending }).await?;
        write(socket, Message::Ping(Bytes::new())).await
    }

    async fn take(
        &mut self,
        app: &App,
        socket: &mut WebSocket,
        message: Message,
    ) -> Result<(), Gone> {
        let text = match message {
            Message::Text(text) => text,
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Binary(_) | Message::Close(_) => return Err(Gone),
        };
        let received_us = now_us(app);
        let said = serde_json::from_str(&text).map_err(|_| Gone)?;
        let FromViewer::Acknowledgement { sequence, sent_us } = said;
        self.unacknowledged.retain(|sent| sequence < *sent);
        let answered_us = now_us(app);
        say(socket, ToViewer::ServerClock { sent_us, received_us, answered_us }).await
    }

    async fn send(&mut self, socket: &mut WebSocket, frame: Frame) -> Result<(), Gone> {
        let sequence = frame.header.sequence;
        // A unit that opened a new uplink counts anew.
        let before = self.sequence.replace(sequence).filter(|before| *before < sequence);
        self.skipped += before.map_or(0, |before| sequence - before - 1);
        self.unacknowledged.push_back(sequence);
        write(socket, Message::Binary(frame.message)).await?;
        let is_told = self.skipped_told.is_some_and(|(count, _)| count == self.skipped);
        let is_due = self
            .skipped_told
            .is_none_or(|(_, at)| Duration::from_millis(FACTS_MS_MIN) <= at.elapsed());
        if self.skipped == 0 || is_told || !is_due {
            return Ok(());
        }
        self.skipped_told = Some((self.skipped, Instant::now()));
        say(socket, ToViewer::Skipped { count: self.skipped }).await
    }

    /// Tells what is new of the unit's words.
    async fn tell(&mut self, socket: &mut WebSocket, newest: Words) -> Result<(), Gone> {
        let told = self.words.replace(newest.clone());
        let was_sending = told.as_ref().map(|told| told.is_sending);
        let told = told.unwrap_or_default();
        if was_sending != Some(newest.is_sending) {
            say(socket, ToViewer::Stream { is_sending: newest.is_sending }).await?;
            // Frames of an uplink that ended are acknowledged by nobody.
            self.unacknowledged.clear();
        }
        let pairs = [
            (told.clock, newest.clock),
            (told.frame_facts, newest.frame_facts),
            (told.guard_state, newest.guard_state),
        ];
        for (told, newest) in pairs {
            let is_new = !matches!((&told, &newest), (Some(a), Some(b)) if Arc::ptr_eq(a, b));
            if let Some(text) = newest.filter(|_| is_new) {
                write(socket, Message::Text(text.to_string().into())).await?;
            }
        }
        Ok(())
    }
}

async fn say(socket: &mut WebSocket, message: ToViewer) -> Result<(), Gone> {
    let text = serde_json::to_string(&message).expect("numbers are JSON");
    write(socket, Message::Text(text.into())).await
}

async fn write(socket: &mut WebSocket, message: Message) -> Result<(), Gone> {
    match tokio::time::timeout(WRITE, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Gone),
    }
}

fn now_us(app: &App) -> i64 {
    app.clock.now().0 * 1_000
}
