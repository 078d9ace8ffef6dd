//! Named steps at which a test may stop the program for ever, to kill it there.
//!
//! `--hold-at STEP[:N]` blocks the thread that reaches `STEP` for the Nth time, after one line on
//! standard output. It changes nothing else. docs/ref/hold-points.md lists the steps.

use std::io::Write;
use std::str::FromStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Every step that [`point`] is called with; a `--hold-at` that names another is refused, since a
/// test that waits for a misspelt step would wait for ever.
pub const STEPS: &[&str] = &[
    "identity.key_written",
    "enrol.answer_received",
    "enrol.saved",
    "settings.saved",
    "command.number_saved",
    "record.sent",
    "record.answered",
    "upload.creating",
    "upload.created",
    "upload.asking",
    "upload.asked",
    "upload.chunk_sent",
    "upload.chunk_answered",
    "keeper.operation",
    "keeper.operation_done",
];

static HOLD: OnceLock<Armed> = OnceLock::new();

#[derive(Debug)]
struct Armed {
    at: HoldAt,
    reached: AtomicU32,
}

/// The step to stop at and the time it is reached, counted from one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldAt {
    /// One of [`STEPS`].
    pub step: String,
    /// Which time; one is the first.
    pub nth: u32,
}

impl FromStr for HoldAt {
    type Err = String;

    fn from_str(text: &str) -> Result<HoldAt, String> {
        let (step, nth) = match text.rsplit_once(':') {
            Some((step, nth)) => {
                let nth = nth.parse().map_err(|_| format!("`{nth}` is not a count"))?;
                (step, nth)
            }
            None => (text, 1),
        };
        if nth == 0 {
            return Err("steps are counted from 1".to_owned());
        }
        if !STEPS.contains(&step) {
            return Err(format!("no step `{step}`; the steps are {}", STEPS.join(", ")));
        }
        Ok(HoldAt { step: step.to_owned(), nth })
    }
}

/// Makes [`point`] stop at `at`. Only the first call of a process counts.
pub fn arm(at: HoldAt) {
    // A second call has nothing to say: the command line names one step.
    drop(HOLD.set(Armed { at, reached: AtomicU32::new(0) }));
}

/// Blocks this thread for ever if `--hold-at` names this `step` and this is the time it names.
pub fn point(step: &'static str) {
    debug_assert!(STEPS.contains(&step), "hold::STEPS does not list {step}");
    let Some(armed) = HOLD.get() else { return };
    if armed.at.step != step || armed.reached.fetch_add(1, Ordering::SeqCst) + 1 != armed.at.nth {
        return;
    }
    let mut out = std::io::stdout().lock();
    // Nobody reads the line when standard output is closed; the hold itself still holds.
    drop(writeln!(out, "hold: {step} {}", armed.at.nth).and_then(|()| out.flush()));
    drop(out);
    loop {
        std::thread::park();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_without_a_count_is_its_first_time() {
        let at: HoldAt = "record.sent".parse().unwrap();
        assert_eq!(at, HoldAt { step: "record.sent".to_owned(), nth: 1 });
        let third: HoldAt = "record.sent:3".parse().unwrap();
        assert_eq!(third.nth, 3);
    }

    #[test]
    fn an_unknown_step_and_a_zeroth_time_are_refused() {
        assert!("record.snet".parse::<HoldAt>().unwrap_err().contains("record.sent"));
        assert!("record.sent:0".parse::<HoldAt>().is_err());
        assert!("record.sent:x".parse::<HoldAt>().is_err());
    }
}
