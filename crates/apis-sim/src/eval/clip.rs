//! A clip: frames in their order with what was true in each, from a video file or drawn.

use super::truth::{Body, FileTruth, drawn};
use super::video::{self, Video};
use crate::scene::{Family, Picture, Scene, SceneSettings};
use anyhow::Context;
use clap::ValueEnum as _;
use std::path::{Path, PathBuf};

/// Where a clip comes from; results of each kind have their own tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Filmed.
    Real,
    /// Cut-outs of real insects on real ground.
    Composite,
    /// Drawn.
    Drawn,
}

impl Kind {
    /// Its word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Real => "real",
            Kind::Composite => "composite",
            Kind::Drawn => "drawn",
        }
    }
}

/// One clip, not opened yet.
#[derive(Debug, Clone)]
pub enum Clip {
    /// A video file with its truth beside it.
    File {
        /// The file.
        path: PathBuf,
        /// Millimetres of a pixel of the picture as stored, where its folder states it.
        mm_per_px: Option<f32>,
    },
    /// A scene, drawn.
    Drawn {
        /// The scene.
        settings: SceneSettings,
        /// Frames a second.
        fps: f64,
    },
}

impl Clip {
    /// Its name: the file's, or family and seed.
    pub fn name(&self) -> String {
        match self {
            Clip::File { path, .. } => {
                path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
            }
            Clip::Drawn { settings, .. } => format!("{} {}", self.family(), settings.seed),
        }
    }

    /// What it is counted together with: a drawn family, or the file's folder.
    pub fn family(&self) -> String {
        match self {
            Clip::File { path, .. } => {
                let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
                folder.to_string_lossy().into_owned()
            }
            Clip::Drawn { settings, .. } => family_word(settings.family),
        }
    }

    /// Where it comes from. A file whose truth follows every insect was put together.
    pub fn kind(&self) -> Kind {
        match self {
            Clip::File { path, .. } if path.with_extension("csv").is_file() => Kind::Composite,
            Clip::File { .. } => Kind::Real,
            Clip::Drawn { .. } => Kind::Drawn,
        }
    }

    /// What a calibrated detector is told.
    pub fn mm_per_px(&self) -> Option<f32> {
        match self {
            Clip::File { mm_per_px, .. } => *mm_per_px,
            Clip::Drawn { settings, .. } => Some(Scene::mm_per_px(settings)),
        }
    }

    /// Opens it at its first frame.
    ///
    /// Errors: a file that `ffmpeg` cannot decode, or truth that cannot be read.
    pub fn open(&self) -> anyhow::Result<Open> {
        match self {
            Clip::File { path, .. } => {
                let truth = FileTruth::beside(path)?;
                Ok(Open::File { video: video::open(path)?, path: path.clone(), truth, next: 0 })
            }
            Clip::Drawn { settings, fps } => {
                let frame_count = (settings.length_us as f64 / 1e6 * fps) as u64;
                Ok(Open::Drawn {
                    picture: Picture::new(settings.size),
                    scene: Box::new(Scene::new(settings.clone())),
                    fps: *fps,
                    next: 0,
                    frame_count,
                })
            }
        }
    }
}

/// A family's word on the command line.
pub fn family_word(family: Family) -> String {
    family.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// A clip while it is shown.
pub enum Open {
    /// A file being decoded.
    File {
        /// The decoder.
        video: Video,
        /// The file.
        path: PathBuf,
        /// Its truth.
        truth: FileTruth,
        /// Number of the next frame.
        next: usize,
    },
    /// A scene being drawn.
    Drawn {
        /// The frame.
        picture: Picture,
        /// The scene.
        scene: Box<Scene>,
        /// Frames a second.
        fps: f64,
        /// Number of the next frame.
        next: u64,
        /// Frames in all.
        frame_count: u64,
    },
}

/// One frame and what is true of it.
pub struct FrameOf<'a> {
    /// Row-major luma.
    pub luma: &'a [u8],
    /// Width and height.
    pub size: (usize, usize),
    /// Time since the first frame, µs.
    pub at_us: u64,
    /// Insects in it.
    pub bodies: Vec<Body>,
    /// Nothing in it is judged.
    pub is_unjudged: bool,
}

impl Open {
    /// The next frame; `None` at the end.
    ///
    /// Errors: of the decoder.
    pub fn next_frame(&mut self) -> anyhow::Result<Option<FrameOf<'_>>> {
        match self {
            Open::File { video, path, truth, next } => {
                let number = *next;
                *next += 1;
                let size = video.size();
                let frame = video.next_frame();
                let frame = frame.with_context(|| format!("decode {}", path.display()))?;
                Ok(frame.map(|frame| FrameOf {
                    luma: frame.luma,
                    size,
                    at_us: frame.at_us,
                    bodies: truth.bodies_in(number).to_vec(),
                    is_unjudged: truth.is_unjudged(number),
                }))
            }
            Open::Drawn { picture, scene, fps, next, frame_count } => {
                if *next >= *frame_count {
                    return Ok(None);
                }
                let at_us = (*next as f64 * 1e6 / *fps) as u64;
                *next += 1;
                let bodies = drawn(&scene.draw(at_us, picture));
                let size = (picture.width(), picture.height());
                let luma = picture.luma();
                Ok(Some(FrameOf { luma, size, at_us, bodies, is_unjudged: false }))
            }
        }
    }

    /// Goes over so many frames; drawn ones are not drawn.
    ///
    /// Errors: of the decoder.
    pub fn skip(&mut self, count: usize) -> anyhow::Result<()> {
        for _ in 0..count {
            match self {
                Open::File { .. } => drop(self.next_frame()?),
                Open::Drawn { scene, fps, next, .. } => {
                    scene.truth((*next as f64 * 1e6 / *fps) as u64);
                    *next += 1;
                }
            }
        }
        Ok(())
    }
}

/// Every video file in `folder` and under it, in order, with the scale that a `scene.json` in its
/// folder states.
///
/// Errors: a folder or a `scene.json` that cannot be read.
pub fn files_under(folder: &Path) -> anyhow::Result<Vec<Clip>> {
    let mut clips = Vec::new();
    if folder.is_file() {
        let mm_per_px = scale_of(folder.parent().unwrap_or(Path::new(".")))?;
        return Ok(vec![Clip::File { path: folder.to_owned(), mm_per_px }]);
    }
    let entries = folder.read_dir().with_context(|| format!("read {}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    paths.sort();
    let mm_per_px = scale_of(folder)?;
    for path in paths {
        if path.is_dir() {
            clips.extend(files_under(&path)?);
        } else if is_video(&path) && has_truth(&path) {
            clips.push(Clip::File { path, mm_per_px });
        }
    }
    Ok(clips)
}

fn is_video(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("mp4" | "mkv" | "avi" | "mov" | "webm"))
}

fn has_truth(path: &Path) -> bool {
    path.with_extension("csv").is_file()
        || ["boxes.csv", "ranges.csv"].iter().any(|name| path.with_file_name(name).is_file())
}

fn scale_of(folder: &Path) -> anyhow::Result<Option<f32>> {
    let file = folder.join("scene.json");
    if !file.is_file() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(&file)?;
    let scene: serde_json::Value =
        serde_json::from_str(&text).with_context(|| format!("read {}", file.display()))?;
    Ok(scene["mm_per_px"].as_f64().map(|scale| scale as f32).filter(|scale| *scale > 0.0))
}
