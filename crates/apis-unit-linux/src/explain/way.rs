//! The way of a verdict's track over time, thinned so that a person can read it.

use apis_protocol::sidecar::TrackPoint;
use apis_units::Uptime;

use super::{Clip, Verdict};

/// Time from one moment of a way to the next, in seconds.
const WAY_STEP_S: f64 = 0.25;

/// One moment of a track's way.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// The frame's index.
    pub frame: u32,
    /// Since the clip's first frame.
    pub seconds: f64,
    /// From the left, of the picture's width.
    pub x_percent: f64,
    /// From the top, of the picture's height.
    pub y_percent: f64,
    /// From its place at the verdict, in body lengths.
    pub lengths: f64,
}

/// The way of a verdict's track, thinned to [`WAY_STEP_S`].
pub fn way(clip: &Clip, verdict: &Verdict<'_>) -> Vec<Step> {
    let points: Vec<(&TrackPoint, Uptime)> = verdict
        .track
        .into_iter()
        .flat_map(|track| clip.way(track))
        .filter_map(|point| Some((point, clip.time_of(point.frame)?)))
        .collect();
    let moment = clip.moment_of(verdict);
    let far = |at: Uptime| at.micros().abs_diff(moment.micros());
    let Some((there, _)) = points.iter().min_by_key(|(_, at)| far(*at)) else {
        return Vec::new();
    };
    let body_px = clip.body_px(verdict, there);
    let place = |point: &TrackPoint| (clip.x_px(point.at.x.raw()), clip.y_px(point.at.y.raw()));
    let percent = |raw: u16| f64::from(raw) / 655.36;
    let (x, y) = place(there);
    let mut steps: Vec<Step> = Vec::new();
    for (point, at) in points {
        let seconds = clip.seconds(at);
        if steps.last().is_some_and(|last| seconds < last.seconds + WAY_STEP_S) {
            continue;
        }
        let here = place(point);
        steps.push(Step {
            frame: point.frame,
            seconds,
            x_percent: percent(point.at.x.raw()),
            y_percent: percent(point.at.y.raw()),
            lengths: (here.0 - x).hypot(here.1 - y) / body_px,
        });
    }
    steps
}
