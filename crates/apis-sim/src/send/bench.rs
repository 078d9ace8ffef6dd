//! `apis-sim bench-heartbeats`: how many signed heartbeats a server takes on one core.
//!
//! The server runs on one core and the load on another, in processes of their own, so that
//! neither takes the other's time. What the database costs outside the server is not in the
//! server's own processor time.

use anyhow::{Context, Result, bail};
use apis_testkit::database::{APPLICATION_ROLE, OWNER_ROLE, make_database};
use apis_testkit::postgres::{Cluster, Durability};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Units that post: few enough to enrol within the limit for one address.
const UNITS: usize = 16;

/// Starts a server on one core, loads it from another, and prints one JSON line.
#[derive(Debug, clap::Args)]
pub struct BenchHeartbeatsArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// How long to post, in seconds.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Connections, each with one request under way.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// The core the load is held to.
    #[arg(long, default_value_t = 1)]
    load_core: u32,
}

/// The server that is measured.
#[derive(Debug, Clone, clap::Args)]
pub struct ServerArgs {
    /// The built `apis-server`.
    #[arg(long)]
    server: PathBuf,
    /// The core the server is held to.
    #[arg(long, default_value_t = 0)]
    server_core: u32,
    /// Where it keeps its rows; PostgreSQL is started for the bench and waits for the disk.
    #[arg(long, value_enum, default_value_t = Engine::Sqlite)]
    engine: Engine,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Engine {
    Sqlite,
    Postgres,
}

/// The program to measure and where its rows go.
pub(super) struct Bench {
    args: ServerArgs,
    folder: TempDir,
    cluster: Option<Cluster>,
}

/// The database's name in the bench's cluster.
const DATABASE: &str = "apis";

impl Bench {
    /// A new data folder, and on PostgreSQL a cluster of its own.
    pub(super) fn new(args: &ServerArgs) -> Result<Bench> {
        let folder = tempfile::tempdir().context("make a folder for the server's data")?;
        let cluster = match args.engine {
            Engine::Sqlite => None,
            Engine::Postgres => {
                let cluster = Cluster::start(Durability::Disk)?;
                make_database(&cluster, DATABASE)?;
                Some(cluster)
            }
        };
        Ok(Bench { args: args.clone(), folder, cluster })
    }

    /// The server's data folder.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts the server, and waits until its doors are open.
    pub(super) fn start(&self) -> Result<Running> {
        let mut command = pinned(self.args.server_core, &self.args.server);
        self.with_data(&mut command);
        command.args(["serve", "--people", "127.0.0.1:0", "--units", "127.0.0.1:0"]);
        let log = self.folder().join("server.log");
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log)?)
            .spawn()
            .context("start the server")?;
        let out = child.stdout.take().context("the server's output is piped")?;
        let server = Running(child);
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        if serde_json::from_str::<Value>(&line).is_err() {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            bail!("the server did not start: {said}");
        }
        Ok(server)
    }

    /// Claims of one tenant, one a line.
    pub(super) fn make_claims(&self, count: usize) -> Result<String> {
        let ask = |words: &[&str]| {
            let mut command = Command::new(&self.args.server);
            self.with_data(&mut command);
            last_json(command.args(words))
        };
        let tenant = ask(&["tenant", "create", "--name", "Bench"])?;
        let tenant = tenant["tenant_id"].as_str().context("no tenant was made")?;
        let mut claims = String::new();
        for _ in 0..count {
            let claim = ask(&["claim", "create", "--tenant", tenant])?;
            claims.extend([claim["claim"].as_str().context("no claim was made")?, "\n"]);
        }
        Ok(claims)
    }

    fn with_data(&self, command: &mut Command) {
        command.arg("--json").arg("--data").arg(self.folder());
        if let Some(cluster) = &self.cluster {
            command.args(["--database-url", &cluster.url(APPLICATION_ROLE, DATABASE)]);
            command.args(["--database-owner-url", &cluster.url(OWNER_ROLE, DATABASE)]);
        }
    }
}

/// Runs the bench.
pub fn run(args: &BenchHeartbeatsArgs) -> Result<()> {
    let bench = Bench::new(&args.server)?;
    let server = bench.start()?;
    let claims = bench.folder().join("claims.txt");
    std::fs::write(&claims, bench.make_claims(UNITS)?)?;

    let own = std::env::current_exe().context("find this program")?;
    let before_ms = server.processor_ms()?;
    let mut load = pinned(args.load_core, &own);
    load.arg("load").arg("--claims").arg(&claims);
    load.args(["--seconds", &args.seconds.to_string()]);
    load.args(["--connections", &args.connections.to_string()]);
    let mut reached = last_json(&mut load)?;
    let processor_ms = server.processor_ms()? - before_ms;

    let accepted = reached["accepted"].as_u64().unwrap_or_default().max(1);
    reached["engine"] = json!(match args.server.engine {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
    });
    reached["server_processor_us_each"] = json!(processor_ms * 1_000 / accepted);
    println!("{reached}");
    Ok(())
}

/// A server that ends with its handle.
pub(super) struct Running(Child);

impl Running {
    /// Processor time of all its threads so far, in milliseconds.
    fn processor_ms(&self) -> Result<u64> {
        // taskset becomes the server, so its number is the server's. Source: proc(5), stat:
        // fields 14 and 15 in clock ticks, of which Linux counts 100 a second to programs.
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id()))?;
        let (_, after_name) = stat.rsplit_once(')').context("no name in stat")?;
        let ticks = after_name.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.map(|ticks| ticks.parse().unwrap_or(0_u64)).sum();
        Ok(ticks * 10)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn pinned(core: u32, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", &core.to_string()]).arg(program);
    command
}

fn last_json(command: &mut Command) -> Result<Value> {
    let output = command.stderr(Stdio::inherit()).output().context("start it")?;
    if !output.status.success() {
        bail!("{command:?} failed");
    }
    let said = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(said.lines().last().unwrap_or_default()).context("no JSON was said")
}
