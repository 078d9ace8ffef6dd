//! `apis-sim bench-eyes`: how long a VGA frame with 40 bees takes through the eyes.

use crate::scene::{Family, Hornets, Picture, PictureSize, Scene, SceneSettings};
use anyhow::Context;
use apis_unit::eyes::{Eyes, EyesInput};
use apis_units::{PictureBox, Uptime};
use apis_vision::{Config, Frame};
use clap::Args;
use serde_json::json;
use std::hint::black_box;
use std::time::Duration;

/// `apis-sim bench-eyes`.
#[derive(Debug, Args)]
pub struct BenchEyesArgs {
    /// How many frames are timed
    #[arg(long, default_value_t = 600)]
    frames: usize,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Frames drawn beforehand and shown forwards and backwards, so that nothing leaps.
const DRAWN: usize = 60;

/// Frames a second.
const FPS: u64 = 15;

/// Times frames through the eyes and copies of the same frames, and prints both.
///
/// Units:  nanoseconds, the median of all frames; the ratio is of the medians.
/// Errors: there are no frames to time.
pub fn run(args: &BenchEyesArgs) -> anyhow::Result<()> {
    let frames = draw();
    let eyes_ns = median(time_eyes(&frames, args.frames)).context("no frame was timed")?;
    let copy_ns = median(time_copies(&frames, args.frames)).context("no frame was copied")?;
    let ratio = eyes_ns as f64 / copy_ns.max(1) as f64;
    if args.json {
        let build = if cfg!(debug_assertions) { "debug" } else { "release" };
        println!(
            "{}",
            json!({
                "eyes_ns": eyes_ns,
                "copy_ns": copy_ns,
                "ratio": (ratio * 10.0).round() / 10.0,
                "width": 640,
                "height": 480,
                "bees": 40,
                "build": build,
            })
        );
    } else {
        println!(
            "VGA frame with 40 bees: {eyes_ns} ns through the eyes, {copy_ns} ns to copy, {ratio:.1} times"
        );
    }
    Ok(())
}

fn draw() -> Vec<Vec<u8>> {
    let size = PictureSize { width: 640, height: 480 };
    let mut scene = Scene::new(SceneSettings {
        family: Family::Crowd,
        seed: 1,
        size,
        hornet_px: None,
        hornets: Hornets::Planned(Vec::new()),
        bees: Some(40),
        varied: false,
        length_us: 10_000_000,
    });
    let mut picture = Picture::new(size);
    (0..DRAWN as u64)
        .map(|number| {
            scene.draw(number * 1_000_000 / FPS, &mut picture);
            picture.luma().to_vec()
        })
        .collect()
}

/// The frames there and back again, for ever.
fn there_and_back(frames: &[Vec<u8>]) -> impl Iterator<Item = &Vec<u8>> {
    frames.iter().chain(frames.iter().rev()).cycle()
}

fn time_eyes(frames: &[Vec<u8>], count: usize) -> Vec<u64> {
    let mut eyes = Eyes::new(Config::default());
    let mut took = Vec::with_capacity(count);
    // The first round warms caches and lets the background settle.
    for (number, luma) in (1_u64..).zip(there_and_back(frames)).take(count + 2 * DRAWN) {
        let at = Uptime::from_micros(number * 1_000_000 / FPS);
        let Ok(frame) = Frame::new(luma, (640, 480), 640, at, PictureBox::FULL) else { continue };
        let spent = timed(|| {
            eyes.handle(EyesInput::Frame(frame), at);
            while let Some(output) = eyes.next_output() {
                black_box(output);
            }
        });
        if number > 2 * DRAWN as u64 {
            took.push(spent);
        }
    }
    took
}

fn time_copies(frames: &[Vec<u8>], count: usize) -> Vec<u64> {
    let mut copy = vec![0; 640 * 480];
    there_and_back(frames)
        .take(count)
        .map(|luma| timed(|| black_box(&mut copy).copy_from_slice(black_box(luma))))
        .collect()
}

/// Nanoseconds that `work` takes by `CLOCK_MONOTONIC`.
fn timed(work: impl FnOnce()) -> u64 {
    let now = || {
        let at = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        Duration::new(at.tv_sec.unsigned_abs(), at.tv_nsec.unsigned_abs() as u32)
    };
    let start = now();
    work();
    u64::try_from((now() - start).as_nanos()).unwrap_or(u64::MAX)
}

fn median(mut took: Vec<u64>) -> Option<u64> {
    took.sort_unstable();
    took.get(took.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_frame_asked_for_is_timed() {
        let frames = vec![vec![90; 640 * 480], vec![91; 640 * 480]];
        assert_eq!(time_eyes(&frames, 5).len(), 5);
        assert_eq!(time_copies(&frames, 5).len(), 5);
        assert_eq!(median(vec![3, 1, 2]), Some(2));
        assert_eq!(median(Vec::new()), None);
    }
}
