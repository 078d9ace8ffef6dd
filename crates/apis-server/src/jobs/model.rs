//! What a job is, and how long a failed one waits.

use std::time::Duration;

use crate::clock::UnixMs;
use crate::ids::{JobId, TenantId};

/// What a job does. The word stands in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// Forgets sessions that are over and limits that are full.
    Sweep,
    /// Compares the index of clips with their folder.
    CheckMedia,
    /// Signs where every tenant's audit stands.
    CheckpointAudit,
    /// Looks into a clip that has come: is it one?
    VerifyClip,
    /// Makes of a clip what a browser plays.
    MakePlayable,
}

impl JobKind {
    /// Every kind.
    pub const ALL: [JobKind; 5] = [
        JobKind::Sweep,
        JobKind::CheckMedia,
        JobKind::CheckpointAudit,
        JobKind::VerifyClip,
        JobKind::MakePlayable,
    ];

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            JobKind::Sweep => "sweep",
            JobKind::CheckMedia => "check_media",
            JobKind::CheckpointAudit => "checkpoint_audit",
            JobKind::VerifyClip => "verify_clip",
            JobKind::MakePlayable => "make_playable",
        }
    }

    /// The kind of a word.
    pub fn of_word(word: &str) -> Option<JobKind> {
        JobKind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// A job to enqueue.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    /// What it does.
    pub kind: JobKind,
    /// Whose data it works on; `None` for the server's own.
    pub tenant: Option<TenantId>,
    /// What it needs to know.
    pub payload: serde_json::Value,
    /// When it may run.
    pub due_at: UnixMs,
}

/// A job that this process has leased.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// Whose data it works on.
    pub tenant: Option<TenantId>,
    /// What it needs to know.
    pub payload: serde_json::Value,
    /// Which attempt this is, from 1.
    pub attempt: i64,
}

/// How long a lease lasts; a job that takes longer runs twice, which it must bear.
pub const LEASE: Duration = Duration::from_secs(60);

/// Attempts before a job is left as failed: with the waits below, about a day.
pub const ATTEMPT_COUNT_MAX: i64 = 12;

/// How long a job waits after its `attempt`-th failure: 10 s, doubled each time, 6 h at most.
pub fn wait_after(attempt: i64) -> Duration {
    let doublings = u32::try_from(attempt.clamp(1, 20) - 1).unwrap_or(0);
    let seconds = 10_u64.saturating_mul(1 << doublings).min(6 * 3_600);
    Duration::from_secs(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_six_hours() {
        let seconds = |attempt| wait_after(attempt).as_secs();
        assert_eq!([1, 2, 3, 12, 99].map(seconds), [10, 20, 40, 20_480, 21_600]);
    }
}
