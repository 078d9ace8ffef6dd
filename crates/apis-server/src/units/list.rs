//! `GET /api/v1/units` and `…/{id}`: the tenant's units, and how each is by its last heartbeat.

use axum::Json;

use apis_protocol::UnitId;
use apis_protocol::heartbeat::{ClockState, HeartbeatReport};
use apis_protocol::message::Message as _;
use apis_server_api::page::PageQuery as Asked;
use apis_server_api::problem::Code;
use apis_server_api::units::{Unit as View, UnitPage, UnitState};

use super::liveness::Liveness;
use super::store::{self, Unit};
use crate::app::App;
use crate::clock::UnixMs;
use crate::db::{DbError, Tx};
use crate::heartbeats;
use crate::http::{ApiError, AsMember, PageQuery, PathId};
use crate::ids::TenantId;
use crate::members::permission::Look;

/// Lists the tenant's units, released ones too.
#[utoipa::path(
    get,
    path = "/api/v1/units",
    operation_id = "unit_list",
    tag = "units",
    params(Asked),
    responses((status = 200, body = UnitPage)),
)]
pub async fn list(
    app: App,
    caller: AsMember<Look>,
    page: PageQuery<UnitId>,
) -> Result<Json<UnitPage>, ApiError> {
    let mut tx = app.db.tenant_read(caller.tenant).await?;
    let mut units = store::list_after(&mut tx, caller.tenant, page.after, page.row_count()).await?;
    let next_cursor = page.cut(&mut units, |last| last.id.to_string());
    let mut items = Vec::with_capacity(units.len());
    for unit in units {
        items.push(view(&app, &mut tx, caller.tenant, unit).await?);
    }
    tx.commit().await?;
    Ok(Json(UnitPage { items, next_cursor }))
}

/// One unit.
#[utoipa::path(
    get,
    path = "/api/v1/units/{id}",
    operation_id = "unit_show",
    tag = "units",
    params(("id" = String, Path, description = "the unit")),
    responses((status = 200, body = View)),
)]
pub async fn show(
    app: App,
    caller: AsMember<Look>,
    PathId(id): PathId<UnitId>,
) -> Result<Json<View>, ApiError> {
    let mut tx = app.db.tenant_read(caller.tenant).await?;
    let unit = store::find(&mut tx, caller.tenant, id).await?;
    let unit = unit.ok_or_else(|| ApiError::new(Code::NotFound))?;
    let view = view(&app, &mut tx, caller.tenant, unit).await?;
    tx.commit().await?;
    Ok(Json(view))
}

/// A unit with its newest state: from memory, or as it was written before this process started.
pub(super) async fn view(
    app: &App,
    tx: &mut Tx,
    tenant: TenantId,
    unit: Unit,
) -> Result<View, DbError> {
    let (heard_at, report) = match app.units.heartbeats.newest(tenant, unit.id) {
        Some(beat) => (Some(beat.heard_at), Some(beat.report.to_string())),
        None => heartbeats::stored_beat(tx, tenant, unit.id)
            .await?
            .map_or((None, None), |(heard_at, report)| (Some(heard_at), Some(report))),
    };
    let liveness = match unit.released_at {
        Some(_) => "released",
        None => Liveness::judge(heard_at, app.clock.now()).word(),
    };
    let listens = app.units.channels.is_open(tenant, unit.id);
    Ok(View {
        record: unit.into(),
        liveness: liveness.to_owned(),
        heard_at: heard_at.map(UnixMs::rfc3339),
        listens,
        state: report.and_then(|report| state(&report)),
    })
}

const fn clock_word(state: ClockState) -> &'static str {
    match state {
        ClockState::Unsynchronised => "unsynchronised",
        ClockState::Coarse => "coarse",
        ClockState::Synchronised => "synchronised",
        ClockState::HeldOver => "held_over",
    }
}

/// What people see of a report; `None` for one of a version that this server no longer reads.
fn state(report: &str) -> Option<UnitState> {
    let report = HeartbeatReport::read(report.as_bytes()).ok()?;
    Some(UnitState {
        firmware: report.firmware,
        boot: report.boot,
        uptime_ms: report.clock.sent.micros() / 1_000,
        is_armed: report.deterrent.is_armed,
        armed_reason: report.deterrent.reason.to_string(),
        clock_state: clock_word(report.clock.state).to_owned(),
        clock_error_ms: report.clock.wall.map(|wall| u64::from(wall.error_ms)),
        faults: report.faults.iter().map(ToString::to_string).collect(),
        temperature_mc: report.temperature_mc,
        supply_mv: report.supply_mv,
        storage_free_bytes: report.storage.free_bytes,
        storage_total_bytes: report.storage.total_bytes,
        unsent_record_count: report.spool.record_count,
        unsent_upload_count: report.spool.upload_count,
        parked_count: report.spool.parked_count,
        oldest_unsent_ms: report.spool.oldest_ms,
        frames_per_ks: report.eyes.frames_per_ks,
        dropped_frame_count: report.eyes.dropped_frame_count,
    })
}
