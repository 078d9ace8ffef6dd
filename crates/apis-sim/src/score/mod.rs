//! How well the eyes see: footage and drawn scenes with truth run through them, and counted.
//!
//! Counts are printed per file, never only a mean: a hover is *found* when a visit opens on it
//! within one body length, a visit on anything else is *false*, and so is a second one for the
//! same stay.

pub mod command;

mod video;

mod truth;

mod watch;

mod count;

pub use count::Score;
pub use truth::{HornetAt, Truth};
pub use watch::{Opened, Watch};

use crate::scene::{Picture, Scene, SceneSettings};
use anyhow::Context;
use std::path::Path;

/// Runs the eyes over a video file and counts against the truth beside it.
///
/// Truth:  `NAME.csv` beside `NAME.mp4` (frame, track, place, length, hovering), or `ranges.csv`
///         in its folder (frames in which hornets pass). Without either every visit is false.
/// Errors: the file cannot be decoded by `ffmpeg`, or its truth cannot be read.
pub fn score_file(path: &Path) -> anyhow::Result<Score> {
    let truth = Truth::beside(path)?;
    let mut video = video::open(path)?;
    let (size, mut watch) = (video.size(), Watch::new());
    while let Some(frame) =
        video.next_frame().with_context(|| format!("decode {}", path.display()))?
    {
        watch.see(frame.luma, size, frame.at_us);
    }
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    Ok(Score::count(name, &watch, &truth))
}

/// Runs the eyes over a drawn scene of `fps` frames a second and counts against its truth.
pub fn score_scene(name: String, settings: SceneSettings, fps: f64) -> Score {
    let frame_count = (settings.length_us as f64 / 1e6 * fps) as u64;
    let (size, mut picture) = (settings.size, Picture::new(settings.size));
    let (mut scene, mut watch, mut truth) = (Scene::new(settings), Watch::new(), Truth::drawn());
    for number in 0..frame_count {
        let at_us = (number as f64 * 1e6 / fps) as u64;
        let frame = scene.draw(at_us, &mut picture);
        truth.add(&frame);
        watch.see(picture.luma(), (size.width, size.height), at_us);
    }
    Score::count(name, &watch, &truth)
}
