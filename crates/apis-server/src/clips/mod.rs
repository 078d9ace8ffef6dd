//! Clips and sidecars that the server keeps: content-addressed, looked into, downloadable.
//!
//! An object lies under its tenant and its hash, so that the same bytes are kept once and nobody
//! else's; its row says `expected` before the first byte, `unverified` once they are all there,
//! and `stored` or `rejected` after a look inside. A daily check compares rows and folder both ways.

pub mod avi;
mod content;
pub(crate) mod play;
mod range;
pub mod reconcile;
mod remove;
mod store;
mod verify;
pub(crate) mod watch;

#[cfg(test)]
mod reconcile_tests;
#[cfg(test)]
pub(crate) mod tests;

pub use play::Progress;
pub(crate) use play::{run_job as run_play_job, view as play_view};
pub(crate) use remove::remove_of_visit;
pub(crate) use store::{VisitObject, expect, forget, mark_unverified as keep, of_visit};
pub(crate) use verify::{Judged, VerifyError, job, remove_object_if_unused, run_job, verify};

use crate::http::Routes;

/// The slice's routes, for the people's door.
pub fn routes() -> Routes {
    Routes::new()
        .add(content::__path_content, content::content)
        .add(play::__path_movie, play::movie)
        .add(play::__path_poster, play::poster)
        .add(play::__path_thumbnail, play::thumbnail)
        .add(play::__path_sprite, play::sprite)
        .add(play::__path_frames, play::frames)
        .add(play::progress::__path_progress, play::progress::progress)
}
