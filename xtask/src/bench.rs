//! `bench`: times the core, the guard, the server, the uploads and live video on this machine.
//!
//! The figures of docs/ref/capacity.md are what this prints: each tool's own line of JSON as it
//! comes, and all of them as one object at the end.

use crate::targets::{self, Target};
use crate::tools::{self, CXX, POSTGRESQL, cargo, ensure_packages, step};
use crate::{demo, web};
use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long the unit watches before its memory is read: the pre-roll is full and a visit kept by then.
const WATCH_TIME: Duration = Duration::from_secs(60);

/// What is timed.
#[derive(clap::Args)]
pub struct Options {
    /// Also times both commands of the README in a fresh clone with nothing built: half an hour.
    #[arg(long)]
    cold: bool,
    /// Times the pages in a browser, and nothing else: beside a unit that watches a drawn hive.
    #[arg(long, conflicts_with = "cold")]
    web: bool,
    /// Counts what a frame costs a board's processor, in an emulator, and nothing else.
    #[arg(long, value_enum, value_delimiter = ',', conflicts_with_all = ["cold", "web"])]
    target: Vec<Target>,
}

/// Runs every bench one after the other, so that none takes another's time.
pub fn run(options: &Options) -> Result<()> {
    if !options.target.is_empty() {
        return targets::run(&options.target);
    }
    ensure_packages(&[POSTGRESQL, CXX])?;
    web::build()?;
    step("release build", || tools::run(cargo().args(["build", "--release", "--workspace"])))?;
    let built = Built { folder: tools::target_folder()?.join("release") };
    if options.web {
        return demo::bench_pages(&built.folder);
    }
    let mut figures = Map::new();
    let mut tell = |name: &str, found: Result<Value>| -> Result<()> {
        let found = found.with_context(|| format!("bench \"{name}\""))?;
        println!("{name}: {found}");
        figures.insert(name.to_owned(), found);
        Ok(())
    };
    tell("machine", Ok(machine()))?;
    tell("eyes", built.sim(&["bench-eyes", "--json"]))?;
    tell("drive", built.sim(&["bench-drive", "--json"]))?;
    for engine in ["sqlite", "postgres"] {
        tell(&format!("heartbeats_{engine}"), built.on_server("bench-heartbeats", engine))?;
    }
    tell("uploads", built.on_server("bench-uploads", "sqlite"))?;
    tell("live", built.on_server("bench-live", "sqlite"))?;
    tell("live_tls", built.on_server("bench-live --tls", "sqlite"))?;
    tell("unit_memory", built.unit_memory())?;
    tell("binary_sizes", built.sizes())?;
    if options.cold {
        tell("cold", cold())?;
    }
    println!("{}", Value::Object(figures));
    Ok(())
}

/// What the figures were taken on.
fn machine() -> Value {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    json!({
        "processor": model.trim_start_matches([' ', '\t', ':']),
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
    })
}

/// The release programs.
struct Built {
    folder: PathBuf,
}

impl Built {
    fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn sim(&self, words: &[&str]) -> Result<Value> {
        last_json(Command::new(self.program("apis-sim")).args(words))
    }

    /// Runs a bench, with its flags, on the server.
    fn on_server(&self, bench: &str, engine: &str) -> Result<Value> {
        let mut command = Command::new(self.program("apis-sim"));
        command.args(bench.split(' ')).arg("--server").arg(self.program("apis-server"));
        last_json(command.args(["--engine", engine]))
    }

    /// The most memory a unit has held that watches a VGA garden with hornets by itself.
    fn unit_memory(&self) -> Result<Value> {
        let folder = tempfile::tempdir().context("make a folder for the unit's data")?;
        let sim = self.program("apis-sim");
        let source =
            format!("exec:{} scene --preset garden --seconds 600 --size 640x480", sim.display());
        let mut command = Command::new(self.program("apis-unit"));
        command.arg("--json").arg("--data").arg(folder.path().join("unit"));
        command.args(["run", "--standalone", "--body", "none", "--local", "127.0.0.1:0"]);
        command.args(["--source", &source]).stdin(Stdio::null()).stdout(Stdio::null());
        let mut unit = Ended(command.spawn().context("start the unit")?);
        std::thread::sleep(WATCH_TIME);
        if let Some(status) = unit.0.try_wait().context("look after the unit")? {
            bail!("the unit ended with {status}");
        }
        let status = std::fs::read_to_string(format!("/proc/{}/status", unit.0.id()))
            .context("read the unit's memory")?;
        let kib = |field: &str| -> Option<u64> {
            let rest = status.lines().find_map(|line| line.strip_prefix(field))?;
            rest.trim().strip_suffix("kB")?.trim().parse().ok()
        };
        Ok(json!({
            "most_kib": kib("VmHWM:").context("the kernel tells no VmHWM")?,
            "now_kib": kib("VmRSS:").context("the kernel tells no VmRSS")?,
            "width": 640, "height": 480, "seconds": WATCH_TIME.as_secs(),
        }))
    }

    /// Bytes of each shipped program, as built and without its symbols.
    fn sizes(&self) -> Result<Value> {
        let folder = tempfile::tempdir().context("make a folder for stripped programs")?;
        let mut sizes = Map::new();
        for name in ["apis-unit", "apis-server"] {
            let built = self.program(name);
            let stripped = folder.path().join(name);
            tools::run(Command::new("strip").arg("-o").arg(&stripped).arg(&built))?;
            let found = json!({ "bytes": bytes(&built)?, "stripped_bytes": bytes(&stripped)? });
            sizes.insert(name.to_owned(), found);
        }
        Ok(Value::Object(sizes))
    }
}

fn bytes(path: &Path) -> Result<u64> {
    Ok(std::fs::metadata(path).with_context(|| format!("look at {}", path.display()))?.len())
}

/// A program that is ended, and waited for, with its handle.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // Both fail only when it is gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The README's two commands in a fresh clone of what is committed, each with an empty target
/// folder.
///
/// The crates' sources are taken from cargo's own cache when they are there: how fast a network is
/// says nothing about this repository.
fn cold() -> Result<Value> {
    let mut found = Map::new();
    for words in [["demo", "--check"].as_slice(), ["test"].as_slice()] {
        let folder = tempfile::tempdir().context("make a folder for a clone")?;
        let clone = folder.path().join("apis");
        let from = tools::root();
        tools::run(Command::new("git").args(["clone", "--quiet"]).arg(&from).arg(&clone))?;
        let started = Instant::now();
        let mut command = Command::new("cargo");
        command.arg("xtask").args(words).current_dir(&clone).env_remove("CARGO_TARGET_DIR");
        tools::run(command.stdout(Stdio::null()))?;
        let seconds = started.elapsed().as_secs();
        println!("cold `cargo xtask {}`: {seconds} s", words.join(" "));
        found.insert(format!("{}_seconds", words[0]), json!(seconds));
    }
    Ok(Value::Object(found))
}

fn last_json(command: &mut Command) -> Result<Value> {
    let said = tools::output(command)?;
    serde_json::from_str(said.lines().last().unwrap_or_default()).context("no JSON was said")
}
