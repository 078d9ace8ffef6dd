//! Uploads of clips and sidecars: tus 1.0.0 over signed requests.
//!
//! What this slice promises: an acknowledged byte is on the disk; the bytes reserved are those of
//! the uploads still coming in; a newer request for an upload ends an older one at once; a whole
//! that is not what was promised is never kept.

mod model;
mod part;
mod turns;
mod store;
mod room;
mod create;
mod receive;
mod finish;
mod end;
mod tus;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod end_tests;
#[cfg(test)]
mod stop_tests;
#[cfg(test)]
mod full_disk_tests;

pub use model::{Happening, Stage, Upload, step};
pub use receive::Patch;
pub use room::{Limits, UploadError, Uploads};

use crate::http::Routes;

/// The slice's routes, for the units' door.
pub fn unit_routes() -> Routes {
    Routes::new()
        .add(tus::__path_describe, tus::describe)
        .add(tus::__path_create, tus::create)
        .add(tus::__path_stand, tus::stand)
        .add(tus::__path_receive, tus::receive)
        .add(tus::__path_end, tus::end)
}
