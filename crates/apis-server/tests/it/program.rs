//! Runs the built program and speaks plain HTTP with it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// Longest wait for any one answer; a test machine may be busy.
const WAIT: Duration = Duration::from_secs(60);

/// The program on a data folder, with these arguments.
pub fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_apis-server"));
    command.args(arguments).arg("--data").arg(folder);
    command
}

/// Runs a command that must succeed and returns its JSON answer.
pub fn run(folder: &Path, arguments: &[&str], input: &str) -> Value {
    let mut command = program(folder, arguments);
    command.arg("--json").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {log}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs a command that must fail and returns its one line.
pub fn refusal(folder: &Path, arguments: &[&str]) -> String {
    let output = program(folder, arguments).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    let text = String::from_utf8(output.stderr).unwrap();
    let mut errors = text.lines().filter(|line| line.starts_with("error: "));
    let line = errors.next().unwrap_or_else(|| panic!("no error line: {text}")).to_owned();
    assert_eq!(errors.next(), None, "one line: {text}");
    line
}

/// A serving program; killed if the test ends without ending it.
pub struct Running {
    child: Child,
    /// Address and port of the people's door.
    pub people: String,
}

impl Running {
    /// Starts it on free ports and waits until it is ready.
    pub fn start(folder: &Path, flags: &[&str]) -> Running {
        let serve = ["serve", "--json", "--people", "127.0.0.1:0", "--units", "127.0.0.1:0"];
        let mut command = program(folder, &[&serve[..], flags].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|_| {
            let mut log = String::new();
            let _ = child.stderr.take().unwrap().read_to_string(&mut log);
            panic!("not ready: {line}{log}")
        });
        let people = ready["people"].as_str().unwrap().strip_prefix("http://").unwrap();
        Running { people: people.to_owned(), child }
    }

    /// Signs in and returns the session.
    pub fn sign_in(&self, email: &str, password: &str) -> Value {
        let body = json!({ "email": email, "password": password }).to_string();
        ask(&head(&self.people, "POST", "/api/v1/session", &body), &self.people)
    }

    /// Asks it to end.
    pub fn signal(&self) {
        let kill = format!("kill -TERM {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Waits for its end.
    pub fn wait(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Asks it to end and waits.
    pub fn end(self) -> ExitStatus {
        self.signal();
        self.wait()
    }

    /// Asks it to end and returns everything it logged.
    pub fn end_with_log(mut self) -> String {
        self.signal();
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        assert!(self.child.wait().unwrap().success());
        log
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The text of a request, as the page's client would send it; the connection ends with it.
pub fn head(authority: &str, method: &str, path: &str, body: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nhost: {authority}\r\norigin: http://{authority}\r\n\
         x-apis: 1\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Sends a request on a connection of its own and returns the answer's JSON.
pub fn ask(request: &str, authority: &str) -> Value {
    let mut socket = TcpStream::connect(authority).unwrap();
    socket.write_all(request.as_bytes()).unwrap();
    let answer = read_all(&mut socket);
    let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer}"));
    serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"))
}

/// Everything until the other side closes.
pub fn read_all(socket: &mut TcpStream) -> String {
    socket.set_read_timeout(Some(WAIT)).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}
