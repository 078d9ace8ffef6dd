//! `GET /api/v1/changes`: what changed since a device's cursor, oldest first.
//!
//! A row stands once in the sequence, at its newest change. The page's end is read before its rows:
//! a change that is committed meanwhile has a higher number and comes with the next page, and
//! numbers are committed in their order, so nothing below the end can still be missing.

use std::fmt;
use std::str::FromStr;

use axum::Json;

use apis_server_api::changes::{Change, Changes, ChangesQuery, Record};
use apis_server_api::problem::Code;

use super::{Changed, Span};
use crate::app::App;
use crate::clock::UnixMs;
use crate::db::Tx;
use crate::http::{ApiError, AsMember, PageQuery, QueryOf};
use crate::ids::TenantId;
use crate::members::permission::Look;
use crate::{hives, sites, tenants, units, visits};

/// Where a device stands: the data's epoch and the newest change it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    epoch: String,
    change_seq: i64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.change_seq)
    }
}

/// The text is no cursor.
#[derive(Debug, Clone, Copy)]
pub struct NotACursor;

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Cursor, NotACursor> {
        let (epoch, place) = text.rsplit_once('.').ok_or(NotACursor)?;
        let change_seq = place.parse().map_err(|_| NotACursor)?;
        if epoch.is_empty() || change_seq < 0 {
            return Err(NotACursor);
        }
        Ok(Cursor { epoch: epoch.to_owned(), change_seq })
    }
}

/// Lists what changed. Without a cursor, or with one of another epoch, from the very beginning:
/// the answer then says so, and what the device has is to be replaced.
#[utoipa::path(
    get,
    path = "/api/v1/changes",
    operation_id = "change_list",
    tag = "sync",
    params(apis_server_api::page::PageQuery, ChangesQuery),
    responses((status = 200, body = Changes)),
)]
pub async fn list(
    app: App,
    caller: AsMember<Look>,
    page: PageQuery<Cursor>,
    QueryOf(asked): QueryOf<ChangesQuery>,
) -> Result<Json<Changes>, ApiError> {
    let tenant = caller.tenant;
    let visits_from = match &asked.visits_from {
        None => UnixMs(i64::MIN),
        Some(text) => UnixMs::of_rfc3339(text)
            .ok_or_else(|| ApiError::new(Code::InvalidValue).detail("visits_from"))?,
    };
    let mut tx = app.db.tenant_read(tenant).await?;
    let epoch = tenants::epoch(&mut tx).await?;
    let until = tenants::newest_change(&mut tx, tenant).await?;
    // A cursor beyond the newest change is of data that this server does not have.
    let known =
        page.after.as_ref().filter(|cursor| cursor.epoch == epoch && cursor.change_seq <= until);
    let starts_anew = known.is_none();
    let after = known.map_or(0, |cursor| cursor.change_seq);
    let span = Span { after, until, row_count: page.row_count() };
    let mut items = changed(&mut tx, tenant, span, visits_from).await?;
    tx.commit().await?;
    let limit = page.limit as usize;
    let has_more = limit < items.len();
    if has_more {
        // Rows of one transaction have one number, and stand on one page.
        let last = items.get(limit - 1).map_or(after, |item| item.change_seq);
        items.retain(|item| item.change_seq <= last);
    }
    let reached = if has_more { items.last().map_or(until, |item| item.change_seq) } else { until };
    let cursor = Cursor { epoch, change_seq: reached }.to_string();
    Ok(Json(Changes { items, cursor, has_more, starts_anew }))
}

/// The changes of every table in their order; more than are asked for if there are more.
async fn changed(
    tx: &mut Tx,
    tenant: TenantId,
    span: Span,
    visits_from: UnixMs,
) -> Result<Vec<Change>, ApiError> {
    let mut items: Vec<Change> = Vec::new();
    let sites = sites::store::changed(tx, tenant, span).await?;
    items.extend(sites.into_iter().map(|site| item(site, |site| Record::Site(site.into()))));
    let hives = hives::store::changed(tx, tenant, span).await?;
    items.extend(hives.into_iter().map(|hive| item(hive, |hive| Record::Hive(hive.into()))));
    let units = units::changed(tx, tenant, span).await?;
    items.extend(units.into_iter().map(|unit| item(unit, |unit| Record::Unit(unit.into()))));
    for Changed { change_seq, record } in visits::changed(tx, tenant, span, visits_from).await? {
        items.push(Change { change_seq, record: Record::Visit(Box::new(record)) });
    }
    items.sort_by_key(|item| item.change_seq);
    Ok(items)
}

fn item<T>(changed: Changed<T>, record: impl FnOnce(T) -> Record) -> Change {
    Change { change_seq: changed.change_seq, record: record(changed.record) }
}
