//! Everything that may be set, with its default; read from file, environment and command line.
//!
//! Later wins: defaults, `apis-server.toml` in the data folder (or `--config FILE`), environment
//! (`APIS_PEOPLE__LISTEN` is `people.listen`), flags. Nothing else reads the environment.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use serde::{Deserialize, Serialize};

use crate::db::Location;

/// The configuration file's name in the data folder.
pub const FILE_NAME: &str = "apis-server.toml";

/// The server's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The folder of the database file, the media and the server's keys.
    pub data: PathBuf,
    /// The people's door.
    pub people: People,
    /// The units' door.
    pub units: Units,
    /// The database.
    pub database: Database,
    /// The metrics' own listener.
    pub metrics: Metrics,
    /// What is logged, and how.
    pub log: Log,
}

/// The door of people's browsers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct People {
    /// Address and port. Without `tls_certificate` plain HTTP: must be loopback unless
    /// `public_origin` is `https://…`, which says that a proxy with TLS stands before it. Port 0
    /// takes a free one.
    pub listen: SocketAddr,
    /// The origin that browsers see. Empty: `127.0.0.1:PORT` and its loopback names.
    pub public_origin: String,
    /// The file of the door's certificate and its chain, in PEM, with `tls_key`. Read again when it
    /// changes.
    pub tls_certificate: Option<PathBuf>,
    /// The file of the certificate's private key, in PEM.
    pub tls_key: Option<PathBuf>,
    /// Addresses of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
}

/// The door of units, always TLS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Units {
    /// Address and port. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Names and addresses, each with its port, by which units may call the server
    /// (`bees.example:8443`). The first stands in new claims. Empty: the machine's own addresses.
    pub authorities: Vec<String>,
    /// Bytes of the disk that clips never take: the database and the logs need room too.
    pub free_bytes_min: u64,
}

/// The database. Without `url` it is a SQLite file in the data folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// Connection string of PostgreSQL for the application's role, which owns nothing. Empty: SQLite.
    pub url: String,
    /// Connection string of the owner, which migrates. Empty: the schema must be current.
    pub owner_url: String,
}

/// The metrics' own listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Address and port for `/metrics`. Missing: off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// `text` for people, `json` for machines; to standard error.
    pub format: LogFormat,
    /// Level, or levels by target (`info,apis_server::uploads=debug`).
    pub filter: String,
}

/// How a line of the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The configuration cannot be used: key, value and reason in one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub String);

impl Default for Config {
    fn default() -> Config {
        let any = IpAddr::from([0, 0, 0, 0]);
        let loopback = IpAddr::from([127, 0, 0, 1]);
        Config {
            data: PathBuf::from("apis-data"),
            people: People {
                listen: SocketAddr::new(loopback, 8080),
                public_origin: String::new(),
                tls_certificate: None,
                tls_key: None,
                trusted_proxies: Vec::new(),
            },
            units: Units {
                listen: SocketAddr::new(any, 8443),
                authorities: Vec::new(),
                free_bytes_min: 512 * 1024 * 1024,
            },
            database: Database { url: String::new(), owner_url: String::new() },
            metrics: Metrics { listen: None },
            log: Log { format: LogFormat::Text, filter: "info,sqlx=warn".to_owned() },
        }
    }
}

/// What the command line says; it wins over everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--config`.
    pub file: Option<PathBuf>,
    /// `--data`.
    pub data: Option<PathBuf>,
    /// Other keys by their path, such as `people.listen`.
    pub keys: Vec<(&'static str, String)>,
}

impl Config {
    /// Reads the configuration from its four sources.
    pub fn read(flags: &Flags) -> Result<Config, ConfigError> {
        // Other programs' variables begin with APIS_ too; a key has a section or is `data`.
        let environment = || {
            Env::prefixed("APIS_")
                .filter(|key| key == "data" || key.as_str().contains("__"))
                .split("__")
        };
        let mut figment = Figment::from(Serialized::defaults(Config::default()));
        let early = figment.clone().merge(environment());
        let data: PathBuf = match &flags.data {
            Some(data) => data.clone(),
            None => early.extract_inner("data").map_err(refused)?,
        };
        let file = flags.file.clone().unwrap_or_else(|| data.join(FILE_NAME));
        if flags.file.is_some() && !file.exists() {
            return Err(ConfigError(format!("--config {}: no such file", file.display())));
        }
        figment = figment.merge(Toml::file(file)).merge(environment());
        figment = figment.merge(Serialized::default("data", data));
        for (key, value) in &flags.keys {
            figment = figment.merge(Serialized::default(key, value));
        }
        let config: Config = figment.extract().map_err(refused)?;
        config.check()?;
        Ok(config)
    }

    /// The SQLite file, or PostgreSQL's connection strings.
    pub fn location(&self) -> Location {
        let Database { url, owner_url } = &self.database;
        if url.is_empty() {
            return Location::Sqlite { file: self.data.join("apis.sqlite") };
        }
        let owner_url = Some(owner_url.clone()).filter(|url| !url.is_empty());
        Location::Postgres { url: url.clone(), owner_url }
    }

    /// The same with what must not be shown replaced.
    pub fn without_secrets(&self) -> Config {
        let mut shown = self.clone();
        for url in [&mut shown.database.url, &mut shown.database.owner_url] {
            *url = without_password(url);
        }
        shown
    }

    /// The folder of clips and other large objects.
    pub fn media_folder(&self) -> PathBuf {
        self.data.join("media")
    }

    /// The folder of the server's own secrets.
    pub fn keys_folder(&self) -> PathBuf {
        self.data.join("keys")
    }

    fn check(&self) -> Result<(), ConfigError> {
        let People { listen, public_origin, tls_certificate, tls_key, .. } = &self.people;
        let refuse = |text: String| Err(ConfigError(text));
        let is_https = public_origin.starts_with("https://");
        if !public_origin.is_empty() && !is_https && !public_origin.starts_with("http://") {
            return refuse(format!("people.public_origin = {public_origin:?}: not http(s)://…"));
        }
        if public_origin.matches('/').count() > 2 {
            return refuse(format!("people.public_origin = {public_origin:?}: has a path"));
        }
        if tls_certificate.is_some() != tls_key.is_some() {
            return refuse(
                "people.tls_certificate and people.tls_key: one without the other".into(),
            );
        }
        let has_tls = tls_certificate.is_some();
        if has_tls && !public_origin.is_empty() && !is_https {
            return refuse(format!(
                "people.public_origin = {public_origin:?}: with people.tls_certificate it begins \
                 with https://"
            ));
        }
        if !listen.ip().is_loopback() && !is_https {
            return refuse(format!(
                "people.listen = {listen}: plain HTTP is for loopback; give the door a certificate \
                 (people.tls_certificate) or put a proxy with TLS before it, and set \
                 people.public_origin to the https:// origin that browsers see"
            ));
        }
        if self.database.url.is_empty() && !self.database.owner_url.is_empty() {
            return refuse("database.owner_url is set, database.url is not".to_owned());
        }
        Ok(())
    }
}

/// Hides the password of a connection string.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let Some((login, place)) = rest.split_once('@') else { return url.to_owned() };
    match login.split_once(':') {
        Some((user, _)) => format!("{scheme}://{user}:***@{place}"),
        None => url.to_owned(),
    }
}

fn refused(error: figment::Error) -> ConfigError {
    let lines: Vec<String> = error
        .into_iter()
        .map(|error| {
            let key = error.path.join(".");
            let place = error.metadata.as_ref().map(|found| found.name.to_string());
            format!("{key}: {} ({})", error.kind, place.unwrap_or_else(|| "flags".to_owned()))
        })
        .collect();
    ConfigError(lines.join("; "))
}

/// Whether the data folder exists or can be made, and can be written.
pub fn prepare_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let probe = folder.join(".writable");
    std::fs::write(&probe, b"")?;
    std::fs::remove_file(probe)
}

#[cfg(test)]
mod tests;
