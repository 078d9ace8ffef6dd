//! `demo`: the main job on the embedded default, from the built programs, told in the terminal.
//!
//! A server on SQLite, a tenant and a claim, a unit enrolled by that claim, a simulated body, and a
//! drawn hive or any video file to watch. With `--check` it ends by itself once a visit and its
//! clip are on the server.

mod people;

mod process;

mod story;

mod tell;

use crate::tools::{self, cargo, ensure_packages, say, step};
use crate::web;
use anyhow::{Context, Result, bail};
use people::People;
use process::{Lines, Running};
use serde_json::Value;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tell::Show;

/// Uptime the simulated body starts with: past the first minute, in which no beam may be lit, so
/// that half a minute of video can be. Only the simulated body accepts it.
const UPTIME_OFFSET: &str = "61s";

/// What the demo can be told.
#[derive(clap::Args)]
pub struct Options {
    /// Watches this video file instead of a drawn hive (read by the `ffmpeg` program).
    #[arg(long)]
    video: Option<PathBuf>,
    /// Ends by itself once a visit and its clip are on the server; the last line is JSON.
    #[arg(long)]
    check: bool,
    /// Port of the people's door; the units' door takes a free one.
    #[arg(long, default_value_t = 8460)]
    port: u16,
    /// Data folder, made if it is missing and kept; without it a temporary one.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Leaves a temporary data folder behind.
    #[arg(long)]
    keep: bool,
    /// Takes the programs beside this one as they were last built, without building.
    #[arg(long)]
    no_build: bool,
    /// What a check does with the pages.
    #[arg(long, hide = true, default_value = "e2e/visit.mjs")]
    pages: String,
}

/// The three programs, as built.
struct Programs {
    server: PathBuf,
    unit: PathBuf,
    sim: PathBuf,
}

/// Measures the pages of a demo's server with the programs in `folder`.
pub fn bench_pages(folder: &Path) -> Result<()> {
    let options = Options {
        video: None,
        check: true,
        port: 0,
        data: None,
        keep: false,
        no_build: true,
        pages: "e2e/bench.mjs".to_owned(),
    };
    let lines = Lines::new()?;
    let data = DataFolder::open(&options)?;
    let result = show(&options, &Programs::inside(folder), data.path(), &lines);
    data.close(false);
    result
}

/// Runs the demo until it is stopped, or until its check is done.
pub fn run(options: &Options) -> Result<()> {
    if let Some(video) = &options.video {
        if !video.is_file() {
            bail!("no video file at {}", video.display());
        }
        ensure_packages(&[tools::FFMPEG])?;
    }
    ensure_port_is_free(options.port)?;
    let programs = if options.no_build { Programs::beside_this_one()? } else { build()? };
    let lines = Lines::new()?;
    let folder = DataFolder::open(options)?;
    let result = show(options, &programs, folder.path(), &lines);
    folder.close(options.keep);
    match result {
        // What breaks off because a person ended the demo is no failure.
        Err(_) if lines.is_asked_to_end() && !options.check => Ok(()),
        result => result,
    }
}

fn build() -> Result<Programs> {
    ensure_packages(&[tools::CXX])?;
    web::build()?;
    step("build the programs (the first time takes some minutes)", || {
        // The whole workspace, as the tests build it: a part of it would choose other features
        // of the shared dependencies and compile them anew.
        tools::run(cargo().args(["build", "--workspace"]))
    })?;
    Ok(Programs::inside(&tools::target_folder()?.join("debug")))
}

impl Programs {
    fn inside(folder: &Path) -> Programs {
        Programs {
            server: folder.join("apis-server"),
            unit: folder.join("apis-unit"),
            sim: folder.join("apis-sim"),
        }
    }

    fn beside_this_one() -> Result<Programs> {
        let own = std::env::current_exe().context("find this program")?;
        let programs = Programs::inside(own.parent().context("this program has a folder")?);
        for program in [&programs.server, &programs.unit, &programs.sim] {
            if !program.is_file() {
                bail!("{} is not there: leave out `--no-build`", program.display());
            }
        }
        Ok(programs)
    }
}

/// Says so at once, rather than after the build, when another program holds the port.
fn ensure_port_is_free(port: u16) -> Result<()> {
    let Err(error) = TcpListener::bind(("127.0.0.1", port)) else { return Ok(()) };
    if error.kind() == std::io::ErrorKind::AddrInUse {
        let other = port.checked_add(1).unwrap_or(8460);
        bail!("port {port} is busy: another demo? choose one with `--port {other}`");
    }
    Err(error).with_context(|| format!("port {port} cannot be opened: choose one with `--port`"))
}

/// Where the demo's server and unit keep what they have.
enum DataFolder {
    Given(PathBuf),
    Temporary(tempfile::TempDir),
}

impl DataFolder {
    fn open(options: &Options) -> Result<DataFolder> {
        let Some(given) = &options.data else {
            let folder = tempfile::Builder::new().prefix("apis-demo-").tempdir();
            return Ok(DataFolder::Temporary(folder.context("make a temporary folder")?));
        };
        std::fs::create_dir_all(given).with_context(|| format!("make {}", given.display()))?;
        let full = given.canonicalize().with_context(|| format!("find {}", given.display()))?;
        Ok(DataFolder::Given(full))
    }

    fn path(&self) -> &Path {
        match self {
            DataFolder::Given(path) => path,
            DataFolder::Temporary(folder) => folder.path(),
        }
    }

    fn close(self, is_kept: bool) {
        match self {
            DataFolder::Given(path) => say(&format!("data kept in {}", path.display())),
            DataFolder::Temporary(folder) if is_kept => {
                say(&format!("data kept in {}", folder.keep().display()));
            }
            DataFolder::Temporary(_) => {}
        }
    }
}

/// Starts everything, presses the arm button, and tells what happens.
fn show(options: &Options, programs: &Programs, data: &Path, lines: &Lines) -> Result<()> {
    // A socket's path may not be longer than some hundred bytes; a data folder's may.
    let sockets = tempfile::Builder::new().prefix("apis-demo-").tempdir();
    let sockets = sockets.context("make a temporary folder for the sockets")?;
    let server = start_server(programs, data, options.port, lines)?;
    let people = set_up_people(programs, data, &server.ready)?;
    enrol_unit(programs, data)?;
    let body = start_body(programs, data, sockets.path(), lines)?;
    say(&format!(
        "── the simulated body starts with {UPTIME_OFFSET} of uptime, since the first minute"
    ));
    say("   after a start stays dark by rule; any other body refuses this");
    let unit = start_unit(options, programs, data, sockets.path(), lines)?;
    let show = Show {
        options,
        sim: &programs.sim,
        button: button_socket(sockets.path()),
        data,
        lines,
        people: &people,
    };
    // Ended in this order: the unit first, so that the beam goes dark by its own hand.
    let mut running = [unit, body, server.running];
    show.tell(&mut running)
}

/// The server with what it said when it was ready.
struct Server {
    ready: Value,
    running: Running,
}

fn start_server(programs: &Programs, data: &Path, port: u16, lines: &Lines) -> Result<Server> {
    let mut command = Command::new(&programs.server);
    command.arg("--json").args(["serve", "--data"]).arg(data.join("server"));
    let units_port = units_port(data)?;
    command.args(["--people", &format!("127.0.0.1:{port}")]);
    command.args(["--units", &format!("127.0.0.1:{units_port}")]);
    let mut running = Running::start("server", &mut command, &data.join("server.log"), lines)?;
    let ready =
        lines.wait_for(&mut running, Duration::from_secs(30), |line| line.contains("\"units\""))?;
    let ready: Value = serde_json::from_str(&ready).context("read the server's first line")?;
    say(&format!(
        "── server ready: people {}, units {}",
        said(&ready, "people"),
        said(&ready, "units")
    ));
    keep_units_port(data, said(&ready, "units"))?;
    Ok(Server { ready, running })
}

fn units_port_file(data: &Path) -> PathBuf {
    data.join("units-port.txt")
}

/// Port of the units' door: any the first time, then the one at which the unit was enrolled, since
/// a unit knows its server by address.
fn units_port(data: &Path) -> Result<u16> {
    let path = units_port_file(data);
    let Ok(kept) = std::fs::read_to_string(&path) else { return Ok(0) };
    let port = kept.trim().parse().with_context(|| format!("read {}", path.display()))?;
    TcpListener::bind(("127.0.0.1", port)).map(drop).with_context(|| {
        format!(
            "the unit in {} was enrolled at port {port}, which cannot be opened now: \
             another demo on the same folder?",
            data.display()
        )
    })?;
    Ok(port)
}

fn keep_units_port(data: &Path, units: &str) -> Result<()> {
    let port = units.rsplit(':').next().unwrap_or_default();
    let path = units_port_file(data);
    std::fs::write(&path, port).with_context(|| format!("write {}", path.display()))
}

/// A text of a program's answer; empty when it is not there.
fn said<'a>(answer: &'a Value, key: &str) -> &'a str {
    answer[key].as_str().unwrap_or_default()
}

/// Who signs in to the demo. The server listens on loopback alone.
const EMAIL: &str = "beekeeper@example.org";

/// A password of the demo's own, drawn when its tenant is made and kept beside its data.
fn password(data: &Path) -> Result<String> {
    let path = data.join("password.txt");
    if let Ok(kept) = std::fs::read_to_string(&path) {
        return Ok(kept);
    }
    let mut drawn = [0_u8; 9];
    let random = std::fs::File::open("/dev/urandom").context("open the random source")?;
    std::io::Read::read_exact(&mut &random, &mut drawn).context("draw a password")?;
    let word: String = drawn.iter().map(|byte| format!("{byte:02x}")).collect();
    std::fs::write(&path, &word).with_context(|| format!("write {}", path.display()))?;
    Ok(word)
}

/// Makes a tenant with an owner the first time, then signs in.
fn set_up_people(programs: &Programs, data: &Path, ready: &Value) -> Result<People> {
    let kept = data.join("tenant.txt");
    let password = password(data)?;
    if !kept.is_file() {
        let tenant =
            ask_server(programs, data, &["tenant", "create", "--name", "Demo apiary"], "")?;
        let tenant = said(&tenant, "tenant_id").to_owned();
        let account = ["account", "create", "--email", EMAIL, "--name", "Demo beekeeper"];
        ask_server(programs, data, &account, &password)?;
        let member = ["member", "add", "--tenant", &tenant, "--email", EMAIL, "--role", "owner"];
        ask_server(programs, data, &member, "")?;
        std::fs::write(&kept, &tenant).with_context(|| format!("write {}", kept.display()))?;
    }
    let people = People::sign_in(said(ready, "people"), EMAIL, &password)?;
    say(&format!("── {}", people.how_to_look()));
    Ok(people)
}

/// Makes a claim and enrols the unit by it, the first time.
fn enrol_unit(programs: &Programs, data: &Path) -> Result<()> {
    let folder = data.join("unit");
    if folder.join("enrolment.json").is_file() {
        say("── the unit is enrolled already");
        return Ok(());
    }
    let tenant = std::fs::read_to_string(data.join("tenant.txt")).context("read the tenant")?;
    let claim = ask_server(programs, data, &["claim", "create", "--tenant", &tenant], "")?;
    let claim = said(&claim, "claim");
    say(&format!("── claim: {claim}"));
    let mut enrol = Command::new(&programs.unit);
    enrol.arg("--json").arg("--data").arg(&folder).args(["enrol", "--claim", claim]);
    enrol.args(["--serial", "Demo unit"]);
    let answer: Value =
        serde_json::from_str(&tools::output(&mut enrol)?).context("read the enrolment")?;
    say(&format!("── unit enrolled as {}", said(&answer, "unit_id")));
    Ok(())
}

/// One command of `apis-server` on the demo's data folder; `input` goes to its standard input.
fn ask_server(programs: &Programs, data: &Path, words: &[&str], input: &str) -> Result<Value> {
    let mut command = Command::new(&programs.server);
    command.arg("--json").args(words).arg("--data").arg(data.join("server"));
    let answer = tools::answer(&mut command, input)?;
    serde_json::from_str(&answer).with_context(|| format!("read what {words:?} answered"))
}

fn start_body(programs: &Programs, data: &Path, sockets: &Path, lines: &Lines) -> Result<Running> {
    let mut command = Command::new(&programs.sim);
    command.arg("body").arg("--socket").arg(body_socket(sockets));
    command.arg("--control").arg(button_socket(sockets)).arg("--log").arg(data.join("body.jsonl"));
    Running::start("body", &mut command, &data.join("body.log"), lines)
}

fn body_socket(sockets: &Path) -> PathBuf {
    sockets.join("body.sock")
}

fn button_socket(sockets: &Path) -> PathBuf {
    sockets.join("button.sock")
}

fn start_unit(
    options: &Options,
    programs: &Programs,
    data: &Path,
    sockets: &Path,
    lines: &Lines,
) -> Result<Running> {
    let source = match &options.video {
        Some(video) => format!("video:{}", video.canonicalize()?.display()),
        // Half an hour of a calm garden, with a hornet now and then.
        None => format!("exec:{} scene --preset garden --seconds 1800", programs.sim.display()),
    };
    let mut command = Command::new(&programs.unit);
    command.arg("--json").arg("--data").arg(data.join("unit")).arg("run");
    command.args(["--source", &source, "--local", "127.0.0.1:0"]);
    command.arg("--body").arg(format!("sim:{}", body_socket(sockets).display()));
    command.args(["--uptime-offset", UPTIME_OFFSET]);
    Running::start("unit", &mut command, &data.join("unit.log"), lines)
}
