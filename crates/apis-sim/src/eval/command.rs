//! `apis-sim eval`: what the eyes find, miss and imagine, beside what plain detectors do.

use super::baseline::mog2;
use super::clip::{Clip, files_under};
use super::corpus;
use super::detector::Kind;
use super::report::{html, json, text};
use super::run::{Column, Contender, run as run_all};
use crate::scene::Family;
use anyhow::{Context, bail};
use clap::{Args, ValueEnum as _};
use std::path::PathBuf;

/// `apis-sim eval`.
#[derive(Debug, Args)]
pub struct EvalArgs {
    /// Score the labelled clips in and under this folder, or one video file
    #[arg(long, env = "APIS_FOOTAGE")]
    footage: Option<PathBuf>,

    /// Leave drawn scenes out
    #[arg(long)]
    no_drawn: bool,

    /// Leave footage out
    #[arg(long)]
    no_footage: bool,

    /// Only these families of drawn scenes
    #[arg(long, value_enum, value_delimiter = ',')]
    family: Vec<Family>,

    /// One scene in so many of each family
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    one_in: u64,

    /// The short list of the fast tests instead of the whole set
    #[arg(long, conflicts_with_all = ["family", "one_in"])]
    quick: bool,

    /// So many scenes of each family that are not varied, as the proof plays them, from --seed on
    #[arg(long, conflicts_with_all = ["quick", "one_in"])]
    plain: Option<u64>,

    /// The first seed of those
    #[arg(long, default_value_t = 1, requires = "plain")]
    seed: u64,

    /// Which detectors; baselines beside the eyes
    #[arg(long, value_enum, value_delimiter = ',', default_value = "eyes")]
    detector: Vec<Kind>,

    /// Every detector that can run here
    #[arg(long, conflicts_with = "detector")]
    all_detectors: bool,

    /// Only one column: detectors are not told the scale
    #[arg(long)]
    uncalibrated: bool,

    /// Write every figure to this file
    #[arg(long)]
    json: Option<PathBuf>,

    /// Write a page with strips of what was missed or false to this file
    #[arg(long)]
    html: Option<PathBuf>,
}

/// Runs the evaluation and prints its tables.
///
/// Errors: nothing to score, or a clip that cannot be read.
pub fn run(args: &EvalArgs) -> anyhow::Result<()> {
    let clips = clips_of(args)?;
    let contenders = contenders_of(args);
    let count = clips.len();
    let columns = run_all(&clips, &contenders, &|done, name| {
        if done % 10 == 0 || done == count {
            eprintln!("{done} of {count} clips ({name})");
        }
    })?;
    println!("set version {}", corpus::VERSION);
    for column in &columns {
        println!("{}", text::tables(column));
    }
    write(args, &columns, &clips)
}

fn clips_of(args: &EvalArgs) -> anyhow::Result<Vec<Clip>> {
    let mut clips = Vec::new();
    match &args.footage {
        _ if args.no_footage => {}
        Some(folder) => clips.extend(files_under(folder)?),
        None => {
            eprintln!("not scored: footage, since neither --footage nor APIS_FOOTAGE names any")
        }
    }
    let all = Family::value_variants();
    let families = if args.family.is_empty() { all } else { args.family.as_slice() };
    if let Some(count) = args.plain {
        clips.extend(corpus::plain(families, args.seed..args.seed.saturating_add(count)));
    } else if args.quick {
        clips.extend(corpus::quick());
    } else if !args.no_drawn {
        clips.extend(corpus::whole(families, args.one_in));
    }
    if clips.is_empty() {
        bail!("nothing to score");
    }
    Ok(clips)
}

fn contenders_of(args: &EvalArgs) -> Vec<Contender> {
    let kinds = if args.all_detectors { Kind::value_variants() } else { args.detector.as_slice() };
    let mut contenders = Vec::new();
    for &detector in kinds {
        if detector == Kind::Mog2 && !mog2::is_installed() {
            eprintln!("not run: mog2, since Python finds no OpenCV here");
            continue;
        }
        contenders.push(Contender { detector, is_calibrated: false });
        if detector == Kind::Eyes && !args.uncalibrated {
            contenders.push(Contender { detector, is_calibrated: true });
        }
    }
    contenders
}

fn write(args: &EvalArgs, columns: &[Column], clips: &[Clip]) -> anyhow::Result<()> {
    if let Some(file) = &args.json {
        let document = json::document(columns, true);
        let written = std::fs::write(file, format!("{document:#}\n"));
        written.with_context(|| format!("write {}", file.display()))?;
    }
    if let Some(file) = &args.html {
        let written = std::fs::write(file, html::page(columns, clips)?);
        written.with_context(|| format!("write {}", file.display()))?;
    }
    Ok(())
}
