//! What the threads tell of themselves: counters, spans of time, the newest state of each, for
//! `/status` and the heartbeat. Written briefly, read rarely; holding it never waits for work.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use apis_unit::keeper::{DiskSpace, SpoolStatus};
use serde_json::{Value, json};

/// How many newest spans the percentiles are of: a minute at 60 a second.
const SPANS_MAX: usize = 4_096;

/// The newest spans of some kind, in microseconds.
#[derive(Debug, Default, Clone)]
pub struct Spans {
    newest: Vec<u32>,
    next: usize,
    count: u64,
}

impl Spans {
    /// Adds a span.
    pub fn add(&mut self, micros: u64) {
        let micros = u32::try_from(micros).unwrap_or(u32::MAX);
        self.count += 1;
        match self.newest.get_mut(self.next) {
            Some(oldest) => *oldest = micros,
            None => self.newest.push(micros),
        }
        self.next = (self.next + 1) % SPANS_MAX;
    }

    /// The `percent` percentile (nearest rank) of the newest spans; zero when there are none.
    pub fn percentile(&self, percent: usize) -> u32 {
        let mut sorted = self.newest.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
        sorted.get(rank).copied().unwrap_or(0)
    }

    fn status(&self) -> Value {
        json!({
            "count": self.count,
            "p50_us": self.percentile(50),
            "p99_us": self.percentile(99),
            "worst_us": self.newest.iter().max().copied().unwrap_or(0),
        })
    }
}

/// Everything that is reported.
#[derive(Debug, Default)]
pub struct Facts {
    /// Frames the eyes looked at.
    pub frame_count: u64,
    /// When each of the newest frames came, in microseconds of `CLOCK_MONOTONIC`, oldest first.
    pub frame_times: std::collections::VecDeque<u64>,
    /// Frames not kept for a clip because the encoder was busy.
    pub dropped_frame_count: u64,
    /// Work of the eyes on one frame.
    pub processing: Spans,
    /// From a frame's arrival to the drive made of it.
    pub frame_to_drive: Spans,
    /// How late the guard woke for its control period.
    pub guard_lateness: Spans,
    /// Source faults, requests that failed, storage that failed: how often, by code.
    pub errors: BTreeMap<&'static str, u64>,
    /// Codes of the faults that hold now.
    pub faults: Vec<&'static str>,
    /// Whether the guard would light, and why (its own words).
    pub is_armed: bool,
    /// The guard's reason for that.
    pub arm_reason: &'static str,
    /// Whether the line is on.
    pub is_line_on: bool,
    /// The rule that kept the line dark last, or ended it.
    pub refusal: Option<&'static str>,
    /// Emissions since the start.
    pub emission_count: u32,
    /// Visits since the start.
    pub visit_count: u32,
    /// The spool, by the keeper's account; `None` until it has been read.
    pub spool: Option<SpoolStatus>,
    /// The disk under the spool; `None` until it has been asked.
    pub disk: Option<DiskSpace>,
    /// What the network thread knows of the server.
    pub server: Value,
}

/// A shared report.
#[derive(Debug, Clone, Default)]
pub struct Report(Arc<Mutex<Facts>>);

/// Frames a second are counted over this long.
const RATE_MICROS: u64 = 60_000_000;

impl Report {
    /// The facts, to read or change; hold them briefly.
    pub fn facts(&self) -> MutexGuard<'_, Facts> {
        // Every change is whole in itself; a panic elsewhere spoils nothing.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an error by its code.
    pub fn count_error(&self, code: &'static str) {
        *self.facts().errors.entry(code).or_default() += 1;
    }

    /// Says that the fault `code` holds; false when it did already.
    pub fn raise(&self, code: &'static str) -> bool {
        let mut facts = self.facts();
        *facts.errors.entry(code).or_default() += 1;
        let is_new = !facts.faults.contains(&code);
        if is_new {
            facts.faults.push(code);
        }
        is_new
    }

    /// Says that the faults for which `over` is true hold no longer; returns them.
    pub fn clear(&self, over: impl Fn(&str) -> bool) -> Vec<&'static str> {
        let mut facts = self.facts();
        let (ended, holding) = facts.faults.iter().partition(|code| over(code));
        facts.faults = holding;
        ended
    }

    /// Counts a frame that came at `now` of `CLOCK_MONOTONIC`.
    pub fn count_frame(&self, now: u64, processing_micros: u64) {
        let mut facts = self.facts();
        facts.frame_count += 1;
        facts.processing.add(processing_micros);
        facts.frame_times.push_back(now);
        facts.forget_frames_before(now.saturating_sub(RATE_MICROS));
    }

    /// The eyes', guard's and memory's part of `/status`.
    pub fn status(&self, now: u64) -> Value {
        let mut facts = self.facts();
        facts.forget_frames_before(now.saturating_sub(RATE_MICROS));
        json!({
            "eyes": {
                "frames": facts.frame_count,
                "frames_per_second": f64::from(facts.frames_per_ks(now)) / 1_000.0,
                "dropped_frames": facts.dropped_frame_count,
                "processing": facts.processing.status(),
                "visits": facts.visit_count,
            },
            "guard": {
                "is_armed": facts.is_armed,
                "reason": facts.arm_reason,
                "emissions": facts.emission_count,
                "frame_to_drive": facts.frame_to_drive.status(),
                "lateness": facts.guard_lateness.status(),
            },
            "spool": facts.spool.as_ref().map(spool_status),
            "disk": facts.disk.map(|disk| {
                json!({ "total_bytes": disk.total_bytes, "free_bytes": disk.free_bytes })
            }),
            "server": facts.server,
            "faults": facts.faults,
            "errors": facts.errors,
            "memory": { "resident_peak_kib": resident_peak_kib() },
        })
    }
}

impl Facts {
    fn forget_frames_before(&mut self, micros: u64) {
        while self.frame_times.front().is_some_and(|at| *at < micros) {
            self.frame_times.pop_front();
        }
    }

    /// Frames per thousand seconds over the last minute, or over the time there have been any.
    pub fn frames_per_ks(&self, now: u64) -> u32 {
        let Some(first) = self.frame_times.front() else { return 0 };
        let span = now.saturating_sub(*first).max(1);
        let intervals = u64::try_from(self.frame_times.len() - 1).unwrap_or(u64::MAX);
        u32::try_from(intervals.saturating_mul(1_000_000_000) / span).unwrap_or(u32::MAX)
    }
}

fn spool_status(spool: &SpoolStatus) -> Value {
    json!({
        "records": spool.report.record_count,
        "uploads": spool.report.upload_count,
        "clips": spool.clip_count,
        "parked_records": spool.parked_records,
        "parked_clips": spool.parked_clips,
        "evicted": spool.report.evicted_count,
        "dropped": {
            "records": spool.dropped.records,
            "clips": spool.dropped.clips,
            "uploaded_clips": spool.dropped.uploaded_clips,
            "facts": spool.facts_dropped,
        },
        "bytes": spool.report.spool_bytes,
        "oldest_ms": spool.report.oldest_ms,
        "last_refusal": spool.last_refusal,
        "trouble": spool.trouble.map(|trouble| trouble.code()),
        "storage_failures": spool.storage_failures,
        "pre_roll_bytes": spool.ring_bytes,
        "pre_roll_frames_dropped": spool.ring_frames_dropped,
    })
}

/// The most memory this process ever had resident (`VmHWM`), in KiB; zero where the kernel does
/// not say.
pub fn resident_peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_newest_spans() {
        let mut spans = Spans::default();
        (0..SPANS_MAX as u64).for_each(|_| spans.add(1_000_000));
        (1..=SPANS_MAX as u64).for_each(|micros| spans.add(micros));
        assert_eq!(spans.percentile(50), 2_048);
        assert_eq!(spans.percentile(99), 4_056);
        assert_eq!(Spans::default().percentile(99), 0);
    }

    #[test]
    fn a_fault_is_new_once_until_it_is_over() {
        let report = Report::default();
        assert!(report.raise("source_stalled"));
        assert!(!report.raise("source_stalled"));
        assert_eq!(report.clear(|code| code.starts_with("source_")), ["source_stalled"]);
        assert!(report.raise("source_stalled"));
        assert_eq!(report.facts().errors["source_stalled"], 3);
    }

    #[test]
    fn frames_a_second_are_counted_over_the_last_minute() {
        let report = Report::default();
        (0..=1_000).for_each(|n| report.count_frame(n * 100_000, 1));
        assert_eq!(report.facts().frames_per_ks(100_000_000), 10_000);
        assert_eq!(report.status(200_000_000)["eyes"]["frames_per_second"], 0.0);
    }

    #[test]
    fn memory_is_measured() {
        assert!(0 < resident_peak_kib());
    }
}
