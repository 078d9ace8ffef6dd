//! The pre-roll: the newest frames and track points, bounded in bytes and in time.

use super::avi::Point;
use super::input::JpegFrame;
use super::limits::Limits;
use alloc::collections::VecDeque;
use apis_units::Uptime;

/// Most points held: 64 tracks would fill it in two seconds, the usual few in a minute.
const POINTS_MAX: usize = 2_048;

/// What was seen in the last seconds.
#[derive(Debug, Default)]
pub struct Ring {
    frames: VecDeque<JpegFrame>,
    bytes: usize,
    points: VecDeque<Point>,
    /// Frames given up for the bound in bytes before their time was over.
    pub dropped_early: u64,
}

impl Ring {
    /// Takes a frame and lets go of what is too old or too much.
    pub fn push(&mut self, frame: JpegFrame, limits: &Limits) {
        let is_other_size =
            |last: &JpegFrame| (last.width, last.height) != (frame.width, frame.height);
        if self.frames.back().is_some_and(is_other_size) {
            // A clip has one size: what came before can begin none any more.
            self.frames.clear();
            self.bytes = 0;
        }
        let now = frame.captured_at;
        self.bytes += frame.bytes.len();
        self.frames.push_back(frame);
        while let Some(first) = self.frames.front() {
            let is_old = now.since(first.captured_at) > limits.pre_roll;
            if !is_old && self.bytes <= limits.ring_bytes_max {
                break;
            }
            self.bytes -= first.bytes.len();
            self.dropped_early += u64::from(!is_old);
            self.frames.pop_front();
        }
        self.drop_points_before(now, limits);
    }

    /// Takes a point.
    pub fn push_point(&mut self, point: Point) {
        if self.points.len() == POINTS_MAX {
            self.points.pop_front();
        }
        self.points.push_back(point);
    }

    /// The frames, oldest first.
    pub fn frames(&self) -> impl Iterator<Item = &JpegFrame> {
        self.frames.iter()
    }

    /// The points of one track, oldest first.
    pub fn points_of(&self, track: u32) -> impl Iterator<Item = &Point> {
        self.points.iter().filter(move |point| point.track == track)
    }

    /// Bytes of the frames held.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn drop_points_before(&mut self, now: Uptime, limits: &Limits) {
        let is_old = |point: &Point| now.since(point.captured_at) > limits.pre_roll;
        while self.points.front().is_some_and(is_old) {
            self.points.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use core::time::Duration;

    fn frame(millis: u64, bytes: usize) -> JpegFrame {
        JpegFrame {
            captured_at: Uptime::from_millis(millis),
            width: 320,
            height: 240,
            bytes: vec![0; bytes],
        }
    }

    fn limits() -> Limits {
        Limits { pre_roll: Duration::from_secs(1), ring_bytes_max: 1_000, ..Limits::default() }
    }

    #[test]
    fn the_ring_holds_its_time() {
        let mut ring = Ring::default();
        for millis in (0..5_000).step_by(100) {
            ring.push(frame(millis, 10), &limits());
        }
        let times: vec::Vec<u64> = ring.frames().map(|frame| frame.captured_at.millis()).collect();
        assert_eq!((times.len(), times[0], times[10]), (11, 3_900, 4_900));
        assert_eq!(ring.dropped_early, 0);
    }

    #[test]
    fn the_ring_holds_its_bytes_and_counts_what_that_cost() {
        let mut ring = Ring::default();
        for millis in (0..1_000).step_by(100) {
            ring.push(frame(millis, 300), &limits());
            assert!(ring.bytes() <= 1_000);
        }
        assert_eq!(ring.frames().count(), 3);
        assert_eq!(ring.dropped_early, 7);
        ring.push(frame(1_000, 2_000), &limits());
        assert_eq!((ring.frames().count(), ring.bytes()), (0, 0));
    }

    #[test]
    fn another_size_begins_anew() {
        let mut ring = Ring::default();
        ring.push(frame(0, 10), &limits());
        ring.push(JpegFrame { width: 640, ..frame(100, 10) }, &limits());
        assert_eq!(ring.frames().count(), 1);
    }
}
