//! What the unit tells, line by line, made readable and added up.

use super::people::Held;
use serde_json::{Value, json};

/// What a line means for the demo's course.
pub enum Moment {
    /// The unit watches: its arm button can be pressed.
    Watching,
    /// The deterrent is armed.
    Armed,
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
    verified: Vec<Value>,
    evidence: Value,
}

impl Told {
    /// Takes one line of the unit, prints its sentence, and says what it means.
    pub fn hear(&mut self, line: &str) -> Moment {
        let Ok(told) = serde_json::from_str::<Value>(line) else {
            println!("   {line}");
            return Moment::Other;
        };
        let seconds = told["uptime_us"].as_u64().unwrap_or_default() / 10_000;
        let (whole, hundredths) = (seconds / 100, seconds % 100);
        let sentence = told["text"].as_str().unwrap_or(line);
        println!("{whole:>6}.{hundredths:02} s  {sentence}");
        match told["event"].as_str().unwrap_or_default() {
            "started" => return Moment::Watching,
            "armed" => return Moment::Armed,
            "visit_opened" => {
                self.visits += 1;
                self.evidence = told["evidence"].clone();
            }
            "emission_began" => self.emissions += 1,
            "record_stored" => self.records += 1,
            "upload_verified" => self.verified.push(told["kind"].clone()),
            _ => {}
        }
        Moment::Other
    }

    /// Whether a clip has been verified by the server.
    pub fn is_clip_verified(&self) -> bool {
        self.verified.iter().any(|kind| kind == "clip")
    }

    /// The check's last line: what was seen, as one line of JSON.
    pub fn summary(&self, held: &Held) -> String {
        json!({
            "visits_opened": self.visits,
            "emissions": self.emissions,
            "records_stored": self.records,
            "uploads_verified": self.verified.len(),
            "evidence": self.evidence,
            "visit": held.visit,
            "clip_bytes": held.clip_bytes,
        })
        .to_string()
    }
}
