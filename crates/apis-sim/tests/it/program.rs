//! One started program: its lines, its signals, its end. It never outlives its handle.

use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The built program `name` of this workspace.
///
/// # Panics
/// When it was not built: `cargo test` of one package builds no other package's programs.
pub fn built(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a running program knows its file");
    // target/<profile>/deps/it-<hash>
    let folder = own.parent().and_then(Path::parent).expect("tests lie two folders deep");
    let program = folder.join(name);
    assert!(
        program.exists(),
        "{} is not there: run `cargo build --workspace` first (`cargo xtask test` does)",
        program.display()
    );
    program
}

/// A line of standard output and when it came, in µs of `CLOCK_MONOTONIC`.
#[derive(Debug, Clone)]
pub struct Line {
    /// When it was read.
    pub at_us: u64,
    /// Without its end.
    pub text: String,
}

impl Line {
    /// The line as JSON; null when it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }
}

#[derive(Debug, Default)]
struct Heard {
    lines: Mutex<(Vec<Line>, bool)>,
    news: Condvar,
}

/// A running program. Dropping it kills it.
#[derive(Debug)]
pub struct Program {
    name: String,
    child: Child,
    heard: Arc<Heard>,
    reader: Option<JoinHandle<()>>,
    errors: PathBuf,
}

impl Program {
    /// Starts `command`; what it says on standard error goes to `folder/NAME.log`.
    pub fn start(name: &str, command: &mut Command, folder: &Path) -> Program {
        let errors = folder.join(format!("{name}.log"));
        let log = std::fs::OpenOptions::new().create(true).append(true).open(&errors).unwrap();
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("start {name}: {error}"));
        let heard = Arc::new(Heard::default());
        let out = BufReader::new(child.stdout.take().expect("standard output is piped"));
        let ear = Arc::clone(&heard);
        let reader = std::thread::spawn(move || {
            for text in out.lines() {
                let Ok(text) = text else { break };
                let at_us = apis_sim::clock::monotonic_us();
                ear.lines
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
                    .push(Line { at_us, text });
                ear.news.notify_all();
            }
            ear.lines.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
            ear.news.notify_all();
        });
        Program { name: name.to_owned(), child, heard, reader: Some(reader), errors }
    }

    /// Everything it has said so far.
    pub fn lines(&self) -> Vec<Line> {
        self.heard.lines.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// The first line for which `is_it`, waiting `patience` for it.
    ///
    /// Errors: what was said instead, when it ended or time was up.
    pub fn line(&self, patience: Duration, is_it: impl Fn(&Line) -> bool) -> Result<Line, String> {
        let until = Instant::now() + patience;
        let mut said = self.heard.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let mut seen = 0;
        loop {
            if let Some(line) = said.0[seen..].iter().find(|line| is_it(line)) {
                return Ok(line.clone());
            }
            seen = said.0.len();
            let left = until.saturating_duration_since(Instant::now());
            if said.1 || left.is_zero() {
                let why = if said.1 { "ended" } else { "is silent" };
                drop(said);
                return Err(format!("{} {why} without the line; {}", self.name, self.account()));
            }
            said =
                self.heard.news.wait_timeout(said, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The last it said, for a failure's message.
    pub fn account(&self) -> String {
        let tail = |lines: Vec<String>| lines[lines.len().saturating_sub(25)..].join("\n  ");
        let said = tail(self.lines().into_iter().map(|line| line.text).collect());
        let errors = std::fs::read_to_string(&self.errors).unwrap_or_default();
        let errors = tail(errors.lines().map(str::to_owned).collect());
        format!("{} said:\n  {said}\nand in {}:\n  {errors}", self.name, self.errors.display())
    }

    /// The programs that it started itself and that still run.
    pub fn children(&self) -> Vec<Pid> {
        let own = self.child.id();
        let listed = std::fs::read_to_string(format!("/proc/{own}/task/{own}/children"));
        let threads = std::fs::read_dir(format!("/proc/{own}/task")).expect("it runs");
        let of_threads =
            threads.flatten().map(|thread| std::fs::read_to_string(thread.path().join("children")));
        let all = std::iter::once(listed).chain(of_threads).flatten().collect::<Vec<_>>().join(" ");
        let mut pids: Vec<i32> =
            all.split_whitespace().filter_map(|pid| pid.parse().ok()).collect();
        pids.sort_unstable();
        pids.dedup();
        pids.into_iter().filter_map(Pid::from_raw).collect()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        // Nobody else waits for this child, so its number is still its own.
        let _ = kill_process(pid.expect("a child has a number"), signal);
    }

    /// `kill -9`, and its end.
    pub fn kill(mut self) {
        self.end();
    }

    /// Asks it to end and waits for it; kills it when it takes longer than `patience`.
    pub fn terminate(&mut self, patience: Duration) -> Result<ExitStatus, String> {
        self.signal(Signal::TERM);
        self.wait(patience)
    }

    /// Waits until it ends by itself.
    pub fn wait(&mut self, patience: Duration) -> Result<ExitStatus, String> {
        let until = Instant::now() + patience;
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => {
                    self.reader.take().map(JoinHandle::join);
                    return Ok(status);
                }
                Ok(None) if Instant::now() < until => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Ok(None) => return Err(format!("it did not end; {}", self.account())),
                Err(error) => return Err(format!("wait for {}: {error}", self.name)),
            }
        }
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.reader.take().map(JoinHandle::join);
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.end();
    }
}

/// Runs `command` to its end with `input` on standard input, and gives its last line of standard
/// output as JSON.
///
/// # Panics
/// When it fails or its last line is no JSON.
pub fn answer_to(command: &mut Command, input: &str) -> serde_json::Value {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut pipe = child.stdin.take().expect("standard input is piped");
    // A program that asks for nothing may be gone before it is told.
    let _ = pipe.write_all(input.as_bytes());
    drop(pipe);
    let output = child.wait_with_output().expect("a child can be waited for");
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed:\n{said}\n{errors}");
    let last = said.lines().last().unwrap_or_default();
    let json = serde_json::from_str(last);
    json.unwrap_or_else(|_| panic!("{command:?} said no JSON: {said}\n{errors}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, folder: &Path) -> Program {
        Program::start("shell", Command::new("sh").args(["-c", script]), folder)
    }

    #[test]
    fn a_line_is_waited_for_and_a_silent_program_is_told_of() {
        let folder = tempfile::tempdir().unwrap();
        let mut talker = shell("echo one; echo two; echo why >&2", folder.path());
        let second = talker.line(Duration::from_secs(10), |line| line.text == "two").unwrap();
        assert_eq!(second.text, "two");
        assert!(talker.wait(Duration::from_secs(10)).unwrap().success());
        let missing =
            talker.line(Duration::from_secs(10), |line| line.text == "three").unwrap_err();
        assert!(missing.contains("one") && missing.contains("why"), "{missing}");
    }

    #[test]
    fn a_program_ends_with_its_handle() {
        let folder = tempfile::tempdir().unwrap();
        let sleeper = shell("echo $$; exec sleep 600", folder.path());
        let pid = sleeper.line(Duration::from_secs(10), |_| true).unwrap().text;
        let proc = PathBuf::from("/proc").join(pid);
        assert!(proc.exists());
        drop(sleeper);
        assert!(!proc.exists());
    }
}
