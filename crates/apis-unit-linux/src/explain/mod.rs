//! What a clip tells of its verdicts: the clip and its sidecar, read as they were recorded.
//!
//! Nothing here judges. `text`, `json` and `draw` show it, `rerun` asks today's eyes instead, and
//! says so.

mod draw;
mod json;
mod rerun;
mod text;
mod way;

pub use draw::draw;
pub use json::as_json;
pub use rerun::{Rerun, rerun};
pub use text::as_text;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use apis_protocol::VisitId;
use apis_protocol::message::Message;
use apis_protocol::records::{Evidence, VisitKind};
use apis_protocol::sidecar::{SIDECAR_BYTES_MAX, Sidecar, TrackPoint};
use apis_protocol::upload::CLIP_BYTES_MAX;
use apis_unit::keeper::SpoolFile;
use apis_unit::keeper::avi::scan::Scan;
use apis_unit::keeper::avi::{Shape, Slot};
use apis_units::Uptime;
use apis_vision::TermCode;

use crate::failure::Failure;

/// Bytes of a clip that the scan is fed at once.
const PIECE_BYTES: usize = 64 * 1024;

/// A clip with what its unit recorded beside it.
#[derive(Debug)]
pub struct Clip {
    /// The clip's file.
    pub path: PathBuf,
    /// Size and rate.
    pub shape: Shape,
    /// Its sidecar, as it was written.
    pub sidecar: Sidecar,
    slots: Vec<Slot>,
    bytes: Vec<u8>,
}

/// One verdict, as far as it was recorded; of a check, the moment that it was chosen for.
#[derive(Debug, Clone, Copy)]
pub struct Verdict<'a> {
    /// The track that was decided on: of a clip that does not say, the one seen most.
    pub track: Option<u32>,
    /// When its hover began and when it was decided; a clip of old units, or of a visit that a
    /// restart found open, does not say.
    pub moments: Option<Moments>,
    /// Why.
    pub evidence: &'a Evidence,
}

/// The two moments of a verdict.
#[derive(Debug, Clone, Copy)]
pub struct Moments {
    /// Capture time of the frame in which the hover began.
    pub hover_since: Uptime,
    /// Capture time of the frame that decided it.
    pub decided: Uptime,
}

impl Clip {
    /// Reads the clip `named`: a file, or a visit's id in the folder `spool`.
    ///
    /// Errors: `clip_missing`, `clip_unreadable`, `sidecar_missing`, `sidecar_unreadable`,
    ///         `clip_mismatch` when the two are not of one recording.
    pub fn read(named: &str, spool: &Path) -> Result<Clip, Failure> {
        let path = find(named, spool)?;
        let bytes = read_file(&path, CLIP_BYTES_MAX, "clip_missing", "clip_unreadable")?;
        let mut scan = Scan::default();
        // It says false where the pictures end, before the index.
        let _ = bytes.chunks(PIECE_BYTES).all(|piece| scan.feed(piece));
        let unreadable =
            |why: &str| Failure::new("clip_unreadable", format!("{} {why}", path.display()));
        let found = scan.finish().ok_or_else(|| unreadable("is no AVI that a unit wrote"))?;
        if found.slots.iter().all(|slot| slot.bytes == 0) {
            return Err(unreadable("holds no whole picture"));
        }
        let sidecar = read_sidecar(&path.with_extension("json"))?;
        let (shape, slots) = (found.shape, found.slots);
        let clip = Clip { path, shape, sidecar, slots, bytes };
        clip.check()?;
        Ok(clip)
    }

    /// Whether pictures and sidecar are of one recording.
    fn check(&self) -> Result<(), Failure> {
        let times = &self.sidecar.frames;
        let is_same = |(slot, time): (&Slot, _)| slot.captured_at.is_none_or(|at| at == time);
        let mut pairs = self.slots.iter().zip(times.iter().map(|time| time.0));
        if self.slots.len() == times.len() && pairs.all(is_same) {
            return Ok(());
        }
        let message = format!(
            "{} holds {} pictures and its sidecar tells of {}, or at other times: the clip is cut, \
             or they are not of one visit",
            self.path.display(),
            self.slots.len(),
            times.len()
        );
        Err(Failure::new("clip_mismatch", message))
    }

    /// Pictures that were kept.
    pub fn picture_count(&self) -> usize {
        self.slots.iter().filter(|slot| slot.bytes > 0).count()
    }

    /// Pictures with their capture times, in order; dropped ones are left out.
    pub fn pictures(&self) -> impl Iterator<Item = (Uptime, &[u8])> {
        self.slots.iter().filter_map(|slot| Some((slot.captured_at?, self.jpeg(slot)?)))
    }

    /// The picture nearest to `at`, with its frame index.
    pub fn picture_at(&self, at: Uptime) -> Option<(usize, &[u8])> {
        let far = |slot: &Slot| Some(slot.captured_at?.micros().abs_diff(at.micros()));
        let filled = self.slots.iter().enumerate().filter(|(_, slot)| slot.bytes > 0);
        let (index, slot) = filled.min_by_key(|(_, slot)| far(slot).unwrap_or(u64::MAX))?;
        Some((index, self.jpeg(slot)?))
    }

    /// Seconds from the clip's first frame to `at`; less than nothing before it.
    pub fn seconds(&self, at: Uptime) -> f64 {
        let start = self.sidecar.frames.first().map_or(0, |time| time.0.micros());
        let micros = i128::from(at.micros()) - i128::from(start);
        micros as f64 / 1_000_000.0
    }

    /// When the frame `index` was taken.
    pub fn time_of(&self, index: u32) -> Option<Uptime> {
        self.sidecar.frames.get(index as usize).map(|time| time.0)
    }

    /// What the moments that it tells of are.
    pub fn noun(&self) -> &'static str {
        match self.sidecar.kind {
            VisitKind::Verdict => "verdict",
            VisitKind::NearMiss => "near miss, no verdict",
            VisitKind::Sample => "chosen at random, no verdict",
        }
    }

    /// How long it lasts, in seconds.
    pub fn length_s(&self) -> f64 {
        self.sidecar.frames.last().map_or(0.0, |time| self.seconds(time.0))
    }

    /// The recorded verdicts, in their order.
    pub fn verdicts(&self) -> Vec<Verdict<'_>> {
        let recorded = &self.sidecar.verdicts;
        if recorded.is_empty() {
            let (track, evidence) = (self.longest_track(), &self.sidecar.evidence);
            return vec![Verdict { track, moments: None, evidence }];
        }
        let told = recorded.iter().map(|one| Verdict {
            track: Some(one.track),
            moments: Some(Moments { hover_since: one.hover_since, decided: one.decided }),
            evidence: &one.evidence,
        });
        told.collect()
    }

    /// Where a track was, in the order of the frames.
    pub fn way(&self, track: u32) -> impl Iterator<Item = &TrackPoint> {
        self.sidecar.track.iter().filter(move |point| point.track == track)
    }

    /// Every track that the sidecar follows, in the order of their first frames.
    pub fn tracks(&self) -> Vec<u32> {
        let mut tracks = Vec::new();
        for point in &self.sidecar.track {
            if !tracks.contains(&point.track) {
                tracks.push(point.track);
            }
        }
        tracks
    }

    /// Which moment shows a verdict best: its own; where that is not recorded, the middle of its
    /// track's way.
    pub fn moment_of(&self, verdict: &Verdict<'_>) -> Uptime {
        let middle = || {
            let way: Vec<&TrackPoint> = self.way(verdict.track?).collect();
            self.time_of(way.get(way.len() / 2)?.frame)
        };
        let half = self.time_of(u32::try_from(self.sidecar.frames.len() / 2).unwrap_or(0));
        let decided = verdict.moments.map(|moments| moments.decided);
        decided.or_else(middle).or(half).unwrap_or_default()
    }

    /// A verdict's body length in pixels of the clip: the measured one, else its box's longer side
    /// at `point`.
    pub fn body_px(&self, verdict: &Verdict<'_>, point: &TrackPoint) -> f64 {
        let measured = value_of(verdict.evidence, TermCode::LengthPx16).filter(|px16| *px16 > 0);
        let boxed = || {
            let (width, height) = (self.x_px(point.width.raw()), self.y_px(point.height.raw()));
            width.max(height).max(1.0)
        };
        measured.map_or_else(boxed, |px16| f64::from(px16) / 16.0)
    }

    /// A share of the picture's width in pixels.
    pub fn x_px(&self, raw: u16) -> f64 {
        f64::from(raw) * f64::from(self.shape.width) / 65_536.0
    }

    /// A share of the picture's height in pixels.
    pub fn y_px(&self, raw: u16) -> f64 {
        f64::from(raw) * f64::from(self.shape.height) / 65_536.0
    }

    fn longest_track(&self) -> Option<u32> {
        self.tracks().into_iter().max_by_key(|track| self.way(*track).count())
    }

    fn jpeg(&self, slot: &Slot) -> Option<&[u8]> {
        let begin = slot.at as usize + 8;
        self.bytes.get(begin..begin + slot.bytes as usize)
    }
}

/// The value of a recorded term.
pub fn value_of(evidence: &Evidence, code: TermCode) -> Option<i32> {
    evidence.terms.iter().find(|term| term.term == code.number()).map(|term| term.value)
}

/// The file that `named` means.
fn find(named: &str, spool: &Path) -> Result<PathBuf, Failure> {
    let path = Path::new(named);
    if path.exists() {
        let is_sidecar = path.extension().is_some_and(|end| end == "json");
        return Ok(if is_sidecar { path.with_extension("avi") } else { path.to_owned() });
    }
    let missing = |why: String| Err(Failure::new("clip_missing", why));
    let Ok(visit) = named.parse::<VisitId>() else {
        return missing(format!("{named} is neither a file nor a visit's id"));
    };
    let kept = spool.join(SpoolFile::Clip(visit).to_string());
    if kept.exists() {
        return Ok(kept);
    }
    if spool.join(SpoolFile::Part(visit).to_string()).exists() {
        return missing(format!("the clip of visit {visit} is still being recorded"));
    }
    missing(format!("no clip of visit {visit} in {}", spool.display()))
}

fn read_sidecar(path: &Path) -> Result<Sidecar, Failure> {
    let bytes = read_file(path, SIDECAR_BYTES_MAX as u64, "sidecar_missing", "sidecar_unreadable")?;
    Sidecar::read(&bytes)
        .map_err(|error| Failure::new("sidecar_unreadable", format!("{}: {error}", path.display())))
}

/// A file's bytes, at most `bytes_max`.
fn read_file(
    path: &Path,
    bytes_max: u64,
    missing: &'static str,
    unreadable: &'static str,
) -> Result<Vec<u8>, Failure> {
    let failed = |error: std::io::Error| {
        let code = if error.kind() == ErrorKind::NotFound { missing } else { unreadable };
        Failure {
            code,
            cause: anyhow::Error::new(error).context(format!("read {}", path.display())),
        }
    };
    let bytes = fs::metadata(path).map_err(failed)?.len();
    if bytes_max < bytes {
        let message = format!("{} has {bytes} bytes, more than any has", path.display());
        return Err(Failure::new(unreadable, message));
    }
    fs::read(path).map_err(failed)
}

#[cfg(test)]
pub mod tests;
