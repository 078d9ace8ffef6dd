//! A demo as a person starts it: its lines, its end, and what it leaves behind.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longest wait for anything a demo must do; far longer than any of it takes.
const PATIENCE: Duration = Duration::from_secs(240);

/// A running demo with a temporary folder of its own. Dropping it ends it.
pub struct Demo {
    child: Child,
    out: Option<Receiver<String>>,
    errors: Receiver<String>,
    told: Vec<String>,
    temporary: TempDir,
}

/// How a demo ended.
pub struct Ended {
    /// Its status.
    pub status: ExitStatus,
    /// The lines of its standard output.
    pub out: Vec<String>,
    /// The lines of its standard error.
    pub errors: Vec<String>,
    temporary: TempDir,
}

impl Demo {
    /// Starts `cargo xtask demo` with the programs as built and these words.
    pub fn start(words: &[&str]) -> Demo {
        let temporary = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["demo", "--no-build"])
            .args(words)
            .env("TMPDIR", temporary.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = Some(lines(child.stdout.take().unwrap()));
        let errors = lines(child.stderr.take().unwrap());
        Demo { child, out, errors, told: Vec::new(), temporary }
    }

    /// Waits for a line of standard error that contains `words`.
    pub fn wait_for(&mut self, words: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let heard = self.errors.recv_timeout(left);
            let line = heard.unwrap_or_else(|why| panic!("{words}: {why}, told {:?}", self.told));
            let is_it = line.contains(words);
            self.told.push(line);
            if is_it {
                return;
            }
        }
    }

    /// Sends the program a signal by its name, as a terminal or a person would.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    /// Nobody reads its standard output any more.
    pub fn close_output(&mut self) {
        self.out = None;
    }

    /// Waits for its end.
    pub fn ended(mut self) -> Ended {
        let until = Instant::now() + PATIENCE;
        let out = self.out.take().map(|out| rest(&out, until)).unwrap_or_default();
        let mut errors = std::mem::take(&mut self.told);
        errors.extend(rest(&self.errors, until));
        let status = self.child.wait().unwrap();
        let temporary = std::mem::replace(&mut self.temporary, tempfile::tempdir().unwrap());
        Ended { status, out, errors, temporary }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal("-TERM");
            // It ends its own programs; a status is of no use here.
            let _ = self.child.wait();
        }
    }
}

impl Ended {
    /// The last line of standard output, which `--check` makes JSON.
    pub fn summary(&self) -> Value {
        let last = self.out.last().map(String::as_str).unwrap_or_default();
        serde_json::from_str(last).unwrap_or_else(|_| panic!("said last: {last:?}\n{self}"))
    }

    /// Whether a line of standard error contains `words`.
    pub fn said(&self, words: &str) -> bool {
        self.errors.iter().any(|line| line.contains(words))
    }

    /// What it left in the folder for temporary things.
    pub fn left_behind(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.temporary.path()).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    /// Programs that still run and were started by it: they inherit its folder for temporary
    /// things.
    pub fn still_running(&self) -> Vec<String> {
        let mark = format!("TMPDIR={}", self.temporary.path().display());
        let processes = std::fs::read_dir("/proc").unwrap().flatten();
        let ours = processes.filter(|process| is_marked(&process.path(), mark.as_bytes()));
        ours.map(|process| {
            std::fs::read_to_string(process.path().join("cmdline")).unwrap_or_default()
        })
        .collect()
    }

    /// Fails unless it left neither a program nor a temporary folder.
    pub fn assert_nothing_left(&self) {
        assert_eq!(self.still_running(), Vec::<String>::new(), "{self}");
        assert_eq!(self.left_behind(), Vec::<PathBuf>::new(), "{self}");
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.status)?;
        self.out.iter().chain(&self.errors).try_for_each(|line| writeln!(f, "  {line}"))
    }
}

fn is_marked(process: &Path, mark: &[u8]) -> bool {
    let environment = std::fs::read(process.join("environ")).unwrap_or_default();
    environment.split(|byte| *byte == 0).any(|entry| entry == mark)
}

fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        // When nobody listens any more the pipe is closed, as a reader that went away does.
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

fn rest(lines: &Receiver<String>, until: Instant) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        match lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(line) => all.push(line),
            Err(RecvTimeoutError::Disconnected) => return all,
            Err(RecvTimeoutError::Timeout) => panic!("it goes on: {all:?}"),
        }
    }
}
