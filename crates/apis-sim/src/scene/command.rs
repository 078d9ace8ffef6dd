//! `apis-sim scene`: draws a scene to standard output at real or full speed and writes its truth.

use super::picture::Picture;
use super::settings::{Family, Hornets, SceneSettings};
use super::stage::Scene;
use super::truth::Stays;
use super::{PictureSize, y4m};
use crate::clock::{monotonic_us, wait_until_us};
use anyhow::Context;

use apis_protocol::records::VISIT_GAP_MS;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::PathBuf;

/// `apis-sim scene`.
#[derive(Debug, Args)]
pub struct SceneArgs {
    /// The family of scenes
    #[arg(long, value_enum, default_value = "garden")]
    preset: Family,

    /// Seed of everything drawn by lot
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// How long the scene lasts
    #[arg(long, default_value_t = 40.0, value_parser = seconds)]
    seconds: f64,

    /// Size of the picture, which is the whole sensor picture
    #[arg(long, default_value = "640x480")]
    size: PictureSize,

    /// Frames a second
    #[arg(long, default_value_t = 12.0, value_parser = rate)]
    fps: f64,

    /// As fast as the reader takes frames; capture times are still one frame apart
    #[arg(long, conflicts_with = "realtime")]
    full_speed: bool,

    /// One frame each 1/fps of the clock; frames that come too late are skipped (the default)
    #[arg(long)]
    realtime: bool,

    /// auto, none, or a list such as hover@4+5,pass@14 in seconds
    #[arg(long, default_value = "auto")]
    hornets: Hornets,

    /// Length of a hornet's body in pixels of a 640 wide picture
    #[arg(long)]
    hornet_px: Option<f32>,

    /// How many bees are about
    #[arg(long)]
    bees: Option<usize>,

    /// Sizes, contrast, wings and exposure by lot of the seed
    #[arg(long)]
    varied: bool,

    /// Write planes alone, without Y4M headers
    #[arg(long)]
    raw: bool,

    /// Write the truth to this file, as lines of JSON
    #[arg(long)]
    truth: Option<PathBuf>,
}

fn seconds(text: &str) -> Result<f64, String> {
    bounded(text, 0.1, 1e6)
}

fn rate(text: &str) -> Result<f64, String> {
    bounded(text, 0.5, 240.0)
}

fn bounded(text: &str, low: f64, high: f64) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| format!("not a number: {text}"))?;
    if (low..=high).contains(&value) { Ok(value) } else { Err(format!("must be {low} to {high}")) }
}

impl SceneArgs {
    fn settings(&self) -> SceneSettings {
        SceneSettings {
            family: self.preset,
            seed: self.seed,
            size: self.size,
            hornet_px: self.hornet_px,
            hornets: self.hornets.clone(),
            bees: self.bees,
            varied: self.varied,
            length_us: (self.seconds * 1e6) as u64,
        }
    }
}

/// Draws the scene that `args` ask for, until it ends or the reader goes away.
///
/// Errors: the truth file cannot be written; standard output fails for another reason than a
///         reader that went away.
pub fn run(args: &SceneArgs) -> anyhow::Result<()> {
    let mut truth = TruthFile::create(args)?;
    let mut scene = Scene::new(args.settings());
    let mut picture = Picture::new(args.size);
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    let framing = if args.raw { y4m::Framing::Raw } else { y4m::Framing::Y4m };
    scene.paint();
    let start_us = monotonic_us();
    truth.begin(args, start_us)?;
    let mut written = y4m::begin(&mut out, framing, args.size, args.fps);
    for at_us in Pace::new(args, start_us) {
        if written.is_err() {
            break;
        }
        let mut frame = scene.draw(at_us, &mut picture);
        frame.at_us = start_us + at_us;
        // Truth first: whoever has seen a frame finds it there.
        truth.frame(&frame)?;
        written = y4m::frame(&mut out, framing, &picture, frame.at_us);
    }
    // What is left in the buffer has no reader any more if one write failed.
    let _ = out.into_parts();
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("write a frame to standard output")
        }
        Ok(()) | Err(_) => truth.end(),
    }
}

/// The scene times at which frames are taken.
struct Pace {
    next: u64,
    last: u64,
    interval_us: f64,
    start_us: u64,
    realtime: bool,
}

impl Pace {
    fn new(args: &SceneArgs, start_us: u64) -> Pace {
        Pace {
            next: 0,
            last: (args.seconds * args.fps) as u64,
            interval_us: 1e6 / args.fps,
            start_us,
            realtime: !args.full_speed,
        }
    }

    fn at_us(&self, number: u64) -> u64 {
        (number as f64 * self.interval_us) as u64
    }
}

impl Iterator for Pace {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        if self.realtime {
            // A camera does not wait for its reader: what is over an interval late is lost.
            let late = monotonic_us().saturating_sub(self.start_us + self.at_us(self.next + 1));
            if late > 0 {
                self.next += (late as f64 / self.interval_us).ceil() as u64;
            }
            wait_until_us(self.start_us + self.at_us(self.next));
        }
        if self.last <= self.next {
            return None;
        }
        let at_us = self.at_us(self.next);
        self.next += 1;
        Some(at_us)
    }
}

/// Where the truth goes; nowhere when nobody asked for it.
struct TruthFile {
    file: Option<File>,
    stays: Stays,
    frames: u64,
}

impl TruthFile {
    fn create(args: &SceneArgs) -> anyhow::Result<TruthFile> {
        let create = |path: &PathBuf| {
            File::create(path).with_context(|| format!("create the truth file {}", path.display()))
        };
        let file = args.truth.as_ref().map(create).transpose()?;
        Ok(TruthFile { file, stays: Stays::default(), frames: 0 })
    }

    fn begin(&mut self, args: &SceneArgs, start_us: u64) -> anyhow::Result<()> {
        let family = args.preset.to_possible_value().map(|value| value.get_name().to_owned());
        self.line(&json!({"scene": {
            "family": family,
            "seed": args.seed,
            "seconds": args.seconds,
            "width": args.size.width,
            "height": args.size.height,
            "fps": args.fps,
            "start_us": start_us,
            "visit_gap_ms": VISIT_GAP_MS,
        }}))
    }

    fn frame(&mut self, frame: &super::FrameTruth) -> anyhow::Result<()> {
        self.frames += 1;
        self.stays.add(frame);
        self.line(&frame.to_json())
    }

    fn end(&mut self) -> anyhow::Result<()> {
        let stays: Vec<Value> = self.stays.all().iter().map(super::Stay::to_json).collect();
        self.line(&json!({"end": {"frames": self.frames, "stays": stays}}))
    }

    /// One write a line: a reader never sees half of one, and a kill leaves whole lines.
    fn line(&mut self, line: &Value) -> anyhow::Result<()> {
        match &mut self.file {
            None => Ok(()),
            Some(file) => {
                file.write_all(format!("{line}\n").as_bytes()).context("write the truth file")
            }
        }
    }
}
