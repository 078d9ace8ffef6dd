//! The network's thread: everything the unit says to its server and to whoever asks it on the
//! spot. None of it can delay the eyes or the guard: they share only slots and queues with it.
//!
//! Tour: `trust` (whose key), `client` (one signed request), `socket` (a signed WebSocket),
//! `heartbeat`, `channel`, `envelopes` (what comes down), `sender` (what the keeper wants sent),
//! `live` (video while somebody looks), `backoff`.

mod backoff;
mod channel;
mod client;
mod envelopes;
mod heartbeat;
mod live;
mod sender;
mod socket;
mod trust;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use apis_protocol::SecretKey;
use apis_unit::keeper::Send;
use tokio::sync::mpsc::Receiver;

pub use client::{Client, NoAnswer, Unsigned, expect_message};
pub use trust::Trust;

use self::envelopes::Envelopes;
use self::heartbeat::Heart;
use self::live::{Live, LiveWanted};
use self::sender::Sender;
use crate::run::Shared;
use crate::state::{DataFolder, Enrolment};
use crate::wall::Wall;

/// What the network needs of an enrolled unit.
pub struct Link {
    /// The unit's key.
    pub key: SecretKey,
    /// Whose unit it is.
    pub enrolment: Enrolment,
    /// Mean time between heartbeats.
    pub heartbeat: Duration,
    /// What the keeper wants sent.
    pub wanted: Receiver<Send>,
    /// Where ranges of it are read.
    pub spool: PathBuf,
}

/// Starts the tasks that speak to the server, on the runtime of the caller.
///
/// Errors: when the HTTP library or the remembered state does not allow it.
pub fn start(
    shared: &Shared,
    folder: &Arc<DataFolder>,
    wall: &Wall,
    link: Link,
) -> anyhow::Result<()> {
    let trust = Trust::new(link.enrolment.pins());
    let urls = link.enrolment.server_urls();
    let report = shared.report.clone();
    let client = Client::new(urls, trust, link.key, wall.clone(), report)?;
    let envelopes = Envelopes::new(
        shared.clone(),
        Arc::clone(folder),
        client.clone(),
        wall.clone(),
        link.enrolment,
    )?;
    let heart =
        Heart::new(shared.clone(), client.clone(), envelopes.clone(), wall.clone(), link.heartbeat);
    tokio::spawn(heart.run());
    let live_wanted = LiveWanted::default();
    let live = Live::new(shared.clone(), client.clone(), wall.clone(), live_wanted.clone());
    tokio::spawn(live.run());
    let listeners = channel::Listeners { envelopes, live_wanted };
    tokio::spawn(channel::run(shared.clone(), client.clone(), listeners));
    tokio::spawn(Sender::new(shared.clone(), client, link.spool).run(link.wanted));
    Ok(())
}
