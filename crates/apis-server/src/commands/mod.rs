//! Commands to units: numbered, signed by the tenant, expiring, their result told.
//!
//! A command goes out at once over the unit's channel and again in each heartbeat's answer until
//! the unit has taken its number; it acts at most once because the unit keeps that number.

mod channel;
mod create;
mod model;
mod show;
mod store;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod channel_tests;

pub use channel::Channels;

use apis_protocol::CommandNumber;
use apis_protocol::UnitId;
use apis_protocol::command::CommandResult;
use apis_protocol::envelope::Envelope;
use apis_protocol::heartbeat::COMMANDS_MAX;

use crate::app::App;
use crate::db::DbError;
use crate::http::Routes;
use crate::ids::TenantId;

/// The slice's routes for the people's door.
pub fn routes() -> Routes {
    Routes::new().add(create::__path_create, create::create).add(show::__path_show, show::show)
}

/// The slice's routes for the units' door.
pub fn unit_routes() -> Routes {
    Routes::new().add(channel::__path_open, channel::open)
}

/// Commands of a unit that are in time, without a result, and above the number that it has taken;
/// lowest first. They count as sent from now on.
pub(crate) async fn pending(
    app: &App,
    tenant: TenantId,
    unit: UnitId,
    taken: Option<CommandNumber>,
) -> Result<Vec<Envelope>, DbError> {
    let pending = pending_above(app, tenant, unit, taken).await?;
    Ok(pending.into_iter().map(|(_, envelope)| envelope).collect())
}

/// The same with their numbers.
async fn pending_above(
    app: &App,
    tenant: TenantId,
    unit: UnitId,
    taken: Option<CommandNumber>,
) -> Result<Vec<(CommandNumber, Envelope)>, DbError> {
    let now = app.clock.now();
    let mut tx = app.db.tenant_tx(tenant).await?;
    let pending = store::pending(&mut tx, tenant, unit, taken, now, COMMANDS_MAX).await?;
    for (id, _, _) in &pending {
        store::mark_sent(&mut tx, tenant, *id, now).await?;
    }
    tx.commit().await?;
    Ok(pending.into_iter().map(|(_, number, envelope)| (number, envelope)).collect())
}

/// Stores what a unit says became of a command. The first word counts; a repeated or an unknown
/// one changes nothing.
pub(crate) async fn take_result(
    app: &App,
    tenant: TenantId,
    unit: UnitId,
    result: &CommandResult,
) -> Result<(), DbError> {
    let mut tx = app.db.tenant_tx(tenant).await?;
    let ended = store::find_open(&mut tx, tenant, unit, result.number).await?;
    if let Some((id, kind)) = ended {
        let (state, reason) = model::after_result(kind, &result.outcome);
        store::end(&mut tx, tenant, id, state, reason.as_deref(), app.clock.now()).await?;
        metrics::counter!("apis_commands_ended_total", "state" => state.word()).increment(1);
    }
    tx.commit().await
}
