//! The built server on one engine: set up by its command line, started, killed, started again on
//! the same ports and the same data.

use crate::program::{Program, answer_to, built};
use crate::web::{self, Person};
use apis_testkit::certificate::Certificate;
use apis_testkit::database::{APPLICATION_ROLE, OWNER_ROLE, TestDatabase};
use apis_testkit::ports::free_port;
use serde_json::Value;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

pub const EMAIL: &str = "keeper@apis.example";
pub const PASSWORD: &str = "a smoker, a veil and a hive tool";

/// A database engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// The file in the data folder.
    Sqlite,
    /// A database of its own in the test's cluster.
    Postgres,
}

/// A server and everything it keeps.
#[derive(Debug)]
pub struct Server {
    folder: PathBuf,
    /// The data folder by the program's own name for it.
    data: PathBuf,
    /// Words before the program's: how the place is entered where its data folder is.
    entered_by: Vec<String>,
    metrics_port: u16,
    /// Held for its end: the database goes with it.
    _database: TestDatabase,
    people_port: u16,
    people_scheme: &'static str,
    units_port: u16,
    tenant: String,
    /// The link that makes the first account, as it was last said.
    set_up_link: Option<String>,
    program: Option<Program>,
}

impl Server {
    /// A household's: on SQLite, in a folder of its own within `folder`, and running.
    pub fn at_home(folder: &Path) -> Server {
        let mut server = Server::within(Engine::Sqlite, folder);
        server.start(None);
        server
    }

    /// The same on any engine, and it does not run yet.
    pub fn within(engine: Engine, folder: &Path) -> Server {
        Server::unset_within(engine, folder).with_tenant()
    }

    /// The same without a tenant and an account.
    pub fn unset_within(engine: Engine, folder: &Path) -> Server {
        let port = free_port();
        let folder = folder.join("server");
        Server::unset(engine, &folder, (&folder, &[]), (port, &format!("127.0.0.1:{port}")), "")
    }

    /// Sets a server up in `folder`, with one tenant and one owner; it does not run yet.
    ///
    /// `units_port` is where its units' door listens, `authority` by what name units call it.
    pub fn set_up(engine: Engine, folder: &Path, units_port: u16, authority: &str) -> Server {
        let server = Server::unset(engine, folder, (folder, &[]), (units_port, authority), "");
        server.with_tenant()
    }

    /// A server without a tenant and an account, with its data in the folder `data`, which only a
    /// program that is started by the words `entered_by` sees; `units` are further lines of the
    /// section of the units' door.
    pub fn unset(
        engine: Engine,
        folder: &Path,
        (data, entered_by): (&Path, &[String]),
        (units_port, authority): (u16, &str),
        units: &str,
    ) -> Server {
        let database = match engine {
            Engine::Sqlite => TestDatabase::sqlite(),
            Engine::Postgres => TestDatabase::postgres(),
        };
        std::fs::create_dir_all(folder).unwrap();
        let mut config = format!("[units]\nauthorities = [\"{authority}\"]\n{units}\n");
        if let (Some(url), Some(owner)) = (database.url(APPLICATION_ROLE), database.url(OWNER_ROLE))
        {
            config += &format!("[database]\nurl = \"{url}\"\nowner_url = \"{owner}\"\n");
        }
        std::fs::write(folder.join("apis-server.toml"), config).unwrap();
        Server {
            folder: folder.to_owned(),
            data: data.to_owned(),
            entered_by: entered_by.to_vec(),
            metrics_port: free_port(),
            _database: database,
            people_port: free_port(),
            people_scheme: "http",
            units_port,
            tenant: String::new(),
            set_up_link: None,
            program: None,
        }
    }

    /// The same with TLS at the people's door, by this certificate.
    pub fn with_certificate(mut self, certificate: &Certificate) -> Server {
        let config = self.folder.join("apis-server.toml");
        let mut told = std::fs::read_to_string(&config).unwrap();
        let Certificate { chain, key, .. } = certificate;
        told += &format!("[people]\ntls_certificate = {chain:?}\ntls_key = {key:?}\n");
        std::fs::write(config, told).unwrap();
        self.people_scheme = "https";
        self
    }

    /// The same with one tenant and one owner.
    pub fn with_tenant(mut self) -> Server {
        let tenant = self.cli(&["tenant", "create", "--name", "Proof"]);
        self.tenant = text_of(&tenant, "tenant_id");
        self.make_member(EMAIL, "owner");
        self
    }

    fn make_member(&self, email: &str, role: &str) {
        let mut account = self.command();
        account.args(["account", "create", "--email", email, "--name", "Keeper"]);
        answer_to(&mut account, PASSWORD);
        let tenant = self.tenant.as_str();
        self.cli(&["member", "add", "--tenant", tenant, "--email", email, "--role", role]);
    }

    /// Another member of the tenant, signed in.
    pub fn add_member(&self, email: &str, role: &str) -> Person {
        self.make_member(email, role);
        Person::sign_in(&self.people_url(), email, PASSWORD)
    }

    /// The owner becomes one of another tenant too.
    pub fn join_another_tenant(&self, name: &str) {
        let tenant = text_of(&self.cli(&["tenant", "create", "--name", name]), "tenant_id");
        self.cli(&["member", "add", "--tenant", &tenant, "--email", EMAIL, "--role", "owner"]);
    }

    /// Removes a member, on the command line.
    pub fn remove_member(&self, email: &str) {
        self.cli(&["member", "remove", "--tenant", &self.tenant, "--email", email]);
    }

    pub fn people_url(&self) -> String {
        format!("{}://127.0.0.1:{}", self.people_scheme, self.people_port)
    }

    /// Where its data is.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The program on this data.
    pub fn command(&self) -> Command {
        let program = built("apis-server");
        let mut command = match self.entered_by.split_first() {
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(program);
                command
            }
            None => Command::new(program),
        };
        command.arg("--json").arg("--data").arg(&self.data);
        command.arg("--config").arg(self.folder.join("apis-server.toml"));
        command
    }

    fn cli(&self, words: &[&str]) -> Value {
        answer_to(self.command().args(words), "")
    }

    /// Starts it and waits until it is ready; `hold` is a step to stop at.
    pub fn start(&mut self, hold: Option<&str>) {
        let mut command = self.command();
        command.arg("serve");
        command.args(["--people", &format!("127.0.0.1:{}", self.people_port)]);
        command.args(["--units", &format!("127.0.0.1:{}", self.units_port)]);
        command.args(["--metrics", &format!("127.0.0.1:{}", self.metrics_port)]);
        if let Some(step) = hold {
            command.args(["--hold-at", step]);
        }
        let program = Program::start("server", &mut command, &self.folder);
        let ready = program.line(Duration::from_secs(60), |line| line.json()["people"].is_string());
        let ready = ready.unwrap_or_else(|why| panic!("the server is not ready: {why}"));
        self.set_up_link = ready.json()["set_up"].as_str().map(str::to_owned);
        self.program = Some(program);
    }

    /// The link that makes the first account, which the server said when it was last started.
    pub fn set_up_link(&self) -> Option<&str> {
        self.set_up_link.as_deref()
    }

    /// The running program.
    pub fn program(&mut self) -> &mut Program {
        self.program.as_mut().expect("the server was started")
    }

    /// Asks it to end and waits.
    pub fn terminate(&mut self, patience: Duration) -> ExitStatus {
        let mut program = self.program.take().expect("the server was started");
        program.terminate(patience).unwrap_or_else(|why| panic!("the server goes on: {why}"))
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.program.take().expect("the server was started").kill();
    }

    /// A fresh claim for one unit.
    pub fn claim(&self) -> String {
        let claim = self.cli(&["claim", "create", "--tenant", &self.tenant]);
        text_of(&claim, "claim")
    }

    /// The tenant's owner, signed in.
    pub fn owner(&self) -> Person {
        Person::sign_in(&self.people_url(), EMAIL, PASSWORD)
    }

    /// What the metrics' listener tells of `name{labels}`; zero while it tells nothing of it.
    pub fn metric(&self, series: &str) -> f64 {
        metric_at(self.metrics_port, series)
    }

    /// The status of `/readyz`, and what it says.
    pub fn readiness(&self) -> (u16, String) {
        web::text_at(self.people_port, "/readyz")
    }

    /// Every item of a list, page by page.
    pub fn all(&self, person: &Person, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut next = path.to_owned();
        loop {
            let page = person.get(&next).json();
            items.extend(page["items"].as_array().expect("a list has items").iter().cloned());
            match page["next_cursor"].as_str() {
                Some(cursor) => {
                    let mark = if path.contains('?') { '&' } else { '?' };
                    next = format!("{path}{mark}cursor={cursor}");
                }
                None => return items,
            }
        }
    }

    /// The last words of the program, for a failure's message.
    pub fn account(&self) -> String {
        self.program.as_ref().map(Program::account).unwrap_or_default()
    }
}

fn text_of(answer: &Value, name: &str) -> String {
    answer[name].as_str().unwrap_or_else(|| panic!("no {name} in {answer}")).to_owned()
}

/// What the metrics' listener at `port` tells of `name{labels}`; zero while it tells nothing of it.
pub fn metric_at(port: u16, series: &str) -> f64 {
    let told = web::text_at(port, "/metrics").1;
    let value = told.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    value.map_or(0.0, |value| value.parse().expect("a metric's value is a number"))
}

/// The loopback address with `port`.
pub fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}
