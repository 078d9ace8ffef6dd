//! Programs the demo starts, ends by their handle, and listens to line by line.

use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

/// How long a program may take to end when asked, before it is killed.
const END_PATIENCE: Duration = Duration::from_secs(8);

/// A line that one of the programs printed.
pub struct Line {
    /// Which program.
    pub from: &'static str,
    /// What it said, without the line's end.
    pub text: String,
}

/// Lines of all programs, in the order they arrived, and whether a person asked for the end.
pub struct Lines {
    is_asked_to_end: Arc<AtomicBool>,
    sender: Sender<Line>,
    receiver: Receiver<Line>,
}

impl Lines {
    /// Listens to no program yet, but from here on for Ctrl-C, SIGTERM and a closed terminal: the
    /// programs are ended in order and the temporary folder goes, rather than dying with us.
    pub fn new() -> Result<Lines> {
        let is_asked_to_end = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&is_asked_to_end);
        ctrlc::set_handler(move || asked.store(true, Ordering::Relaxed))
            .context("listen for Ctrl-C")?;
        let (sender, receiver) = mpsc::channel();
        Ok(Lines { is_asked_to_end, sender, receiver })
    }

    /// Whether a person, or the terminal's end, asked for the end.
    pub fn is_asked_to_end(&self) -> bool {
        self.is_asked_to_end.load(Ordering::Relaxed)
    }

    /// The next line, or `None` when none came in time.
    pub fn next(&self, patience: Duration) -> Option<Line> {
        match self.receiver.recv_timeout(patience) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => unreachable!("this value holds a sender"),
        }
    }

    /// Waits for a line of `from` that `is_it` accepts; fails when the program ends before.
    pub fn wait_for(
        &self,
        running: &mut Running,
        patience: Duration,
        is_it: impl Fn(&str) -> bool,
    ) -> Result<String> {
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if self.is_asked_to_end() {
                bail!("ended before {} was ready", running.name);
            }
            if let Some(line) = self.next(Duration::from_millis(200)) {
                if line.from == running.name && is_it(&line.text) {
                    return Ok(line.text);
                }
                continue;
            }
            running.ensure_alive()?;
        }
        bail!("{} did not get ready within {} s", running.name, patience.as_secs())
    }
}

/// A running program. Dropping it ends it.
pub struct Running {
    /// What it is called in messages.
    pub name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Running {
    /// Starts a program whose standard output is listened to; its standard error goes to `log`.
    pub fn start(
        name: &'static str,
        command: &mut Command,
        log: &Path,
        lines: &Lines,
    ) -> Result<Running> {
        let log_file =
            std::fs::File::create(log).with_context(|| format!("make {}", log.display()))?;
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log_file)
            // Ctrl-C in a terminal goes to a whole group: this program alone hears it and ends the
            // others in order.
            .process_group(0)
            .spawn()
            .with_context(|| format!("start {name}"))?;
        let output = child.stdout.take().expect("the pipe was asked for");
        listen(name, output, lines.sender.clone());
        Ok(Running { name, child, log: log.to_path_buf() })
    }

    /// Fails when the program has ended.
    pub fn ensure_alive(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait().context("look after a program")? {
            // Its own last words, since the folder they are in may be a temporary one.
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            let words = log.lines().last().unwrap_or("it said nothing");
            bail!("{} ended with {status}: {words}", self.name);
        }
        Ok(())
    }
}

fn listen(name: &'static str, output: impl Read + Send + 'static, sender: Sender<Line>) {
    std::thread::spawn(move || {
        for text in BufReader::new(output).lines().map_while(Result::ok) {
            if sender.send(Line { from: name, text }).is_err() {
                return;
            }
        }
    });
}

impl Drop for Running {
    fn drop(&mut self) {
        // Asked politely first, so that the beam goes dark and files are whole.
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let deadline = Instant::now() + END_PATIENCE;
        while asked.is_ok() && Instant::now() < deadline {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        // Both fail only when the program is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
