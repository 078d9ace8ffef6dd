//! The streams of this process: slots with the newest of each, and who looks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::Instant;

use apis_protocol::UnitId;
use apis_protocol::live::FrameHeader;

use crate::ids::TenantId;

/// How long the server waits for a unit that it asked, before it asks again.
const ASK_AGAIN: Duration = Duration::from_secs(3);

/// A unit's uplink that said nothing for so long is not counted on: its words come twice a second.
const UPLINK_QUIET_MAX: Duration = Duration::from_secs(6);

/// A frame as the unit sent it.
#[derive(Debug, Clone)]
pub struct Frame {
    /// What its header says.
    pub header: FrameHeader,
    /// Header and JPEG.
    pub message: Bytes,
}

/// The unit's newest words of each kind, as they are passed on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// Whether the unit sends.
    pub is_sending: bool,
    /// `clock`.
    pub clock: Option<Arc<str>>,
    /// `frame_facts`.
    pub frame_facts: Option<Arc<str>>,
    /// `guard_state`.
    pub guard_state: Option<Arc<str>>,
}

/// One unit's video. Exists while somebody looks.
#[derive(Debug)]
pub struct Stream {
    /// The newest frame.
    pub frame: watch::Sender<Option<Frame>>,
    /// The newest words.
    pub words: watch::Sender<Words>,
    /// How many look.
    pub viewers: watch::Sender<usize>,
    /// Whether nobody may look any more: the unit was released, or the server ends.
    pub is_over: watch::Sender<bool>,
    /// The number of the newest uplink; an older one ends.
    pub uplink: watch::Sender<u64>,
    asked_at: Mutex<Option<Instant>>,
    heard_at: Mutex<Option<Instant>>,
}

impl Stream {
    fn new() -> Stream {
        Stream {
            frame: watch::Sender::new(None),
            words: watch::Sender::new(Words::default()),
            viewers: watch::Sender::new(0),
            is_over: watch::Sender::new(false),
            uplink: watch::Sender::new(0),
            asked_at: Mutex::new(None),
            heard_at: Mutex::new(None),
        }
    }

    /// The unit's uplink said something, be it that a picture stands still.
    pub fn hear(&self) {
        *self.heard_at.lock().expect("nobody panics while holding it") = Some(Instant::now());
    }

    /// Whether its uplink lives: one of a unit whose power was cut ends only much later.
    fn is_heard(&self) -> bool {
        let heard_at = self.heard_at.lock().expect("nobody panics while holding it");
        heard_at.is_some_and(|at| at.elapsed() < UPLINK_QUIET_MAX)
    }

    /// Whether the unit is to be asked now; it then counts as asked.
    fn is_to_be_asked(&self) -> bool {
        let mut asked_at = self.asked_at.lock().expect("nobody panics while holding it");
        let is_due = asked_at.is_none_or(|at| ASK_AGAIN <= at.elapsed());
        let is_to_be_asked = is_due && !(self.words.borrow().is_sending && self.is_heard());
        if is_to_be_asked {
            *asked_at = Some(Instant::now());
        }
        is_to_be_asked
    }
}

/// Waits until nobody may look any more.
pub async fn over(is_over: &mut watch::Receiver<bool>) {
    // Its sender lives as long as the stream; without it, it is over too.
    let _ = is_over.wait_for(|is_over| *is_over).await;
}

/// The streams that somebody looks at in this process.
#[derive(Debug, Default)]
pub struct Streams {
    open: Mutex<HashMap<(TenantId, UnitId), Arc<Stream>>>,
}

impl Streams {
    /// One viewer more, until what is returned is dropped.
    pub fn enter(self: &Arc<Streams>, tenant: TenantId, unit: UnitId) -> Viewing {
        let mut streams = self.streams();
        let stream = streams.entry((tenant, unit)).or_insert_with(|| Arc::new(Stream::new()));
        stream.viewers.send_modify(|count| *count += 1);
        metrics::gauge!("apis_live_viewers").increment(1.0);
        Viewing { streams: Arc::clone(self), tenant, unit, stream: Arc::clone(stream) }
    }

    /// The stream of a unit at which somebody looks.
    pub fn find(&self, tenant: TenantId, unit: UnitId) -> Option<Arc<Stream>> {
        self.streams().get(&(tenant, unit)).cloned()
    }

    /// Whether a unit's channel is to ask it for video now; it then counts as asked.
    pub fn is_to_be_asked(&self, tenant: TenantId, unit: UnitId) -> bool {
        self.find(tenant, unit).is_some_and(|stream| stream.is_to_be_asked())
    }

    /// Cuts off everybody who looks at a unit: it was released.
    pub fn close(&self, tenant: TenantId, unit: UnitId) {
        if let Some(stream) = self.streams().remove(&(tenant, unit)) {
            stream.is_over.send_replace(true);
        }
    }

    /// Cuts off everybody: the server ends.
    pub fn close_all(&self) {
        for (_, stream) in self.streams().drain() {
            stream.is_over.send_replace(true);
        }
    }

    fn leave(&self, viewing: &Viewing) {
        let mut streams = self.streams();
        let key = (viewing.tenant, viewing.unit);
        viewing.stream.viewers.send_modify(|count| *count -= 1);
        metrics::gauge!("apis_live_viewers").decrement(1.0);
        let is_own = streams.get(&key).is_some_and(|open| Arc::ptr_eq(open, &viewing.stream));
        // The uplink holds the stream while it sends; who comes back before it ends finds it.
        if is_own
            && *viewing.stream.viewers.borrow() == 0
            && !viewing.stream.words.borrow().is_sending
        {
            streams.remove(&key);
        }
    }

    /// Forgets a stream whose uplink ended, unless somebody looks.
    pub fn uplink_ended(&self, tenant: TenantId, unit: UnitId, stream: &Arc<Stream>) {
        let mut streams = self.streams();
        let key = (tenant, unit);
        let is_own = streams.get(&key).is_some_and(|open| Arc::ptr_eq(open, stream));
        if is_own && *stream.viewers.borrow() == 0 {
            streams.remove(&key);
        }
    }

    fn streams(&self) -> MutexGuard<'_, HashMap<(TenantId, UnitId), Arc<Stream>>> {
        self.open.lock().expect("nobody panics while holding the streams")
    }
}

/// One viewer of a stream; dropped when it leaves.
#[derive(Debug)]
pub struct Viewing {
    streams: Arc<Streams>,
    tenant: TenantId,
    unit: UnitId,
    /// What it looks at.
    pub stream: Arc<Stream>,
}

impl Drop for Viewing {
    fn drop(&mut self) {
        let streams = Arc::clone(&self.streams);
        streams.leave(self);
    }
}
