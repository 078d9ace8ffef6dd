//! What an export reads, page by page.

use std::collections::BTreeMap;

use apis_protocol::message::Message as _;
use apis_protocol::records::{Fact, Record};
use apis_protocol::{UnitId, VisitId};
use apis_server_api::problem::Code;
use apis_server_api::visits::{ExportQuery, LabelKind, Visit, Watched};

use crate::app::App;
use crate::clock::UnixMs;
use crate::db::DbError;
use crate::http::ApiError;
use crate::ids::TenantId;
use crate::visits::list::{kinds_of, whole};
use crate::visits::store::{self, StoredWatch, Within};
use crate::{sites, units};

/// Rows of a page.
const PAGE: i64 = 200;

/// A page of an export.
pub enum Page {
    /// Visits, newest first.
    Visits(Vec<Visit>),
    /// Spans of watching.
    Watched(Vec<Watched>),
    /// There is no more.
    End,
}

/// Where an export stands.
pub struct Source {
    app: App,
    tenant: TenantId,
    within: Within,
    label: Option<Said>,
    stage: Stage,
}

/// What was said last of the visits that are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Nothing,
    Label(LabelKind),
}

impl Said {
    fn is_of(self, visit: &Visit) -> bool {
        match visit.labels.last() {
            None => self == Said::Nothing,
            Some(last) => self == Said::Label(last.label),
        }
    }
}

enum Stage {
    Visits { before: Option<VisitId> },
    Watched { after: String },
    End,
    Over,
}

/// Names by id.
#[derive(Default)]
pub struct Names {
    pub units: BTreeMap<String, String>,
    pub sites: BTreeMap<String, String>,
}

impl Source {
    /// An export of what is asked for.
    ///
    /// Errors: `invalid_value` for what is no time, no unit's id, no kind or no label.
    pub fn new(app: App, tenant: TenantId, asked: &ExportQuery) -> Result<Source, ApiError> {
        let within = Within {
            from: time(asked.from.as_deref(), "from", Within::ALL.from)?,
            until: time(asked.until.as_deref(), "until", Within::ALL.until)?,
            unit: unit(asked.unit_id.as_deref())?,
            kinds: kinds_of(asked.kind.as_deref())?,
        };
        let label = said(asked.label.as_deref())?;
        Ok(Source { app, tenant, within, label, stage: Stage::Visits { before: None } })
    }

    /// The names of the tenant's units and sites.
    pub async fn names(&self) -> Result<Names, DbError> {
        let mut tx = self.app.db.tenant_read(self.tenant).await?;
        let units = units::names(&mut tx, self.tenant).await?;
        let sites = sites::store::names(&mut tx, self.tenant).await?;
        tx.commit().await?;
        let units = units.into_iter().map(|(id, name)| (id.to_string(), name)).collect();
        let sites = sites.into_iter().map(|(id, name)| (id.to_string(), name)).collect();
        Ok(Names { units, sites })
    }

    /// The next page; `None` after the end.
    pub async fn next(&mut self) -> Result<Option<Page>, DbError> {
        let (app, tenant) = (&self.app, self.tenant);
        match &self.stage {
            Stage::Visits { before } => {
                let mut tx = app.db.tenant_read(tenant).await?;
                let rows = store::list(&mut tx, tenant, &self.within, *before, PAGE).await?;
                let mut visits = Vec::with_capacity(rows.len());
                for row in &rows {
                    let visit = whole(&mut tx, tenant, row).await?;
                    if self.label.is_none_or(|label| label.is_of(&visit)) {
                        visits.push(visit);
                    }
                }
                tx.commit().await?;
                self.stage = match rows.last() {
                    Some(last) => Stage::Visits { before: Some(last.id) },
                    None => Stage::Watched { after: String::new() },
                };
                Ok(Some(Page::Visits(visits)))
            }
            Stage::Watched { after } => {
                let mut tx = app.db.tenant_read(tenant).await?;
                let rows =
                    store::watched_within(&mut tx, tenant, &self.within, after, PAGE).await?;
                tx.commit().await?;
                let watched = rows.iter().filter_map(watched).collect();
                self.stage = match rows.into_iter().next_back() {
                    Some(last) => Stage::Watched { after: last.id },
                    None => Stage::End,
                };
                Ok(Some(Page::Watched(watched)))
            }
            Stage::End => {
                self.stage = Stage::Over;
                Ok(Some(Page::End))
            }
            Stage::Over => Ok(None),
        }
    }
}

/// The span that a record tells of; the server's time of the record places it.
fn watched(stored: &StoredWatch) -> Option<Watched> {
    // What was stored was read by this crate before; a later version may no longer read it.
    let record = Record::read(stored.body.as_bytes()).ok()?;
    let Fact::Watch(watch) = record.fact else { return None };
    let back = |uptime: apis_units::Uptime| {
        let us = record.at.uptime.micros().saturating_sub(uptime.micros());
        let ms = i64::try_from(us / 1_000).unwrap_or(0);
        UnixMs(stored.at.0.saturating_sub(ms))
    };
    let is_same_boot = watch.from.boot == record.at.boot && watch.to.boot == record.at.boot;
    let (from, until) = if is_same_boot {
        (back(watch.from.uptime), back(watch.to.uptime))
    } else {
        (UnixMs(stored.at.0.saturating_sub(watch.watched_ms.into())), stored.at)
    };
    Some(Watched {
        unit_id: stored.unit.to_string(),
        from: from.rfc3339(),
        until: until.rfc3339(),
        is_time_suspect: stored.is_time_suspect,
        watched_ms: watch.watched_ms,
        blind_ms: watch.blind.iter().map(|blind| blind.blind_ms).fold(0, u32::saturating_add),
        insect_count: watch.insect_count,
    })
}

fn time(text: Option<&str>, field: &str, default: UnixMs) -> Result<UnixMs, ApiError> {
    let Some(text) = text else { return Ok(default) };
    UnixMs::of_rfc3339(text).ok_or_else(|| ApiError::new(Code::InvalidValue).detail(field))
}

fn said(text: Option<&str>) -> Result<Option<Said>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    let label = LabelKind::ALL.into_iter().find(|label| label.word() == text).map(Said::Label);
    let said = label.or((text == "none").then_some(Said::Nothing));
    said.map(Some).ok_or_else(|| ApiError::new(Code::InvalidValue).detail("label"))
}

fn unit(text: Option<&str>) -> Result<Option<UnitId>, ApiError> {
    let parsed = text.map(str::parse).transpose();
    parsed.map_err(|_| ApiError::new(Code::InvalidValue).detail("unit_id"))
}
