//! How much the keeper may hold, and for how long.

use alloc::string::String;
use core::time::Duration;

/// The bounds of one unit. The body fills them from its configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Slots a second of a clip; frames come at this rate.
    pub clip_rate_fps: u16,
    /// How far before its verdict a clip begins, at most.
    pub pre_roll: Duration,
    /// How long after its hornet was seen last and the visit closed a clip goes on.
    pub post_roll: Duration,
    /// Longest clip; the visit may go on.
    pub clip_length_max: Duration,
    /// Most bytes of a clip.
    pub clip_bytes_max: u32,
    /// Clips recorded at once; a further visit has none.
    pub recordings_max: usize,
    /// Most bytes of the frames held for the pre-roll.
    pub ring_bytes_max: usize,
    /// Most bytes of one recording that wait for the disk; then frames are dropped and counted.
    pub waiting_bytes_max: usize,
    /// Most bytes of clips and sidecars on the disk.
    pub spool_bytes_max: u64,
    /// Most clips on the disk.
    pub clip_count_max: usize,
    /// Share of the disk in use, whoever uses it, above which clips go, in percent.
    pub disk_used_percent_max: u8,
    /// Total of the evidence from which a clip is of high confidence, 1/1,000 nat.
    pub high_confidence: i32,
    /// Newest clips of high confidence that no eviction takes.
    pub high_confidence_kept: usize,
    /// Most records that are kept.
    pub record_count_max: usize,
    /// Most bytes of their JSON; they are held in memory.
    pub record_bytes_max: usize,
    /// Most bytes of one piece of an upload.
    pub piece_bytes_max: u32,
    /// Names the eyes in `visit_opened`.
    pub detector: String,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            clip_rate_fps: 10,
            pre_roll: Duration::from_secs(5),
            post_roll: Duration::from_secs(2),
            clip_length_max: Duration::from_secs(120),
            // Two minutes of VGA frames at 30 kB, and as much again.
            clip_bytes_max: 72 << 20,
            recordings_max: 4,
            // Five seconds of VGA frames at 80 kB: a fifth of what a unit may take in all.
            ring_bytes_max: 4 << 20,
            waiting_bytes_max: 4 << 20,
            spool_bytes_max: 2 << 30,
            clip_count_max: 4_000,
            disk_used_percent_max: 80,
            high_confidence: 6_000,
            high_confidence_kept: 20,
            // A season without a server: 30 visits a day for 100 days, two records each.
            record_count_max: 8_000,
            record_bytes_max: 6 << 20,
            // Some seconds on a poor mobile link; what a cut can cost is bounded by the server's
            // durable offset, not by this.
            piece_bytes_max: 256 * 1024,
            detector: String::from("apis-vision"),
        }
    }
}

impl Limits {
    /// Time of one slot, in microseconds.
    pub fn slot_micros(&self) -> u64 {
        1_000_000 / u64::from(self.clip_rate_fps.max(1))
    }

    /// Most slots of a clip: its longest time, and never more than a sidecar may list.
    pub fn slots_max(&self) -> usize {
        let slots = self.clip_length_max.as_micros() / u128::from(self.slot_micros());
        usize::try_from(slots).map_or(FRAMES_MAX, |slots| slots.clamp(1, FRAMES_MAX))
    }
}

/// What a sidecar may list.
const FRAMES_MAX: usize = apis_protocol::sidecar::FRAMES_MAX;
