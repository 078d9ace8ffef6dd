//! Serving: both doors bound, the database opened, and everything ended in order.
//!
//! Order of starting: folder, doors' ports, database, application, jobs. Whatever is in the way is
//! told in one line with a stable code. Order of ending (SIGTERM or SIGINT): no new connection,
//! requests in flight finish within [`ENDING_MAX`], then jobs, then the database.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::accounts::password::PasswordCheck;
use crate::app::{App, PeopleDoor, Shared};
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::db::{Birth, Db, DbError, OpenError};
use crate::http::door;
use crate::media::Media;
use crate::{jobs, ops, random, router};

/// Longest wait for requests in flight when the server ends.
pub const ENDING_MAX: Duration = Duration::from_secs(10);

/// Why the server did not start. One variant per thing the operator must do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder cannot be made or written.
    #[error("the data folder {} cannot be written", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// Somebody else has the port.
    #[error("the {door} door cannot listen on {address}")]
    Port {
        /// Which door.
        door: &'static str,
        /// Where.
        address: SocketAddr,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// The metrics' listener cannot be made.
    #[error("the metrics cannot listen on {address}: {reason}")]
    MetricsPort {
        /// Where.
        address: SocketAddr,
        /// Why.
        reason: String,
    },
    /// The database could not be opened.
    #[error(transparent)]
    Database(#[from] OpenError),
}

impl StartError {
    /// The stable code printed with the message.
    pub const fn code(&self) -> &'static str {
        match self {
            StartError::Folder { .. } => "folder_unwritable",
            StartError::Port { .. } => "port_unavailable",
            StartError::MetricsPort { .. } => "port_unavailable",
            StartError::Database(error) => error.code(),
        }
    }
}

impl From<DbError> for StartError {
    fn from(error: DbError) -> StartError {
        StartError::Database(OpenError::Db(error))
    }
}

/// A server that has its ports and its database, and has not yet answered anybody.
pub struct Server {
    app: App,
    people: TcpListener,
    people_address: SocketAddr,
}

impl Server {
    /// Takes the ports and opens the database.
    pub async fn start(config: Config) -> Result<Server, StartError> {
        prepare_folder(&config)?;
        let people = bind("people's", config.people.listen)?;
        let people_address = local_address("people's", &people, config.people.listen)?;
        let clock = Clock::system();
        let db = open_database(&config, &clock).await?;
        if let Some(address) = config.metrics.listen {
            ops::metrics::serve(address, db.clone())
                .map_err(|error| StartError::MetricsPort { address, reason: error.to_string() })?;
        }
        let people_door = PeopleDoor {
            origins: origins(&config, people_address),
            instance_id: instance_id(&db).await?,
        };
        let folder = config.media_folder();
        let media =
            Media::open(folder.clone()).map_err(|source| StartError::Folder { folder, source })?;
        let passwords = PasswordCheck::new();
        let app = App::new(Shared { db, clock, config, media, people: people_door, passwords });
        Ok(Server { app, people, people_address })
    }

    /// Where people's browsers find it.
    pub fn people_url(&self) -> String {
        self.app.people.origins.first().cloned().unwrap_or_default()
    }

    /// Serves until a signal says to end, and then ends in order.
    pub async fn run(self) -> io::Result<()> {
        let (end, ending) = watch::channel(false);
        let jobs = tokio::spawn(jobs::runner::run(self.app.clone(), ending));

        let handle = axum_server::Handle::new();
        tokio::spawn(end_by_signal(handle.clone()));
        let people = door::people(&self.app, router::people());
        tracing::info!(address = %self.people_address, "the people's door is open");
        axum_server::from_tcp(self.people)?
            .handle(handle)
            .serve(people.into_make_service_with_connect_info::<SocketAddr>())
            .await?;

        let _ = end.send(true);
        let _ = jobs.await;
        self.app.db.close().await;
        tracing::info!("ended");
        Ok(())
    }
}

/// Makes the data folder, or says why it cannot be used.
pub fn prepare_folder(config: &Config) -> Result<(), StartError> {
    let folder = config.data.clone();
    config::prepare_folder(&folder).map_err(|source| StartError::Folder { folder, source })
}

/// Opens the configured database, migrating it if it may.
pub async fn open_database(config: &Config, clock: &Clock) -> Result<Db, OpenError> {
    let now = clock.now();
    let birth =
        Birth { epoch: random::uuid_v7(now).to_string(), instance_id: random::instance_id(), now };
    Db::open(&config.location(), &birth).await
}

async fn end_by_signal(handle: axum_server::Handle<SocketAddr>) {
    let mut terminate = signal(SignalKind::terminate()).expect("a runtime takes signals");
    let mut interrupt = signal(SignalKind::interrupt()).expect("a runtime takes signals");
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("ending: no new connections, requests in flight finish");
    handle.graceful_shutdown(Some(ENDING_MAX));
}

fn bind(door: &'static str, address: SocketAddr) -> Result<TcpListener, StartError> {
    let failed = |source| StartError::Port { door, address, source };
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    Ok(listener)
}

fn local_address(
    door: &'static str,
    listener: &TcpListener,
    address: SocketAddr,
) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|source| StartError::Port { door, address, source })
}

/// The origins of the server's own pages. On one machine a browser may use any loopback name.
fn origins(config: &Config, address: SocketAddr) -> Vec<String> {
    let public = &config.people.public_origin;
    if !public.is_empty() {
        return vec![public.clone()];
    }
    let port = address.port();
    vec![
        format!("http://{address}"),
        format!("http://127.0.0.1:{port}"),
        format!("http://localhost:{port}"),
    ]
}

async fn instance_id(db: &Db) -> Result<String, DbError> {
    let mut tx = db.global_read().await?;
    let (instance_id,) = tx.one("SELECT instance_id FROM server_meta WHERE id = 1", ()).await?;
    tx.commit().await?;
    Ok(instance_id)
}
