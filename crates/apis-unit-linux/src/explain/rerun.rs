//! Today's eyes over a clip's pictures: another judgement, never the recorded one.
//!
//! The eyes begin with nothing: no background, no bees' lengths, nothing of before the clip. So
//! they may miss what the unit's eyes decided, and their evidence has other values.

use std::collections::BTreeMap;

use apis_units::PictureBox;
use apis_vision::{
    Config, Evidence, Frame, Judgement, Phase, RuledOut, Track, TrackId, Verdict, Vision,
};

use super::Clip;
use crate::jpeg;

/// What today's eyes make of a clip.
#[derive(Debug, Default)]
pub struct Rerun {
    /// Their verdicts, each with its track, in the order of deciding.
    pub verdicts: Vec<(TrackId, Verdict)>,
    /// Pictures that were looked at.
    pub picture_count: usize,
    /// Pictures that could not be read.
    pub unreadable_count: usize,
    /// Bodies without a verdict, by the last word on each.
    pub bodies: BTreeMap<&'static str, usize>,
}

impl Rerun {
    /// Version of the evidence that these eyes give.
    pub const VERSION: u16 = Evidence::VERSION;
}

/// Shows the clip to fresh eyes.
pub fn rerun(clip: &Clip) -> Rerun {
    let mut vision = Vision::new(Config::default());
    let mut found = Rerun::default();
    let mut words: BTreeMap<TrackId, &'static str> = BTreeMap::new();
    for (captured_at, picture) in clip.pictures() {
        let Ok((size, pixels)) = jpeg::decode(picture) else {
            found.unreadable_count += 1;
            continue;
        };
        let stride = usize::from(size.width);
        let luma = pixels.get(..size.luma_bytes()).unwrap_or_default();
        let frame =
            Frame::new(luma, (size.width, size.height), stride, captured_at, PictureBox::FULL);
        let Ok(frame) = frame else {
            found.unreadable_count += 1;
            continue;
        };
        found.picture_count += 1;
        for track in vision.step(&frame).tracks().filter(|track| is_confirmed(track)) {
            take(track, &mut found, &mut words);
        }
    }
    for word in words.into_values() {
        *found.bodies.entry(word).or_default() += 1;
    }
    found
}

fn take(track: &Track, found: &mut Rerun, words: &mut BTreeMap<TrackId, &'static str>) {
    match track.judgement {
        Judgement::Verdict(verdict) => {
            words.remove(&track.id);
            let is_known = found.verdicts.iter().any(|(id, _)| *id == track.id);
            if !is_known {
                found.verdicts.push((track.id, verdict));
            }
        }
        Judgement::Open | Judgement::RuledOut(_)
            if found.verdicts.iter().any(|(id, _)| *id == track.id) => {}
        Judgement::Open => drop(words.insert(track.id, "open")),
        Judgement::RuledOut(named) => drop(words.insert(track.id, word(named))),
    }
}

fn is_confirmed(track: &Track) -> bool {
    match track.phase {
        Phase::Confirmed => true,
        Phase::Tentative { .. } | Phase::Coasting { .. } => false,
    }
}

fn word(named: RuledOut) -> &'static str {
    match named {
        RuledOut::Static => "standing",
        RuledOut::Swaying => "swaying",
        RuledOut::SunFleck => "light",
        RuledOut::TooSmall => "too_small",
        RuledOut::Loitering => "loitering",
        RuledOut::TooLarge => "too_large",
    }
}
