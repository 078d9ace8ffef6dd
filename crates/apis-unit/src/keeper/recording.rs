//! One clip while it is recorded: frames into slots, slots into bytes for the disk.
//!
//! Slots follow the capture times at the clip's rate. A slot whose frame did not come, or whose
//! frame found the disk too far behind, is an empty chunk, so that later frames stay in place.

use super::avi::scan::Recovered;
use super::avi::{self, FRAME_NOTE_BYTES, Point, Shape, Slot};
use super::input::JpegFrame;
use super::limits::Limits;
use alloc::vec::Vec;
use apis_protocol::sidecar::{CaptureTime, POINTS_MAX, TrackPoint};
use apis_units::Uptime;

/// A clip in the making.
#[derive(Debug, Default)]
pub struct Recording {
    shape: Option<Shape>,
    slots: Vec<Slot>,
    points: Vec<Point>,
    /// Bytes that are to follow what was given to the disk.
    waiting: Vec<u8>,
    /// Length of the file once `waiting` is written.
    length: u32,
    /// Length of the file that the disk has confirmed.
    written: u32,
    is_over: bool,
    /// When the file was last made durable.
    pub synced_at: Uptime,
    /// Frames that came and have no place: too early for the next slot, or the disk too far behind.
    pub frames_dropped: u32,
}

impl Recording {
    /// A recording that goes on from what a restart found on the disk.
    pub fn recovered(found: Recovered) -> Recording {
        Recording {
            shape: Some(found.shape),
            slots: found.slots,
            points: found.points,
            length: found.whole_to,
            written: found.whole_to,
            is_over: true,
            ..Recording::default()
        }
    }

    /// Takes a frame, unless the clip is as long as it may be.
    pub fn push(&mut self, frame: &JpegFrame, limits: &Limits) {
        if self.is_over {
            return;
        }
        let shape =
            Shape { width: frame.width, height: frame.height, rate_fps: limits.clip_rate_fps };
        let own = *self.shape.get_or_insert_with(|| {
            self.waiting = avi::open_header(shape);
            self.length = self.waiting.len() as u32;
            shape
        });
        if own != shape {
            self.is_over = true;
            return;
        }
        let slot = self.slot_of(frame.captured_at, limits);
        let bytes = frame.bytes.len() as u32 + FRAME_NOTE_BYTES + 16;
        if slot >= limits.slots_max() || self.length.saturating_add(bytes) > limits.clip_bytes_max {
            self.is_over = true;
            return;
        }
        if slot < self.slots.len() {
            self.frames_dropped += 1;
            return;
        }
        while self.slots.len() < slot {
            self.skip_slot();
        }
        if self.waiting.len() + frame.bytes.len() > limits.waiting_bytes_max {
            self.frames_dropped += 1;
            self.skip_slot();
            return;
        }
        self.slots.push(Slot {
            captured_at: Some(frame.captured_at),
            at: self.length + FRAME_NOTE_BYTES,
            bytes: frame.bytes.len() as u32,
        });
        self.append(&avi::frame_chunks(frame.captured_at, &frame.bytes));
    }

    /// Takes a point of the visit's track.
    pub fn push_point(&mut self, point: Point) {
        if self.is_over || self.shape.is_none() || self.points.len() == POINTS_MAX {
            return;
        }
        self.points.push(point);
        self.append(&avi::point_chunk(&point));
    }

    /// Whether something is to be written.
    pub fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Bytes to be written now; they begin the file while nothing of it is written. They count as
    /// written only once [`confirm`](Recording::confirm) says so.
    pub fn waiting(&self) -> &[u8] {
        &self.waiting
    }

    /// The disk took the first `bytes` that waited.
    pub fn confirm(&mut self, bytes: usize) {
        self.waiting.drain(..bytes.min(self.waiting.len()));
        self.written += bytes as u32;
    }

    /// Takes no more frames: what is held is the clip.
    pub fn end(&mut self) {
        self.is_over = true;
    }

    /// Whether there is a picture in it.
    pub fn has_frames(&self) -> bool {
        self.slots.iter().any(|slot| slot.bytes > 0)
    }

    /// Bytes that the disk has confirmed.
    pub fn written(&self) -> u32 {
        self.written
    }

    /// What is to be appended and what the header says then, to make the file whole.
    pub fn seal(&self) -> Option<Seal> {
        let shape = self.shape?;
        let index = avi::index(&self.slots);
        let bytes = self.length + index.len() as u32;
        let header = avi::closed_header(shape, self.slots.len() as u32, self.length, bytes);
        Some(Seal { length: self.length, index, header, bytes })
    }

    /// Every slot's time; a slot without a frame has the middle of its time.
    pub fn capture_times(&self, limits: &Limits) -> Vec<CaptureTime> {
        let start = self.start();
        let nominal = |index: usize| start.micros() + index as u64 * limits.slot_micros();
        let time = |(index, slot): (usize, &Slot)| {
            CaptureTime(slot.captured_at.unwrap_or_else(|| Uptime::from_micros(nominal(index))))
        };
        self.slots.iter().enumerate().map(time).collect()
    }

    /// The points, each at the frame nearest to it in time, in the order of the frames.
    pub fn track(&self, limits: &Limits) -> Vec<TrackPoint> {
        let times = self.capture_times(limits);
        let slack = limits.slot_micros();
        let mut track: Vec<TrackPoint> = self
            .points
            .iter()
            .filter_map(|point| {
                let frame = nearest(&times, point.captured_at, slack)?;
                let slot = self.slots.get(frame)?;
                (slot.bytes > 0).then_some(TrackPoint {
                    frame: frame as u32,
                    track: point.track,
                    at: point.at,
                    width: point.bounds.width,
                    height: point.bounds.height,
                })
            })
            .collect();
        track.sort_by_key(|point| (point.frame, point.track));
        track.dedup_by_key(|point| (point.frame, point.track));
        track
    }

    /// Capture time of the newest point or frame.
    pub fn last_seen(&self) -> Option<Uptime> {
        let of_points = self.points.iter().map(|point| point.captured_at).max();
        of_points.or_else(|| self.slots.iter().filter_map(|slot| slot.captured_at).max())
    }

    fn start(&self) -> Uptime {
        self.slots.first().and_then(|slot| slot.captured_at).unwrap_or_default()
    }

    /// The slot whose middle is nearest to `at`.
    fn slot_of(&self, at: Uptime, limits: &Limits) -> usize {
        if self.slots.is_empty() {
            return 0;
        }
        let slot = limits.slot_micros();
        let after = at.micros().saturating_sub(self.start().micros());
        usize::try_from((after + slot / 2) / slot).unwrap_or(usize::MAX)
    }

    fn skip_slot(&mut self) {
        self.slots.push(Slot { captured_at: None, at: self.length, bytes: 0 });
        self.append(&avi::empty_chunk());
    }

    fn append(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
        self.length += bytes.len() as u32;
    }
}

/// What makes a recorded file a whole one.
#[derive(Debug)]
pub struct Seal {
    /// Length before the index.
    pub length: u32,
    /// To be appended.
    pub index: Vec<u8>,
    /// To be written over the start.
    pub header: Vec<u8>,
    /// Length of the whole.
    pub bytes: u32,
}

/// Index of the time nearest to `at`, if it is within `slack` microseconds.
fn nearest(times: &[CaptureTime], at: Uptime, slack: u64) -> Option<usize> {
    let after = times.partition_point(|time| time.0 < at);
    let distance =
        |index: usize| times.get(index).map(|time| (time.0.micros().abs_diff(at.micros()), index));
    let candidates = [after.checked_sub(1).and_then(distance), distance(after)];
    let (micros, index) = candidates.into_iter().flatten().min()?;
    (micros <= slack).then_some(index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use apis_units::{PictureBox, PicturePoint};

    fn frame(millis: u64) -> JpegFrame {
        let bytes = vec![0xff, 0xd8, 0, 0xff, 0xd9];
        JpegFrame { captured_at: Uptime::from_millis(millis), width: 320, height: 240, bytes }
    }

    fn point(millis: u64) -> Point {
        Point {
            captured_at: Uptime::from_millis(millis),
            track: 1,
            at: PicturePoint::default(),
            bounds: PictureBox::FULL,
        }
    }

    fn filled(recording: &Recording) -> Vec<bool> {
        recording.slots.iter().map(|slot| slot.bytes > 0).collect()
    }

    #[test]
    fn a_missing_frame_is_an_empty_slot_and_a_double_one_is_dropped() {
        let mut recording = Recording::default();
        for millis in [1_000, 1_110, 1_130, 1_390, 1_500] {
            recording.push(&frame(millis), &Limits::default());
        }
        assert_eq!(filled(&recording), [true, true, false, false, true, true]);
        assert_eq!(recording.frames_dropped, 1);
        let times: Vec<u64> = recording
            .capture_times(&Limits::default())
            .iter()
            .map(|time| time.0.millis())
            .collect();
        assert_eq!(times, [1_000, 1_110, 1_200, 1_300, 1_390, 1_500]);
    }

    #[test]
    fn a_clip_ends_at_its_longest_and_at_another_size() {
        let limits =
            Limits { clip_length_max: core::time::Duration::from_millis(300), ..Limits::default() };
        let mut recording = Recording::default();
        for millis in (0..1_000).step_by(100) {
            recording.push(&frame(millis), &limits);
        }
        assert_eq!(filled(&recording), [true; 3]);

        let mut recording = Recording::default();
        recording.push(&frame(0), &limits);
        recording.push(&JpegFrame { width: 640, ..frame(100) }, &limits);
        recording.push(&frame(200), &limits);
        assert_eq!(filled(&recording), [true]);
    }

    #[test]
    fn a_disk_that_lags_costs_frames_and_not_memory() {
        let limits = Limits { waiting_bytes_max: 300, ..Limits::default() };
        let mut recording = Recording::default();
        for millis in (0..5_000).step_by(100) {
            recording.push(&frame(millis), &limits);
        }
        assert_eq!(recording.slots.len(), 50);
        assert_eq!(filled(&recording).iter().filter(|filled| **filled).count(), 3);
        let bytes = recording.waiting().len();
        recording.confirm(bytes);
        assert!(!recording.has_waiting());
        assert_eq!(recording.written() as usize, bytes);
    }

    #[test]
    fn a_point_belongs_to_the_frame_nearest_in_time() {
        let limits = Limits::default();
        let mut recording = Recording::default();
        for millis in [0, 100, 300] {
            recording.push(&frame(millis), &limits);
        }
        for millis in [40, 60, 200, 310, 900] {
            recording.push_point(point(millis));
        }
        let frames: Vec<u32> = recording.track(&limits).iter().map(|point| point.frame).collect();
        assert_eq!(frames, [0, 1, 3]);
    }
}
