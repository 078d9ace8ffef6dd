//! `bench`: how fast this board looks at the frames on which every board's eyes are timed.

use anyhow::Context;
use apis_bench::{FRAME_BYTES, FRAMES, HEIGHT_PX, Tally, WIDTH_PX, config, draw, frame};
use apis_vision::Vision;
use clap::Args;
use serde_json::json;

use crate::clock::monotonic_micros;
use crate::failure::{Coded, Failure};
use crate::report::resident_peak_kib;

/// How long to measure.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// How often all frames are shown, each time to new eyes.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rounds: u32,
}

/// Shows the frames and prints how long they took, with the sum of what was seen in them.
///
/// Errors: `bench_differs` when new eyes saw something else in the same frames.
pub fn bench(args: &BenchArgs, json: bool) -> Result<(), Failure> {
    let (tally, mut micros) = watch(args.rounds).coded("bench_differs")?;
    let memory_kib = resident_peak_kib();
    micros.sort_unstable();
    let at = |percent: usize| micros[(micros.len() - 1) * percent / 100];
    let (p50, p95) = (at(50), at(95));
    let fps = 1e6 / p50.max(1) as f64;
    let sum = format!("{:016x}", tally.sum());
    if json {
        let told = json!({
            "width": WIDTH_PX,
            "height": HEIGHT_PX,
            "frames": micros.len(),
            "p50_us": p50,
            "p95_us": p95,
            "fps": (fps * 10.0).round() / 10.0,
            "memory_kib": memory_kib,
            "sum": sum,
            "tracks": tally.tracks(),
            "verdicts": tally.verdicts(),
        });
        println!("{told}");
    } else {
        println!("a frame of {WIDTH_PX} × {HEIGHT_PX}: {p50} µs, and {p95} µs in 95 of 100");
        println!("frames a second, if the eyes had a core for themselves: {fps:.1}");
        println!("memory: {memory_kib} KiB at most, the whole program");
        println!(
            "seen: sum {sum}, {} tracks, {} verdicts in {FRAMES} frames",
            tally.tracks(),
            tally.verdicts()
        );
    }
    Ok(())
}

/// What was seen, and how long each frame took, in microseconds.
fn watch(rounds: u32) -> anyhow::Result<(Tally, Vec<u64>)> {
    let mut luma = vec![0; FRAME_BYTES];
    let mut micros = Vec::new();
    let mut first = None;
    for _ in 0..rounds {
        let (mut vision, mut tally) = (Vision::new(config()), Tally::new());
        for number in 0..FRAMES {
            draw(&mut luma, number);
            let frame = frame(&luma, number).context("make a frame")?;
            let started = monotonic_micros();
            let seen = vision.step(&frame);
            micros.push(monotonic_micros() - started);
            tally.take(seen);
        }
        let first = *first.get_or_insert(tally);
        anyhow::ensure!(first == tally, "the eyes saw something else in the same frames");
    }
    Ok((first.context("no frame was shown")?, micros))
}
