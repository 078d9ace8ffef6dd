//! The commands that ask the running unit, over its local HTTP API.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;

use crate::failure::{Coded, Failure};
use crate::http::{ADDRESS_FILE, TOKEN_FILE};

/// Longest wait for the unit's answer: it is on the same machine.
const ANSWER_WAIT: Duration = Duration::from_secs(10);

/// Where to save what was asked for.
#[derive(Debug, Args)]
pub struct OutputArgs {
    /// The file to write.
    #[arg(long, value_name = "FILE", default_value = "snapshot.jpg")]
    out: PathBuf,
}

/// Which clip to save, if any.
#[derive(Debug, Args)]
pub struct ClipsArgs {
    /// The visit whose clip to save.
    #[arg(long, value_name = "VISIT_ID")]
    save: Option<String>,
    /// The file to write; without it, the visit's id and `.avi`.
    #[arg(long, value_name = "FILE", requires = "save")]
    out: Option<PathBuf>,
}

/// Prints the unit's status.
pub fn status(data: &Path, json: bool) -> Result<(), Failure> {
    let status = ask_json(data, Method::GET, "/status")?;
    if json {
        println!("{status}");
    } else {
        print_tree(&status, 0);
    }
    Ok(())
}

/// Arms.
pub fn arm(data: &Path, json: bool) -> Result<(), Failure> {
    command(data, "/arm", json)
}

/// Disarms.
pub fn disarm(data: &Path, json: bool) -> Result<(), Failure> {
    command(data, "/disarm", json)
}

/// Saves the newest picture.
pub fn snapshot(data: &Path, args: &OutputArgs, json: bool) -> Result<(), Failure> {
    save(data, "/snapshot", &args.out, json)
}

/// Lists the clips, or saves one.
pub fn clips(data: &Path, args: &ClipsArgs, json: bool) -> Result<(), Failure> {
    if let Some(visit) = &args.save {
        let out = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{visit}.avi")));
        return save(data, &format!("/clips/{visit}"), &out, json);
    }
    let answer = ask_json(data, Method::GET, "/clips")?;
    if json {
        println!("{answer}");
        return Ok(());
    }
    let clips = answer.get("clips").and_then(Value::as_array).cloned().unwrap_or_default();
    if clips.is_empty() {
        println!("no clips");
    }
    for clip in clips {
        let text = |name: &str| clip.get(name).map(plain).unwrap_or_default();
        println!("{}  {:>12} bytes", text("visit_id"), text("bytes"));
    }
    Ok(())
}

fn command(data: &Path, path: &str, json: bool) -> Result<(), Failure> {
    let answer = ask_json(data, Method::POST, path)?;
    if json {
        println!("{answer}");
    } else {
        println!("{}", answer.get("answer").map(plain).unwrap_or_default());
    }
    Ok(())
}

fn save(data: &Path, path: &str, out: &Path, json: bool) -> Result<(), Failure> {
    let bytes = block_on(async {
        let answer = ask(data, Method::GET, path).await?;
        answer.bytes().await.context("read the answer").coded("unit_not_running")
    })?;
    std::fs::write(out, &bytes)
        .with_context(|| format!("write {}", out.display()))
        .coded("output_not_writable")?;
    if json {
        println!("{}", serde_json::json!({ "file": out, "bytes": bytes.len() }));
    } else {
        println!("{} ({} bytes)", out.display(), bytes.len());
    }
    Ok(())
}

fn ask_json(data: &Path, method: Method, path: &str) -> Result<Value, Failure> {
    block_on(async {
        let answer = ask(data, method, path).await?;
        let bytes = answer.bytes().await.context("read the answer").coded("unit_not_running")?;
        serde_json::from_slice(&bytes).context("understand the answer").coded("unit_not_running")
    })
}

/// Asks the unit that runs on `data`, with its address and token from there.
async fn ask(data: &Path, method: Method, path: &str) -> Result<Response, Failure> {
    let file = |name: &str| {
        std::fs::read_to_string(data.join(name))
            .with_context(|| format!("no unit has run with the data folder {}", data.display()))
            .coded("unit_not_running")
    };
    let (address, token) = (file(ADDRESS_FILE)?, file(TOKEN_FILE)?);
    let client = reqwest::Client::builder()
        .timeout(ANSWER_WAIT)
        .no_proxy()
        .build()
        .coded("unit_not_running")?;
    let answer = client
        .request(method, format!("http://{}{path}", address.trim()))
        .bearer_auth(token.trim())
        .send()
        .await
        .with_context(|| format!("no unit answers at {}", address.trim()))
        .coded("unit_not_running")?;
    if answer.status() == StatusCode::OK {
        return Ok(answer);
    }
    let status = answer.status();
    let body = answer.text().await.unwrap_or_default();
    let told: Value = serde_json::from_str(&body).unwrap_or_default();
    let told = told.get("message").map(plain).unwrap_or_else(|| status.to_string());
    Err(Failure::new("local_refused", told))
}

fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("start the runtime").coded("unit_not_running")?.block_on(work)
}

/// A value without quotation marks.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Prints an object as indented lines, a name and a value each.
fn print_tree(value: &Value, depth: usize) {
    let Some(members) = value.as_object() else { return };
    for (name, member) in members {
        let name = name.replace('_', " ");
        if member.is_object() {
            println!("{:depth$}{name}", "");
            print_tree(member, depth + 2);
        } else {
            println!("{:depth$}{name}: {}", "", plain(member));
        }
    }
}
