//! Named places where a test may stop the server and then kill it.
//!
//! `--hold-at STEP[:N]` makes the thread that reaches STEP for the N-th time (the first, without N)
//! print `hold: STEP N` to standard output and block for ever. Nothing else changes. The names are
//! listed in `docs/ref/hold-points.md`.

use std::io::Write as _;
use std::str::FromStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Every step at which the server can be held; a `--hold-at` that names another is refused, since a
/// test that waits for a misspelt step would wait for ever.
pub const STEPS: &[&str] = &[
    "enrolment.unit_added",
    "enrolment.kept",
    "records.added",
    "records.kept",
    "upload.create_kept",
    "upload.create_part_made",
    "upload.patch_written",
    "upload.patch_synced",
    "upload.patch_kept",
    "upload.mismatch_kept",
    "upload.mismatch_emptied",
    "upload.whole_placed",
    "upload.whole_kept",
    "upload.part_removed",
    "clip.stored_kept",
    "clip.rejected_kept",
    "clip.rejected_removed",
    "upload.end_kept",
    "upload.end_part_removed",
];

static HOLD: OnceLock<(Hold, AtomicU64)> = OnceLock::new();

/// Where to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    step: String,
    nth: u64,
}

/// Why a text names no place to hold at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAHold {
    /// It is not `STEP` or `STEP:N` with N from 1.
    #[error("expected STEP or STEP:N with N from 1")]
    Malformed,
    /// The server has no such step.
    #[error("no step `{0}`; the steps are {list}", list = STEPS.join(", "))]
    UnknownStep(String),
}

impl FromStr for Hold {
    type Err = NotAHold;

    fn from_str(text: &str) -> Result<Hold, NotAHold> {
        let (step, nth) = text.split_once(':').unwrap_or((text, "1"));
        let nth: u64 = nth.parse().map_err(|_| NotAHold::Malformed)?;
        if step.is_empty() || nth == 0 {
            return Err(NotAHold::Malformed);
        }
        if !STEPS.contains(&step) {
            return Err(NotAHold::UnknownStep(step.to_owned()));
        }
        Ok(Hold { step: step.to_owned(), nth })
    }
}

/// Sets the one place of this process; called once, from the command line.
pub fn at(hold: Hold) {
    let _ = HOLD.set((hold, AtomicU64::new(0)));
}

/// A named step. Returns at once unless the process holds here.
pub fn point(step: &str) {
    debug_assert!(STEPS.contains(&step), "hold::STEPS does not list {step}");
    let Some((hold, reached)) = HOLD.get() else { return };
    if hold.step != step || reached.fetch_add(1, Ordering::SeqCst) + 1 != hold.nth {
        return;
    }
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "hold: {} {}", hold.step, hold.nth);
    let _ = out.flush();
    drop(out);
    loop {
        std::thread::park();
    }
}

/// A named step between two durable ones, in a task: [`point`], and in tests the place where a
/// whole runtime may be told to stop.
#[cfg_attr(not(test), expect(clippy::unused_async, reason = "tests stop a task here"))]
pub async fn reach(step: &'static str) {
    point(step);
    #[cfg(test)]
    stops::reach(step).await;
}

/// Tests stop the server between two steps without killing the process: every task of one runtime
/// that reaches a step from the N-th on waits for ever, and the test drops the runtime.
#[cfg(test)]
pub(crate) mod stops {
    use std::collections::HashMap;
    use std::sync::Mutex;

    use tokio::runtime::Id;
    use tokio::sync::oneshot;

    static STOPS: Mutex<Option<HashMap<Id, Stop>>> = Mutex::new(None);

    struct Stop {
        pass_count: usize,
        stopped: Option<oneshot::Sender<&'static str>>,
    }

    /// Lets this runtime pass `pass_count` steps and stops it at the next one, whose name is
    /// then received.
    pub fn after(pass_count: usize) -> oneshot::Receiver<&'static str> {
        let (stopped, receiver) = oneshot::channel();
        let stop = Stop { pass_count, stopped: Some(stopped) };
        let mut stops = STOPS.lock().unwrap();
        stops.get_or_insert_default().insert(tokio::runtime::Handle::current().id(), stop);
        receiver
    }

    pub(super) async fn reach(step: &'static str) {
        {
            let mut stops = STOPS.lock().unwrap();
            let id = tokio::runtime::Handle::current().id();
            let Some(stop) = stops.as_mut().and_then(|stops| stops.get_mut(&id)) else { return };
            if 0 < stop.pass_count {
                stop.pass_count -= 1;
                return;
            }
            if let Some(stopped) = stop.stopped.take() {
                let _ = stopped.send(step);
            }
        }
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_names_a_step_and_a_count() {
        let hold = |step: &str, nth| Ok(Hold { step: step.to_owned(), nth });
        assert_eq!("records.kept".parse(), hold("records.kept", 1));
        assert_eq!("records.kept:3".parse(), hold("records.kept", 3));
        for wrong in ["", ":2", "records.kept:0", "records.kept:x"] {
            assert_eq!(wrong.parse::<Hold>(), Err(NotAHold::Malformed), "{wrong}");
        }
        let unknown = "records.kep".parse::<Hold>().unwrap_err();
        assert_eq!(unknown, NotAHold::UnknownStep("records.kep".to_owned()));
        assert!(unknown.to_string().contains("records.kept, "), "{unknown}");
    }

    #[test]
    fn the_reference_lists_exactly_the_steps_that_are_accepted() {
        let reference = include_str!("../../../docs/ref/hold-points.md");
        let (_, table) = reference.split_once("## apis-server").unwrap();
        let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
        let listed: Vec<&str> = rows.filter_map(|row| row.split('`').next()).collect();
        assert_eq!(listed, STEPS);
    }
}
