//! The built `apis-server` on SQLite in a folder of its own, for as long as a test runs.

use crate::server::metric_at;
use apis_testkit::ports::free_port;
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

pub struct Server {
    child: Child,
    program: PathBuf,
    data: TempDir,
    /// The units' door, `https://authority`.
    pub units: String,
    /// The pin of its key.
    pub pin: String,
    metrics_port: u16,
}

impl Server {
    /// Starts the built program on free ports.
    pub fn start() -> Server {
        let program = built("apis-server");
        let data = tempfile::tempdir().unwrap();
        let metrics_port = free_port();
        let (child, ready) = serving(&program, &data, "127.0.0.1:0", metrics_port);
        let text = |key: &str| ready[key].as_str().unwrap().to_owned();
        let (units, pin) = (text("units"), text("pin"));
        Server { child, program, data, units, pin, metrics_port }
    }

    /// `kill -9`, and a new start on the same data whose units' door is where it was.
    pub fn kill_and_start_again(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let address = self.units.strip_prefix("https://").unwrap();
        let (child, ready) = serving(&self.program, &self.data, address, self.metrics_port);
        self.child = child;
        assert_eq!(ready["units"], self.units);
        assert_eq!(ready["pin"], self.pin);
    }

    /// What the metrics' listener tells of `name{labels}`; zero while it tells nothing of it.
    pub fn metric(&self, series: &str) -> f64 {
        metric_at(self.metrics_port, series)
    }

    /// A fresh tenant's fresh claim.
    pub fn claim(&self) -> String {
        let tenant = self.ask(&["tenant", "create", "--name", "Foreign bees"]);
        let tenant = tenant["tenant_id"].as_str().unwrap().to_owned();
        let claim = self.ask(&["claim", "create", "--tenant", &tenant]);
        claim["claim"].as_str().unwrap().to_owned()
    }

    fn ask(&self, arguments: &[&str]) -> Value {
        let output = Command::new(&self.program)
            .args(arguments)
            .arg("--json")
            .arg("--data")
            .arg(self.data.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", said(&self.data));
        }
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// The started program, and what it says once it is ready.
fn serving(program: &Path, data: &TempDir, units: &str, metrics_port: u16) -> (Child, Value) {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(log(data)).unwrap();
    let mut child = Command::new(program)
        .args(["serve", "--json", "--people", "127.0.0.1:0", "--units", units])
        .args(["--metrics", &format!("127.0.0.1:{metrics_port}")])
        .arg("--data")
        .arg(data.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready = serde_json::from_str(&line)
        .unwrap_or_else(|error| panic!("not ready ({error}): {line}{}", said(data)));
    (child, ready)
}

fn said(data: &TempDir) -> String {
    std::fs::read_to_string(log(data)).unwrap_or_default()
}

fn log(data: &TempDir) -> PathBuf {
    data.path().join("server.log")
}

/// A built program of this workspace, beside this test's own.
fn built(program: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let path = own.parent().and_then(Path::parent).unwrap().join(program);
    assert!(
        path.exists(),
        "{} is not built: run `cargo xtask test`, or `cargo build --workspace` first",
        path.display()
    );
    path
}
