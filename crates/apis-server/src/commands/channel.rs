//! `GET /api/v1/unit/channel`: a WebSocket that a unit holds open, so that commands need not wait
//! for its next heartbeat. Losing it costs latency, never function.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior, sleep_until};

use apis_protocol::channel::{FromUnit, PING_MS, SILENCE_MS, ToUnit};
use apis_protocol::message::Message as _;
use apis_protocol::{CommandNumber, UnitId};

use crate::app::App;
use crate::db::DbError;
use crate::door::KnownKey;
use crate::http::{ApiError, UnitCaller};
use crate::ids::TenantId;

/// Longest write to a unit that takes nothing; then it is given up.
const WRITE: Duration = Duration::from_secs(10);

/// How often an open channel looks whether its unit was released, or given a command, by another
/// process on the same database: nothing else tells. Looks of many channels share one read.
const LOOK: Duration = Duration::from_secs(1);

/// The channels that are open in this process.
#[derive(Debug, Default)]
pub struct Channels {
    open: Mutex<HashMap<(TenantId, UnitId), Arc<Line>>>,
}

/// What other tasks tell an open channel.
#[derive(Debug, Default)]
struct Line {
    has_commands: Notify,
    is_asked_for_live: Notify,
    is_over: Notify,
}

impl Channels {
    /// Tells a unit's channel that a command waits; without one, the next heartbeat carries it.
    pub fn wake(&self, tenant: TenantId, unit: UnitId) {
        if let Some(line) = self.lines().get(&(tenant, unit)) {
            line.has_commands.notify_one();
        }
    }

    /// Has a unit asked for video, which somebody wants to see; without a channel, as soon as it
    /// opens one.
    pub fn wake_for_live(&self, tenant: TenantId, unit: UnitId) {
        if let Some(line) = self.lines().get(&(tenant, unit)) {
            line.is_asked_for_live.notify_one();
        }
    }

    /// Closes a unit's channel: it was released.
    pub fn close(&self, tenant: TenantId, unit: UnitId) {
        if let Some(line) = self.lines().remove(&(tenant, unit)) {
            line.is_over.notify_one();
        }
    }

    /// Closes every channel: the server ends.
    pub fn close_all(&self) {
        for (_, line) in self.lines().drain() {
            line.is_over.notify_one();
        }
    }

    /// Whether a unit listens in this process.
    #[must_use]
    pub fn is_open(&self, tenant: TenantId, unit: UnitId) -> bool {
        self.lines().contains_key(&(tenant, unit))
    }

    /// Opens a line; one that the same unit had before is closed.
    fn add(&self, tenant: TenantId, unit: UnitId) -> Arc<Line> {
        let line = Arc::new(Line::default());
        let mut lines = self.lines();
        if let Some(before) = lines.insert((tenant, unit), line.clone()) {
            before.is_over.notify_one();
        }
        metrics::gauge!("apis_channels_open").set(lines.len() as f64);
        line
    }

    /// Forgets a line, unless a newer one took its place.
    fn remove(&self, tenant: TenantId, unit: UnitId, line: &Arc<Line>) {
        let mut lines = self.lines();
        if lines.get(&(tenant, unit)).is_some_and(|open| Arc::ptr_eq(open, line)) {
            lines.remove(&(tenant, unit));
        }
        metrics::gauge!("apis_channels_open").set(lines.len() as f64);
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, HashMap<(TenantId, UnitId), Arc<Line>>> {
        self.open.lock().expect("nobody panics while holding the channels")
    }
}

/// Commands as they are given; a unit's word on each.
#[utoipa::path(get, path = "/api/v1/unit/channel", operation_id = "channel_open", tag = "unit",
    responses((status = 101, description = "a WebSocket with text messages of the unit protocol")))]
pub async fn open(
    app: App,
    caller: UnitCaller,
    upgrade: WebSocketUpgrade,
) -> Result<Response, ApiError> {
    let bytes_max = FromUnit::BYTES_MAX;
    let upgrade = upgrade.max_message_size(bytes_max).max_frame_size(bytes_max);
    Ok(upgrade.on_upgrade(move |socket| hold(app, caller, socket)))
}

/// Holds a channel until either side ends it.
async fn hold(app: App, caller: UnitCaller, mut socket: WebSocket) {
    let (tenant, unit) = (caller.tenant, caller.unit);
    let line = app.units.channels.add(tenant, unit);
    let ending = talk(&app, &caller, &line, &mut socket).await;
    tracing::debug!(unit.id = %unit, ?ending, "a channel closed");
    app.units.channels.remove(tenant, unit, &line);
    let frame = CloseFrame { code: close_code::NORMAL, reason: "over".into() };
    let _ = tokio::time::timeout(WRITE, socket.send(Frame::Close(Some(frame)))).await;
}

/// Why a channel ended.
#[derive(Debug)]
enum Ending {
    /// A newer channel, a release, or the end of the server.
    Told,
    /// The unit was released by another process, or before this channel could be told.
    Released,
    /// The unit closed it, or the connection broke.
    Unit,
    /// Nothing was heard for too long.
    Silent,
    /// The unit said what is no message.
    Nonsense,
    /// The database failed, which is logged; the unit opens another one.
    Failed,
}

async fn talk(app: &App, caller: &UnitCaller, line: &Line, socket: &mut WebSocket) -> Ending {
    let mut sent = None;
    let mut heard = Instant::now();
    let mut ping = Instant::now();
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut newest = CommandNumber::new(0);
    if let Err(ending) = send_pending(app, caller, &mut sent, socket).await {
        return ending;
    }
    if let Err(ending) = ask_for_live(app, caller, socket).await {
        return ending;
    }
    loop {
        let silent_at = heard + Duration::from_millis(SILENCE_MS);
        let ping_at = ping + Duration::from_millis(PING_MS);
        tokio::select! {
            biased;
            () = line.is_over.notified() => return Ending::Told,
            () = line.has_commands.notified() => {
                if let Err(ending) = send_pending(app, caller, &mut sent, socket).await {
                    return ending;
                }
            }
            () = line.is_asked_for_live.notified() => {
                if let Err(ending) = ask_for_live(app, caller, socket).await {
                    return ending;
                }
            }
            frame = socket.recv() => {
                heard = Instant::now();
                let Some(Ok(frame)) = frame else { return Ending::Unit };
                if let Err(ending) = take_frame(app, caller, frame).await {
                    return ending;
                }
            }
            _ = look.tick() => match look_up(app, caller).await {
                // A database that is away for a moment need not cost every unit its channel:
                // nothing is sent or taken before it is back.
                Err(Ending::Failed) => {}
                Err(ending) => return ending,
                Ok(key) if newest < Some(key.last_command_number) => {
                    newest = Some(key.last_command_number);
                    if let Err(ending) = send_pending(app, caller, &mut sent, socket).await {
                        return ending;
                    }
                }
                // A unit that was asked and sends nothing is asked again.
                Ok(_) => if let Err(ending) = ask_for_live(app, caller, socket).await {
                    return ending;
                },
            },
            () = sleep_until(silent_at) => return Ending::Silent,
            () = sleep_until(ping_at) => {
                ping = Instant::now();
                if write(socket, Frame::Ping(Vec::new().into())).await.is_err() {
                    return Ending::Unit;
                }
            }
        }
    }
}

/// Asks for video, if somebody wants to see it and the unit sends none.
async fn ask_for_live(
    app: &App,
    caller: &UnitCaller,
    socket: &mut WebSocket,
) -> Result<(), Ending> {
    if !app.units.live.is_to_be_asked(caller.tenant, caller.unit) {
        return Ok(());
    }
    let text = String::from_utf8(ToUnit::Live {}.write()).expect("JSON is text");
    write(socket, Frame::Text(text.into())).await.map_err(|()| Ending::Unit)
}

/// What the directory says of the channel's key now.
///
/// Errors: `Released` when it no longer opens the door.
async fn look_up(app: &App, caller: &UnitCaller) -> Result<KnownKey, Ending> {
    match app.units.directory.find(caller.key.key_id).await {
        Ok(Some(key)) if !key.is_released => Ok(key),
        Ok(_) => Err(Ending::Released),
        Err(error) => Err(failed(error)),
    }
}

/// Sends the commands above the last one sent.
async fn send_pending(
    app: &App,
    caller: &UnitCaller,
    sent: &mut Option<CommandNumber>,
    socket: &mut WebSocket,
) -> Result<(), Ending> {
    look_up(app, caller).await?;
    let pending = super::pending_above(app, caller.tenant, caller.unit, *sent).await;
    for (number, envelope) in pending.map_err(failed)? {
        let text = String::from_utf8(ToUnit::Command(envelope).write()).expect("JSON is text");
        write(socket, Frame::Text(text.into())).await.map_err(|()| Ending::Unit)?;
        *sent = Some(number);
    }
    Ok(())
}

fn failed(error: DbError) -> Ending {
    tracing::warn!(%error, "a channel could not ask the database");
    Ending::Failed
}

async fn write(socket: &mut WebSocket, frame: Frame) -> Result<(), ()> {
    match tokio::time::timeout(WRITE, socket.send(frame)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(()),
    }
}

async fn take_frame(app: &App, caller: &UnitCaller, frame: Frame) -> Result<(), Ending> {
    let text = match frame {
        Frame::Text(text) => text,
        Frame::Ping(_) | Frame::Pong(_) => return Ok(()),
        Frame::Close(_) => return Err(Ending::Unit),
        Frame::Binary(_) => return Err(Ending::Nonsense),
    };
    match FromUnit::read(text.as_bytes()) {
        Ok(FromUnit::CommandResult(result)) => {
            look_up(app, caller).await?;
            super::take_result(app, caller.tenant, caller.unit, &result).await.map_err(failed)
        }
        // The heartbeat tells it too, and that is what counts.
        Ok(FromUnit::SettingsTaken { .. }) => Ok(()),
        Err(error) => {
            metrics::counter!("apis_channel_nonsense_total").increment(1);
            tracing::warn!(unit.id = %caller.unit, %error, "a channel said what is no message");
            Err(Ending::Nonsense)
        }
    }
}
