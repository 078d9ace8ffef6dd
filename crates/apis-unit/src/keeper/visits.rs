//! Visits between their two records: what the eyes and the guard say becomes records and a clip.
//!
//! ```text
//! opened ─▶ Open ──eyes close it──▶ PostRoll ──time──▶ Closing ──visit_closed stored──▶ gone
//! found open after a restart ─────────────────────────▶ Closing
//! ```

use super::avi::Point;
use super::evict::CHECK_CONFIDENCE;
use super::facts::VisitFact;
use super::input::JpegFrame;
use super::journal::{ClipEntry, Entry, Role, Stored};
use super::recording::Recording;
use super::work::{Draft, Task};
use super::{Keeper, KeeperInput};
use crate::eyes::{Departure, TrackPoint, VisitClosed, VisitNumber, VisitOpened};
use crate::guard::GuardFact;
use alloc::boxed::Box;
use alloc::vec::Vec;
use apis_protocol::VisitId;
use apis_protocol::message::Message as _;
use apis_protocol::records::{
    self, ClipDigests, ClipFate, Evidence, EvidenceTerm, Fact, FaultChange, NoClipReason,
    RecordTime, VisitKind,
};
use apis_protocol::sidecar::{SIDECAR_VERSION, Sidecar, VERDICTS_MAX, Verdict};
use apis_units::Uptime;
use apis_vision::TermCode;
use core::time::Duration;

/// Tracks that one visit's clip tells of; more is one hornet lost and found again very often.
const TRACKS_MAX: usize = 32;

/// Longest time that a recording's bytes are left to the disk's own pace.
const SYNC_EVERY: Duration = Duration::from_secs(2);

/// A visit whose `visit_closed` is not stored yet.
#[derive(Debug)]
pub struct Live {
    /// What its `visit_opened` says.
    pub opened: records::VisitOpened,
    tracks: Vec<u32>,
    /// The verdicts of this boot, each on a track of its own.
    verdicts: Vec<Verdict>,
    /// When its hornet was last seen; capture time of the visit's own boot.
    pub last_seen: RecordTime,
    /// What its hornet did last, once the eyes closed the visit.
    pub departure: Option<records::Departure>,
    /// Whether its `visit_opened` was given to the disk; a check's waits for its end.
    pub is_told: bool,
    /// Its clip, or why there is none.
    pub clip: Result<Recording, NoClipReason>,
    /// The whole clip, once it is hashed.
    pub clip_file: Option<Stored>,
    /// The sidecar, once it is written.
    pub sidecar: Option<Stored>,
    /// A failed append may have left bytes behind those that count.
    pub is_torn: bool,
    /// Whether a flush waits in the queue.
    pub is_flushing: bool,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Open,
    PostRoll { until: Uptime },
    Closing,
}

impl Live {
    /// A visit that a restart found open.
    pub fn recovered(opened: records::VisitOpened, clip: Result<Recording, NoClipReason>) -> Live {
        let mut last_seen = opened.start;
        let in_clip = clip.as_ref().ok().and_then(Recording::last_seen);
        if let Some(uptime) = in_clip.filter(|uptime| *uptime > last_seen.uptime) {
            if let Some(wall) = &mut last_seen.wall {
                let later = uptime.since(last_seen.uptime).as_millis();
                wall.ms = wall.ms.saturating_add(i64::try_from(later).unwrap_or(i64::MAX));
            }
            last_seen.uptime = uptime;
        }
        Live {
            opened,
            tracks: Vec::new(),
            verdicts: Vec::new(),
            last_seen,
            departure: None,
            is_told: true,
            clip,
            clip_file: None,
            sidecar: None,
            is_torn: true,
            is_flushing: false,
            stage: Stage::Closing,
        }
    }

    /// When it changes although nothing happens before.
    pub fn wake_at(&self) -> Option<Uptime> {
        match self.stage {
            Stage::PostRoll { until } => Some(until),
            Stage::Open | Stage::Closing => None,
        }
    }

    /// Whether it is no visit that counts.
    pub fn is_check(&self) -> bool {
        !self.opened.kind.is_verdict()
    }

    /// Whether a check's clip follows a track.
    pub fn follows(&self, track: u32) -> bool {
        self.tracks.contains(&track)
    }

    /// What its clip is worth beside others when room is needed.
    fn confidence(&self) -> i32 {
        if self.is_check() { CHECK_CONFIDENCE } else { self.opened.evidence.score_mnat }
    }

    /// Whether its closing has begun.
    pub fn is_closing(&self) -> bool {
        self.stage == Stage::Closing
    }
}

impl Keeper {
    /// Takes a fact, or keeps it until the spool has been read.
    pub(super) fn take_fact_when_started(&mut self, input: KeeperInput, now: Uptime) {
        if let Some(input) = self.phase.hold_back(input, now) {
            self.take_fact(input, now);
        }
    }

    /// Takes one of the facts that become records.
    pub(super) fn take_fact(&mut self, input: KeeperInput, now: Uptime) {
        match input {
            KeeperInput::VisitOpened { id, opened } => self.open_visit(id, &opened),
            KeeperInput::CheckOpened { id, check } => self.open_check(id, &check),
            KeeperInput::CheckWithdrawn(number) => self.withdraw_check(number),
            KeeperInput::VisitRejoined(found) => self.rejoin_visit(&found),
            KeeperInput::VisitClosed(closed) => self.close_visit(&closed, now),
            KeeperInput::Guard(fact) => self.take_guard_fact(&fact),
            KeeperInput::Fault(change) => self.record_fault(change, now),
            KeeperInput::Stop if !self.watch.is_empty() => self.record_watch(now),
            KeeperInput::Stop
            | KeeperInput::Start(_)
            | KeeperInput::Clock(_)
            | KeeperInput::Settings(_)
            | KeeperInput::Server(_)
            | KeeperInput::Reached { .. }
            | KeeperInput::TrackPoint(_)
            | KeeperInput::Frame(_)
            | KeeperInput::Watched(_)
            | KeeperInput::Disk(_)
            | KeeperInput::StorageDone(_)
            | KeeperInput::StorageFailed(_)
            | KeeperInput::Answer(_)
            | KeeperInput::Tick => {}
        }
    }

    pub(super) fn take_frame(&mut self, frame: JpegFrame) {
        let mut changed = Vec::new();
        for (visit, live) in &mut self.live {
            let is_closing = live.is_closing();
            if let (Ok(recording), false) = (&mut live.clip, is_closing) {
                recording.push(&frame, &self.limits);
                changed.push(*visit);
            }
        }
        self.ring.push(frame, &self.limits);
        changed.into_iter().for_each(|visit| self.flush(visit));
    }

    pub(super) fn take_point(&mut self, point: &TrackPoint) {
        let own = Point {
            captured_at: point.captured_at,
            track: point.track.0,
            at: point.point,
            bounds: point.bounds,
        };
        self.ring.push_point(own);
        let visit = point.visit.and_then(|number| self.numbers.get(&number)).copied();
        let visit = visit.or_else(|| self.check_on(own.track));
        let Some(live) = visit.and_then(|visit| self.live.get_mut(&visit)) else { return };
        live.last_seen.uptime = live.last_seen.uptime.max(point.captured_at);
        if !live.tracks.contains(&own.track) && live.tracks.len() < TRACKS_MAX {
            live.tracks.push(own.track);
        }
        if let (Ok(recording), true) = (&mut live.clip, live.tracks.contains(&own.track)) {
            recording.push_point(own);
        }
    }

    /// Opens a visit: its record at once, and its clip from what the ring holds.
    fn open_visit(&mut self, id: VisitId, opened: &VisitOpened) {
        if self.is_backlog_full(Role::Opened(id)) {
            self.spool.dropped.records += 1;
            return;
        }
        let recordings = self.live.values().filter(|live| live.clip.is_ok() && !live.is_check());
        let is_too_many = recordings.count() >= self.limits.recordings_max;
        let mut live = self.begin_live(id, VisitKind::Verdict, opened);
        live.is_told = true;
        if is_too_many {
            live.clip = Err(NoClipReason::TooMany);
        }
        let record = live.opened.clone();
        self.live.insert(id, live);
        self.numbers.insert(opened.visit, id);
        self.record(Role::Opened(id), Fact::VisitOpened(record), self.time(opened.captured_at));
        self.flush(id);
    }

    /// A visit or a check that begins, its clip with what the ring holds. Nobody was told yet.
    pub(super) fn begin_live(&self, id: VisitId, kind: VisitKind, opened: &VisitOpened) -> Live {
        let mut recording = Recording::default();
        self.ring.frames().for_each(|frame| recording.push(frame, &self.limits));
        self.ring.points_of(opened.track.0).for_each(|point| recording.push_point(*point));
        Live {
            opened: records::VisitOpened {
                visit_id: id,
                kind,
                start: self.time(opened.hover_since),
                evidence: evidence_record(&opened.evidence),
                detector: self.limits.detector.clone(),
                settings_generation: self.settings,
            },
            tracks: alloc::vec![opened.track.0],
            verdicts: alloc::vec![verdict_of(opened)],
            last_seen: self.time(opened.captured_at),
            departure: None,
            is_told: false,
            clip: Ok(recording),
            clip_file: None,
            sidecar: None,
            is_torn: false,
            is_flushing: false,
            stage: Stage::Open,
        }
    }

    /// The hornet was found again: its new track belongs to the visit, with why.
    fn rejoin_visit(&mut self, found: &VisitOpened) {
        let visit = self.numbers.get(&found.visit);
        let Some(live) = visit.and_then(|visit| self.live.get_mut(visit)) else { return };
        if live.verdicts.len() < VERDICTS_MAX {
            live.verdicts.push(verdict_of(found));
        }
    }

    fn close_visit(&mut self, closed: &VisitClosed, now: Uptime) {
        let Some(visit) = self.numbers.get(&closed.visit) else { return };
        let last_seen = self.time(closed.last_seen_at);
        let Some(live) = self.live.get_mut(visit) else { return };
        // The boot is the visit's own, even if records are numbered under a higher one by now.
        live.last_seen = RecordTime { boot: live.opened.start.boot, ..last_seen };
        live.departure = Some(match closed.departure {
            Departure::Left => records::Departure::Left,
            Departure::Stayed => records::Departure::Stayed,
            Departure::Lost => records::Departure::Lost,
        });
        if live.stage == Stage::Open {
            live.stage = Stage::PostRoll { until: now + self.limits.post_roll };
        }
    }

    fn take_guard_fact(&mut self, fact: &GuardFact) {
        let Some((number, fact)) = VisitFact::of_guard(fact) else { return };
        self.add_fact(number, fact);
    }

    fn add_fact(&mut self, number: VisitNumber, fact: VisitFact) {
        let Some(visit) = self.numbers.get(&number).copied() else { return };
        if self.is_backlog_full(Role::Opened(visit)) {
            self.facts_dropped += 1;
        } else {
            self.tasks.push_back(Task::Fact(visit, fact));
        }
    }

    /// Begins the closing of every visit whose post-roll is over.
    pub(super) fn close_what_is_over(&mut self, now: Uptime) {
        let is_over = |live: &Live| live.wake_at().is_some_and(|until| until <= now);
        let over: Vec<VisitId> =
            self.live.iter().filter(|(_, live)| is_over(live)).map(|(visit, _)| *visit).collect();
        for visit in over {
            self.numbers.retain(|_, known| *known != visit);
            if let Some(live) = self.live.get_mut(&visit) {
                live.stage = Stage::Closing;
            }
            self.begin_closing(visit);
        }
    }

    /// Queues what makes a clip whole, or the record alone when there is none.
    pub(super) fn begin_closing(&mut self, visit: VisitId) {
        if !self.tell_check(visit) {
            return;
        }
        let Some(live) = self.live.get_mut(&visit) else { return };
        let reason = match &mut live.clip {
            Ok(recording) if recording.has_frames() => {
                recording.end();
                self.tasks.push_back(Task::Flush(visit));
                self.tasks.push_back(Task::Seal(visit));
                return;
            }
            Ok(_) => NoClipReason::NoFrames,
            Err(reason) => *reason,
        };
        live.clip = Err(reason);
        self.tasks.push_back(Task::Close(visit, ClipFate::NoClip(reason), None));
    }

    /// The clip is whole and hashed, the sidecar is written: both may be told of.
    pub(super) fn close_with_clip(&mut self, visit: VisitId) {
        let Some(live) = self.live.get(&visit) else { return };
        let Some(clip) = live.clip_file else { return };
        let fate = ClipFate::Kept(ClipDigests {
            sha256: clip.sha256,
            clip_bytes: clip.bytes,
            sidecar_sha256: live.sidecar.map(|sidecar| sidecar.sha256),
        });
        let entry = ClipEntry {
            visit,
            clip,
            sidecar: live.sidecar,
            confidence: live.confidence(),
            parked: None,
        };
        self.tasks.push_front(Task::Close(visit, fate, Some(Box::new(entry))));
    }

    /// The record that a visit is over, with all that is known of it now.
    pub(super) fn closed_draft(
        &mut self,
        visit: VisitId,
        clip: ClipFate,
        entry: Option<ClipEntry>,
        now: Uptime,
    ) -> Option<Draft> {
        let live = self.live.get(&visit)?;
        let mut facts = self.spool.visits.get(&visit).map(|open| open.facts.clone());
        if let Some(facts) = &mut facts {
            facts.end_begun(live.last_seen.uptime);
        }
        let facts = facts.unwrap_or_default();
        let fact = Fact::VisitClosed(records::VisitClosed {
            visit_id: visit,
            kind: live.opened.kind,
            start: live.opened.start,
            end: live.last_seen,
            departure: live.departure,
            evidence: live.opened.evidence.clone(),
            emissions: facts.emissions,
            emissions_dropped: facts.emissions_dropped,
            refusals: facts.refusals,
            clip,
        });
        let at = self.time(now);
        Some(Draft {
            at,
            role: Role::Closed(visit),
            fact,
            with: entry.map(Entry::Clip),
            place: None,
        })
    }

    /// The sidecar's bytes.
    pub(super) fn sidecar(&self, visit: VisitId) -> Option<Vec<u8>> {
        let live = self.live.get(&visit)?;
        let recording = live.clip.as_ref().ok()?;
        let sidecar = Sidecar {
            version: SIDECAR_VERSION,
            visit_id: visit,
            kind: live.opened.kind,
            boot: live.opened.start.boot,
            frames: recording.capture_times(&self.limits),
            track: recording.track(&self.limits),
            evidence: live.opened.evidence.clone(),
            verdicts: live.verdicts.clone(),
        };
        Some(sidecar.write())
    }

    /// Queues the writing of what waits, unless that is queued already.
    pub(super) fn flush(&mut self, visit: VisitId) {
        let Some(live) = self.live.get_mut(&visit) else { return };
        if !live.is_flushing && live.clip.as_ref().is_ok_and(Recording::has_waiting) {
            live.is_flushing = true;
            self.tasks.push_back(Task::Flush(visit));
        }
    }

    /// Whether a flush at `now` is to be made durable.
    pub(super) fn is_sync_due(recording: &Recording, now: Uptime) -> bool {
        now.since(recording.synced_at) >= SYNC_EVERY
    }

    pub(super) fn record_watch(&mut self, now: Uptime) {
        let mut sum = core::mem::take(&mut self.watch);
        let is_empty = sum.is_empty();
        let watch = sum.take(now, |uptime| self.time(uptime));
        self.watch = sum;
        // Eyes that told nothing for an hour did not run; there is nothing to say of them.
        if !is_empty {
            self.record(Role::Watch, Fact::Watch(watch), self.time(now));
        }
    }

    pub(super) fn record_fault(&mut self, change: FaultChange, now: Uptime) {
        self.record(Role::Fault, Fact::Fault(change), self.time(now));
    }

    fn record(&mut self, role: Role, fact: Fact, at: RecordTime) {
        if self.is_backlog_full(role) {
            self.spool.dropped.records += 1;
            return;
        }
        let draft = Draft { at, role, fact, with: None, place: None };
        self.tasks.push_back(Task::Record(Box::new(draft)));
    }
}

/// A verdict as the sidecar tells it.
fn verdict_of(opened: &VisitOpened) -> Verdict {
    Verdict {
        track: opened.track.0,
        hover_since: opened.hover_since,
        decided: opened.captured_at,
        evidence: evidence_record(&opened.evidence),
    }
}

/// The eyes' evidence as it is recorded.
pub fn evidence_record(evidence: &apis_vision::Evidence) -> Evidence {
    let terms = evidence
        .terms()
        .iter()
        .map(|term| EvidenceTerm { term: term.code.number(), value: term.value })
        .collect();
    Evidence {
        version: evidence.version(),
        score_mnat: evidence.value(TermCode::Total).unwrap_or_default(),
        terms,
    }
}
