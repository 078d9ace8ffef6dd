//! Serving: both doors bound, the database opened, and everything ended in order.
//!
//! Order of starting: folder, doors' ports, database, application, jobs. Whatever is in the way is
//! told in one line with a stable code. Order of ending (SIGTERM or SIGINT): no new connection,
//! requests in flight finish within [`ENDING_MAX`], then jobs, then the database.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use axum_server::tls_rustls::RustlsConfig;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::accounts::password::PasswordCheck;
use crate::app::{App, PeopleDoor, Shared};
use crate::audit::checkpoint::CheckpointKey;
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::db::{Birth, Db, DbError, OpenError};
use crate::door::{self, SettingsSource, TenantKeys, UnitsDoor};
use crate::http::connection::Acceptor;
use crate::http::door as http_door;
use crate::keys::{CertificateError, PeopleTls, PeopleTlsError, ServerKey, UnitsCertificate};
use crate::media::Media;
use crate::set_up::{self, SetUpToken};
use crate::uploads::{Limits, Uploads};
use crate::{clips, jobs, ops, random, router};

/// Longest wait for requests in flight when the server ends.
pub const ENDING_MAX: Duration = Duration::from_secs(10);

/// Longest wait for the first request of a unit's connection, its TLS handshake apart.
const FIRST_REQUEST_MAX: Duration = Duration::from_secs(20);

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
    /// The server's own keys cannot be used.
    #[error("the server's keys cannot be used")]
    Keys(#[from] CertificateError),
    /// The certificate of the people's door cannot be used.
    #[error("the people's door: {0}")]
    PeopleTls(#[from] PeopleTlsError),
    /// The server's own keys are not this database's.
    #[error(transparent)]
    ForeignKeys(#[from] door::ForeignKeys),
    /// A configured name of the units' door is none.
    #[error("units.authorities: {name:?} is not a name or address with its port")]
    Authority {
        /// The name.
        name: String,
    },
    /// The database could not be opened.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// The folder of media could not be marked as this database's.
    #[error("the folder of media cannot be used")]
    Media(#[source] clips::VerifyError),
}

impl StartError {
    /// The stable code printed with the message.
    pub const fn code(&self) -> &'static str {
        match self {
            StartError::Folder { .. } | StartError::Media(_) => "folder_unwritable",
            StartError::Port { .. } => "port_unavailable",
            StartError::MetricsPort { .. } => "port_unavailable",
            StartError::Keys(_) => "keys_unusable",
            StartError::PeopleTls(_) => "certificate_unusable",
            StartError::ForeignKeys(_) => "keys_foreign",
            StartError::Authority { .. } => "config_refused",
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
    people_tls: Option<PeopleTls>,
    units: TcpListener,
    certificate: UnitsCertificate,
    end_signals: EndSignals,
    set_up_link: Option<String>,
}

impl Server {
    /// Takes the ports and opens the database.
    pub async fn start(config: Config) -> Result<Server, StartError> {
        prepare_folder(&config)?;
        let people_tls = match (&config.people.tls_certificate, &config.people.tls_key) {
            (Some(certificate), Some(key)) => Some(PeopleTls::load(certificate, key)?),
            (None, _) | (_, None) => None,
        };
        let people = bind("people's", config.people.listen)?;
        let people_address = local_address("people's", &people, config.people.listen)?;
        let units = bind("units'", config.units.listen)?;
        let units_address = local_address("units'", &units, config.units.listen)?;
        let authorities = door::authorities(&config.units.authorities, units_address)
            .map_err(|name| StartError::Authority { name })?;
        let folder = config.keys_folder();
        let key = ServerKey::load_or_make(&folder).map_err(CertificateError::from)?;
        let certificate = UnitsCertificate::load_or_make(&folder, &door::hosts(&authorities))?;
        let clock = Clock::system();
        let db = open_database(&config, &clock).await?;
        door::check_keys(&db, &TenantKeys::new(key.sealer()), certificate.pin()).await?;
        let folder = config.media_folder();
        let media =
            Media::open(folder.clone()).map_err(|source| StartError::Folder { folder, source })?;
        clips::reconcile::take_empty_folder(&db, &media).await.map_err(StartError::Media)?;
        if let Some(address) = config.metrics.listen {
            ops::metrics::serve(address, db.clone(), media.clone())
                .map_err(|error| StartError::MetricsPort { address, reason: error.to_string() })?;
        }
        let people_door = PeopleDoor {
            origins: origins(&config, people_address),
            instance_id: instance_id(&db).await?,
        };
        let passwords = PasswordCheck::new();
        let limits = Limits { free_bytes_min: config.units.free_bytes_min, ..Limits::default() };
        let uploads = Uploads::new(db.clone(), clock.clone(), media.clone(), limits);
        let source = SettingsSource { server_urls: authorities, pins: certificate.pins() };
        let units_door = UnitsDoor::open(&db, &clock, &key, source, uploads).await?;
        let app = App::new(Shared {
            db,
            clock,
            config,
            media,
            people: people_door,
            making: clips::Progress::default(),
            passwords,
            set_up: SetUpToken::of(&key),
            units: units_door,
            audit_key: CheckpointKey::of(&key),
        });
        let is_new = set_up::is_needed(&app.db).await?;
        let set_up_link = is_new.then(|| app.set_up.link(app.people.first_origin()));
        // Heard from here on: whoever is told that the server is ready may end it at once.
        let end_signals = EndSignals::listen();
        Ok(Server {
            app,
            people,
            people_address,
            people_tls,
            units,
            certificate,
            end_signals,
            set_up_link,
        })
    }

    /// Where people's browsers find it.
    pub fn people_url(&self) -> String {
        self.app.people.first_origin().to_owned()
    }

    /// The link that makes the first account, while there is none.
    pub fn set_up_link(&self) -> Option<&str> {
        self.set_up_link.as_deref()
    }

    /// Where units find it, best first.
    pub fn units_url(&self) -> String {
        let first = self.app.units.settings.server_urls.first();
        first.map(ToString::to_string).unwrap_or_default()
    }

    /// What units know the server's key by.
    pub fn pin(&self) -> String {
        self.certificate.pin().to_string()
    }

    /// Serves until a signal says to end, and then ends in order.
    pub async fn run(self) -> io::Result<()> {
        let (end, ending) = watch::channel(false);
        let jobs = tokio::spawn(jobs::runner::run(self.app.clone(), ending));
        let sweep = tokio::spawn(door::sweep(self.app.clone()));

        let handle = axum_server::Handle::new();
        let units_handle = axum_server::Handle::new();
        let doors = [handle.clone(), units_handle.clone()];
        tokio::spawn(end_by_signal(self.end_signals, self.app.clone(), doors));
        let tls = self.certificate.listener().map_err(io::Error::other)?;
        let units = axum_server::from_tcp_rustls(self.units, RustlsConfig::from_config(tls))?
            .handle(units_handle)
            .first_request_timeout(FIRST_REQUEST_MAX)
            .serve(
                http_door::units(&self.app, router::units())
                    .into_make_service_with_connect_info::<SocketAddr>(),
            );
        let units = tokio::spawn(units);
        let people = http_door::people(&self.app, router::people());
        let people = people.into_make_service_with_connect_info::<SocketAddr>();
        let has_tls = self.people_tls.is_some();
        tracing::info!(address = %self.people_address, has_tls, "the people's door is open");
        let door = axum_server::from_tcp(self.people)?.handle(handle);
        match self.people_tls {
            None => door.acceptor(Acceptor).serve(people).await?,
            Some(tls) => {
                let door = door.acceptor(tls.acceptor(Acceptor));
                let follow = tokio::spawn(tls.follow());
                door.serve(people).await?;
                follow.abort();
            }
        }
        units.await.map_err(io::Error::other)??;

        let _ = end.send(true);
        sweep.abort();
        let _ = jobs.await;
        self.app.units.heartbeats.write_all().await;
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
    Db::open(&config.location(), &birth(clock)).await
}

/// Opens the configured database as its owner, for what the application may not do.
pub async fn open_database_as_owner(config: &Config, clock: &Clock) -> Result<Db, OpenError> {
    Db::open_as_owner(&config.location(), &birth(clock)).await
}

fn birth(clock: &Clock) -> Birth {
    let now = clock.now();
    Birth { epoch: random::uuid_v7(now).to_string(), instance_id: random::instance_id(), now }
}

/// SIGTERM and SIGINT, kept from the moment they are listened for.
struct EndSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl EndSignals {
    fn listen() -> EndSignals {
        let listen = |kind| signal(kind).expect("a runtime takes signals");
        EndSignals {
            terminate: listen(SignalKind::terminate()),
            interrupt: listen(SignalKind::interrupt()),
        }
    }

    async fn received(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

async fn end_by_signal(signals: EndSignals, app: App, doors: [axum_server::Handle<SocketAddr>; 2]) {
    signals.received().await;
    tracing::info!("ending: no new connections, requests in flight finish");
    for handle in doors {
        handle.graceful_shutdown(Some(ENDING_MAX));
    }
    app.units.channels.close_all();
    app.units.live.close_all();
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
    let scheme = if config.people.tls_certificate.is_some() { "https" } else { "http" };
    let port = address.port();
    [address.to_string(), format!("127.0.0.1:{port}"), format!("localhost:{port}")]
        .map(|authority| format!("{scheme}://{authority}"))
        .to_vec()
}

async fn instance_id(db: &Db) -> Result<String, DbError> {
    let mut tx = db.global_read().await?;
    let (instance_id,) = tx.one("SELECT instance_id FROM server_meta WHERE id = 1", ()).await?;
    tx.commit().await?;
    Ok(instance_id)
}
