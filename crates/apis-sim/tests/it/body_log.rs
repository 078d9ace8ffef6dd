//! What the simulated body saw at its pins: every time the laser was lit, where the line was, and
//! whether that kept the limits.

use crate::truth::{Bearing, Truth, bearing};
use apis_aim::sweep;
use apis_sim::scene::HornetTruth;
use apis_units::Uptime;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// Where the line was at one moment, in degrees.
#[derive(Debug, Clone, Copy)]
pub struct LineAt {
    /// When, in µs of `CLOCK_MONOTONIC`.
    pub us: u64,
    /// Its middle.
    pub middle: Bearing,
    /// Its upper end.
    pub top: f64,
    /// Its lower end.
    pub bottom: f64,
}

/// One time the laser was lit, on what the line was during it.
#[derive(Debug, Clone)]
pub struct Lit {
    /// When it came on.
    pub from_us: u64,
    /// When it went off.
    pub to_us: u64,
    /// What made it dark: `beam_pin` or `one_shot`.
    pub cause: String,
    /// When the last edge was received before it went off.
    pub edge_us: u64,
    /// The line, every 20 ms.
    pub lines: Vec<LineAt>,
}

/// Reads a body's log: every span of light, a blink of the one-shot apart from what follows it.
///
/// # Panics
/// When the laser is still lit at its end.
pub fn read(path: &Path) -> Vec<Lit> {
    let text = std::fs::read_to_string(path).expect("the body wrote its log");
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let all = lit(lines);
    let is_over = all.iter().all(|lit| !lit.cause.is_empty());
    assert!(is_over, "still lit at the end of {}", path.display());
    all
}

/// One emission as its unit tells of it, in µs of `CLOCK_MONOTONIC`.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    /// Its first order.
    pub from_us: u64,
    /// When it was dark by the unit's reckoning.
    pub to_us: u64,
}

/// How far the body's log and the unit's account of the same moment may be apart, in µs: the way
/// of a drive through the socket, and the fraction of a millisecond by which a unit's boot is known.
const APART_US: u64 = 20_000;

/// Puts the spans of light into the emissions that the unit tells of.
///
/// An emission may blink: edges that are sent 50 ms apart may be received 51 ms apart, and the
/// one-shot lets go in between. A span of light in no emission is given back as an error.
pub fn by_emission(spans: Vec<Lit>, told: &[Told]) -> (Vec<Lit>, Vec<Lit>) {
    let (mut emissions, mut astray): (Vec<Option<Lit>>, Vec<Lit>) =
        (told.iter().map(|_| None).collect(), Vec::new());
    for span in spans {
        let is_its = |told: &Told| {
            told.from_us <= span.from_us + APART_US && span.to_us <= told.to_us + APART_US
        };
        match told.iter().position(is_its).map(|index| &mut emissions[index]) {
            None => astray.push(span),
            Some(Some(emission)) => {
                emission.to_us = span.to_us;
                (emission.cause, emission.edge_us) = (span.cause, span.edge_us);
                emission.lines.extend(span.lines);
            }
            Some(empty @ None) => *empty = Some(span),
        }
    }
    (emissions.into_iter().flatten().collect(), astray)
}

fn lit(events: impl Iterator<Item = Value>) -> Vec<Lit> {
    let mut all: Vec<Lit> = Vec::new();
    let mut half_mdeg = 0;
    for event in events {
        let us = event["us"].as_u64().expect("every event has its time");
        match (event["event"].as_str().unwrap_or_default(), all.last_mut()) {
            ("start", _) => half_mdeg = event["line_half_mdeg"].as_i64().expect("a length"),
            ("lit", _) => {
                let tilt_mdeg = event["tilt_mdeg"].as_i64().expect("a line has its angles");
                let ends = json!({
                    "pan_mdeg": event["pan_mdeg"],
                    "tilt_mdeg": tilt_mdeg,
                    "top_mdeg": tilt_mdeg + half_mdeg,
                    "bottom_mdeg": tilt_mdeg - half_mdeg,
                });
                let lines = vec![line(us, &ends)];
                all.push(Lit { from_us: us, to_us: us, cause: String::new(), edge_us: 0, lines });
            }
            ("line", Some(lit)) if lit.cause.is_empty() => lit.lines.push(line(us, &event)),
            ("dark", Some(lit)) => {
                lit.to_us = us;
                lit.edge_us = event["edge_us"].as_u64().unwrap_or(0);
                lit.cause = event["cause"].as_str().unwrap_or("unknown").to_owned();
            }
            _ => {}
        }
    }
    all
}

fn line(us: u64, event: &Value) -> LineAt {
    let degrees = |name: &str| event[name].as_f64().expect("a line has its angles") / 1_000.0;
    let middle = Bearing { pan: degrees("pan_mdeg"), tilt: degrees("tilt_mdeg") };
    LineAt { us, middle, top: degrees("top_mdeg"), bottom: degrees("bottom_mdeg") }
}

/// The one-shot's time and one control period: by so much a limit may be overrun by the last
/// order, in µs.
const SLACK_US: u64 = 70_000;

/// Every limit of R6 that `all` breaks, in words; `uptime` tells the unit's uptime at a moment.
pub fn broken_limits(all: &[Lit], uptime: impl Fn(u64) -> Uptime) -> Vec<String> {
    let mut broken = Vec::new();
    for lit in all {
        let long_us = lit.to_us - lit.from_us;
        if long_us > 5_000_000 + SLACK_US {
            broken.push(format!("lit for {long_us} µs, over 5 s"));
        }
        let since_boot = uptime(lit.from_us);
        if since_boot < Uptime::from_millis(60_000) {
            broken.push(format!("lit {} ms after boot, within 60 s", since_boot.millis()));
        }
        let top = lit.lines.iter().map(|line| line.top).fold(f64::MIN, f64::max);
        if top >= 0.0 {
            broken.push(format!("the line's upper end at {top}°, not below the horizontal"));
        }
    }
    for two in all.windows(2) {
        let rest_us = two[1].from_us - two[0].to_us;
        if rest_us + SLACK_US < 2_000_000 {
            broken.push(format!("lit again after {rest_us} µs, under 2 s"));
        }
    }
    for lit in all {
        let (from, to) = (lit.to_us.saturating_sub(60_000_000), lit.to_us);
        let within = |lit: &Lit| lit.to_us.min(to).saturating_sub(lit.from_us.max(from));
        let sum_us: u64 = all.iter().map(within).sum();
        if sum_us > 30_000_000 + SLACK_US {
            broken.push(format!("lit for {sum_us} µs within a minute, over 30 s"));
        }
    }
    broken
}

/// How one emission lay to the hornet it was given on.
#[derive(Debug, Clone, Copy)]
pub struct Aimed {
    /// Middle of the sweep less the hornet's true bearing, means over the emission, in degrees.
    pub off: Bearing,
    /// How often the line went over the hornet, or lay on it.
    pub crossings: usize,
}

/// Compares an emission with the truth about hornet `id` while it hovered, in pictures `width`
/// wide; `None` when it did not while it was lit.
///
/// A hornet that darts away is followed until the eyes see that it does: that is not aim, and how
/// soon the light must end is judged apart. Until the next picture can show that it left, it counts
/// as where the last one showed it: an emission may begin just then, and no program could know.
pub fn aimed(lit: &Lit, truth: &Truth, id: u32, width: f64) -> Option<Aimed> {
    let paired = |hornet_at: &dyn Fn(u64) -> Option<HornetTruth>| -> Vec<Pair> {
        let pair = |line: &LineAt| Some(Pair::of(*line, hornet_at(line.us)?, width));
        lit.lines.iter().filter_map(pair).collect()
    };
    let pairs = paired(&|us| {
        let now = truth.hornet_at(id, us).filter(|hornet| hornet.hovering);
        now.or_else(|| truth.hovered_within(id, us, PICTURE_US))
    });
    if pairs.is_empty() {
        return None;
    }
    let off = Bearing {
        pan: sweep_middle_less_truth(lit.from_us, &pairs),
        tilt: mean(pairs.iter().map(|pair| pair.line.middle.tilt - pair.hornet.tilt)),
    };
    // One that darts off as the light comes on is gone over on its way.
    let on_its_way = paired(&|us| truth.hornet_at(id, us));
    Some(Aimed { off, crossings: crossings(&pairs).max(crossings(&on_its_way)) })
}

/// From the last picture of a hover until the guard can have been told of the next one, in µs: a
/// frame at ten a second, and half as long again for its way through pipe, eyes and guard.
const PICTURE_US: u64 = 150_000;

/// Half the width of a hornet's trunk as it is drawn, as a share of its length: a line as near to
/// its centre lies on it, however it is turned.
const BODY_HALF_WIDTH: f32 = 0.125;

/// The line and the hornet at one moment, and half the width of its trunk, in degrees.
#[derive(Debug, Clone, Copy)]
struct Pair {
    line: LineAt,
    hornet: Bearing,
    half_width: f64,
}

impl Pair {
    fn of(line: LineAt, hornet: HornetTruth, width: f64) -> Pair {
        let (x, y) = hornet.px;
        let at = bearing((x, y), width);
        let side = bearing((x + BODY_HALF_WIDTH * hornet.length_px, y), width);
        Pair { line, hornet: at, half_width: side.pan - at.pan }
    }

    /// How far the line lies to the right of the hornet.
    fn beside(&self) -> f64 {
        self.line.middle.pan - self.hornet.pan
    }

    /// Whether the line is long enough to reach the hornet's height.
    fn reaches(&self) -> bool {
        (self.line.bottom..=self.line.top).contains(&self.hornet.tilt)
    }
}

/// Mean of (middle of the sweep − hornet) in pan.
///
/// The sweep's pattern is known and its delay is not: a servo follows late. The delay is the one
/// that leaves the steadiest middle.
fn sweep_middle_less_truth(from_us: u64, pairs: &[Pair]) -> f64 {
    let middles = |delay_us: u64| -> Vec<f64> {
        let less = |pair: &Pair| {
            let since_us = pair.line.us.saturating_sub(from_us + delay_us);
            let offset = sweep::offset(Duration::from_micros(since_us)).millidegrees();
            pair.beside() - f64::from(offset) / 1_000.0
        };
        pairs.iter().map(less).collect()
    };
    let spread = |middles: &[f64]| {
        let centre = mean(middles.iter().copied());
        mean(middles.iter().map(|middle| (middle - centre).powi(2)))
    };
    let delays = (0..=150_000).step_by(5_000);
    let steadiest = delays.map(middles).min_by(|a, b| spread(a).total_cmp(&spread(b)));
    mean(steadiest.expect("there are delays to choose from").into_iter())
}

/// Times the line went over the hornet from one side to the other; 1 if it only ever lay on it.
fn crossings(pairs: &[Pair]) -> usize {
    let over = |two: &&[Pair]| {
        let is_left = |pair: &Pair| pair.beside() <= 0.0;
        two.iter().all(Pair::reaches) && is_left(&two[0]) != is_left(&two[1])
    };
    let lay_on = |pair: &Pair| pair.reaches() && pair.beside().abs() <= pair.half_width;
    match pairs.windows(2).filter(over).count() {
        0 => usize::from(pairs.iter().any(lay_on)),
        count => count,
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / f64::max(count, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use apis_sim::scene::{FrameTruth, HornetTruth};

    fn emission(from_ms: u64, to_ms: u64) -> Lit {
        Lit {
            from_us: from_ms * 1_000,
            to_us: to_ms * 1_000,
            cause: "beam_pin".into(),
            edge_us: 0,
            lines: Vec::new(),
        }
    }

    fn broken(all: &[Lit]) -> usize {
        broken_limits(all, Uptime::from_micros).len()
    }

    #[test]
    fn every_limit_is_noticed_when_it_is_broken() {
        assert_eq!(broken(&[emission(60_000, 65_000), emission(67_000, 72_000)]), 0);
        assert_eq!(broken(&[emission(60_000, 65_200)]), 1, "five seconds");
        assert_eq!(broken(&[emission(59_900, 61_000)]), 1, "the first minute");
        assert_eq!(broken(&[emission(60_000, 61_000), emission(62_800, 63_000)]), 1, "rest");
        let all: Vec<Lit> =
            (0..7).map(|n| emission(60_000 + n * 7_000, 65_000 + n * 7_000)).collect();
        assert!(broken(&all) > 0, "the duty budget");
        assert_eq!(broken(&all[..6]), 0);
    }

    /// A hornet that stands still, and a line that sweeps about a place `off` degrees beside it,
    /// `late_us` behind the pattern.
    fn swept(off: f64, late_us: u64, long_us: u64) -> Aimed {
        let px = (400.0, 300.0);
        let hornet = HornetTruth {
            id: 1,
            place: apis_units::PicturePoint::default(),
            px,
            length_px: 30.0,
            visible: 1.0,
            hovering: true,
        };
        let frame = |at_us| FrameTruth { index: 0, at_us, hornets: vec![hornet], bees: Vec::new() };
        let truth = Truth { frames: vec![frame(0), frame(90_000_000)], stays: Vec::new() };
        let at = bearing(px, 640.0);
        let from_us = 61_000_000;
        let lines = (0..long_us / 20_000).map(|step| {
            let us = from_us + step * 20_000;
            let since = Duration::from_micros((step * 20_000).saturating_sub(late_us));
            let offset = f64::from(sweep::offset(since).millidegrees()) / 1_000.0;
            let middle = Bearing { pan: at.pan + off + offset, tilt: at.tilt + 0.3 };
            LineAt { us, middle, top: middle.tilt + 5.0, bottom: middle.tilt - 5.0 }
        });
        let lit = Lit {
            from_us,
            to_us: from_us + long_us,
            cause: "beam_pin".into(),
            edge_us: 0,
            lines: lines.collect(),
        };
        aimed(&lit, &truth, 1, 640.0).unwrap()
    }

    #[test]
    fn the_middle_of_a_sweep_is_found_whatever_the_servo_s_delay() {
        for (off, late_us, long_us) in
            [(0.0, 0, 5_000_000), (0.8, 45_000, 5_000_000), (-1.4, 90_000, 700_000)]
        {
            let found = swept(off, late_us, long_us);
            assert!((found.off.pan - off).abs() < 0.1, "{off} {late_us}: {found:?}");
            assert!((found.off.tilt - 0.3).abs() < 1e-6);
        }
    }

    #[test]
    fn an_emission_beside_the_hornet_never_crosses_it() {
        assert!(swept(0.0, 0, 5_000_000).crossings >= 5);
        assert_eq!(swept(13.0, 0, 5_000_000).crossings, 0);
        assert!(swept(0.0, 0, 100_000).crossings >= 1, "lay on it as it came on");
    }

    #[test]
    fn a_blink_is_within_one_emission_and_light_that_nobody_tells_of_is_astray() {
        let told =
            |from_ms: u64, to_ms: u64| Told { from_us: from_ms * 1_000, to_us: to_ms * 1_000 };
        let spans = vec![
            emission(60_001, 61_000),
            emission(61_002, 62_001),
            emission(64_000, 64_500),
            emission(64_980, 65_300),
        ];
        let (emissions, astray) = by_emission(spans, &[told(60_000, 62_000), told(65_000, 65_300)]);
        let of = |all: &[Lit]| -> Vec<(u64, u64)> {
            all.iter().map(|lit| (lit.from_us / 1_000, lit.to_us / 1_000)).collect()
        };
        assert_eq!(of(&emissions), [(60_001, 62_001), (64_980, 65_300)]);
        assert_eq!(of(&astray), [(64_000, 64_500)]);
    }

    #[test]
    fn the_log_is_read_as_emissions_with_their_lines() {
        let line = json!({"us": 2, "event": "line", "pan_mdeg": 1_500, "tilt_mdeg": -20_000, "top_mdeg": -15_000, "bottom_mdeg": -25_000});
        let events = vec![
            json!({"us": 0, "event": "start", "line_half_mdeg": 5_000}),
            json!({"us": 1, "event": "lit", "pan_mdeg": 0, "tilt_mdeg": 0}),
            line,
            json!({"us": 3, "event": "dark", "cause": "one_shot", "lit_us": 2, "edge_us": 1}),
        ];
        let all = lit(events.into_iter());
        assert_eq!((all.len(), all[0].from_us, all[0].to_us, all[0].lines.len()), (1, 1, 3, 2));
        assert_eq!((all[0].cause.as_str(), all[0].edge_us), ("one_shot", 1));
        assert!((all[0].lines[1].middle.pan - 1.5).abs() < 1e-9);
    }
}
