//! What was true in every frame, as lines of JSON, and which visits were true ones.
//!
//! One file holds a `scene` line, a `frame` line per frame and, when the scene ended by itself, an
//! `end` line. A reader whose scene was cut gets the same visits from the frames alone.

use super::picture::PictureSize;
use apis_protocol::records::VISIT_GAP_MS;
use apis_units::{Fraction, PicturePoint};
use serde_json::{Value, json};

/// A hover this long is a true visit (product.md R1 with the margin that the proof allows).
pub const TRUE_HOVER_US: u64 = 2_000_000;

/// A hover this long or longer, but under [`TRUE_HOVER_US`], is neither right nor wrong.
pub const UNCERTAIN_HOVER_US: u64 = 1_000_000;

/// What was in one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameTruth {
    /// Number of the frame among those written, from zero.
    pub index: u64,
    /// Capture time: µs of `CLOCK_MONOTONIC`, or of scene time when there is no clock.
    pub at_us: u64,
    /// Every hornet of which something is in the picture.
    pub hornets: Vec<HornetTruth>,
    /// Every bee of which something is in the picture.
    pub bees: Vec<BeeTruth>,
}

/// One hornet in one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HornetTruth {
    /// Its number in this scene; it keeps it for its whole stay.
    pub id: u32,
    /// Centre of its body in the full sensor picture.
    pub place: PicturePoint,
    /// Centre of its body in pixels of this frame.
    pub px: (f32, f32),
    /// Length of its body as drawn, in pixels of this frame.
    pub length_px: f32,
    /// Share of its body inside the picture, 0 to 1.
    pub visible: f32,
    /// Whether it keeps its station before the hive.
    pub hovering: bool,
}

/// One bee in one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BeeTruth {
    /// Its number in this scene.
    pub id: u32,
    /// Centre of its body in pixels of this frame.
    pub px: (f32, f32),
    /// Length of its body as drawn, in pixels of this frame.
    pub length_px: f32,
}

/// The place of a pixel position in the full sensor picture.
pub fn place_of(px: (f32, f32), size: PictureSize) -> PicturePoint {
    let share = |at: f32, whole: usize| {
        let raw = (at / whole as f32 * 65_536.0).clamp(0.0, 65_535.0);
        Fraction::from_raw(raw as u16)
    };
    PicturePoint { x: share(px.0, size.width), y: share(px.1, size.height) }
}

impl FrameTruth {
    /// The frame's line.
    pub fn to_json(&self) -> Value {
        let tenth = |value: f32| (f64::from(value) * 10.0).round() / 10.0;
        let hornets: Vec<Value> = self
            .hornets
            .iter()
            .map(|hornet| {
                json!({
                    "id": hornet.id,
                    "x": hornet.place.x.raw(),
                    "y": hornet.place.y.raw(),
                    "px": [tenth(hornet.px.0), tenth(hornet.px.1)],
                    "length_px": tenth(hornet.length_px),
                    "visible": (f64::from(hornet.visible) * 100.0).round() / 100.0,
                    "hovering": hornet.hovering,
                })
            })
            .collect();
        let bees: Vec<Value> = self
            .bees
            .iter()
            .map(|bee| json!([bee.id, tenth(bee.px.0), tenth(bee.px.1), tenth(bee.length_px)]))
            .collect();
        json!({"frame": self.index, "at_us": self.at_us, "hornets": hornets, "bees": bees})
    }

    /// Reads a frame's line; `None` when it is another kind of line or was cut.
    pub fn from_json(line: &Value) -> Option<FrameTruth> {
        let hornets: Option<Vec<HornetTruth>> =
            line["hornets"].as_array()?.iter().map(hornet_from_json).collect();
        let bees: Option<Vec<BeeTruth>> =
            line["bees"].as_array()?.iter().map(bee_from_json).collect();
        Some(FrameTruth {
            index: line["frame"].as_u64()?,
            at_us: line["at_us"].as_u64()?,
            hornets: hornets?,
            bees: bees?,
        })
    }
}

fn hornet_from_json(hornet: &Value) -> Option<HornetTruth> {
    let share = |value: &Value| Some(Fraction::from_raw(u16::try_from(value.as_u64()?).ok()?));
    Some(HornetTruth {
        id: u32::try_from(hornet["id"].as_u64()?).ok()?,
        place: PicturePoint { x: share(&hornet["x"])?, y: share(&hornet["y"])? },
        px: (number(&hornet["px"][0])?, number(&hornet["px"][1])?),
        length_px: number(&hornet["length_px"])?,
        visible: number(&hornet["visible"])?,
        hovering: hornet["hovering"].as_bool()?,
    })
}

fn bee_from_json(bee: &Value) -> Option<BeeTruth> {
    Some(BeeTruth {
        id: u32::try_from(bee[0].as_u64()?).ok()?,
        px: (number(&bee[1])?, number(&bee[2])?),
        length_px: number(&bee[3])?,
    })
}

fn number(value: &Value) -> Option<f32> {
    value.as_f64().map(|value| value as f32)
}

/// Whether a stay had to be seen as a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It hovered for [`TRUE_HOVER_US`] or longer at a stretch: must be a visit.
    True,
    /// It hovered, but too shortly to be held against anybody either way.
    Uncertain,
    /// It never hovered for [`UNCERTAIN_HOVER_US`]: must not be a visit.
    None,
}

/// One hornet's stay in the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stay {
    /// The hornet's number.
    pub hornet: u32,
    /// Capture time of the first frame it is in.
    pub seen_from_us: u64,
    /// Capture time of the last frame it is in.
    pub seen_to_us: u64,
    /// Its longest hover at a stretch: capture times of first and last frame.
    pub hover_us: Option<(u64, u64)>,
    /// Start of a hover that still goes on.
    hover_since_us: Option<u64>,
}

impl Stay {
    fn begun(hornet: &HornetTruth, at_us: u64) -> Stay {
        let mut stay = Stay {
            hornet: hornet.id,
            seen_from_us: at_us,
            seen_to_us: at_us,
            hover_us: None,
            hover_since_us: None,
        };
        stay.see(hornet, at_us);
        stay
    }

    fn see(&mut self, hornet: &HornetTruth, at_us: u64) {
        self.seen_to_us = at_us;
        if !hornet.hovering {
            self.hover_since_us = None;
            return;
        }
        let since = *self.hover_since_us.get_or_insert(at_us);
        if self.hover_us.is_none_or(|(from, to)| to - from <= at_us - since) {
            self.hover_us = Some((since, at_us));
        }
    }

    /// How long it hovered at a stretch, in µs.
    pub fn hovered_us(&self) -> u64 {
        self.hover_us.map_or(0, |(from, to)| to - from)
    }

    /// Whether it had to be seen as a visit.
    pub fn standing(&self) -> Standing {
        match self.hovered_us() {
            TRUE_HOVER_US.. => Standing::True,
            UNCERTAIN_HOVER_US.. => Standing::Uncertain,
            _ => Standing::None,
        }
    }

    /// The stay's entry in the `end` line.
    pub fn to_json(&self) -> Value {
        let standing = match self.standing() {
            Standing::True => "true",
            Standing::Uncertain => "uncertain",
            Standing::None => "none",
        };
        json!({
            "hornet": self.hornet,
            "seen_from_us": self.seen_from_us,
            "seen_to_us": self.seen_to_us,
            "hover_from_us": self.hover_us.map(|(from, _)| from),
            "hover_to_us": self.hover_us.map(|(_, to)| to),
            "visit": standing,
        })
    }
}

/// Joins frames into stays, by the same gap as the unit joins what it sees.
#[derive(Debug, Clone, Default)]
pub struct Stays {
    stays: Vec<Stay>,
}

impl Stays {
    /// Takes the next frame.
    pub fn add(&mut self, frame: &FrameTruth) {
        for hornet in &frame.hornets {
            let open = self.stays.iter_mut().rev().find(|stay| {
                let absent_ms = frame.at_us.saturating_sub(stay.seen_to_us) / 1_000;
                stay.hornet == hornet.id && absent_ms < VISIT_GAP_MS
            });
            match open {
                Some(stay) => stay.see(hornet, frame.at_us),
                None => self.stays.push(Stay::begun(hornet, frame.at_us)),
            }
        }
    }

    /// All stays so far, in order of their beginning.
    pub fn all(&self) -> &[Stay] {
        &self.stays
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(at_ms: u64, hovering: Option<bool>) -> FrameTruth {
        let hornets = hovering
            .map(|hovering| HornetTruth {
                id: 1,
                place: PicturePoint::default(),
                px: (1.0, 2.0),
                length_px: 27.0,
                visible: 1.0,
                hovering,
            })
            .into_iter()
            .collect();
        FrameTruth { index: at_ms, at_us: at_ms * 1_000, hornets, bees: Vec::new() }
    }

    fn stays(frames: impl IntoIterator<Item = FrameTruth>) -> Vec<Stay> {
        let mut stays = Stays::default();
        frames.into_iter().for_each(|frame| stays.add(&frame));
        stays.all().to_vec()
    }

    #[test]
    fn two_seconds_of_hover_are_a_true_visit_and_one_is_neither() {
        let hover = |ms: u64| stays((0..=ms).step_by(100).map(|at| frame(at, Some(true))));
        assert_eq!(hover(2_000)[0].standing(), Standing::True);
        assert_eq!(hover(1_900)[0].standing(), Standing::Uncertain);
        assert_eq!(hover(900)[0].standing(), Standing::None);
    }

    #[test]
    fn a_hover_must_be_at_a_stretch() {
        let broken = (0..40).map(|step| frame(step * 100, Some(step != 15 && step != 30)));
        assert_eq!(stays(broken)[0].standing(), Standing::Uncertain);
    }

    #[test]
    fn a_hornet_away_for_less_than_the_gap_is_on_the_same_visit() {
        let away = |ms: u64| stays([frame(0, Some(true)), frame(ms, Some(true))]).len();
        assert_eq!(away(VISIT_GAP_MS - 1), 1);
        assert_eq!(away(VISIT_GAP_MS), 2);
    }

    #[test]
    fn a_frame_survives_its_line() {
        let mut written = frame(7, Some(true));
        written.bees.push(BeeTruth { id: 4, px: (3.0, 4.5), length_px: 12.5 });
        assert_eq!(FrameTruth::from_json(&written.to_json()), Some(written));
        assert_eq!(FrameTruth::from_json(&json!({"end": {}})), None);
    }
}
