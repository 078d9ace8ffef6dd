//! What holds the servo and the laser: the pins, or nothing.
//!
//! The guard's thread owns one [`Body`]. It does what a drive says at the moment it is told, checks
//! the order against the clock once more at the pin, and hands back what it measured. It never
//! blocks and decides nothing; a body that cannot be opened or is lost says so, and is never
//! replaced by a mock.

mod simulated;

use std::collections::VecDeque;
use std::path::PathBuf;

use apis_unit::guard::{Deterrent, Drive, GuardInput, Led, Mount};
use apis_units::Uptime;

use simulated::Simulated;

/// The bodies there are.
#[derive(Debug)]
pub enum Body {
    /// No deterrent: the unit sees and keeps.
    None,
    /// The model process of `apis-sim body`.
    Simulated(Box<Simulated>),
}

impl Body {
    /// The body at the model's Unix socket; connects at the first [`Body::next_input`].
    pub fn simulated(socket: PathBuf) -> Body {
        Body::Simulated(Box::new(Simulated::at(socket)))
    }

    /// What the guard shall think is fitted.
    pub fn deterrent(&self) -> Deterrent {
        match self {
            Body::None => Deterrent::None,
            Body::Simulated(_) => Deterrent::Fitted(Mount::REFERENCE),
        }
    }

    /// Drives the pins; `now` is read from the clock right before the call. A failure shows as
    /// `BodyLost` at the next [`Body::next_input`].
    pub fn drive(&mut self, drive: &Drive<'_>, now: Uptime) {
        match self {
            Body::None => {}
            Body::Simulated(body) => body.drive(drive, now),
        }
    }

    /// Sets the status lamp.
    pub fn show(&mut self, led: Led) {
        match self {
            Body::None => {}
            Body::Simulated(body) => body.show(led),
        }
    }

    /// What the body measured or noticed since the last call, until `None`. Ask before every
    /// [`Guard::handle`](apis_unit::guard::Guard::handle) of the loop: at least once a control
    /// period.
    pub fn next_input(&mut self, now: Uptime) -> Option<GuardInput> {
        match self {
            Body::None => None,
            Body::Simulated(body) => body.next_input(now),
        }
    }
}

/// Inputs that wait for the guard.
type Inputs = VecDeque<GuardInput>;
