//! What was true of a clip: which insects were where in which frame, and which hornets hovered.

use crate::scene::FrameTruth;
use anyhow::{Context, bail};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;

/// One insect in one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Body {
    /// Its number; hornets and others are numbered apart.
    pub id: u32,
    /// Whether it is a hornet.
    pub is_hornet: bool,
    /// Centre of its body, pixels of the frame.
    pub px: (f32, f32),
    /// Length of its body, pixels of the frame.
    pub length_px: f32,
    /// Whether it is a hornet that keeps its station.
    pub is_hovering: bool,
}

impl Body {
    /// How far a place is from it, in its lengths.
    pub fn lengths_to(&self, px: (f32, f32)) -> f32 {
        (px.0 - self.px.0).hypot(px.1 - self.px.1) / self.length_px.max(1.0)
    }
}

/// The insects of a drawn frame.
pub fn drawn(truth: &FrameTruth) -> Vec<Body> {
    let hornets = truth.hornets.iter().map(|hornet| Body {
        id: hornet.id,
        is_hornet: true,
        px: hornet.px,
        length_px: hornet.length_px,
        is_hovering: hornet.hovering,
    });
    let bees = truth.bees.iter().map(|bee| Body {
        id: bee.id,
        is_hornet: false,
        px: bee.px,
        length_px: bee.length_px,
        is_hovering: false,
    });
    hornets.chain(bees).collect()
}

/// Frames on either side of a box by hand in which it still says where its hornet is: boxes were
/// not drawn in each.
const BOX_FRAMES: usize = 3;

/// The truth beside a video file; empty when there is none: nothing in it is a hornet then.
#[derive(Debug, Clone, Default)]
pub struct FileTruth {
    frames: BTreeMap<usize, Vec<Body>>,
    /// Frames in which hornets do what cannot be held against anybody either way.
    unjudged: Vec<RangeInclusive<usize>>,
}

impl FileTruth {
    /// What lies beside `video`: `NAME.csv` with every insect's track, or in its folder `boxes.csv`
    /// of hornets that pass and `ranges.csv` of frames that are not judged.
    ///
    /// Errors: a file that cannot be read as what it is named.
    pub fn beside(video: &Path) -> anyhow::Result<FileTruth> {
        let mut truth = FileTruth::default();
        let mut take = |file: &Path, read: fn(&mut FileTruth, &str) -> anyhow::Result<()>| {
            if !file.is_file() {
                return Ok(false);
            }
            let text = std::fs::read_to_string(file);
            let text = text.with_context(|| format!("read {}", file.display()))?;
            read(&mut truth, &text).with_context(|| format!("read {}", file.display()))?;
            anyhow::Ok(true)
        };
        if !take(&video.with_extension("csv"), FileTruth::read_tracks)? {
            take(&video.with_file_name("boxes.csv"), FileTruth::read_boxes)?;
            take(&video.with_file_name("ranges.csv"), FileTruth::read_ranges)?;
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
            let body = Body {
                id: track.parse()?,
                is_hornet: label == "hornet",
                px: (x.parse()?, y.parse()?),
                length_px: length.parse()?,
                is_hovering: label == "hornet" && hovering == "1",
            };
            self.frames.entry(frame.parse()?).or_default().push(body);
        }
        Ok(())
    }

    /// Lines of `frame,label,x,y,w,h`: boxes of hornets that pass, and of other insects.
    fn read_boxes(&mut self, text: &str) -> anyhow::Result<()> {
        for (id, line) in (1..).zip(text.lines().skip(1)) {
            let fields: Vec<&str> = line.split(',').collect();
            let &[frame, label, x, y, width, height] = fields.as_slice() else {
                bail!("not six fields: {line}");
            };
            let (width, height): (f32, f32) = (width.parse()?, height.parse()?);
            let body = Body {
                id,
                is_hornet: label == "hornet",
                px: (x.parse::<f32>()? + width / 2.0, y.parse::<f32>()? + height / 2.0),
                length_px: width.max(height),
                is_hovering: false,
            };
            let frame: usize = frame.parse()?;
            for near in frame.saturating_sub(BOX_FRAMES)..=frame + BOX_FRAMES {
                self.frames.entry(near).or_default().push(body);
            }
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

    /// The insects of one frame.
    pub fn bodies_in(&self, frame: usize) -> &[Body] {
        self.frames.get(&frame).map_or(&[], Vec::as_slice)
    }

    /// Whether a frame is one in which nothing is judged.
    pub fn is_unjudged(&self, frame: usize) -> bool {
        self.unjudged.iter().any(|range| range.contains(&frame))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracks_boxes_and_ranges_are_read() {
        let mut truth = FileTruth::default();
        let tracks = "head\n4,7,hornet,1,2,30,1,1\n4,8,bee,1,2,15,1,1";
        truth.read_tracks(tracks).unwrap();
        let (hornet, bee) = (truth.bodies_in(4)[0], truth.bodies_in(4)[1]);
        assert!(hornet.is_hornet && hornet.is_hovering && !bee.is_hornet && !bee.is_hovering);
        assert!(truth.read_tracks("head\n1,7,hornet").is_err());

        truth.read_boxes("head\n10,hornet,100,50,40,20\n").unwrap();
        let passing = truth.bodies_in(13)[0];
        assert_eq!((passing.px, passing.length_px), ((120.0, 60.0), 40.0));
        assert!(truth.bodies_in(14).is_empty());

        truth.read_ranges("first,last,kind,note\n37,50,hornet,fast\n").unwrap();
        assert!(truth.is_unjudged(37) && truth.is_unjudged(50) && !truth.is_unjudged(51));
    }
}
