//! One built unit with its drawn hive, its simulated body and its arm button.

use crate::body_log::{self, Lit};
use crate::program::{Line, Program, answer_to, built};
use crate::truth::Truth;
use apis_units::Uptime;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Uptime with which the simulated body may start: past the first minute, which is dark by rule.
pub const PAST_THE_FIRST_MINUTE: &str = "61s";

/// What a unit watches.
#[derive(Debug, Clone)]
pub struct Watched {
    /// The family.
    pub preset: &'static str,
    /// The scene's seed.
    pub seed: u64,
    /// Its hornets, as `apis-sim scene --hornets` has them.
    pub hornets: String,
    /// How many bees are about, if not as many as the family has.
    pub bees: Option<usize>,
    /// How long it plays, in seconds.
    pub seconds: u32,
}

/// How a unit is started.
#[derive(Debug, Clone, Copy, Default)]
pub struct Start<'a> {
    /// Whether it starts past the first minute.
    pub uptime_offset: Option<&'a str>,
    /// A step to stop at.
    pub hold: Option<&'a str>,
    /// Whether it works without a server.
    pub standalone: bool,
}

/// A unit, and what it leaves behind.
#[derive(Debug)]
pub struct Unit {
    /// Its number among the units of a test.
    pub name: String,
    folder: PathBuf,
    body: Program,
    program: Option<Program>,
    /// Everything it said in earlier starts.
    said: Vec<Vec<Line>>,
    scenes: u32,
}

impl Unit {
    /// A unit in `folder` with its body switched on; it does not run yet.
    pub fn new(name: &str, folder: &Path) -> Unit {
        std::fs::create_dir_all(folder).unwrap();
        let mut command = Command::new(built("apis-sim"));
        command.arg("body").arg("--socket").arg(folder.join("body"));
        command.arg("--log").arg(folder.join("body.jsonl"));
        command.arg("--control").arg(folder.join("control"));
        let body = Program::start("body", &mut command, folder);
        wait_until(
            || "the body listens".into(),
            Duration::from_secs(10),
            || folder.join("control").exists(),
        );
        Unit {
            name: name.to_owned(),
            folder: folder.to_owned(),
            body,
            program: None,
            said: Vec::new(),
            scenes: 0,
        }
    }

    /// Its data folder; a test may put a link to another place there before the first start.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// What `/status` of the running unit says.
    pub fn status(&self) -> serde_json::Value {
        answer_to(self.command().arg("status"), "")
    }

    /// The program on this data.
    pub fn command(&self) -> Command {
        let mut command = Command::new(built("apis-unit"));
        command.arg("--json").arg("--data").arg(self.folder.join("data"));
        command
    }

    /// Enrols by `claim`.
    pub fn enrol(&self, claim: &str) {
        answer_to(self.command().args(["enrol", "--claim", claim, "--serial", &self.name]), "");
    }

    /// Starts it before a scene.
    pub fn start(&mut self, watched: &Watched, start: Start<'_>) {
        self.scenes += 1;
        let bees = watched.bees.map(|bees| format!("--bees {bees}")).unwrap_or_default();
        let scene = format!(
            "exec '{}' scene --preset {} --seed {} --hornets {} {bees} --seconds {} --fps 10 \
             --truth '{}'",
            built("apis-sim").display(),
            watched.preset,
            watched.seed,
            watched.hornets,
            watched.seconds,
            self.truth_path().display(),
        );
        let mut command = self.run_command(&format!("exec:{scene}"));
        command.arg("--body").arg(format!("sim:{}", self.folder.join("body").display()));
        if let Some(offset) = start.uptime_offset {
            command.args(["--uptime-offset", offset]);
        }
        if start.standalone {
            command.arg("--standalone");
        }
        if let Some(step) = start.hold {
            command.args(["--hold-at", step]);
        }
        self.run(&mut command);
    }

    /// Starts it before a video file, as fast as its eyes can, without a deterrent.
    pub fn start_before_video(&mut self, video: &Path) {
        let mut command = self.run_command(&format!("video:{}", video.display()));
        command.args(["--speed", "full", "--body", "none"]);
        self.run(&mut command);
    }

    fn run_command(&self, source: &str) -> Command {
        let mut command = self.command();
        command.args(["run", "--no-restart", "--source", source]);
        // A busy machine may take its time to draw the first frame.
        command.args(["--local", "127.0.0.1:0", "--heartbeat-s", "5", "--stall-s", "20"]);
        command
    }

    fn run(&mut self, command: &mut Command) {
        let program = Program::start("unit", command, &self.folder);
        let started = program.line(Duration::from_secs(30), |line| is_event(line, "started"));
        started.unwrap_or_else(|why| panic!("unit {} did not start: {why}", self.name));
        self.program = Some(program);
    }

    fn truth_path(&self) -> PathBuf {
        self.folder.join(format!("truth-{}.jsonl", self.scenes))
    }

    /// Presses the arm button and waits until the unit says that it is armed.
    pub fn arm(&self) {
        let press = Instant::now();
        loop {
            self.press();
            let armed = self.running().line(Duration::from_secs(2), |line| is_event(line, "armed"));
            match armed {
                Ok(_) => return,
                Err(why) => {
                    assert!(
                        press.elapsed() < Duration::from_secs(20),
                        "unit {} is not armed: {why}",
                        self.name
                    );
                }
            }
        }
    }

    fn press(&self) {
        let mut command = Command::new(built("apis-sim"));
        command.args(["press", "arm", "--control"]).arg(self.folder.join("control"));
        let status = command.status().expect("apis-sim starts");
        assert!(status.success(), "the arm button of unit {}", self.name);
    }

    /// The running program.
    pub fn running(&self) -> &Program {
        self.program.as_ref().expect("the unit was started")
    }

    /// Writes down what `program` said, for a look after a failure, and remembers it.
    fn remember(&mut self, program: &Program) {
        let lines = program.lines();
        let story: String = lines.iter().map(|line| format!("{}\n", line.text)).collect();
        let path = self.folder.join(format!("story-{}.jsonl", self.said.len() + 1));
        std::fs::write(path, story).unwrap();
        self.said.push(lines);
    }

    /// Asks it to end and waits.
    pub fn terminate(&mut self) {
        let mut program = self.program.take().expect("the unit was started");
        let ended = program.terminate(Duration::from_secs(15));
        self.remember(&program);
        ended.unwrap_or_else(|why| panic!("unit {} did not end when asked: {why}", self.name));
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        let program = self.program.take().expect("the unit was started");
        self.remember(&program);
        program.kill();
    }

    /// Everything it has said since it was first started.
    pub fn story(&self) -> Vec<Line> {
        let now = self.program.iter().flat_map(Program::lines);
        self.said.iter().flatten().cloned().chain(now).collect()
    }

    /// The events called `event` in its story.
    pub fn events(&self, event: &str) -> Vec<serde_json::Value> {
        self.story().iter().map(Line::json).filter(|line| line["event"] == event).collect()
    }

    /// µs of `CLOCK_MONOTONIC` at uptime zero of its first start.
    ///
    /// A line cannot be read before it is written: the least difference is nearest to the truth,
    /// within the fraction of a millisecond that a pipe takes.
    pub fn booted_us(&self) -> i64 {
        let story = self.said.first().cloned().unwrap_or_else(|| self.running().lines());
        let since = |line: &Line| {
            let uptime_us = line.json()["uptime_us"].as_i64()?;
            Some(i64::try_from(line.at_us).ok()? - uptime_us)
        };
        story.iter().filter_map(since).min().expect("a unit tells when it started")
    }

    /// Its uptime at `at_us` of `CLOCK_MONOTONIC`, in its first start.
    pub fn uptime_at(&self, at_us: u64) -> Uptime {
        let booted_us = self.booted_us();
        let since = i64::try_from(at_us).unwrap_or(i64::MAX) - booted_us;
        Uptime::from_micros(u64::try_from(since).unwrap_or(0))
    }

    /// The truth of the scene it was first started before.
    pub fn truth(&self) -> Truth {
        Truth::read(&self.folder.join("truth-1.jsonl"))
    }

    /// Every time its laser was lit.
    pub fn lit(&self) -> Vec<Lit> {
        body_log::read(&self.folder.join("body.jsonl"))
    }

    /// What the running unit answers to a command of its own command line.
    pub fn ask(&self, words: &[&str]) -> serde_json::Value {
        answer_to(self.command().args(words), "")
    }

    /// A file of its spool.
    pub fn spooled(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.join("data/spool").join(name)).expect("the spool has this file")
    }

    /// Names and bytes of the files in its spool.
    pub fn kept(&self) -> Vec<(String, u64)> {
        let files = std::fs::read_dir(self.folder.join("data/spool")).expect("it keeps a spool");
        let mut kept: Vec<(String, u64)> = files
            .flatten()
            .map(|file| {
                let bytes = file.metadata().map_or(0, |about| about.len());
                (file.file_name().to_string_lossy().into_owned(), bytes)
            })
            .collect();
        kept.sort();
        kept
    }

    /// Where its files are, and the last it said: for a failure's message.
    pub fn account(&self) -> String {
        let program = self.program.as_ref().map(Program::account).unwrap_or_default();
        format!(
            "unit {} in {}\n{program}\n{}",
            self.name,
            self.folder.display(),
            self.body.account()
        )
    }
}

/// Whether a line of a unit's story is the event `event`.
pub fn is_event(line: &Line, event: &str) -> bool {
    line.json()["event"] == event
}

/// Waits until `holds`.
///
/// # Panics
/// After `patience`, saying `what` did not come.
pub fn wait_until(what: impl Fn() -> String, patience: Duration, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + patience;
    while !holds() {
        assert!(Instant::now() < until, "waited {patience:?} in vain: {}", what());
        std::thread::sleep(Duration::from_millis(20));
    }
}
