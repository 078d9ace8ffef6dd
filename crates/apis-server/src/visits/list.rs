//! `GET /api/v1/visits` and `…/{id}`: what the units saw, newest first.

use axum::Json;

use apis_protocol::VisitId;
use apis_protocol::records::{ClipFate, VisitClosed, VisitOpened};
use apis_protocol::upload::UploadKind;
use apis_server_api::page::PageQuery as Asked;
use apis_server_api::problem::Code;
use apis_server_api::visits::{
    Emission, Evidence, EvidenceTerm, KindQuery, Refusal, Visit as View, VisitClip, VisitPage,
};

use super::labels::{self, Label};
use super::store::{self, Kinds, Visit, Within};
use crate::app::App;
use crate::clips::{self, VisitObject};
use crate::clock::UnixMs;
use crate::db::{DbError, Tx};
use crate::http::{ApiError, AsMember, PageQuery, PathId, QueryOf};
use crate::ids::TenantId;
use crate::members::permission::Look;
use crate::sync::{Changed, Span};

/// Lists the tenant's visits, newest first; those that count, unless others are asked for.
#[utoipa::path(
    get,
    path = "/api/v1/visits",
    operation_id = "visit_list",
    tag = "visits",
    params(Asked, KindQuery),
    responses((status = 200, body = VisitPage)),
)]
pub async fn list(
    app: App,
    caller: AsMember<Look>,
    page: PageQuery<VisitId>,
    QueryOf(asked): QueryOf<KindQuery>,
) -> Result<Json<VisitPage>, ApiError> {
    let kinds = kinds_of(asked.kind.as_deref())?;
    let within = Within { kinds, ..Within::ALL };
    let tenant = caller.tenant;
    let mut tx = app.db.tenant_read(tenant).await?;
    let mut visits = store::list(&mut tx, tenant, &within, page.after, page.row_count()).await?;
    let next_cursor = page.cut(&mut visits, |last| last.id.to_string());
    let mut items = Vec::with_capacity(visits.len());
    for visit in visits {
        items.push(whole(&mut tx, tenant, &visit).await?);
    }
    tx.commit().await?;
    Ok(Json(VisitPage { items, next_cursor }))
}

/// The kinds of visits that a query asks for.
///
/// Errors: `invalid_value` for a word that is none.
pub(super) fn kinds_of(asked: Option<&str>) -> Result<Kinds, ApiError> {
    Kinds::of(asked).ok_or_else(|| ApiError::new(Code::InvalidValue).detail("kind"))
}

/// One visit.
#[utoipa::path(
    get,
    path = "/api/v1/visits/{id}",
    operation_id = "visit_show",
    tag = "visits",
    params(("id" = String, Path, description = "the visit")),
    responses((status = 200, body = View)),
)]
pub async fn show(
    app: App,
    caller: AsMember<Look>,
    PathId(id): PathId<VisitId>,
) -> Result<Json<View>, ApiError> {
    let mut tx = app.db.tenant_read(caller.tenant).await?;
    let visit = store::find(&mut tx, caller.tenant, id).await?;
    let visit = visit.ok_or_else(|| ApiError::new(Code::NotFound))?;
    let view = whole(&mut tx, caller.tenant, &visit).await?;
    tx.commit().await?;
    Ok(Json(view))
}

/// Visits opened at `from` or later that changed within a span, oldest change first, as people see
/// them.
pub(crate) async fn changed(
    tx: &mut Tx,
    tenant: TenantId,
    span: Span,
    from: UnixMs,
) -> Result<Vec<Changed<View>>, DbError> {
    let changed = store::changed(tx, tenant, span, from).await?;
    let mut views = Vec::with_capacity(changed.len());
    for Changed { change_seq, record } in changed {
        views.push(Changed { change_seq, record: whole(tx, tenant, &record).await? });
    }
    Ok(views)
}

/// A visit with its clips and what people said of it.
pub(super) async fn whole(tx: &mut Tx, tenant: TenantId, visit: &Visit) -> Result<View, DbError> {
    let objects = clips::of_visit(tx, tenant, visit.unit, visit.id).await?;
    let labels = labels::of_visit(tx, tenant, visit.id).await?;
    Ok(view(visit, objects, labels))
}

fn view(visit: &Visit, objects: Vec<VisitObject>, labels: Vec<Label>) -> View {
    // What was stored was read by this crate before; a later version may no longer read it.
    let opened: Option<VisitOpened> = half(visit.opened.as_deref());
    let closed: Option<VisitClosed> = half(visit.closed.as_deref());
    let evidence = closed.as_ref().map(|closed| &closed.evidence);
    let evidence = evidence.or(opened.as_ref().map(|opened| &opened.evidence));
    let start = opened.as_ref().map(|opened| opened.start);
    let start = start.or(closed.as_ref().map(|closed| closed.start));
    let departure = closed.as_ref().and_then(|closed| closed.departure);
    let no_clip_reason = closed.as_ref().and_then(|closed| match closed.clip {
        ClipFate::NoClip(reason) => serde_json::to_value(reason).ok()?.as_str().map(str::to_owned),
        ClipFate::Kept(_) => None,
    });
    View {
        id: visit.id.to_string(),
        unit_id: visit.unit.to_string(),
        site_id: visit.site.map(|site| site.to_string()),
        hive_id: visit.hive.clone(),
        kind: visit.kind.clone(),
        opened_at: visit.opened_at.rfc3339(),
        closed_at: visit.closed_at.map(UnixMs::rfc3339),
        hover_from_us: start.map(|start| start.uptime.micros()),
        departure: departure.map(|departure| departure.word().to_owned()),
        is_opened: visit.opened.is_some(),
        is_time_suspect: visit.is_time_suspect,
        detector: opened.as_ref().map(|opened| opened.detector.clone()),
        evidence: evidence.map(evidence_view),
        emissions: closed.iter().flat_map(|closed| &closed.emissions).map(emission_view).collect(),
        refusals: closed.iter().flat_map(|closed| &closed.refusals).map(refusal_view).collect(),
        no_clip_reason,
        clips: objects.into_iter().map(clip_view).collect(),
        labels: labels.into_iter().map(Into::into).collect(),
        deleted_at: visit.deleted_at.map(UnixMs::rfc3339),
        version: visit.version,
    }
}

fn half<T: serde::de::DeserializeOwned>(json: Option<&str>) -> Option<T> {
    json.and_then(|json| serde_json::from_str(json).ok())
}

fn evidence_view(evidence: &apis_protocol::records::Evidence) -> Evidence {
    let terms = evidence.terms.iter();
    let terms = terms.map(|term| EvidenceTerm { term: term.term, value: term.value });
    Evidence { version: evidence.version, score_mnat: evidence.score_mnat, terms: terms.collect() }
}

fn emission_view(emission: &apis_protocol::records::Emission) -> Emission {
    Emission {
        begun_us: emission.begun.micros(),
        ended_us: emission.ended.micros(),
        pan_min_mdeg: emission.pan.min_mdeg,
        pan_max_mdeg: emission.pan.max_mdeg,
        tilt_min_mdeg: emission.tilt.min_mdeg,
        tilt_max_mdeg: emission.tilt.max_mdeg,
        track: emission.track,
    }
}

fn refusal_view(refusal: &apis_protocol::records::Refusal) -> Refusal {
    Refusal {
        rule: refusal.rule.to_string(),
        count: refusal.count,
        first_us: refusal.first.micros(),
        last_us: refusal.last.micros(),
    }
}

fn clip_view(object: VisitObject) -> VisitClip {
    let is_playable = object.kind == UploadKind::Clip && object.state == "stored";
    let play = is_playable.then(|| clips::play_view(object.play));
    VisitClip {
        id: object.id.to_string(),
        kind: object.kind.as_str().to_owned(),
        state: object.state,
        flaw: object.flaw,
        sha256: object.sha256.to_string(),
        bytes: object.bytes,
        play,
    }
}
