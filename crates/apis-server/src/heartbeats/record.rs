//! `POST /api/v1/unit/heartbeat`: a unit says how it is and learns what it should run.

use std::sync::Arc;

use axum::Json;

use apis_protocol::heartbeat::{ClockAnswer, HeartbeatAnswer, HeartbeatReport, ServerClock};
use apis_protocol::message::Message as _;
use apis_protocol::problem::Code;
use apis_protocol::version;

use super::state::Beat;
use crate::app::App;
use crate::clock::UnixMs;
use crate::http::{ApiError, SignedMessage, UnitCaller};
use crate::{commands, door};

/// How a unit is, each minute; what it should run, in the answer.
#[utoipa::path(post, path = "/api/v1/unit/heartbeat", operation_id = "heartbeat_record", tag = "unit",
    responses((status = 200, description = "a heartbeat answer of the unit protocol")))]
pub async fn record(
    app: App,
    caller: UnitCaller,
    SignedMessage(report): SignedMessage<HeartbeatReport>,
) -> Result<Json<HeartbeatAnswer>, ApiError> {
    let received = app.clock.now();
    if !version::is_supported(report.protocol) {
        return Err(ApiError::unit(Code::ProtocolUnsupported));
    }
    app.units.heartbeats.note(caller.tenant, caller.unit, beat(&report, received));
    if caller.key.highest_boot < i64::from(report.boot) {
        door::remember_boot(&app, caller.key.key_id, report.boot).await?;
    }
    for result in &report.command_results {
        commands::take_result(&app, caller.tenant, caller.unit, result).await?;
    }

    let has_newer_settings = report.settings_generation != Some(caller.key.settings_generation);
    let settings = match has_newer_settings {
        true => Some(door::settings_of(&app, &caller).await?),
        false => None,
    };
    let newest = Some(caller.key.last_command_number).filter(|number| 0 < number.get());
    let has_newer_commands = report.command_number < newest;
    let commands = match has_newer_commands {
        true => commands::pending(&app, caller.tenant, caller.unit, report.command_number).await?,
        false => Vec::new(),
    };
    let clock = ClockAnswer { sent: report.clock.sent, server: server_clock(&app, received) };
    Ok(Json(HeartbeatAnswer { clock, settings, commands, next_ms: None }))
}

fn beat(report: &HeartbeatReport, received: UnixMs) -> Beat {
    let json = String::from_utf8(report.write()).expect("JSON is text");
    Beat { heard_at: received, boot: report.boot, sent: report.clock.sent, report: Arc::new(json) }
}

/// The second and third timestamps. The clock counts milliseconds, so each may be one too early.
fn server_clock(app: &App, received: UnixMs) -> ServerClock {
    let answered = app.clock.now();
    if !app.units.newest_moment.is_plausible(answered) {
        metrics::counter!("apis_clock_implausible_total").increment(1);
        return ServerClock::Implausible;
    }
    let micros = |at: UnixMs| at.0.saturating_mul(1_000);
    ServerClock::Plausible { received_us: micros(received), answered_us: micros(answered) }
}
