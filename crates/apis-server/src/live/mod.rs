//! Live video: one uplink a unit, its newest frame in a slot, and any number of viewers.
//!
//! ```text
//! unit ──frames──▶ uplink ──▶ slot ──▶ viewer, viewer, …   (each takes the newest when it is ready)
//!      ◀──acknowledgements──          ◀──acknowledgements──
//! ```
//! The first viewer makes the server ask the unit over its channel; when the last has left, the
//! uplink is closed within two seconds. Nobody waits for anybody: a slow viewer skips frames.

mod mjpeg;
mod pass;
mod snapshot;
mod store;
mod streams;
mod tokens;
mod uplink;
mod view;

#[cfg(test)]
mod tests;

pub use streams::Streams;

use crate::http::Routes;

/// The slice's routes for the people's door.
pub fn routes() -> Routes {
    Routes::new()
        .add(view::__path_view, view::view)
        .add(mjpeg::__path_mjpeg, mjpeg::mjpeg)
        .add(tokens::__path_create, tokens::create)
        .add(tokens::__path_list, tokens::list)
        .add(tokens::__path_revoke, tokens::revoke)
        .add(snapshot::__path_snapshot, snapshot::snapshot)
}

/// The slice's routes for the units' door.
pub fn unit_routes() -> Routes {
    Routes::new().add(uplink::__path_open, uplink::open)
}
