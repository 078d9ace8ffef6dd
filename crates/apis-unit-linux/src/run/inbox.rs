//! What the other threads have for the guard: the newest target, the camera's state, commands.
//!
//! A slow guard sees only the newest of each; commands queue, boundedly.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use apis_unit::eyes::Target;
use apis_unit::guard::{CommandAnswer, GuardCommand, GuardInput};
use tokio::sync::oneshot;

/// Most commands that wait for the guard, which takes them within one control period.
const COMMANDS_MAX: usize = 16;

/// A command and where its answer goes.
#[derive(Debug)]
pub struct AskedCommand {
    /// The command, verified.
    pub command: GuardCommand,
    /// Who waits for what became of it.
    pub answer: oneshot::Sender<CommandAnswer>,
}

/// What the newest frame had for the guard.
#[derive(Debug, Clone, Copy)]
pub struct Sighting {
    /// The newest target; `None` when no verdict's track was seen.
    pub target: Option<Target>,
    /// When the frame came, in microseconds of `CLOCK_MONOTONIC`.
    pub arrived_micros: u64,
}

#[derive(Debug, Default)]
struct News {
    is_camera_ok: Option<bool>,
    sighting: Option<Sighting>,
    commands: VecDeque<AskedCommand>,
}

/// What came since the guard last looked, faults first.
#[derive(Debug, Default)]
pub struct Batch {
    /// The camera's change of state.
    pub camera: Option<GuardInput>,
    /// The newest sighting.
    pub sighting: Option<Sighting>,
    /// Commands, oldest first.
    pub commands: VecDeque<AskedCommand>,
}

/// The guard's inbox.
#[derive(Debug, Clone, Default)]
pub struct GuardInbox(Arc<(Mutex<News>, Condvar)>);

impl GuardInbox {
    /// Gives the guard the newest sighting.
    pub fn sight(&self, sighting: Sighting) {
        self.lock().sighting = Some(sighting);
        self.0.1.notify_one();
    }

    /// Tells the guard whether pictures come.
    pub fn camera(&self, is_ok: bool) {
        let mut news = self.lock();
        news.is_camera_ok = Some(is_ok);
        if !is_ok {
            // What was seen before the fault is no longer where it was.
            news.sighting = None;
        }
        drop(news);
        self.0.1.notify_one();
    }

    /// Asks the guard something; the receiver gets its answer, or an error when the guard is too
    /// busy or gone.
    pub fn ask(&self, command: GuardCommand) -> oneshot::Receiver<CommandAnswer> {
        let (answer, receiver) = oneshot::channel();
        let mut news = self.lock();
        if news.commands.len() < COMMANDS_MAX {
            news.commands.push_back(AskedCommand { command, answer });
        }
        drop(news);
        self.0.1.notify_one();
        receiver
    }

    /// Takes what came, waiting for something at most `longest`.
    pub fn wait(&self, longest: Duration) -> Batch {
        let is_quiet = |news: &mut News| {
            news.is_camera_ok.is_none() && news.sighting.is_none() && news.commands.is_empty()
        };
        let waited = self.0.1.wait_timeout_while(self.lock(), longest, is_quiet);
        let news = std::mem::take(&mut *waited.unwrap_or_else(PoisonError::into_inner).0);
        let camera = |is_ok| if is_ok { GuardInput::CameraOk } else { GuardInput::CameraFault };
        Batch {
            camera: news.is_camera_ok.map(camera),
            sighting: news.sighting,
            commands: news.commands,
        }
    }

    fn lock(&self) -> MutexGuard<'_, News> {
        // Each change above is whole in itself; a panic elsewhere spoils nothing.
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
