//! What the commands call: programs, the packages that bring them, and steps with their time.

use anyhow::{Context, Result, bail};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// The folder of the checkout this program was built from.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in a folder of the checkout")
        .to_path_buf()
}

/// The folder that holds built programs, as cargo reports it.
pub fn target_folder() -> Result<PathBuf> {
    let text = output(cargo().args(["metadata", "--format-version=1", "--no-deps"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&text).context("read cargo metadata")?;
    let folder = metadata["target_directory"].as_str().context("cargo names no target folder")?;
    Ok(PathBuf::from(folder))
}

/// A `cargo` that works in the checkout, whatever folder the caller stands in.
pub fn cargo() -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root());
    command
}

/// Tells a person a line, on standard error. When nobody listens there, the work goes on.
pub fn say(line: &str) {
    // A closed terminal is no reason to leave programs running, as a panic here might.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Runs one step with its name and, at its end, its time.
pub fn step(name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    say(&format!("── {name}"));
    let started = Instant::now();
    let result = work().with_context(|| format!("step \"{name}\""));
    let word = if result.is_ok() { "done" } else { "FAILED" };
    say(&format!("── {name}: {word} in {:.1} s", started.elapsed().as_secs_f64()));
    result
}

/// Runs a command to its end and fails unless its status is 0.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("start {}", shown(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", shown(command));
    }
    Ok(())
}

/// Runs a command and returns its standard output.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("start {}", shown(command)))?;
    if !output.status.success() {
        bail!("{} ended with {}", shown(command), output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("{} printed no UTF-8", shown(command)))
}

fn shown(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    format!("`{}`", words.join(" "))
}

/// Whether a program of this name is in the search path.
pub fn has_program(name: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}

/// A Debian package and how to see that it is there.
pub struct Package {
    /// The package's name.
    pub name: &'static str,
    /// What it is needed for, as the end of "needed for …".
    pub reason: &'static str,
    /// Whether it is installed already.
    pub is_present: fn() -> bool,
}

/// The PostgreSQL server's programs, for the tests on that engine.
pub const POSTGRESQL: Package = Package {
    name: "postgresql",
    reason: "the tests on PostgreSQL",
    is_present: || has_program("initdb") || postgresql_folder().is_some(),
};

/// `ffmpeg`, which reads any video file.
pub const FFMPEG: Package = Package {
    name: "ffmpeg",
    reason: "watching video files",
    is_present: || has_program("ffmpeg"),
};

/// `curl`, which reads what the server sends as programs do that are not ours.
pub const CURL: Package = Package {
    name: "curl",
    reason: "reading from the server as another program",
    is_present: || has_program("curl"),
};

/// A C++ compiler, which builds the video encoder.
pub const CXX: Package = Package {
    name: "g++",
    reason: "building the video encoder",
    is_present: || has_program("c++") || has_program("g++"),
};

/// Debian's Chromium, in which the pages are tried.
pub const CHROMIUM: Package = Package {
    name: "chromium",
    reason: "trying the pages in a browser",
    is_present: || has_program("chromium"),
};

/// `python3 -m venv`, for the foreign signer and the foreign upload client of the tests.
pub const PYTHON_VENV: Package = Package {
    name: "python3-venv",
    reason: "the foreign signer of the tests",
    is_present: || {
        Command::new("python3")
            .args(["-c", "import venv, ensurepip"])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    },
};

/// Debian keeps the server's programs out of the search path, by version.
fn postgresql_folder() -> Option<PathBuf> {
    std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .find(|folder| folder.join("initdb").is_file())
}

/// Installs the packages that are missing, or names the exact command for it.
pub fn ensure_packages(packages: &[Package]) -> Result<()> {
    let missing: Vec<&Package> =
        packages.iter().filter(|package| !(package.is_present)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = missing.iter().map(|package| package.name).collect();
    let reasons: Vec<&str> = missing.iter().map(|package| package.reason).collect();
    let by_hand = format!("apt-get install --no-install-recommends {}", names.join(" "));
    let is_root = output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !is_root || !has_program("apt-get") {
        bail!("missing for {}: please run, as root: {by_hand}", reasons.join(", "));
    }
    step(&format!("install {} (for {})", names.join(", "), reasons.join(", ")), || {
        let apt = |arguments: &[&str]| {
            run(Command::new("apt-get")
                .env("DEBIAN_FRONTEND", "noninteractive")
                .args(["-qq", "-o", "DPkg::Lock::Timeout=300"])
                .args(arguments)
                .stdin(Stdio::null())
                .stdout(Stdio::null()))
        };
        apt(&["update"])?;
        let mut install = vec!["install", "-y", "--no-install-recommends"];
        install.extend(&names);
        apt(&install).with_context(|| format!("please run by hand: {by_hand}"))
    })
}

/// Runs a command with `input` on its standard input and returns its standard output.
pub fn answer(command: &mut Command, input: &str) -> Result<String> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("start {}", shown(command)))?;
    // A command that reads nothing may be gone already; its status tells.
    let mut stdin = child.stdin.take().expect("the pipe was asked for");
    let written = std::io::Write::write_all(&mut stdin, input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().context("wait for a command")?;
    if !output.status.success() {
        bail!("{} ended with {}", shown(command), output.status);
    }
    written.or_else(|error| if input.is_empty() { Ok(()) } else { Err(error) })?;
    String::from_utf8(output.stdout).with_context(|| format!("{} printed no UTF-8", shown(command)))
}
