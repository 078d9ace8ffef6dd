//! What the unit tells, line by line, made readable and added up.

use super::people::Held;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::io::Write;

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

/// What was told so far.
#[derive(Default)]
pub struct Told {
    visits: u64,
    emissions: u64,
    records: u64,
    /// Clips and sidecars that the server verified.
    uploads_verified: u64,
    /// Visits whose clip is among them, in the order they were told.
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
        writeln!(out, "{whole:>6}.{hundredths:02} s  {sentence}").context("tell the story")?;
        match told["event"].as_str().unwrap_or_default() {
            "started" => return Ok(Moment::Watching),
            "armed" => return Ok(Moment::Armed),
            "source_over" => return Ok(Moment::Over),
            "visit_opened" => {
                self.visits += 1;
                self.evidence = told["evidence"].clone();
            }
            "emission_began" => self.emissions += 1,
            "record_stored" => self.records += 1,
            "upload_verified" => {
                self.uploads_verified += 1;
                if told["kind"] == "clip"
                    && let Some(visit) = told["visit_id"].as_str()
                {
                    self.with_clip.push(visit.to_owned());
                }
            }
            _ => {}
        }
        Ok(Moment::Other)
    }

    /// How many hornets were found.
    pub fn visit_count(&self) -> u64 {
        self.visits
    }

    /// Ids of the visits whose clip the server verified in this run.
    pub fn visits_with_verified_clips(&self) -> &[String] {
        &self.with_clip
    }

    /// The check's last line: what was seen, as one line of JSON.
    pub fn summary(&self, held: &Held) -> String {
        json!({
            "visits_opened": self.visits,
            "emissions": self.emissions,
            "records_stored": self.records,
            "uploads_verified": self.uploads_verified,
            "evidence": self.evidence,
            "visit": held.visit,
            "clip_bytes": held.clip_bytes,
        })
        .to_string()
    }
}
