//! How `run` is configured: defaults, then `apis-unit.toml`, then `APIS_UNIT_…` in the environment,
//! then flags. Every value is parsed into its final type or refused with its key, itself and why.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use figment::providers::{Env, Format, Serialized, Toml};
use figment::value::{Dict, Value};
use figment::{Figment, Source};

use crate::failure::Failure;
use crate::picture::Size;
use crate::sources::{Rate, SourceSettings, SourceSpec, Speed};

/// Beginning of the environment variables that are read.
const ENV_PREFIX: &str = "APIS_UNIT_";

/// The file in the data folder that is read when no other is named.
const FILE_NAME: &str = "apis-unit.toml";

/// Environment variables under the prefix that name the files and are no keys.
const ENV_NOT_KEYS: &[&str] = &["data", "config", "log"];

/// One key: its name, what it is when nothing says so, what it means.
pub struct Key {
    /// As in the file; a flag has `-` for `_`.
    pub name: &'static str,
    /// The default as text; empty when there is none.
    pub default: &'static str,
    /// For the reference and the sample file.
    pub meaning: &'static str,
}

const fn key(name: &'static str, default: &'static str, meaning: &'static str) -> Key {
    Key { name, default, meaning }
}

/// Every key there is.
pub const KEYS: &[Key] = &[
    key(
        "source",
        "",
        "Where frames come from: exec:CMD, pipe:-, pipe:FIFO, video:FILE, folder:DIR.",
    ),
    key("size", "", "WIDTHxHEIGHT of a raw pipe that has no header."),
    key("rate", "", "Frames a second of a folder, and of a video file in place of its own."),
    key("speed", "real", "`real`, or `full` (as fast as the eyes can; only with body none)."),
    key("stall_s", "5", "Seconds without a frame that are a camera fault (1 to 60)."),
    key("restart", "true", "Whether a camera program (exec:) that ends is started again."),
    key("body", "none", "What holds servo and laser: `none`, or `sim:SOCKET` for the model."),
    key("uptime_offset", "0s", "Uptime already spent at the start; only with the simulated body."),
    key("local", "127.0.0.1:7070", "Address of the local HTTP API, or `off`."),
    key("local_hosts", "", "Further names, with commas, under which the local API may be asked."),
    key("standalone", "false", "Whether to work without a server."),
    key("heartbeat_s", "60", "Seconds between heartbeats (1 to 600)."),
    key("clip_rate", "12", "Frames a second kept in clips (10 to 15)."),
    key("jpeg_quality", "75", "Quality of the frames in clips (30 to 95)."),
    key("pre_roll_bytes", "8388608", "Most bytes of frames held before a visit (1 to 64 MiB)."),
    key("spool_bytes", "1073741824", "Most bytes of records and clips kept (16 MiB or more)."),
    key(
        "disk_percent",
        "95",
        "Share of the disk in use, by whomever, above which clips go (50 to 99).",
    ),
];

/// What holds the servo and the laser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodySpec {
    /// Nothing: the unit only sees and keeps.
    None,
    /// The model process at this Unix socket.
    Simulated(PathBuf),
}

impl FromStr for BodySpec {
    type Err = String;

    fn from_str(text: &str) -> Result<BodySpec, String> {
        match text.split_once(':') {
            None if text == "none" => Ok(BodySpec::None),
            Some(("sim", path)) if !path.is_empty() => Ok(BodySpec::Simulated(path.into())),
            _ => Err("a body is `none` or `sim:SOCKET`".to_owned()),
        }
    }
}

/// The configuration of `run`.
#[derive(Debug, Clone)]
pub struct Config {
    /// What the eyes look at.
    pub source: SourceSettings,
    /// What the guard drives.
    pub body: BodySpec,
    /// Uptime already spent at the start.
    pub uptime_offset: Duration,
    /// Where the local API listens, if it does.
    pub local: Option<SocketAddr>,
    /// Host names, besides the address, under which the local API may be asked.
    pub local_hosts: Vec<String>,
    /// Whether there is no server.
    pub standalone: bool,
    /// Mean time between heartbeats.
    pub heartbeat: Duration,
    /// Frames a second kept in clips.
    pub clip_rate: u32,
    /// JPEG quality of those frames.
    pub jpeg_quality: u8,
    /// Most bytes of the pre-roll ring.
    pub pre_roll_bytes: u64,
    /// Most bytes of the spool.
    pub spool_bytes: u64,
    /// Share of the disk in use above which clips go.
    pub disk_percent: u8,
    /// Every key of [`KEYS`], in their order, with what it came to as text.
    pub values: Vec<(&'static str, String)>,
}

/// Reads the configuration for the data folder `data`; `file` is the one named by `--config`.
///
/// Errors: `config_refused` with key, value and reason.
pub fn read(data: &Path, file: Option<&Path>, flags: Dict) -> Result<Config, Failure> {
    if let Some(file) = file.filter(|file| !file.is_file()) {
        return Err(refused(format!("there is no file {}", file.display())));
    }
    let toml = file.map_or_else(|| data.join(FILE_NAME), Path::to_owned);
    let environment = Env::prefixed(ENV_PREFIX).ignore(ENV_NOT_KEYS);
    let mut figment = Figment::new();
    if toml.is_file() {
        figment = figment.merge(Toml::file_exact(toml));
    }
    let figment = figment.merge(environment).merge(Serialized::defaults(flags));
    let values: Dict = figment.extract().map_err(|e| refused(e.to_string()))?;
    let mut read = Read { values: &values, figment: &figment };
    read.refuse_unknown()?;
    let config = read.config()?;
    read.refuse_contradictions(config)
}

fn refused(message: String) -> Failure {
    Failure::new("config_refused", message)
}

struct Read<'a> {
    values: &'a Dict,
    figment: &'a Figment,
}

impl Read<'_> {
    fn config(&mut self) -> Result<Config, Failure> {
        let source = SourceSettings {
            spec: self.required("source", SourceSpec::from_str)?,
            size: self.optional("size", Size::from_str)?,
            rate: self.optional("rate", rate)?,
            speed: self.required("speed", Speed::from_str)?,
            stall: Duration::from_secs(self.required("stall_s", within(1, 60))?),
            restart: self.required("restart", yes_or_no)?,
        };
        Ok(Config {
            source,
            body: self.required("body", BodySpec::from_str)?,
            uptime_offset: self.required("uptime_offset", seconds)?,
            local: self.required("local", address_or_off)?,
            local_hosts: self.optional("local_hosts", names)?.unwrap_or_default(),
            standalone: self.required("standalone", yes_or_no)?,
            heartbeat: Duration::from_secs(self.required("heartbeat_s", within(1, 600))?),
            clip_rate: narrow(self.required("clip_rate", within(10, 15))?),
            jpeg_quality: narrow(self.required("jpeg_quality", within(30, 95))?),
            pre_roll_bytes: self.required("pre_roll_bytes", within(1 << 20, 64 << 20))?,
            spool_bytes: self.required("spool_bytes", within(16 << 20, u64::MAX))?,
            disk_percent: narrow(self.required("disk_percent", within(50, 99))?),
            values: KEYS.iter().map(|key| (key.name, self.text(key))).collect(),
        })
    }

    fn refuse_unknown(&self) -> Result<(), Failure> {
        match self.values.keys().find(|name| KEYS.iter().all(|key| key.name != *name)) {
            None => Ok(()),
            Some(name) => {
                let known: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
                Err(self.refusal(name, &format!("no such key; the keys are {}", known.join(", "))))
            }
        }
    }

    fn refuse_contradictions(&self, config: Config) -> Result<Config, Failure> {
        let is_simulated = matches!(config.body, BodySpec::Simulated(_));
        if !config.uptime_offset.is_zero() && !is_simulated {
            let reason = "only the simulated body may start with uptime spent: with a real laser \
                          the first minute after a start is dark";
            return Err(self.refusal("uptime_offset", reason));
        }
        if config.source.speed == Speed::Full && config.body != BodySpec::None {
            return Err(self.refusal("speed", "full speed needs body none: a servo is not faster"));
        }
        // A camera may come back, and a server would be told; alone with a film that is not there
        // the unit would watch nothing for ever.
        let film = match &config.source.spec {
            SourceSpec::Video(path) | SourceSpec::Folder(path) => Some(path),
            SourceSpec::Exec(_) | SourceSpec::StandardInput | SourceSpec::Fifo(_) => None,
        };
        if config.standalone
            && let Some(film) = film.filter(|film| !film.exists())
        {
            return Err(self.refusal("source", &format!("there is no {}", film.display())));
        }
        Ok(config)
    }

    fn optional<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, Failure> {
        let key = KEYS.iter().find(|key| key.name == name).expect("every key read is in KEYS");
        let text = self.text(key);
        if text.is_empty() {
            return Ok(None);
        }
        parse(&text).map(Some).map_err(|reason| self.refusal(name, &reason))
    }

    fn required<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, Failure> {
        self.optional(name, parse)?.ok_or_else(|| self.refusal(name, "it must be given"))
    }

    /// What the key comes to.
    fn text(&self, key: &Key) -> String {
        self.values.get(key.name).map_or_else(|| key.default.to_owned(), text_of)
    }

    /// "`key` = `value` (from where): reason".
    fn refusal(&self, name: &str, reason: &str) -> Failure {
        let value = self.values.get(name).map(text_of).unwrap_or_default();
        let metadata = self.figment.find_metadata(name);
        let place = match metadata.map(|metadata| (&metadata.source, &metadata.name)) {
            None => "the default".to_owned(),
            Some((Some(Source::File(file)), _)) => file.display().to_string(),
            Some((_, provider)) if provider.contains("environment") => "the environment".to_owned(),
            Some(_) => "the command line".to_owned(),
        };
        refused(format!("`{name}` = `{value}` (from {place}) is refused: {reason}"))
    }
}

/// A value as a person wrote it.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(_, text) => text.clone(),
        Value::Char(_, char) => char.to_string(),
        Value::Bool(_, value) => value.to_string(),
        Value::Num(_, number) => number
            .to_u128()
            .map(|n| n.to_string())
            .or_else(|| number.to_i128().map(|n| n.to_string()))
            .or_else(|| number.to_f64().map(|n| n.to_string()))
            .unwrap_or_default(),
        Value::Empty(..) => String::new(),
        Value::Dict(..) | Value::Array(..) => "a table or list".to_owned(),
    }
}

fn within(least: u64, most: u64) -> impl Fn(&str) -> Result<u64, String> {
    move |text| match text.parse() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        Ok(_) | Err(_) => Err(format!("it is a whole number from {least} to {most}")),
    }
}

fn narrow<T: TryFrom<u64>>(number: u64) -> T {
    T::try_from(number).ok().expect("the range of the key fits its type")
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "it is `true` or `false`".to_owned())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number = text.strip_suffix('s').unwrap_or(text);
    let seconds = number.parse().map_err(|_| "it is whole seconds, like `61s`".to_owned())?;
    Ok(Duration::from_secs(seconds))
}

fn address_or_off(text: &str) -> Result<Option<SocketAddr>, String> {
    if text == "off" {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| "it is ADDRESS:PORT or `off`".to_owned())
}

fn names(text: &str) -> Result<Vec<String>, String> {
    Ok(text.split(',').map(|name| name.trim().to_owned()).collect())
}

fn rate(text: &str) -> Result<Rate, String> {
    let (frames, seconds) = text.split_once('/').unwrap_or((text, "1"));
    let number = |text: &str| text.parse().ok().filter(|n| (1..=1_000_000).contains(n));
    match (number(frames), number(seconds)) {
        (Some(frames), Some(seconds)) => Ok(Rate { frames, seconds }),
        _ => Err("it is frames a second, like `10` or `30000/1001`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_with(toml: &str, flags: &[(&str, &str)]) -> Result<Config, Failure> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE_NAME), toml).unwrap();
        let flags = flags.iter().map(|(k, v)| ((*k).to_owned(), Value::from(*v))).collect();
        read(folder.path(), None, flags)
    }

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
        let toml = "source = \"pipe:-\"\nstall_s = 7\nclip_rate = 10\nrestart = false";
        let config = read_with(toml, &[("clip_rate", "15")]).unwrap();
        assert_eq!(config.source.stall, Duration::from_secs(7));
        assert_eq!((config.clip_rate, config.jpeg_quality), (15, 75));
        assert!(!config.source.restart);
    }

    #[test]
    fn a_refusal_names_the_key_the_value_the_place_and_the_reason() {
        for (toml, flags, parts) in [
            (
                "stall_s = 0",
                &[("source", "pipe:-")][..],
                &["stall_s", "`0`", FILE_NAME, "1 to 60"][..],
            ),
            ("", &[("source", "tape:1")], &["source", "tape:1", "command line", "exec"]),
            ("", &[], &["source", "must be given"]),
            ("sauce = 1", &[("source", "pipe:-")], &["sauce", "no such key", "source"]),
            ("", &[("source", "pipe:-"), ("size", "4x4")], &["size", "4x4", "32x32"]),
        ] {
            let failure = read_with(toml, flags).unwrap_err();
            assert_eq!(failure.code, "config_refused");
            let text = failure.to_string();
            assert!(parts.iter().all(|part| text.contains(part)), "{text}");
        }
    }

    #[test]
    fn spent_uptime_is_refused_with_any_body_but_the_simulated_one() {
        let offset = [("source", "pipe:-"), ("uptime_offset", "61s"), ("body", "none")];
        assert!(read_with("", &offset).unwrap_err().to_string().contains("simulated body"));
        let simulated = [("source", "pipe:-"), ("uptime_offset", "61s"), ("body", "sim:/s")];
        assert_eq!(read_with("", &simulated).unwrap().uptime_offset, Duration::from_secs(61));
    }

    #[test]
    fn full_speed_is_refused_with_a_body() {
        let full = [("source", "video:f"), ("speed", "full"), ("body", "sim:/s")];
        assert!(read_with("", &full).unwrap_err().to_string().contains("body none"));
    }

    #[test]
    fn the_reference_lists_every_key_with_its_default() {
        let reference = include_str!("../../../docs/ref/unit-cli.md");
        for Key { name, default, meaning } in KEYS {
            let default = if default.is_empty() { String::new() } else { format!("`{default}` ") };
            let row = format!("| `{name}` | {default}| {meaning} |");
            assert!(reference.contains(&row), "docs/ref/unit-cli.md lacks: {row}");
        }
    }
}
