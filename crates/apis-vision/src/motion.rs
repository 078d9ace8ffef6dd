//! How a track moved lately: whether it keeps its station, stands, or swings.

use crate::fixed::root;
use crate::history::{History, SAMPLES_MAX, Sample};

/// Radius within which a thing hovers, 1/256 of its length.
///
/// R1 says within a body length or two; real hornets kept within 0.4 to 0.7 of theirs for a
/// second, measured about the middle of the box they stayed in.
const HOVER_RADIUS_MAX: i32 = 384;

/// Span over which the radius is told, in milliseconds.
pub(crate) const HOVER_MS_MIN: u32 = 1_000;

/// Step over which speed is measured, in milliseconds: long against the centre's jitter.
const SPEED_STEP_MS: u32 = 200;

/// Span over which speed is measured, in milliseconds: the end of the second that makes a hover,
/// when whatever flew in has slowed down.
const SPEED_MS: u32 = 800;

/// How a track stays where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Stay {
    /// How long it has stayed within [`HOVER_RADIUS_MAX`], in milliseconds.
    pub ms: u32,
    /// Radius of the last [`HOVER_MS_MIN`] (or of the stay, if shorter), 1/256 of its length.
    pub radius: i32,
    /// Mean speed meanwhile, 1/256 of its length per second.
    pub speed: i32,
    /// Share of its movement that repeats itself, 1/256.
    pub periodicity: i32,
}

/// Measures the newest stay of a body `length16` (1/16 pixel) long.
pub(crate) fn measure(history: &History, length16: i32) -> Stay {
    let length16 = length16.max(16);
    let Some(newest) = history.newest_first().next() else {
        return Stay::default();
    };
    let mut reach = Reach::around(newest);
    let mut stay = Stay::default();
    let mut count = 0;
    for sample in history.newest_first() {
        let wider = reach.with(sample);
        if wider.radius16() * 256 > HOVER_RADIUS_MAX * length16 {
            break;
        }
        reach = wider;
        count += 1;
        stay.ms = newest.at_ms - sample.at_ms;
        if stay.ms <= HOVER_MS_MIN {
            stay.radius = reach.radius16() * 256 / length16;
        }
    }
    let samples = history.newest_first().take(count);
    let lately = samples.take_while(|sample| newest.at_ms - sample.at_ms <= SPEED_MS);
    stay.speed = speed(lately, length16);
    stay.periodicity = periodicity(history, count);
    stay
}

/// Span in which a flight is told, in milliseconds: three frames at 5 a second.
const FLIGHT_MS: u32 = 450;

/// Whether a body `length16` (1/16 pixel) long is on its way: a straight way of one and a half
/// lengths within [`FLIGHT_MS`], over three samples or more.
///
/// Bees walk at one or two lengths a second, a hovering hornet drifts at less; when two bodies
/// meet, their common centre leaps, but once.
pub(crate) fn is_flight(history: &History, length16: i32) -> bool {
    let mut path16 = 0;
    let (mut first, mut last): (Option<&Sample>, Option<&Sample>) = (None, None);
    let mut longest16 = 0;
    let mut count = 0;
    for sample in history.newest_first() {
        let newest = *first.get_or_insert(sample);
        if newest.at_ms - sample.at_ms > FLIGHT_MS {
            break;
        }
        if let Some(last) = last {
            let step16 = root(distance_squared(last, sample));
            longest16 = step16.max(longest16);
            path16 += step16;
        }
        last = Some(sample);
        count += 1;
    }
    let (Some(first), Some(last)) = (first, last) else {
        return false;
    };
    let way16 = root(distance_squared(first, last));
    let is_long = u64::from(way16) * 2 >= u64::from(length16.unsigned_abs()) * 3;
    let is_straight = u64::from(way16) * 5 >= u64::from(path16) * 4;
    let is_one_leap = u64::from(longest16) * 4 > u64::from(path16) * 3;
    count >= 3 && is_long && is_straight && !is_one_leap
}

/// The upright box around some places.
#[derive(Clone, Copy)]
struct Reach {
    left: i32,
    top: i32,
    right: i32,
    bottom: i32,
}

impl Reach {
    fn around(sample: &Sample) -> Reach {
        Reach { left: sample.x16, top: sample.y16, right: sample.x16, bottom: sample.y16 }
    }

    fn with(self, sample: &Sample) -> Reach {
        Reach {
            left: self.left.min(sample.x16),
            top: self.top.min(sample.y16),
            right: self.right.max(sample.x16),
            bottom: self.bottom.max(sample.y16),
        }
    }

    /// Half of the longer side.
    fn radius16(self) -> i32 {
        (self.right - self.left).max(self.bottom - self.top) / 2
    }
}

/// Mean speed through places at least [`SPEED_STEP_MS`] apart, 1/256 of `length16` per second.
fn speed<'a>(samples: impl Iterator<Item = &'a Sample>, length16: i32) -> i32 {
    let (mut path16, mut span_ms) = (0_i64, 0_u32);
    let mut last: Option<&Sample> = None;
    for sample in samples {
        match last {
            Some(from) if from.at_ms - sample.at_ms < SPEED_STEP_MS => {}
            Some(from) => {
                path16 += i64::from(root(distance_squared(from, sample)));
                span_ms += from.at_ms - sample.at_ms;
                last = Some(sample);
            }
            None => last = Some(sample),
        }
    }
    (path16 * 256_000 / i64::from(span_ms.max(1)) / i64::from(length16)).min(65_535) as i32
}

fn distance_squared(one: &Sample, other: &Sample) -> u64 {
    let (x, y) = (i64::from(one.x16 - other.x16), i64::from(one.y16 - other.y16));
    (x * x + y * y) as u64
}

/// Fewest samples in which a period can be told.
const PERIOD_SAMPLES_MIN: usize = 16;

/// How much of the newest `count` samples' movement comes back after one period, 1/256.
///
/// The mean square distance between places a lag apart rises to a peak at half a period and
/// falls back to nothing after a whole one; wandering rises and does not fall back.
fn periodicity(history: &History, count: usize) -> i32 {
    if count < PERIOD_SAMPLES_MIN {
        return 0;
    }
    let mut places = [Sample::default(); SAMPLES_MAX];
    for (place, sample) in places.iter_mut().zip(history.newest_first().take(count)) {
        *place = *sample;
    }
    let places = &places[..count];
    let (mut peak, mut valley) = (0_u64, 0_u64);
    for lag in 1..count * 2 / 3 {
        let pairs = places.iter().zip(&places[lag..]);
        let sum: u64 = pairs.map(|(one, other)| distance_squared(one, other)).sum();
        let mean = sum / (count - lag) as u64;
        if mean > peak {
            (peak, valley) = (mean, mean);
        } else {
            valley = valley.min(mean);
        }
    }
    // Under a quarter of a pixel there is no movement to speak of.
    if peak < 16 { 0 } else { 256 - (valley * 256 / peak) as i32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A history of `seconds` at 20 frames a second along `place` (pixels over seconds).
    fn history(seconds: f64, place: impl Fn(f64) -> (f64, f64)) -> History {
        let mut history = History::new();
        for frame in 0..(seconds * 20.0) as u32 {
            let (x, y) = place(f64::from(frame) / 20.0);
            history.push(Sample {
                at_ms: frame * 50,
                x16: (x * 16.0) as i32,
                y16: (y * 16.0) as i32,
                ..Sample::default()
            });
        }
        history
    }

    #[test]
    fn a_slow_drift_is_a_stay_and_a_flight_is_none() {
        let drift = measure(&history(2.0, |t| (100.0 + 20.0 * t, 80.0)), 30 * 16);
        assert!(drift.ms >= 1_800, "{drift:?}");
        assert!((120..220).contains(&drift.speed), "{drift:?}");
        let flight = measure(&history(2.0, |t| (100.0 + 200.0 * t, 80.0)), 30 * 16);
        assert!(flight.ms < 600, "{flight:?}");
    }

    #[test]
    fn swinging_is_periodic_and_wandering_is_not() {
        let leaf = |t: f64| (100.0 + 8.0 * (t * 6.0).sin(), 80.0 + 3.0 * (t * 6.0).sin());
        assert!(measure(&history(2.4, leaf), 30 * 16).periodicity > 200);
        let wander = |t: f64| (100.0 + 9.0 * (t * 1.1).sin(), 80.0 + 6.0 * (t * 2.3 + t * t).cos());
        let wandering = measure(&history(2.4, wander), 30 * 16).periodicity;
        assert!(wandering < 180, "{wandering}");
    }

    #[test]
    fn standing_still_has_no_speed() {
        let still = measure(&history(2.0, |_| (100.0, 80.0)), 30 * 16);
        assert_eq!((still.speed, still.radius, still.periodicity), (0, 0, 0));
        assert!(still.ms >= 1_900);
    }
}
