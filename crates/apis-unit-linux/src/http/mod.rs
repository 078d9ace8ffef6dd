//! The local HTTP API: status, health, arming, a snapshot and the clips, for whoever holds the
//! local token. It works with no server and no network.
//!
//! A page in a browser on the same network must not be able to use it: the token is a bearer
//! token that no browser sends by itself, the `Host` must be one of ours (a name that was made to
//! point here is none), and a request with a foreign `Origin` is refused.

mod clips;
mod guarded;
mod token;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use apis_unit::guard::{CommandAnswer, CommandKind, CommandSource, GuardCommand};
use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::clock::monotonic_micros;
use crate::failure::{Coded, Failure};
use crate::run::Shared;
use crate::state::DataFolder;
use crate::wall::Wall;
use crate::words::of_code;

pub use token::{TOKEN_FILE, load_or_make_token};

/// The file that says where the API listens, for the commands of `apis-unit`.
pub const ADDRESS_FILE: &str = "local.address";

/// Quality of snapshots: a person looks at them.
const SNAPSHOT_QUALITY: u8 = 85;

/// Longest wait for the guard, which answers within a control period.
const GUARD_WAIT: Duration = Duration::from_secs(2);

/// What the API answers from.
#[derive(Clone)]
pub struct Local {
    shared: Shared,
    wall: Wall,
    spool: PathBuf,
    token: Arc<str>,
    /// Names and addresses under which it may be asked.
    hosts: Arc<[String]>,
    /// What does not change while the program runs.
    about: Arc<Value>,
    commands: Arc<AtomicU64>,
}

/// Listens; the address is left in the data folder.
///
/// Errors: `local_port_busy` when another program has the port.
pub fn listen(address: SocketAddr, folder: &DataFolder) -> Result<std::net::TcpListener, Failure> {
    let listener = std::net::TcpListener::bind(address)
        .with_context(|| format!("listen on {address} (choose another with --local)"))
        .coded("local_port_busy")?;
    listener.set_nonblocking(true).coded("local_port_busy")?;
    let bound = listener.local_addr().coded("local_port_busy")?;
    folder
        .write(ADDRESS_FILE, format!("{bound}\n").as_bytes())
        .coded("data_folder_not_writable")?;
    Ok(listener)
}

impl Local {
    /// Answers for the unit `about`, under `hosts` and the address it listens on.
    pub fn new(shared: Shared, wall: Wall, spool: PathBuf, token: String, about: Value) -> Local {
        Local {
            shared,
            wall,
            spool,
            token: token.into(),
            hosts: Arc::new([]),
            about: Arc::new(about),
            commands: Arc::default(),
        }
    }

    /// Serves for ever.
    ///
    /// Errors: when the listener breaks.
    pub async fn serve(
        mut self,
        listener: std::net::TcpListener,
        more_hosts: Vec<String>,
    ) -> anyhow::Result<()> {
        let bound = listener.local_addr()?;
        self.hosts = guarded::hosts_of(bound, more_hosts).into();
        let listener = TcpListener::from_std(listener)?;
        let routes = Router::new()
            .route("/status", get(status))
            .route("/health", get(health))
            .route("/arm", post(arm))
            .route("/disarm", post(disarm))
            .route("/snapshot", get(snapshot))
            .route("/clips", get(clips::list))
            .route("/clips/{visit_id}", get(clips::download))
            .layer(from_fn_with_state(self.clone(), guarded::admit))
            .with_state(self);
        axum::serve(listener, routes).await.context("serve the local API")
    }

    async fn command(&self, kind: CommandKind) -> Response {
        let number = self.commands.fetch_add(1, Ordering::SeqCst) + 1;
        let source = CommandSource::Local;
        let asked = self.shared.guard.ask(GuardCommand { number, source, kind, expires_at: None });
        let Ok(Ok(answer)) = tokio::time::timeout(GUARD_WAIT, asked).await else {
            return refusal(StatusCode::SERVICE_UNAVAILABLE, "guard_busy", "the guard is busy");
        };
        match answer {
            CommandAnswer::Armed | CommandAnswer::Disarmed | CommandAnswer::Located => {
                Json(json!({ "answer": answer.code() })).into_response()
            }
            CommandAnswer::Refused(why) => {
                let message = format!("the unit does not arm: {}", of_code(why.code()));
                refusal(StatusCode::CONFLICT, why.code(), &message)
            }
            CommandAnswer::NeedsLocalPress
            | CommandAnswer::NoDeterrent
            | CommandAnswer::NoLamp
            | CommandAnswer::Expired => {
                let message = format!("the unit does not: {}", of_code(answer.code()));
                refusal(StatusCode::CONFLICT, answer.code(), &message)
            }
        }
    }
}

/// An answer that says no, with a stable code.
fn refusal(status: StatusCode, code: &str, message: &str) -> Response {
    (status, Json(json!({ "code": code, "message": message }))).into_response()
}

async fn status(State(local): State<Local>) -> Json<Value> {
    let mut status = local.shared.report.status(monotonic_micros());
    let (state, wall) = local.wall.state();
    if let Some(status) = status.as_object_mut() {
        status.insert("unit".to_owned(), (*local.about).clone());
        status.insert("boot".to_owned(), local.wall.boot().into());
        status.insert("uptime_us".to_owned(), local.shared.clock.now().micros().into());
        status.insert("clock".to_owned(), json!({ "state": state, "wall": wall }));
        status.insert("facts_dropped".to_owned(), local.shared.keeper.dropped().into());
    }
    Json(status)
}

/// 200 while pictures come and nothing is at fault, else 503 with what is.
async fn health(State(local): State<Local>) -> Response {
    let faults = local.shared.report.facts().faults.clone();
    let code = match faults.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    (code, Json(json!({ "is_healthy": faults.is_empty(), "faults": faults }))).into_response()
}

async fn arm(State(local): State<Local>) -> Response {
    local.command(CommandKind::Arm).await
}

async fn disarm(State(local): State<Local>) -> Response {
    local.command(CommandKind::Disarm).await
}

async fn snapshot(State(local): State<Local>) -> Response {
    let Some(picture) = local.shared.newest.get() else {
        return refusal(StatusCode::NOT_FOUND, "no_picture", "no picture has come yet");
    };
    let encoded = tokio::task::spawn_blocking(move || picture.to_jpeg(SNAPSHOT_QUALITY)).await;
    match encoded {
        Ok(Ok(jpeg)) => ([(header::CONTENT_TYPE, "image/jpeg")], jpeg).into_response(),
        Ok(Err(_)) | Err(_) => {
            refusal(StatusCode::INTERNAL_SERVER_ERROR, "jpeg_failed", "the picture did not encode")
        }
    }
}
