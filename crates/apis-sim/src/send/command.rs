//! `apis-sim send`: one signed request by hand, and the answer as it came.

use super::link::Link;
use super::outgoing::{Outgoing, fresh_nonce, now_ms, random_bytes};
use super::trust;
use anyhow::{Context, Result, bail};
use apis_protocol::claim::{Claim, ServerTrust};
use apis_protocol::encoding::{array_from_hex, to_hex};
use apis_protocol::enrolment::EnrolmentRequest;
use apis_protocol::http::nonce::Nonce;
use apis_protocol::http::{LATE_S, SigningTerms};
use apis_protocol::message::Message as _;
use apis_protocol::settings::{Pin, ServerUrl};
use apis_protocol::{SecretKey, route, version};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Sends one signed request and prints the answer; fails when that is not a success.
///
/// With a claim and no body, `POST /api/v1/unit/enrolment` enrols a unit.
#[derive(Debug, clap::Args)]
pub struct SendArgs {
    /// `GET`, `POST`, `HEAD`, `PATCH` or `DELETE`.
    method: String,
    /// Path and query, for example `/api/v1/unit/heartbeat`.
    target: String,
    /// A claim, which names the server and its pin.
    #[arg(long, required_unless_present_all = ["server", "pin"])]
    claim: Option<Claim>,
    /// The units' door, `https://name[:port]`.
    #[arg(long, conflicts_with = "claim")]
    server: Option<ServerUrl>,
    /// The pin of the server's public key.
    #[arg(long, conflicts_with = "claim", allow_hyphen_values = true)]
    pin: Option<Pin>,
    /// File with the key's seed in hex; made when it is missing.
    #[arg(long)]
    key: PathBuf,
    /// A field, `name: value`; may be given several times.
    #[arg(long = "field")]
    fields: Vec<String>,
    /// File with the content, `-` for standard input.
    #[arg(long)]
    body: Option<PathBuf>,
    /// The content's media type.
    #[arg(long, default_value = "application/json")]
    content_type: String,
    /// What to sign as `created`, in seconds since 1970 UTC; the machine's clock unless given.
    #[arg(long)]
    created_s: Option<i64>,
    /// The `Accept-Signature` of an earlier answer, whose nonce to sign.
    #[arg(long)]
    accept_signature: Option<String>,
}

/// Sends, and prints the answer to standard output.
pub fn run(args: &SendArgs) -> Result<()> {
    let (url, pin) = server_of(args)?;
    let key = load_key(&args.key)?;
    let mut request = Outgoing {
        method: args.method.clone(),
        target: args.target.clone(),
        authority: url.authority().to_owned(),
        fields: args.fields.iter().map(|field| parse_field(field)).collect::<Result<_>>()?,
        body: body_of(args, &key)?,
    };
    if !request.body.is_empty() {
        request.fields.push(("content-type".to_owned(), args.content_type.clone()));
    }
    request.sign(&key, &terms_of(args)?)?;

    let mut link = Link::open(&url, &trust::client_config(pin))?;
    let answer = link.call(&request)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", answer.status)?;
    for (name, value) in &answer.fields {
        writeln!(out, "{name}: {value}")?;
    }
    writeln!(out)?;
    out.write_all(&answer.body)?;
    writeln!(out)?;
    if !(200..300).contains(&answer.status) {
        bail!("the server answered {}", answer.status);
    }
    Ok(())
}

fn server_of(args: &SendArgs) -> Result<(ServerUrl, Pin)> {
    match (&args.claim, &args.server, args.pin) {
        (Some(claim), _, _) => match claim.trust {
            ServerTrust::Pin(pin) => Ok((claim.server_url.clone(), pin)),
            ServerTrust::Web => bail!("this tool trusts servers by pin only"),
        },
        (None, Some(server), Some(pin)) => Ok((server.clone(), pin)),
        (None, _, _) => bail!("give --claim, or --server and --pin"),
    }
}

fn terms_of(args: &SendArgs) -> Result<SigningTerms> {
    let nonce = match &args.accept_signature {
        Some(field) => Nonce::from_accept_signature(field).context("no nonce of a server in it")?,
        None => fresh_nonce()?,
    };
    Ok(match args.created_s {
        Some(created_s) => SigningTerms { created_s, expires_s: created_s + LATE_S, nonce },
        None => SigningTerms::at(now_ms(), nonce),
    })
}

fn body_of(args: &SendArgs, key: &SecretKey) -> Result<Vec<u8>> {
    match (&args.body, &args.claim) {
        (Some(path), _) if path == Path::new("-") => {
            let mut body = Vec::new();
            std::io::stdin().read_to_end(&mut body)?;
            Ok(body)
        }
        (Some(path), _) => std::fs::read(path).with_context(|| format!("read {}", path.display())),
        (None, Some(claim)) if args.target == route::ENROLMENT => {
            Ok(enrolment(claim, key, "by-hand").write())
        }
        (None, _) => Ok(Vec::new()),
    }
}

/// The enrolment of a unit that is only this tool.
#[must_use]
pub fn enrolment(claim: &Claim, key: &SecretKey, serial: &str) -> EnrolmentRequest {
    EnrolmentRequest {
        protocol: version::CURRENT,
        claim: claim.secret.clone(),
        public_key: key.public(),
        serial: serial.to_owned(),
        hardware: "apis-sim".to_owned(),
        firmware: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

fn parse_field(text: &str) -> Result<(String, String)> {
    let (name, value) = text.split_once(':').with_context(|| format!("no field: {text}"))?;
    Ok((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
}

fn load_key(path: &Path) -> Result<SecretKey> {
    if !path.exists() {
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .with_context(|| format!("make a new key at {}", path.display()))?;
        file.write_all(to_hex(&random_bytes::<32>()?).as_bytes())?;
    }
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("read the key from {}", path.display()))?;
    let seed = array_from_hex(text.trim()).context("the key file is not 32 bytes of hex")?;
    Ok(SecretKey::from_seed(&seed))
}
