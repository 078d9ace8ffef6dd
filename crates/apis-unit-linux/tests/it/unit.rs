//! A running `apis-unit` whose story can be followed, and ended.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// Longest wait for anything that must happen; far longer than any of it takes.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The program under test.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_apis-unit"));
    command.env_clear();
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

/// What a command that ends by itself said: its status, standard output, standard error.
pub fn ended(command: &mut Command) -> (ExitStatus, String, String) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status, text(output.stdout), text(output.stderr))
}

/// The stable code with which a command failed.
pub fn failure_code(command: &mut Command) -> String {
    let (status, _, errors) = ended(command.arg("--json"));
    assert!(!status.success(), "the command succeeded");
    let last = errors.lines().last().unwrap_or_default();
    let told: Value = serde_json::from_str(last).unwrap_or_else(|_| panic!("said: {errors}"));
    told["error"]["code"].as_str().unwrap().to_owned()
}

/// A unit that runs until it is dropped.
pub struct Unit {
    child: Child,
    lines: Receiver<Value>,
    folder: PathBuf,
    _owned: Option<TempDir>,
}

impl Unit {
    /// Runs on its own, in a folder of its own, without a body; `flags` say the rest.
    pub fn standalone(flags: &[&str]) -> Unit {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let mut unit = Unit::start(&path, &[&["--standalone"], flags].concat());
        unit._owned = Some(folder);
        unit
    }

    /// The same, reading what a shell command writes.
    pub fn fed_by(shell: &str, flags: &[&str]) -> Unit {
        let folder = tempfile::tempdir().unwrap();
        let mut writer =
            Command::new("sh").args(["-c", shell]).stdout(Stdio::piped()).spawn().unwrap();
        let frames = Stdio::from(writer.stdout.take().unwrap());
        let flags = [&["--standalone", "--source", "pipe:-"], flags].concat();
        let mut unit = Unit::start_reading(frames, &folder.path().join("data"), &flags);
        unit._owned = Some(folder);
        // It ends by itself, or by the pipe's end when the unit is gone.
        std::thread::spawn(move || writer.wait());
        unit
    }

    /// Runs in the data folder `folder`.
    pub fn start(folder: &Path, flags: &[&str]) -> Unit {
        Unit::start_reading(Stdio::null(), folder, flags)
    }

    fn start_reading(input: Stdio, folder: &Path, flags: &[&str]) -> Unit {
        let mut command = program();
        command.arg("--json").arg("--data").arg(folder).arg("run");
        command.args(["--local", "127.0.0.1:0"]).args(flags);
        let mut child = command.stdin(input).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let told = serde_json::from_str(&line).unwrap_or(Value::String(line));
                if sender.send(told).is_err() {
                    return;
                }
            }
        });
        Unit { child, lines, folder: folder.to_owned(), _owned: None }
    }

    /// The next line of the story that tells of `event`.
    pub fn tells(&self, event: &str) -> Value {
        self.tells_that(event, |_| true)
    }

    /// The next line that tells of `event` with facts that are `right`.
    pub fn tells_that(&self, event: &str, right: impl Fn(&Value) -> bool) -> Value {
        let mut passed = Vec::new();
        loop {
            let Ok(line) = self.lines.recv_timeout(PATIENCE) else {
                panic!("{event} was never told, only: {passed:#?}");
            };
            if line["event"] == event && right(&line) {
                return line;
            }
            passed.push(line);
        }
    }

    /// A fault with this code begins.
    pub fn faults(&self, code: &str) -> Value {
        self.tells_that("fault", |line| line["code"] == code)
    }

    /// Its data folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A command of `apis-unit` to this unit.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = program();
        command.arg("--data").arg(&self.folder).args(words);
        command
    }

    /// What `/status` says.
    pub fn status(&self) -> Value {
        let (status, out, errors) = ended(&mut self.command(&["status", "--json"]));
        assert!(status.success(), "{errors}");
        serde_json::from_str(&out).unwrap()
    }

    /// Where the local API listens.
    pub fn address(&self) -> String {
        std::fs::read_to_string(self.folder.join("local.address")).unwrap().trim().to_owned()
    }

    /// The local token.
    pub fn token(&self) -> String {
        std::fs::read_to_string(self.folder.join("local.token")).unwrap().trim().to_owned()
    }

    /// Ends it in order.
    pub fn terminate(mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.child.wait().unwrap()
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }
}

impl Drop for Unit {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Asks the local API by hand: the whole answer, head and content.
pub fn ask(address: &str, head: &str) -> String {
    use std::io::Write;
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let request = format!("{head}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.replace("\r\n", "\n").replace('\n', "\r\n").as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// The status of `GET path` by the local API.
pub fn status_of(unit: &Unit, path: &str) -> u16 {
    let (address, token) = (unit.address(), unit.token());
    let head = format!("GET {path} HTTP/1.1\nHost: {address}\nAuthorization: Bearer {token}");
    let answer = ask(&address, &head);
    answer.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or_default()
}

/// A shell command that writes `frames` grey frames in Y4M, ten a second.
pub fn frames(size: &str, frames: u32) -> String {
    let (width, height) = size.split_once('x').unwrap();
    let (w, h): (u32, u32) = (width.parse().unwrap(), height.parse().unwrap());
    format!(
        "printf 'YUV4MPEG2 W{w} H{h} F10:1 C420jpeg\\n'; \
         for n in $(seq {frames}); do printf 'FRAME\\n'; head -c {} /dev/zero; sleep 0.1; done",
        w * h * 3 / 2
    )
}
