//! `apis-sim bench-heartbeats`: how many signed heartbeats a server takes on one core.
//!
//! The server runs on one core and the load on another, in processes of their own, so that
//! neither takes the other's time. What the database costs outside the server is not in the
//! server's own processor time.

use super::viewers::processor_ms;
use anyhow::{Context, Result, bail};
use apis_testkit::certificate::Certificate;
use apis_testkit::database::{APPLICATION_ROLE, OWNER_ROLE, make_database};
use apis_testkit::postgres::{Cluster, Durability};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
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
        self.start_with(None)
    }

    /// The same, with TLS at the people's door by this certificate.
    pub(super) fn start_with(&self, certificate: Option<&Certificate>) -> Result<Running> {
        let mut command = pinned(self.args.server_core, &self.args.server);
        self.with_data(&mut command);
        if let Some(Certificate { chain, key, .. }) = certificate {
            command.env("APIS_PEOPLE__TLS_CERTIFICATE", chain).env("APIS_PEOPLE__TLS_KEY", key);
        }
        command.args(["serve", "--people", "127.0.0.1:0", "--units", "127.0.0.1:0"]);
        let log = self.folder().join("server.log");
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log)?)
            .spawn()
            .context("start the server")?;
        let out = child.stdout.take().context("the server's output is piped")?;
        let mut server = Running { child, people: String::new() };
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let Ok(ready) = serde_json::from_str::<Value>(&line) else {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            bail!("the server did not start: {said}");
        };
        let people = ready["people"].as_str().context("the server names no people's door")?;
        people.clone_into(&mut server.people);
        Ok(server)
    }

    /// Claims of one tenant, one a line.
    pub(super) fn make_claims(&self, count: usize) -> Result<String> {
        let tenant = self.make_tenant()?;
        let mut claims = String::new();
        for _ in 0..count {
            claims.extend([self.make_claim(&tenant)?.as_str(), "\n"]);
        }
        Ok(claims)
    }

    /// A tenant's id.
    pub(super) fn make_tenant(&self) -> Result<String> {
        let tenant = self.ask(&["tenant", "create", "--name", "Bench"], "")?;
        Ok(tenant["tenant_id"].as_str().context("no tenant was made")?.to_owned())
    }

    /// A claim of the tenant.
    pub(super) fn make_claim(&self, tenant: &str) -> Result<String> {
        let claim = self.ask(&["claim", "create", "--tenant", tenant], "")?;
        Ok(claim["claim"].as_str().context("no claim was made")?.to_owned())
    }

    /// An owner of the tenant, with this password.
    pub(super) fn make_owner(&self, tenant: &str, email: &str, password: &str) -> Result<()> {
        self.ask(&["account", "create", "--email", email, "--name", "Bench"], password)?;
        let member = ["member", "add", "--tenant", tenant, "--email", email, "--role", "owner"];
        self.ask(&member, "").map(drop)
    }

    /// One command of the server's program; `input` goes to its standard input.
    fn ask(&self, words: &[&str], input: &str) -> Result<Value> {
        let mut command = Command::new(&self.args.server);
        self.with_data(&mut command);
        let mut child = command
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("start the server's program")?;
        child.stdin.take().context("its input is piped")?.write_all(input.as_bytes())?;
        let output = child.wait_with_output()?;
        if !output.status.success() {
            bail!("{words:?} failed");
        }
        serde_json::from_slice(&output.stdout).context("it said no JSON")
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
pub(super) struct Running {
    child: Child,
    people: String,
}

impl Running {
    /// Where people find it: `http://address:port`, `https://` with a certificate.
    pub(super) fn people(&self) -> &str {
        &self.people
    }

    /// Its process.
    pub(super) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Processor time of all its threads so far, in milliseconds.
    pub(super) fn processor_ms(&self) -> Result<u64> {
        // taskset becomes the server, so its number is the server's.
        processor_ms(self.child.id())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(super) fn pinned(core: u32, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", &core.to_string()]).arg(program);
    command
}

pub(super) fn last_json(command: &mut Command) -> Result<Value> {
    let output = command.stderr(Stdio::inherit()).output().context("start it")?;
    if !output.status.success() {
        bail!("{command:?} failed");
    }
    let said = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(said.lines().last().unwrap_or_default()).context("no JSON was said")
}
