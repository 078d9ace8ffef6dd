//! The truth of one played scene, read from its file: where the hornet was at any moment, and as
//! which angles the laser's mount would see it.

use apis_sim::scene::{FrameTruth, HornetTruth, Standing, Stay, Stays};
use serde_json::Value;
use std::path::Path;

/// Everything that a truth file says.
#[derive(Debug)]
pub struct Truth {
    /// Every frame that was written, in order.
    pub frames: Vec<FrameTruth>,
    /// Every stay of a hornet.
    pub stays: Vec<Stay>,
}

/// An angle to the right and one upwards, in degrees from the laser's axes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bearing {
    /// To the right.
    pub pan: f64,
    /// Upwards from the horizontal.
    pub tilt: f64,
}

impl Truth {
    /// Reads a truth file, of a scene that ended or was cut.
    pub fn read(path: &Path) -> Truth {
        let text = std::fs::read_to_string(path).expect("the scene wrote its truth");
        let frames: Vec<FrameTruth> = text
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter_map(|line| FrameTruth::from_json(&line))
            .collect();
        let mut stays = Stays::default();
        frames.iter().for_each(|frame| stays.add(frame));
        Truth { stays: stays.all().to_vec(), frames }
    }

    /// The stays that had to be seen as visits.
    pub fn true_visits(&self) -> impl Iterator<Item = &Stay> {
        self.stays.iter().filter(|stay| stay.standing() == Standing::True)
    }

    /// The stay that goes on at `at_us`, or ended at most `slack_us` before.
    pub fn stay_at(&self, at_us: u64, slack_us: u64) -> Option<&Stay> {
        self.stays
            .iter()
            .find(|stay| (stay.seen_from_us..=stay.seen_to_us + slack_us).contains(&at_us))
    }

    /// Hornet `id` at `at_us`, between the two frames about that moment.
    pub fn hornet_at(&self, id: u32, at_us: u64) -> Option<HornetTruth> {
        let next = self.frames.partition_point(|frame| frame.at_us <= at_us);
        let (before, after) = (self.frames.get(next.checked_sub(1)?)?, self.frames.get(next)?);
        let find =
            |frame: &FrameTruth| frame.hornets.iter().find(|hornet| hornet.id == id).copied();
        let (from, to) = (find(before)?, find(after)?);
        let share = (at_us - before.at_us) as f32 / (after.at_us - before.at_us) as f32;
        let mix = |a: f32, b: f32| a + (b - a) * share;
        let px = (mix(from.px.0, to.px.0), mix(from.px.1, to.px.1));
        Some(HornetTruth { px, ..from })
    }

    /// Hornet `id` as the newest frame before `at_us` shows it that is at most `within_us` old and
    /// in which it hovers.
    pub fn hovered_within(&self, id: u32, at_us: u64, within_us: u64) -> Option<HornetTruth> {
        let next = self.frames.partition_point(|frame| frame.at_us <= at_us);
        let recent = self.frames.get(..next)?.iter().rev();
        recent
            .take_while(|frame| at_us - frame.at_us <= within_us)
            .flat_map(|frame| &frame.hornets)
            .find(|hornet| hornet.id == id && hornet.hovering)
            .copied()
    }

    /// When the hornet of `stay` is farther than its length from where its hover ended, or gone.
    pub fn leaves_station_us(&self, stay: &Stay) -> Option<u64> {
        let (_, hover_to_us) = stay.hover_us?;
        let station = self.hovered_within(stay.hornet, hover_to_us, 1_000_000)?;
        let later = self.frames.iter().filter(|frame| frame.at_us > hover_to_us);
        let has_left = |frame: &&FrameTruth| {
            let hornet = frame.hornets.iter().find(|hornet| hornet.id == stay.hornet);
            hornet.is_none_or(|hornet| {
                let (x, y) = (hornet.px.0 - station.px.0, hornet.px.1 - station.px.1);
                x.hypot(y) > station.length_px
            })
        };
        Some(later.into_iter().find(has_left).map_or(stay.seen_to_us, |frame| frame.at_us))
    }

    /// Frames that the scene could not draw in time: a camera that lost pictures.
    pub fn frames_lost(&self) -> usize {
        let intervals: Vec<u64> =
            self.frames.windows(2).map(|two| two[1].at_us - two[0].at_us).collect();
        let shortest = intervals.iter().min().copied().unwrap_or(1).max(1);
        let lost = intervals.iter().map(|interval| (interval + shortest / 2) / shortest - 1);
        usize::try_from(lost.sum::<u64>()).unwrap_or(usize::MAX)
    }
}

/// Where the laser sees the thing at `px` of a picture `width` wide.
///
/// Reckoned here from the mount's drawing, not by the unit's code: 4:3 and 40° wide, pitched down
/// by 25°, the laser 20 mm to the right, the hornet 1.25 m away.
pub fn bearing(px: (f32, f32), width: f64) -> Bearing {
    let height = width * 3.0 / 4.0;
    let focal = width / 2.0 / 20_f64.to_radians().tan();
    let (right, down) = (f64::from(px.0) - width / 2.0, f64::from(px.1) - height / 2.0);
    let (sin, cos) = 25_f64.to_radians().sin_cos();
    let (ahead, up) = (focal * cos - down * sin, -focal * sin - down * cos);
    let scale = 1_250.0 / (ahead * ahead + right * right + up * up).sqrt();
    let (ahead, right, up) = (ahead * scale, right * scale - 20.0, up * scale);
    Bearing {
        pan: right.atan2(ahead).to_degrees(),
        tilt: up.atan2(ahead.hypot(right)).to_degrees(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_the_picture_lies_on_the_camera_s_axis_but_for_the_parallax() {
        let middle = bearing((320.0, 240.0), 640.0);
        assert!((middle.tilt + 25.0).abs() < 0.1, "{middle:?}");
        let parallax = (20.0_f64 / 1_250.0).to_degrees();
        assert!((middle.pan + parallax).abs() < 0.15, "{middle:?}");
        let corner = bearing((640.0, 0.0), 640.0);
        assert!(corner.pan > 17.0 && corner.tilt > -13.0, "{corner:?}");
    }
}
