//! Looks into a downloaded clip: does it decode, and does it show the hornet where the truth and
//! the clip's own sidecar say?

use crate::avi::{self, Luma};
use crate::truth::Truth;
use apis_sim::scene::HornetTruth;
use serde_json::Value;

/// A hornet must be this much darker or lighter than what was there without it, in steps of luma:
/// six times the sensor's noise, a third of what a hornet in sun has.
const CONTRAST_MIN: i32 = 12;

/// Of the frames looked at, this share must show it: a bee may fly before it.
const SHOWN_PERCENT_MIN: usize = 80;

/// Of the frames that show it, the sidecar must have a track on it in this share.
const TRACKED_PERCENT_MIN: usize = 80;

/// The sidecar's place may be off by this share of the body: what the eyes see is a blob.
const OFF_BODIES_MAX: f32 = 0.75;

/// Most frames looked at in one clip, spread over the hover.
const LOOKS_MAX: usize = 12;

/// What a clip was found to show.
#[derive(Debug, Clone, Copy)]
pub struct Shown {
    /// Frames with the hornet that were looked at.
    pub looked_at: usize,
    /// Of these, frames in which it is there.
    pub shown: usize,
    /// Of those it is there in, frames in which the sidecar has a track on it.
    pub tracked: usize,
}

impl Shown {
    /// Whether the sidecar tells where the hornet is.
    pub fn is_tracked(&self) -> bool {
        self.tracked * 100 >= self.shown * TRACKED_PERCENT_MIN
    }
}

/// Looks into `clip` for hornet `id`, whose sidecar counts time from `booted_us` of
/// `CLOCK_MONOTONIC`.
///
/// Errors: what is wrong with it, in words.
pub fn look(
    clip: &[u8],
    sidecar: &Value,
    truth: &Truth,
    id: u32,
    booted_us: i64,
) -> Result<Shown, String> {
    let frames = avi::frames(clip)?;
    let times = sidecar["frames"].as_array().ok_or("the sidecar lists no frames")?;
    if times.len() != frames.len() {
        return Err(format!("{} frames, and times of {}", frames.len(), times.len()));
    }
    let mut seen: Vec<Seen> = Vec::new();
    for (index, (jpeg, time)) in frames.iter().zip(times).enumerate() {
        if jpeg.is_empty() {
            continue;
        }
        let luma = avi::decode(jpeg).map_err(|why| format!("frame {index}: {why}"))?;
        let uptime_us = time.as_i64().ok_or("a capture time is no number")?;
        let at_us = u64::try_from(uptime_us + booted_us).unwrap_or(0);
        seen.push(Seen { index, luma, hornet: truth.hornet_at(id, at_us) });
    }
    judge(&seen, sidecar)
}

struct Seen {
    index: usize,
    luma: Luma,
    hornet: Option<HornetTruth>,
}

fn judge(seen: &[Seen], sidecar: &Value) -> Result<Shown, String> {
    let hovering: Vec<&Seen> =
        seen.iter().filter(|seen| seen.hornet.is_some_and(|hornet| hornet.hovering)).collect();
    let step = hovering.len().div_ceil(LOOKS_MAX).max(1);
    let mut found = Shown { looked_at: 0, shown: 0, tracked: 0 };
    for look in hovering.into_iter().step_by(step) {
        let hornet = look.hornet.expect("it was chosen for its hornet");
        let scale = look.luma.width as f32 / 640.0;
        let others: Vec<&Luma> = seen
            .iter()
            .filter(|other| {
                other.hornet.is_none_or(|there| apart(&there, &hornet) > 2.5 * hornet.length_px)
            })
            .map(|other| &other.luma)
            .collect();
        if others.is_empty() {
            return Err("shows no moment without the hornet".into());
        }
        let others = &others[..others.len().min(9)];
        let centre = (hornet.px.0 * scale, hornet.px.1 * scale);
        found.looked_at += 1;
        let contrast = look.luma.contrast_at(centre, hornet.length_px * scale, others);
        let is_there = contrast >= CONTRAST_MIN;
        found.shown += usize::from(is_there);
        found.tracked += usize::from(is_there && is_tracked(sidecar, look.index, &hornet));
    }
    if found.looked_at == 0 || found.shown * 100 < found.looked_at * SHOWN_PERCENT_MIN {
        return Err(format!("does not show the hornet: {found:?}"));
    }
    Ok(found)
}

fn apart(one: &HornetTruth, other: &HornetTruth) -> f32 {
    (one.px.0 - other.px.0).hypot(one.px.1 - other.px.1)
}

/// Whether the sidecar has a track at the hornet in frame `index`.
fn is_tracked(sidecar: &Value, index: usize, hornet: &HornetTruth) -> bool {
    let share =
        |value: &Value, whole: f64| value.as_f64().map(|raw| (raw / 65_536.0 * whole) as f32);
    let points = sidecar["track"].as_array().into_iter().flatten();
    points.filter(|point| point[0].as_u64() == Some(index as u64)).any(|point| {
        let (Some(x), Some(y)) = (share(&point[2], 640.0), share(&point[3], 480.0)) else {
            return false;
        };
        (x - hornet.px.0).hypot(y - hornet.px.1) <= OFF_BODIES_MAX * hornet.length_px
    })
}
