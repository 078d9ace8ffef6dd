//! What the threads of a running unit share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use apis_unit::eyes::TrackPoint;
use apis_unit::keeper::KeeperInput;
use apis_units::Uptime;
use tokio::sync::watch;

use super::inbox::GuardInbox;
use crate::clock::Clock;
use crate::picture::Picture;
use crate::report::Report;
use crate::slots::{FactQueue, Latest};
use crate::story::Story;

/// Most facts that wait for the keeper: many visits' worth while a disk syncs.
const KEEPER_QUEUE_MAX: usize = 2_048;

/// Frames and track points wait only while fewer than this do: some five seconds of them, and
/// never in the way of a visit.
pub const KEEPER_PERISHABLE_MAX: usize = 256;

/// Handles to all that is shared; cloned into each thread.
#[derive(Debug, Clone)]
pub struct Shared {
    /// Time since the start.
    pub clock: Clock,
    /// What is told to whoever asks.
    pub report: Report,
    /// What is told as it happens.
    pub story: Story,
    /// Into the guard.
    pub guard: GuardInbox,
    /// Into the keeper.
    pub keeper: FactQueue<KeeperInput>,
    /// The picture to be encoded next for the keeper.
    pub to_encode: Latest<Arc<Picture>>,
    /// The newest picture, for snapshots.
    pub newest: Newest,
    /// Where its tracks are, for live video.
    pub tracks: Tracks,
    /// Whether the program is to end.
    pub stop: Stop,
}

impl Shared {
    /// Fresh, empty, not stopped.
    pub fn new(clock: Clock, story: Story) -> Shared {
        Shared {
            clock,
            report: Report::default(),
            story,
            guard: GuardInbox::default(),
            keeper: FactQueue::new(KEEPER_QUEUE_MAX),
            to_encode: Latest::default(),
            newest: Newest::default(),
            tracks: Tracks::default(),
            stop: Stop::default(),
        }
    }
}

impl Shared {
    /// Gives the keeper a frame or a track point, unless too much waits already.
    pub fn keep_perishable(&self, input: KeeperInput) {
        if self.clock.is_replay() {
            // At full speed nobody loses anything by waiting.
            while KEEPER_PERISHABLE_MAX <= self.keeper.length() && !self.stop.is_set() {
                std::thread::park_timeout(Duration::from_millis(1));
            }
        }
        self.keeper.push_below(input, KEEPER_PERISHABLE_MAX);
    }
}

/// The newest picture. Whoever puts one never waits for those who look.
#[derive(Debug, Clone)]
pub struct Newest(Arc<watch::Sender<Option<Arc<Picture>>>>);

impl Default for Newest {
    fn default() -> Newest {
        Newest(Arc::new(watch::Sender::new(None)))
    }
}

impl Newest {
    /// Replaces it.
    pub fn put(&self, picture: Arc<Picture>) {
        self.0.send_replace(Some(picture));
    }

    /// The newest, if there was one.
    pub fn get(&self) -> Option<Arc<Picture>> {
        self.0.borrow().clone()
    }

    /// Each picture as it becomes the newest.
    pub fn follow(&self) -> watch::Receiver<Option<Arc<Picture>>> {
        self.0.subscribe()
    }
}

/// Where the tracks of the newest picture are, for live video.
#[derive(Debug, Clone, Default)]
pub struct Tracks(Arc<Mutex<TracksAt>>);

/// The tracks of one picture.
#[derive(Debug, Clone, Default)]
pub struct TracksAt {
    /// When it was captured.
    pub captured: Uptime,
    /// What was followed in it.
    pub tracks: Vec<TrackPoint>,
}

impl Tracks {
    /// Replaces them.
    pub fn put(&self, tracks: TracksAt) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = tracks;
    }

    /// The newest.
    pub fn get(&self) -> TracksAt {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Whether the program is to end; set once.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks every thread to end.
    pub fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether to end.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
