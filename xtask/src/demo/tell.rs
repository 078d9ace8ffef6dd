//! The demo's course once everything runs: the arm button, the story, and the end.

use super::Options;
use super::people::People;
use super::process::{Lines, Running};
use super::story::{Moment, Told};
use crate::tools::{self, say};
use anyhow::{Context, Result, bail};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// How long after the start, and after a press that did not arm, the arm button is pressed.
const PRESS_AFTER: Duration = Duration::from_secs(2);

/// How long `--check` waits for a visit and its clip: from the start of a drawn hive, which has a
/// hornet within its first half minute; from the end of a video file, which may be of any length.
const CHECK_PATIENCE: Duration = Duration::from_secs(180);

/// What telling needs to know of the demo.
pub struct Show<'a> {
    /// What the demo was told.
    pub options: &'a Options,
    /// The program that presses the simulated body's button.
    pub sim: &'a Path,
    /// The socket of that button.
    pub button: PathBuf,
    /// The data folder, named where something went wrong.
    pub data: &'a Path,
    /// What the programs print.
    pub lines: &'a Lines,
    /// The people's door.
    pub people: &'a People,
}

impl Show<'_> {
    /// Prints what happens; with `--check`, until a visit and its clip are on the server.
    pub fn tell(&self, running: &mut [Running]) -> Result<()> {
        let begun = Instant::now();
        let mut told = Told::default();
        let (mut press_at, mut was_armed, mut is_story_over) = (None, false, false);
        let mut deadline = match self.options.video {
            Some(_) => None,
            None => Some(Instant::now() + CHECK_PATIENCE),
        };
        while !self.lines.is_asked_to_end() {
            let line =
                self.lines.next(Duration::from_millis(200)).filter(|line| line.from == "unit");
            match line.map(|line| told.hear(&line.text)).transpose()? {
                Some(Moment::Watching) => press_at = Some(Instant::now() + PRESS_AFTER),
                Some(Moment::Armed) => (press_at, was_armed) = (None, true),
                Some(Moment::Over) => {
                    self.source_is_over(&told)?;
                    deadline = Some(Instant::now() + CHECK_PATIENCE);
                }
                Some(Moment::Other) | None => {}
            }
            // A unit whose first pictures and readings are not in yet refuses to be armed.
            if press_at.is_some_and(|due| due < Instant::now()) {
                say("── the arm button is pressed (Ctrl-C ends the demo)");
                self.press_arm()?;
                press_at = Some(Instant::now() + PRESS_AFTER);
            }
            // What was printed at the start has scrolled away by the time there is a clip to see.
            if !is_story_over && !told.visits_with_verified_clips().is_empty() {
                is_story_over = true;
                say(&format!(
                    "── a visit and its clip are on the server: {}",
                    self.people.how_to_look()
                ));
            }
            for program in running.iter_mut() {
                program.ensure_alive().with_context(|| self.own_words())?;
            }
            // A drawn hive has its hornets for as long as it takes; a film may be over by now.
            let is_shown = was_armed || self.options.video.is_some();
            if self.options.check && is_shown && self.is_done(&told, begun, deadline)? {
                return Ok(());
            }
        }
        if self.options.check {
            bail!("ended before a visit and its clip were on the server");
        }
        Ok(())
    }

    /// Whether the check's end is reached and told.
    fn is_done(&self, told: &Told, begun: Instant, deadline: Option<Instant>) -> Result<bool> {
        if let Some(held) = self.people.visit_with_clip(told.visits_with_verified_clips())? {
            let took = begun.elapsed();
            // A video file may be over by now, and with it the live view.
            if self.options.video.is_none() {
                say("── the pages are tried in a browser");
                self.people.try_pages(&self.options.pages)?;
            }
            // A closed standard output is an error here, as everywhere in the story.
            writeln!(std::io::stdout(), "{}", told.summary(&held, took))
                .context("tell the summary")?;
            return Ok(true);
        }
        if deadline.is_some_and(|deadline| deadline < Instant::now()) {
            bail!(
                "no visit with its clip on the server within {} s; {}",
                CHECK_PATIENCE.as_secs(),
                self.own_words()
            );
        }
        Ok(false)
    }

    /// The video or the drawn scene has come to its end; the demo goes on for what is unsent.
    fn source_is_over(&self, told: &Told) -> Result<()> {
        if self.options.check && told.visit_count() == 0 {
            bail!("the pictures are over and no hornet hovered in them; {}", self.own_words());
        }
        say("── the pictures are over; what was seen is still sent (Ctrl-C ends the demo)");
        Ok(())
    }

    /// Presses the simulated body's arm button, as a beekeeper would.
    fn press_arm(&self) -> Result<()> {
        let mut command = Command::new(self.sim);
        tools::run(command.args(["press", "arm", "--control"]).arg(&self.button))
    }

    fn own_words(&self) -> String {
        if self.options.data.is_none() && !self.options.keep {
            return "run it with `--keep` to read the programs' own words".to_owned();
        }
        format!("the programs' own words are in {}", self.data.display())
    }
}
