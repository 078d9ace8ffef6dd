//! What the spool says of itself: for the heartbeat, the local API and the metrics.

use super::journal::Dropped;
use super::storage::StorageError;
use super::{Keeper, Limits};
use alloc::string::String;
use alloc::vec::Vec;
use apis_protocol::VisitId;
use apis_protocol::heartbeat::SpoolReport;
use apis_protocol::message::Message as _;
use apis_protocol::records::Record;
use apis_units::Uptime;

/// The spool at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpoolStatus {
    /// The boot that records are numbered under; `None` until it is durable.
    pub boot: Option<u32>,
    /// For the heartbeat.
    pub report: SpoolReport,
    /// Parked records and clips, apart.
    pub parked_records: u32,
    /// Clips with a refused file.
    pub parked_clips: u32,
    /// The server's code of the newest refusal, of records or of uploads.
    pub last_refusal: Option<String>,
    /// Whole clips on the disk.
    pub clip_count: u32,
    /// What had to go, over all boots.
    pub dropped: Dropped,
    /// What is wrong with the disk, while it is.
    pub trouble: Option<StorageError>,
    /// Failed operations since the start.
    pub storage_failures: u64,
    /// Emissions and refusals that found the queue for the disk full, since the start.
    pub facts_dropped: u64,
    /// Frames held for the pre-roll, in bytes.
    pub ring_bytes: u64,
    /// Pre-roll frames given up for the bound in bytes.
    pub ring_frames_dropped: u64,
}

/// One whole clip, for the local list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptClip {
    /// Its visit.
    pub visit: VisitId,
    /// Bytes of the AVI.
    pub bytes: u64,
    /// Total of the evidence, 1/1,000 nat.
    pub confidence: i32,
    /// Whether the server holds it and its sidecar.
    pub is_uploaded: bool,
    /// The server's code, if it refused one of them.
    pub parked: Option<String>,
}

impl Keeper {
    /// The spool at `now`.
    pub fn status(&self, now: Uptime) -> SpoolStatus {
        let parked_records = self.spool.records.len() - self.spool.unsent().count();
        let parked_clips = self.spool.clips.iter().filter(|clip| clip.parked.is_some()).count();
        let record_bytes = self.spool.record_bytes() as u64;
        let dropped = self.spool.dropped;
        SpoolStatus {
            boot: self.boot(),
            report: SpoolReport {
                record_count: count(self.spool.unsent().count()),
                upload_count: count(self.unsent_files()),
                parked_count: count(parked_records + parked_clips),
                evicted_count: u32::try_from(dropped.records + dropped.clips).unwrap_or(u32::MAX),
                spool_bytes: self.spool.clip_bytes() + record_bytes,
                oldest_ms: self.oldest_ms(now),
            },
            parked_records: count(parked_records),
            parked_clips: count(parked_clips),
            last_refusal: self
                .outbox
                .last_refusal
                .clone()
                .or_else(|| self.uploads.last_refusal.clone()),
            clip_count: count(self.spool.clips.len()),
            dropped,
            trouble: self.trouble.error(),
            storage_failures: self.trouble.failures,
            facts_dropped: self.facts_dropped,
            ring_bytes: self.ring.bytes() as u64,
            ring_frames_dropped: self.ring.dropped_early,
        }
    }

    /// The boot of this start; `None` until it is durable. Rises when the server says that another
    /// unit's card used it.
    pub fn boot(&self) -> Option<u32> {
        self.phase.is_started().then_some(self.spool.boot)
    }

    /// The whole clips, newest first.
    pub fn clips(&self) -> Vec<KeptClip> {
        let is_named = |visit: &VisitId| !self.unpublished.contains(visit);
        self.spool
            .clips
            .iter()
            .rev()
            .filter(|clip| is_named(&clip.visit))
            .map(|clip| KeptClip {
                visit: clip.visit,
                bytes: clip.clip.bytes,
                confidence: clip.confidence,
                is_uploaded: clip.is_uploaded(),
                parked: clip.parked.clone(),
            })
            .collect()
    }

    /// Whether everything that was taken is on the disk, as far as it can be. A program that ends
    /// in order waits for this after [`KeeperInput::Stop`](super::KeeperInput::Stop).
    pub fn is_at_rest(&self) -> bool {
        self.tasks.is_empty() && self.job.is_none()
    }

    /// The bounds it was made with.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    fn unsent_files(&self) -> usize {
        let unsent = |stored: &super::journal::Stored| !stored.is_uploaded;
        self.spool
            .clips
            .iter()
            .filter(|clip| clip.parked.is_none())
            .map(|clip| {
                usize::from(unsent(&clip.clip))
                    + usize::from(clip.sidecar.is_some_and(|it| unsent(&it)))
            })
            .sum()
    }

    /// Age of the oldest unsent record. One of an earlier boot whose wall-clock time is not known
    /// is at least as old as this boot.
    fn oldest_ms(&self, now: Uptime) -> Option<u64> {
        let oldest = self.spool.unsent().next()?;
        let made = Record::read(oldest.text.as_bytes()).ok()?.at;
        if made.boot == self.spool.boot {
            return Some(now.since(made.uptime).as_millis() as u64);
        }
        let ages = made.wall.zip(self.time(now).wall).map(|(made, now)| now.ms - made.ms);
        Some(ages.and_then(|age| u64::try_from(age).ok()).unwrap_or(now.millis()))
    }
}

fn count(items: usize) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX)
}
