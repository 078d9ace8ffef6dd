//! What was true: which hornets were where in which frame, and when they hovered.

use crate::scene::FrameTruth;
use crate::scene::truth::{TRUE_HOVER_US, UNCERTAIN_HOVER_US};
use anyhow::{Context, bail};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;

/// A hover this long has to be found in footage: the shortest of the composites'.
const FOOTAGE_HOVER_US: u64 = 1_500_000;

/// One hornet in one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HornetAt {
    /// Its number.
    pub id: u32,
    /// Centre of its body, pixels of the frame.
    pub px: (f32, f32),
    /// Length of its body, pixels of the frame.
    pub length_px: f32,
    /// Whether it keeps its station.
    pub hovering: bool,
}

/// What was true of one file or scene.
#[derive(Debug, Clone)]
pub struct Truth {
    hornets: BTreeMap<usize, Vec<HornetAt>>,
    /// Frames in which hornets do what cannot be held against anybody either way.
    unjudged: Vec<RangeInclusive<usize>>,
    /// Hover from which on a hornet has to be found, µs.
    pub true_hover_us: u64,
    /// Hover from which on it may be found, µs.
    pub uncertain_hover_us: u64,
    frame_count: usize,
}

impl Truth {
    /// The truth of a drawn scene, still without frames.
    pub fn drawn() -> Truth {
        Truth {
            hornets: BTreeMap::new(),
            unjudged: Vec::new(),
            true_hover_us: TRUE_HOVER_US,
            uncertain_hover_us: UNCERTAIN_HOVER_US,
            frame_count: 0,
        }
    }

    /// Adds the next frame of a drawn scene.
    pub fn add(&mut self, frame: &FrameTruth) {
        let hornets = frame.hornets.iter().map(|hornet| HornetAt {
            id: hornet.id,
            px: hornet.px,
            length_px: hornet.length_px,
            hovering: hornet.hovering,
        });
        self.hornets.insert(self.frame_count, hornets.collect());
        self.frame_count += 1;
    }

    /// The truth that lies beside a video file.
    pub fn beside(video: &Path) -> anyhow::Result<Truth> {
        let mut truth = Truth { true_hover_us: FOOTAGE_HOVER_US, ..Truth::drawn() };
        let own = video.with_extension("csv");
        let ranges = video.with_file_name("ranges.csv");
        if own.is_file() {
            truth.read_tracks(&read(&own)?).with_context(|| format!("read {}", own.display()))?;
        } else if ranges.is_file() {
            truth.read_ranges(&read(&ranges)?)?;
        }
        Ok(truth)
    }

    /// Lines of `frame,track,label,cx,cy,length_px,visible,hovering`.
    fn read_tracks(&mut self, text: &str) -> anyhow::Result<()> {
        for line in text.lines().skip(1) {
            let fields: Vec<&str> = line.split(',').collect();
            let &[frame, track, label, x, y, length, _, hovering] = fields.as_slice() else {
                bail!("not eight fields: {line}");
            };
            if label != "hornet" {
                continue;
            }
            let hornet = HornetAt {
                id: track.parse()?,
                px: (x.parse()?, y.parse()?),
                length_px: length.parse()?,
                hovering: hovering == "1",
            };
            self.hornets.entry(frame.parse()?).or_default().push(hornet);
        }
        Ok(())
    }

    /// Lines of `first,last,kind,note`.
    fn read_ranges(&mut self, text: &str) -> anyhow::Result<()> {
        for line in text.lines().skip(1) {
            let mut fields = line.split(',');
            let (Some(first), Some(last)) = (fields.next(), fields.next()) else {
                bail!("not a range: {line}");
            };
            self.unjudged.push(first.parse()?..=last.parse()?);
        }
        Ok(())
    }

    /// The hornets of one frame.
    pub fn hornets_in(&self, frame: usize) -> &[HornetAt] {
        self.hornets.get(&frame).map_or(&[], Vec::as_slice)
    }

    /// Whether a frame is one in which nothing is judged.
    pub fn is_unjudged(&self, frame: usize) -> bool {
        self.unjudged.iter().any(|range| range.contains(&frame))
    }

    /// Each hornet's longest hover: first and last frame.
    pub fn hovers(&self) -> BTreeMap<u32, (usize, usize)> {
        let mut running: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
        let mut longest: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
        for (&frame, hornets) in &self.hornets {
            for hornet in hornets.iter().filter(|hornet| hornet.hovering) {
                let hover = running.entry(hornet.id).or_insert((frame, frame));
                // A hover that was broken off begins anew.
                *hover = if frame <= hover.1 + 1 { (hover.0, frame) } else { (frame, frame) };
                let best = longest.entry(hornet.id).or_insert(*hover);
                if best.1 - best.0 <= hover.1 - hover.0 {
                    *best = *hover;
                }
            }
        }
        longest
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_hover_of_a_hornet_counts() {
        let mut truth = Truth::drawn();
        let text = "head\n1,7,hornet,1,2,30,1,1\n2,7,hornet,1,2,30,1,0\n3,7,hornet,1,2,30,1,1\n\
                    4,7,hornet,1,2,30,1,1\n4,8,bee,1,2,30,1,1";
        truth.read_tracks(text).unwrap();
        assert_eq!(truth.hovers(), BTreeMap::from([(7, (3, 4))]));
        assert_eq!(truth.hornets_in(4).len(), 1);
        assert!(truth.read_tracks("head\n1,7,hornet").is_err());
    }

    #[test]
    fn ranges_are_not_judged() {
        let mut truth = Truth::drawn();
        truth.read_ranges("first,last,kind,note\n37,50,hornet,fast\n").unwrap();
        assert!(truth.is_unjudged(37) && truth.is_unjudged(50) && !truth.is_unjudged(51));
    }
}
