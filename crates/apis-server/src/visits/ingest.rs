//! `POST /api/v1/unit/records`: facts of a unit, each stored once and answered by itself.

use axum::Json;

use apis_protocol::message::ReadError;
use apis_protocol::problem::Code;
use apis_protocol::records::{
    Fact, RawRecord, Record, RecordAnswer, RecordOutcome, RecordPlace, RecordTime, RecordsAnswer,
    RecordsRequest, VisitClosed, VisitOpened,
};

use super::model::{Judged, Known, judge};
use super::store::{self, Visit};
use crate::app::App;
use crate::clock::UnixMs;
use crate::db::{DbError, Tx};
use crate::http::{ApiError, SignedMessage, UnitCaller};
use crate::units::{self, Unit};
use crate::{door, hold, tenants};

/// Facts of a unit. Each record has its own outcome.
#[utoipa::path(post, path = "/api/v1/unit/records", operation_id = "record_ingest", tag = "unit",
    responses((status = 200, description = "a records answer of the unit protocol")))]
pub async fn ingest(
    app: App,
    caller: UnitCaller,
    SignedMessage(request): SignedMessage<RecordsRequest>,
) -> Result<Json<RecordsAnswer>, ApiError> {
    let places = request.records.iter().filter_map(|raw| raw.place().ok());
    let highest_boot = places.map(|place| place.boot).max().unwrap_or(0);
    let mut tx = app.db.tenant_tx(caller.tenant).await?;
    // The tenant's turn, taken first: the records of one unit cannot overtake each other.
    let mut change_seq = Some(tenants::take_change_seq(&mut tx, caller.tenant).await?);
    let unit = units::find(&mut tx, caller.tenant, caller.unit).await?;
    let unit = unit.ok_or(DbError::Missing)?;
    let now = app.clock.now();
    let intake = Intake { caller: &caller, unit: &unit, sent: request.sent, now };
    let mut answers = Vec::with_capacity(request.records.len());
    for raw in &request.records {
        let place = raw.place().ok();
        let outcome = intake.take(&mut tx, raw, &mut change_seq).await?;
        metrics::counter!("apis_records_total", "outcome" => word(&outcome)).increment(1);
        answers.push(RecordAnswer { place, outcome });
    }
    hold::reach("records.added").await;
    tx.commit().await?;
    hold::reach("records.kept").await;
    if caller.key.highest_boot < i64::from(highest_boot) {
        door::remember_boot(&app, caller.key.key_id, highest_boot).await?;
    }
    Ok(Json(RecordsAnswer { answers }))
}

const fn word(outcome: &RecordOutcome) -> &'static str {
    match outcome {
        RecordOutcome::Stored { is_time_suspect: false } => "stored",
        RecordOutcome::Stored { is_time_suspect: true } => "time_suspect",
        RecordOutcome::SequenceConflict => "sequence_conflict",
        RecordOutcome::Refused { .. } => "refused",
        RecordOutcome::Later => "later",
    }
}

/// What the records of one request share.
struct Intake<'a> {
    caller: &'a UnitCaller,
    unit: &'a Unit,
    sent: RecordTime,
    now: UnixMs,
}

impl Intake<'_> {
    async fn take(
        &self,
        tx: &mut Tx,
        raw: &RawRecord,
        change_seq: &mut Option<i64>,
    ) -> Result<RecordOutcome, DbError> {
        let place = match raw.place() {
            Ok(place) => place,
            Err(error) => return Ok(refused(&error)),
        };
        let (tenant, unit) = (self.caller.tenant, self.caller.unit);
        if let Some(stored) = store::find_record(tx, tenant, unit, place).await? {
            return Ok(if stored.hash == raw.digest() {
                RecordOutcome::Stored { is_time_suspect: stored.is_time_suspect }
            } else {
                RecordOutcome::SequenceConflict
            });
        }
        let record = match raw.record() {
            Ok(record) => record,
            Err(error) => return Ok(refused(&error)),
        };
        if let Some(refusal) = self.refuse_visit(tx, &record.fact).await? {
            return Ok(refusal);
        }
        let judged = self.judge(tx, place, &record.at).await?;
        let whose = (tenant, unit);
        store::add_record(tx, whose, (&record, raw.as_str()), judged, self.now).await?;
        self.keep_fact(tx, &record, judged, change_seq).await?;
        Ok(RecordOutcome::Stored { is_time_suspect: judged.is_suspect })
    }

    /// A visit that another unit of the tenant has is refused: a name is used once.
    async fn refuse_visit(
        &self,
        tx: &mut Tx,
        fact: &Fact,
    ) -> Result<Option<RecordOutcome>, DbError> {
        let id = match fact {
            Fact::VisitOpened(opened) => opened.visit_id,
            Fact::VisitClosed(closed) => closed.visit_id,
            Fact::Watch(_) | Fact::Fault(_) => return Ok(None),
        };
        let visit = store::find(tx, self.caller.tenant, id).await?;
        let is_foreign = visit.is_some_and(|visit| visit.unit != self.caller.unit);
        let refusal = || RecordOutcome::refused(Code::Malformed, "the visit is another unit's");
        Ok(is_foreign.then(refusal))
    }

    async fn judge(
        &self,
        tx: &mut Tx,
        place: RecordPlace,
        time: &RecordTime,
    ) -> Result<Judged, DbError> {
        let (tenant, unit) = (self.caller.tenant, self.caller.unit);
        // A record that was numbered again under a higher boot is out of that boot's order.
        let uptime_before_us = if time.boot == place.boot {
            store::uptime_before(tx, tenant, unit, place).await?
        } else {
            None
        };
        Ok(judge(time, &self.known(uptime_before_us)))
    }

    fn known(&self, uptime_before_us: Option<u64>) -> Known {
        Known {
            enrolled_at: self.unit.enrolled_at,
            sent: self.sent,
            received_at: self.now,
            uptime_before_us,
        }
    }

    /// Keeps what the record means beside the record itself.
    async fn keep_fact(
        &self,
        tx: &mut Tx,
        record: &Record,
        judged: Judged,
        change_seq: &mut Option<i64>,
    ) -> Result<(), DbError> {
        let (id, kind, start) = match &record.fact {
            Fact::VisitOpened(opened) => (opened.visit_id, opened.kind, opened.start),
            Fact::VisitClosed(closed) => (closed.visit_id, closed.kind, closed.start),
            // The record is all there is of them so far.
            Fact::Watch(_) | Fact::Fault(_) => return Ok(()),
        };
        let tenant = self.caller.tenant;
        let start = judge(&start, &self.known(None));
        let before = store::find(tx, tenant, id).await?;
        let is_new = before.is_none();
        let mut visit = before.unwrap_or_else(|| Visit {
            id,
            unit: self.caller.unit,
            site: self.unit.site,
            hive: None,
            kind: kind.word().to_owned(),
            opened_at: start.at,
            opened: None,
            closed_at: None,
            closed: None,
            is_time_suspect: false,
            version: 0,
            deleted_at: None,
        });
        visit.is_time_suspect |= judged.is_suspect || start.is_suspect;
        match &record.fact {
            Fact::VisitOpened(opened) => visit.open(opened, start.at),
            Fact::VisitClosed(closed) => {
                let end = judge(&closed.end, &self.known(None));
                visit.is_time_suspect |= end.is_suspect;
                visit.close(closed, end.at);
            }
            Fact::Watch(_) | Fact::Fault(_) => {}
        }
        let change_seq = match change_seq.take() {
            Some(taken) => taken,
            None => tenants::take_change_seq(tx, tenant).await?,
        };
        if is_new {
            let whose = (tenant, self.caller.unit, self.unit.site);
            store::add(tx, whose, &visit, change_seq, self.now).await
        } else {
            store::change(tx, tenant, &visit, change_seq).await
        }
    }
}

impl Visit {
    /// The verdict's own start counts; the first word of each half stands.
    fn open(&mut self, opened: &VisitOpened, start: UnixMs) {
        if self.opened.is_none() {
            self.opened_at = start;
            self.opened = Some(json_of(opened));
        }
    }

    fn close(&mut self, closed: &VisitClosed, end: UnixMs) {
        if self.closed.is_none() {
            self.closed_at = Some(end);
            self.closed = Some(json_of(closed));
        }
    }
}

fn json_of(half: &impl serde::Serialize) -> String {
    serde_json::to_string(half).expect("a fact has text keys and no failing serializer")
}

fn refused(error: &ReadError) -> RecordOutcome {
    RecordOutcome::refused(error.code(), &error.to_string())
}
