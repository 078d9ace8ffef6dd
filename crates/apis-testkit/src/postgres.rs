//! A private PostgreSQL cluster for tests: in a temporary folder, on a Unix socket, as an
//! unprivileged user, gone with the process that started it.
//!
//! A shell stands between: it starts the server, waits for its standard input to end (which it does
//! however the starting process ends, `kill -9` included), then stops the server and removes the
//! folder. Nothing here skips: without the programs, [`Cluster::start`] fails and names the package.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context as _, bail, ensure};

/// Environment variable with the socket folder of a running [`Cluster`], so that many test
/// processes share one.
pub const SHARED: &str = "APIS_TEST_POSTGRES";

/// The superuser of a cluster.
const SUPERUSER: &str = "postgres";

/// Starts the server, says so, and ends it with standard input.
const KEEPER_SCRIPT: &str = r#"
bin=$1 folder=$2 sync=$3
"$bin/initdb" --pgdata "$folder/data" --username postgres --auth trust \
    --locale C --encoding UTF8 --no-sync >"$folder/initdb.log" 2>&1 || { cat "$folder/initdb.log" >&2; exit 1; }
"$bin/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c max_connections=300 \
    -c shared_buffers=64MB -c fsync="$sync" -c full_page_writes="$sync" -c log_min_messages=fatal \
    -c log_min_error_statement=panic >"$folder/server.log" 2>&1 </dev/null &
server=$!
tries=0
until "$bin/pg_isready" --quiet --host "$folder"; do
    kill -0 $server 2>/dev/null || { cat "$folder/server.log" >&2; exit 1; }
    tries=$((tries + 1)); [ $tries -lt 600 ] || exit 1
    sleep 0.05
done
echo ready
cat >/dev/null
kill -INT $server
wait $server
rm -rf "$folder"
"#;

/// What a commit waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Nothing: a test that does not cut the power need not wait for the disk.
    Volatile,
    /// The disk, as in production: for measurements.
    Disk,
}

/// A running cluster. Dropping it ends the server and removes its folder.
#[derive(Debug)]
pub struct Cluster {
    socket_folder: PathBuf,
    /// `None` for a cluster that another process keeps.
    keeper: Option<Child>,
}

impl Cluster {
    /// Starts a cluster of this process's own.
    ///
    /// Errors: names `apt-get install postgresql` when the programs are not there.
    pub fn start(durability: Durability) -> anyhow::Result<Cluster> {
        let programs = programs()?;
        let folder = tempfile::Builder::new().prefix("apis-postgres-").tempdir()?.keep();
        let mut command = unprivileged(&folder)?;
        let sync = match durability {
            Durability::Volatile => "off",
            Durability::Disk => "on",
        };
        command.args(["sh", "-c", KEEPER_SCRIPT, "sh"]).arg(&programs).arg(&folder).arg(sync);
        command.current_dir(&folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut keeper = command.spawn().context("start the shell that keeps PostgreSQL")?;
        let mut line = String::new();
        let out = keeper.stdout.take().expect("standard output is piped");
        BufReader::new(out).read_line(&mut line)?;
        if line.trim() != "ready" {
            let _ = keeper.wait();
            let _ = fs::remove_dir_all(&folder);
            bail!("PostgreSQL did not start; its words stand above");
        }
        Ok(Cluster { socket_folder: folder, keeper: Some(keeper) })
    }

    /// The cluster of this test process: the one that [`SHARED`] names, or one started on first use
    /// that ends with the process.
    pub fn of_this_process() -> &'static Cluster {
        static CLUSTER: OnceLock<Cluster> = OnceLock::new();
        CLUSTER.get_or_init(|| match std::env::var_os(SHARED) {
            Some(folder) => Cluster { socket_folder: folder.into(), keeper: None },
            None => Cluster::start(Durability::Volatile)
                .unwrap_or_else(|error| panic!("PostgreSQL is needed by this test: {error:#}")),
        })
    }

    /// The folder of the cluster's socket, for [`SHARED`].
    pub fn socket_folder(&self) -> &Path {
        &self.socket_folder
    }

    /// The connection string of a role to a database.
    pub fn url(&self, role: &str, database: &str) -> String {
        let host = self.socket_folder.to_string_lossy().replace('/', "%2F");
        format!("postgres://{role}@localhost/{database}?host={host}")
    }

    /// Runs SQL as the superuser, statement by statement.
    pub fn run(&self, database: &str, sql: &str) -> anyhow::Result<String> {
        let output = Command::new(programs()?.join("psql"))
            .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
            .args(["--set", "ON_ERROR_STOP=1", "--username", SUPERUSER, "--dbname", database])
            .arg("--host")
            .arg(&self.socket_folder)
            .args(["--command", sql])
            .output()
            .context("run psql")?;
        ensure!(
            output.status.success(),
            "psql failed on {sql}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            drop(keeper.stdin.take()); // Its end is the keeper's word to stop.
            let _ = keeper.wait();
        }
    }
}

/// The folder of PostgreSQL's programs: of the newest version installed.
fn programs() -> anyhow::Result<PathBuf> {
    let by_version = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<(u32, PathBuf)> = by_version
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    folders.sort();
    let on_path = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect());
    let candidates = folders
        .into_iter()
        .rev()
        .map(|(_, folder)| folder)
        .chain(on_path.into_iter().flat_map(|folders: Vec<PathBuf>| folders));
    let is_whole = |folder: &PathBuf| {
        ["initdb", "postgres", "pg_isready", "psql"].iter().all(|name| folder.join(name).exists())
    };
    candidates
        .into_iter()
        .find(is_whole)
        .context("PostgreSQL's programs are not installed: apt-get install postgresql")
}

/// A command that runs as a user without rights; PostgreSQL refuses to run as root.
fn unprivileged(folder: &Path) -> anyhow::Result<Command> {
    let is_root = fs::metadata("/proc/self").context("read /proc/self")?.uid() == 0;
    if !is_root {
        return Ok(Command::new("env"));
    }
    let (uid, gid) = user("postgres")
        .or_else(|| user("nobody"))
        .context("no user is there to run PostgreSQL")?;
    chown(folder, Some(uid), Some(gid))?;
    let mut command = Command::new("setpriv");
    command.args([format!("--reuid={uid}"), format!("--regid={gid}"), "--clear-groups".to_owned()]);
    Ok(command)
}

fn user(name: &str) -> Option<(u32, u32)> {
    let passwd = fs::read_to_string("/etc/passwd").ok()?;
    let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}
