//! What happens, told as it happens on standard output: a line of JSON for programs, or a sentence
//! for a beekeeper.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::clock::Clock;

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One JSON object a line.
    Json,
    /// Sentences.
    Sentences,
}

/// The teller, shared by all threads.
#[derive(Debug, Clone)]
pub struct Story {
    form: Form,
    clock: Clock,
    /// Set once standard output is gone: a unit whose terminal was closed goes on.
    is_unheard: Arc<AtomicBool>,
}

impl Story {
    /// A teller whose lines carry the time of `clock`.
    pub fn new(form: Form, clock: Clock) -> Story {
        Story { form, clock, is_unheard: Arc::default() }
    }

    /// Tells programs alone of a step of something whose end people are told.
    pub fn tell_step(&self, event: &str, facts: Value, sentence: impl FnOnce() -> String) {
        if self.form == Form::Json {
            self.tell(event, facts, sentence);
        }
    }

    /// Tells that `event` happened, with its `facts` (an object) for programs and `sentence` for
    /// people.
    pub fn tell(&self, event: &str, facts: Value, sentence: impl FnOnce() -> String) {
        if self.is_unheard.load(Ordering::Relaxed) {
            return;
        }
        let now = self.clock.now();
        let line = match self.form {
            Form::Json => {
                let (micros, text) = (now.micros(), sentence());
                let mut line = json!({ "event": event, "uptime_us": micros, "text": text });
                if let (Some(line), Value::Object(facts)) = (line.as_object_mut(), facts) {
                    line.extend(facts);
                }
                line.to_string()
            }
            Form::Sentences => {
                let (seconds, hundredths) = (now.millis() / 1_000, now.millis() % 1_000 / 10);
                format!("{seconds:>6}.{hundredths:02} s  {}", sentence())
            }
        };
        let mut out = std::io::stdout().lock();
        if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
            self.is_unheard.store(true, Ordering::Relaxed);
        }
    }
}
