//! The eyes' thread: owns the source, shows each frame to the eyes, passes on what they saw.

use std::sync::Arc;
use std::time::Duration;

use apis_protocol::VisitId;
use apis_unit::eyes::{CheckKind, CheckOpened, Eyes, EyesInput, EyesOutput, VisitOpened};
use apis_unit::keeper::KeeperInput;
use apis_units::{PictureBox, Uptime};
use apis_vision::{Config, Frame};
use serde_json::json;

use super::inbox::Sighting;
use super::shared::{Shared, TracksAt};
use super::watch::Watch;
use crate::clock::{monotonic_micros, random_bytes};
use crate::picture::Picture;
use crate::sources::{Arrival, Source, SourceFault};
use crate::wall::Wall;
use crate::words;

/// Longest wait for a frame before the thread looks whether it is to end.
const WAIT_MAX: Duration = Duration::from_millis(100);

/// How often the eyes get a random number.
const DRAWN_EVERY: Duration = Duration::from_secs(60);

/// The eyes with their source.
pub struct EyesThread {
    shared: Shared,
    source: Source,
    eyes: Eyes,
    wall: Wall,
    watch: Watch,
    /// When the next picture is due for a clip, by capture time.
    clip_due: Uptime,
    clip_interval: Duration,
    /// When the eyes get their next random number.
    draw_due: Uptime,
    is_over: bool,
}

impl EyesThread {
    /// Eyes that look at `source` and keep `clip_rate` frames a second.
    pub fn new(shared: Shared, source: Source, wall: Wall, clip_rate: u32) -> EyesThread {
        EyesThread {
            watch: Watch::new(shared.clock.now()),
            shared,
            source,
            eyes: Eyes::new(Config::default()),
            wall,
            clip_due: Uptime::ZERO,
            clip_interval: Duration::from_secs(1) / clip_rate,
            draw_due: Uptime::ZERO,
            is_over: false,
        }
    }

    /// Looks until the program ends.
    pub fn run(mut self) {
        while !self.shared.stop.is_set() {
            let longest = self.shared.clock.until(self.eyes.wake_at(), WAIT_MAX);
            match self.source.next(longest) {
                Arrival::Picture(picture) => self.look_at(picture),
                Arrival::Nothing => self.tick(),
                Arrival::Fault(fault) => self.faulted(&fault),
                Arrival::Over => self.source_over(longest),
            }
            let now = self.shared.clock.now();
            if let Some(watched) = self.watch.due(now) {
                self.shared.keeper.push(KeeperInput::Watched(watched));
            }
            self.draw_when_due(now);
        }
    }

    /// Gives the eyes a random number each minute.
    fn draw_when_due(&mut self, now: Uptime) {
        if self.draw_due <= now {
            self.draw_due = now + DRAWN_EVERY;
            let number = u64::from_le_bytes(random_bytes());
            self.eyes.handle(EyesInput::Draw(number), now);
            self.drain();
        }
    }

    fn look_at(&mut self, picture: Picture) {
        let arrived_micros = monotonic_micros();
        self.shared.clock.replayed_to(picture.captured);
        self.source_recovered();
        let size = (picture.size.width, picture.size.height);
        let stride = usize::from(picture.size.width);
        let frame = Frame::new(picture.luma(), size, stride, picture.captured, PictureBox::FULL)
            .expect("a picture has all the bytes of its size");
        self.eyes.handle(EyesInput::Frame(frame), self.shared.clock.now());
        let target = self.drain();
        self.shared.guard.sight(Sighting { target, arrived_micros });
        let spent = monotonic_micros().saturating_sub(arrived_micros);
        self.shared.report.count_frame(arrived_micros, spent);
        self.pass_to_encoder(picture);
    }

    fn tick(&mut self) {
        self.eyes.handle(EyesInput::Tick, self.shared.clock.now());
        self.drain();
    }

    /// Passes on everything the eyes gave; returns the newest target.
    fn drain(&mut self) -> Option<apis_unit::eyes::Target> {
        let mut target = None;
        let mut seen = TracksAt::default();
        while let Some(output) = self.eyes.next_output() {
            match output {
                EyesOutput::Verdict(seen) => target = Some(seen),
                EyesOutput::VisitOpened(opened) => self.visit_opened(opened),
                EyesOutput::VisitRejoined(found) => {
                    self.shared.keeper.push(KeeperInput::VisitRejoined(found));
                }
                EyesOutput::VisitClosed(closed) => {
                    let visit = closed.visit.0;
                    let facts = json!({
                        "visit": visit,
                        "last_seen_us": closed.last_seen_at.micros(),
                        "departure": format!("{:?}", closed.departure).to_lowercase(),
                    });
                    self.shared.story.tell("visit_closed", facts, || {
                        format!("visit {visit} is over: the hornet is no longer seen")
                    });
                    self.shared.keeper.push(KeeperInput::VisitClosed(closed));
                }
                EyesOutput::CheckOpened(check) => self.check_opened(check),
                EyesOutput::CheckClosed(closed) => {
                    let facts = json!({ "visit": closed.visit.0 });
                    self.shared
                        .story
                        .tell("check_closed", facts, || "the check is over".to_owned());
                    self.shared.keeper.push(KeeperInput::VisitClosed(closed));
                }
                EyesOutput::CheckWithdrawn(visit) => {
                    let facts = json!({ "visit": visit.0 });
                    let sentence = || "the check is not kept: it was a hornet".to_owned();
                    self.shared.story.tell("check_withdrawn", facts, sentence);
                    self.shared.keeper.push(KeeperInput::CheckWithdrawn(visit));
                }
                EyesOutput::Track(point) => {
                    self.watch.tracked(point.track);
                    seen.captured = point.captured_at;
                    seen.tracks.push(point);
                    self.shared.keep_perishable(KeeperInput::TrackPoint(point));
                }
                EyesOutput::Picture(picture) => self.watch.seen(&picture),
            }
        }
        self.shared.tracks.put(seen);
        target
    }

    fn visit_opened(&mut self, opened: VisitOpened) {
        let id = self.wall.new_visit_id();
        self.shared.report.facts().visit_count += 1;
        self.tell_opened(id, &opened);
        self.shared.keeper.push(KeeperInput::VisitOpened { id, opened });
    }

    /// A check counts for nothing, neither here nor anywhere else.
    fn check_opened(&self, check: CheckOpened) {
        let id = self.wall.new_visit_id();
        let (kind, sentence) = match check.kind {
            CheckKind::NearMiss => ("near_miss", "nearly a hornet: kept to check the eyes"),
            CheckKind::Sample => ("sample", "chosen at random: kept to check the eyes"),
        };
        let visit = check.opened.visit.0;
        let facts = json!({ "visit": visit, "visit_id": id.to_string(), "kind": kind });
        self.shared.story.tell("check_opened", facts, || sentence.to_owned());
        self.shared.keeper.push(KeeperInput::CheckOpened { id, check });
    }

    fn tell_opened(&self, id: VisitId, opened: &VisitOpened) {
        let visit = opened.visit.0;
        let hover_ms = opened.captured_at.since(opened.hover_since).as_millis();
        let terms = opened.evidence.terms();
        let pairs: Vec<_> = terms.iter().map(|term| (term.code.number(), term.value)).collect();
        let facts = json!({
            "visit": visit,
            "visit_id": id.to_string(),
            "captured_us": opened.captured_at.micros(),
            "hover_since_us": opened.hover_since.micros(),
            "hover_ms": u64::try_from(hover_ms).unwrap_or(u64::MAX),
            "x": opened.point.x.raw(),
            "y": opened.point.y.raw(),
            "length": opened.length.raw(),
            "evidence_version": opened.evidence.version(),
            "evidence": pairs,
        });
        self.shared.story.tell("visit_opened", facts, || {
            format!(
                "a hornet hovers (visit {visit}): {}",
                words::because(|code| opened.evidence.value(code))
            )
        });
    }

    fn pass_to_encoder(&mut self, picture: Picture) {
        let captured = picture.captured;
        let picture = Arc::new(picture);
        self.shared.newest.put(Arc::clone(&picture));
        if captured < self.clip_due {
            return;
        }
        // The next is due one interval after this one was, so that jitter does not lower the rate;
        // after a gap the count begins anew.
        let is_late = self.clip_due + self.clip_interval < captured;
        let from = if is_late { captured } else { self.clip_due };
        self.clip_due = from + self.clip_interval;
        if self.shared.clock.is_replay() {
            // At full speed nobody waits for the film but the clip.
            while self.shared.to_encode.is_full() && !self.shared.stop.is_set() {
                std::thread::park_timeout(Duration::from_millis(1));
            }
        }
        self.shared.to_encode.put(picture);
        self.shared.report.facts().dropped_frame_count = self.shared.to_encode.replaced();
    }

    fn faulted(&mut self, fault: &SourceFault) {
        // A change of size is said once and the pictures go on.
        self.shared.guard.camera(false);
        self.watch.blind(self.shared.clock.now());
        let code = fault.code();
        if self.shared.report.raise(code) {
            self.shared.keeper.push(super::fault(code, &fault.to_string(), true));
        }
        let facts = json!({ "code": code, "detail": fault.to_string() });
        self.shared.story.tell("fault", facts, || format!("camera: {fault} ({code})"));
        self.tick();
    }

    fn source_recovered(&mut self) {
        self.shared.guard.camera(true);
        for code in self.shared.report.clear(|code| code.starts_with("source_")) {
            self.shared.keeper.push(super::fault(code, "", false));
            self.shared.story.tell("fault_over", json!({ "code": code }), || {
                format!("camera: pictures come again ({code} is over)")
            });
        }
    }

    /// No frame will come any more: visits that are open close by the eyes' own rule.
    fn source_over(&mut self, longest: Duration) {
        if self.shared.clock.is_replay() {
            // The film is over; from here on its time goes as the clock on the wall.
            let now = self.shared.clock.now() + longest;
            self.shared.clock.replayed_to(now);
        }
        if !std::mem::replace(&mut self.is_over, true) {
            self.shared.story.tell("source_over", json!({}), || "no more pictures".to_owned());
        }
        self.tick();
    }
}
