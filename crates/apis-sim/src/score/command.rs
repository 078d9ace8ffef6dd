//! `apis-sim score`: what the eyes find, miss and imagine, per file.

use super::{Score, score_file, score_scene};
use crate::scene::{Family, Hornets, PictureSize, SceneSettings};
use anyhow::{Context, ensure};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::path::{Path, PathBuf};

/// `apis-sim score`.
#[derive(Debug, Args)]
pub struct ScoreArgs {
    /// Video files, or folders of them, with their truth beside them
    paths: Vec<PathBuf>,

    /// Draw scenes of this family instead, or of every one with `all`
    #[arg(long, conflicts_with = "paths")]
    drawn: Option<String>,

    /// How many seeds of each family, from --seed on
    #[arg(long, default_value_t = 1)]
    seeds: u64,

    /// The first seed
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// Length of each drawn scene in seconds
    #[arg(long, default_value_t = 40)]
    seconds: u64,

    /// Frames a second of a drawn scene
    #[arg(long, default_value_t = 12.0)]
    fps: f64,

    /// Size of a drawn scene
    #[arg(long, default_value = "640x480")]
    size: PictureSize,

    /// Length of a hornet's body in a drawn scene, in pixels of a 640 wide picture
    #[arg(long)]
    hornet_px: Option<f32>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Scores what `args` ask for and prints it, the worst first.
///
/// Errors: nothing to score, a file that cannot be decoded, or truth that cannot be read.
pub fn run(args: &ScoreArgs) -> anyhow::Result<()> {
    let mut scores = match &args.drawn {
        Some(family) => score_drawn(args, family)?,
        None => {
            let files = video_files(&args.paths)?;
            ensure!(!files.is_empty(), "no video file to score");
            files.iter().map(|file| score_file(file)).collect::<Result<_, _>>()?
        }
    };
    scores.sort_by_key(|score| std::cmp::Reverse(score.false_visits + score.hovers - score.found));
    if args.json {
        let files: Vec<_> = scores.iter().map(Score::to_json).collect();
        println!("{}", json!({ "files": files }));
    } else {
        print_table(&scores);
    }
    Ok(())
}

fn score_drawn(args: &ScoreArgs, family: &str) -> anyhow::Result<Vec<Score>> {
    let families: Vec<Family> = match family {
        "all" => Family::value_variants().to_vec(),
        name => vec![Family::from_str(name, true).map_err(anyhow::Error::msg)?],
    };
    let name_of = |family: &Family| {
        family.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    };
    let seeds = args.seed..args.seed + args.seeds;
    let all = families.iter().flat_map(|family| seeds.clone().map(move |seed| (family, seed)));
    Ok(all
        .map(|(&family, seed)| {
            let settings = SceneSettings {
                family,
                seed,
                size: args.size,
                hornet_px: args.hornet_px,
                hornets: Hornets::Auto,
                bees: None,
                length_us: args.seconds * 1_000_000,
            };
            score_scene(format!("{} {seed}", name_of(&family)), settings, args.fps)
        })
        .collect())
}

/// The video files among `paths`, folders looked into once.
pub(super) fn video_files(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let is_video = |path: &Path| {
        let extension = path.extension().and_then(|extension| extension.to_str());
        matches!(extension, Some("mp4" | "mkv" | "avi" | "mov" | "webm"))
    };
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        for entry in path.read_dir().with_context(|| format!("read {}", path.display()))? {
            let file = entry?.path();
            if is_video(&file) {
                files.push(file);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn print_table(scores: &[Score]) {
    println!(
        "{:<20} {:>6} {:>6} {:>6} {:>6} {:>6}  delays ms",
        "file", "hovers", "found", "false", "open", "aimed"
    );
    for score in scores {
        println!(
            "{:<20} {:>6} {:>6} {:>6} {:>6} {:>5.0}%  {:?}",
            score.name,
            score.hovers,
            score.found,
            score.false_visits,
            score.unjudged,
            score.aimed * 100.0,
            score.delays_ms,
        );
        for remark in &score.remarks {
            println!("    {remark}");
        }
    }
    let sum = |count: fn(&Score) -> usize| scores.iter().map(count).sum::<usize>();
    let mut delays: Vec<i64> = scores.iter().flat_map(|score| score.delays_ms.clone()).collect();
    delays.sort_unstable();
    let late = delays.get((delays.len() * 95 / 100).min(delays.len().saturating_sub(1)));
    println!(
        "{} of {} hovers found, {} false visits, {} neither; delay p95 {} ms",
        sum(|score| score.found),
        sum(|score| score.hovers),
        sum(|score| score.false_visits),
        sum(|score| score.unjudged),
        late.map_or("-".into(), |late| late.to_string()),
    );
}
