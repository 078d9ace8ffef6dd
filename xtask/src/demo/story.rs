//! What the unit tells, line by line, made readable and added up.

use super::people::Held;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::io::Write;
use std::time::Duration;

/// What a line means for the demo's course.
pub enum Moment {
    /// The unit watches: its arm button can be pressed.
    Watching,
    /// The deterrent is armed.
    Armed,
    /// No more pictures come.
    Over,
    /// Anything else.
    Other,
}

/// Events of which there are dozens for each clip.
const IN_PIECES: [&str; 1] = ["upload_acknowledged"];

/// What was told so far.
#[derive(Default)]
pub struct Told {
    /// Visits that this run opened. On a folder of before the unit first sends what an earlier run
    /// left unsent, and that is no sign that this one works.
    opened: Vec<String>,
    emissions: u64,
    records: u64,
    /// Clips and sidecars that the server verified.
    uploads_verified: u64,
    /// Visits of this run whose clip is among them, in the order they were told.
    with_clip: Vec<String>,
    evidence: Value,
}

impl Told {
    /// Takes one line of the unit, prints its sentence, and says what it means.
    ///
    /// Errors: standard output is closed; nobody hears the story any more.
    pub fn hear(&mut self, line: &str) -> Result<Moment> {
        let mut out = std::io::stdout();
        let Ok(told) = serde_json::from_str::<Value>(line) else {
            writeln!(out, "   {line}").context("tell the story")?;
            return Ok(Moment::Other);
        };
        let seconds = told["uptime_us"].as_u64().unwrap_or_default() / 10_000;
        let (whole, hundredths) = (seconds / 100, seconds % 100);
        let sentence = told["text"].as_str().unwrap_or(line);
        let event = told["event"].as_str().unwrap_or_default();
        // Each piece of a clip is told to programs; that the whole of it is safe says all of them.
        if !IN_PIECES.contains(&event) {
            writeln!(out, "{whole:>6}.{hundredths:02} s  {sentence}").context("tell the story")?;
        }
        match event {
            "started" => return Ok(Moment::Watching),
            "armed" => return Ok(Moment::Armed),
            "source_over" => return Ok(Moment::Over),
            "visit_opened" => {
                self.opened.extend(told["visit_id"].as_str().map(str::to_owned));
                self.evidence = told["evidence"].clone();
            }
            "emission_began" => self.emissions += 1,
            "record_stored" => self.records += 1,
            "upload_verified" => {
                self.uploads_verified += 1;
                let own = self.opened.iter().find(|visit| told["visit_id"] == **visit);
                if told["kind"] == "clip" {
                    self.with_clip.extend(own.cloned());
                }
            }
            _ => {}
        }
        Ok(Moment::Other)
    }

    /// How many hornets were found.
    pub fn visit_count(&self) -> usize {
        self.opened.len()
    }

    /// Ids of the visits that this run opened and whose clip the server verified.
    pub fn visits_with_verified_clips(&self) -> &[String] {
        &self.with_clip
    }

    /// The check's last line: what was seen, as one line of JSON.
    ///
    /// `took` is how long it was from the unit's start to its first clip on the server.
    pub fn summary(&self, held: &Held, took: Duration) -> String {
        json!({
            "visits_opened": self.opened.len(),
            "emissions": self.emissions,
            "records_stored": self.records,
            "uploads_verified": self.uploads_verified,
            "evidence": self.evidence,
            "visit": held.visit,
            "clip_bytes": held.clip_bytes,
            "clip_after_seconds": took.as_secs(),
        })
        .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_run_left_unsent_is_no_visit_of_this_one() {
        let mut told = Told::default();
        for (event, kind, visit) in [
            ("upload_verified", "clip", "earlier"),
            ("visit_opened", "", "own"),
            ("upload_verified", "sidecar", "own"),
            ("upload_verified", "clip", "own"),
        ] {
            assert!(told.visits_with_verified_clips().is_empty());
            let line = json!({ "event": event, "kind": kind, "visit_id": visit });
            told.hear(&line.to_string()).unwrap();
        }
        assert_eq!(told.visits_with_verified_clips(), ["own"]);
    }
}
