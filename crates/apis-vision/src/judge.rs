//! What becomes of one track after a frame: counted as a flight, ruled out, or a verdict.

use core::time::Duration;

use apis_units::Uptime;

use crate::bees::BeeLengths;
use crate::history::{SAMPLES_MAX, Sample};
use crate::motion;
use crate::seen::{Judgement, Phase, Verdict};
use crate::tracks::{Body, Moment};
use crate::verdict::{Known, Weighed, may_be_hornet, weigh};

/// Way after which something counts as a flight, 1/256 of its length.
const FLIGHT_TRAVEL_MIN: i32 = 3 * 256;

/// Judges one track; a verdict stays.
pub(crate) fn judge(body: &mut Body, bees: &mut BeeLengths, moment: &Moment) {
    match body.phase {
        Phase::Tentative { .. } | Phase::Coasting { .. } => return,
        Phase::Confirmed => {}
    }
    match body.judgement {
        Judgement::Verdict(_) => return,
        Judgement::Open | Judgement::RuledOut(_) => {}
    }
    if body.counted16.is_none() && is_flight(body) {
        bees.add(body.length16);
        body.counted16 = Some(body.length16);
    }
    let known = know(body, bees, moment);
    body.may_be_hornet = may_be_hornet(&known);
    if is_cut(body, moment) {
        body.judgement = Judgement::Open;
        return;
    }
    body.judgement = match weigh(&known) {
        Weighed::Open => Judgement::Open,
        Weighed::RuledOut(named) => Judgement::RuledOut(named),
        Weighed::Hornet(evidence) => {
            if let Some(length16) = body.counted16.take() {
                bees.remove(length16);
            }
            let hover_since = before(moment.now, known.stay.ms);
            Judgement::Verdict(Verdict { decided_at: moment.now, hover_since, evidence })
        }
    };
}

/// Whether a body flies through: it has come a long way, and is no change of light.
fn is_flight(body: &Body) -> bool {
    body.flight16.is_some()
        && body.travel() >= FLIGHT_TRAVEL_MIN
        && body.texture <= FLIGHT_TEXTURE_MAX
}

/// What shines through of the background, of something that hides it, 1/256.
const FLIGHT_TEXTURE_MAX: i32 = 64;

/// Whether the frame's rim cuts the body, so that neither its length nor its place is known.
fn is_cut(body: &Body, moment: &Moment) -> bool {
    let [left, top, right, bottom] = body.bounds16;
    let (width16, height16) = (i32::from(moment.width_px) * 16, i32::from(moment.height_px) * 16);
    left < RIM16 || top < RIM16 || right > width16 - RIM16 || bottom > height16 - RIM16
}

/// Two cells of two pixels, in 1/16 pixel.
const RIM16: i32 = 4 * 16;

fn know(body: &Body, bees: &BeeLengths, moment: &Moment) -> Known {
    let stay = motion::measure(&body.history, body.length16);
    Known {
        stay,
        length16: quantile(body, 4, |sample| sample.length16),
        darkness: median(body, |sample| sample.darkness),
        flicker: median(body, |sample| sample.flicker),
        texture: median(body, |sample| sample.texture),
        evenness: median(body, |sample| sample.evenness),
        stretch: median(body, |sample| sample.stretch),
        origin: body.origin,
        flight16: body.flight16,
        travel: body.travel(),
        bees: bees.model(),
        width_px: moment.width_px,
    }
}

/// Time over which looks are taken, in milliseconds: the second that makes a hover.
const LOOK_MS: u32 = 1_000;

/// The median of one look over the newest samples.
fn median(body: &Body, look: impl Fn(&Sample) -> i32) -> i32 {
    quantile(body, 2, look)
}

/// The value that one in `share` of the newest looks stays under.
///
/// A quarter for the length: a bee that flies past makes a body longer, nothing makes it shorter.
fn quantile(body: &Body, share: usize, look: impl Fn(&Sample) -> i32) -> i32 {
    let mut values = [0; SAMPLES_MAX];
    let mut count = 0;
    let newest_ms = body.history.newest_first().next().map_or(0, |sample| sample.at_ms);
    let looks = body.history.newest_first().take_while(|one| newest_ms - one.at_ms <= LOOK_MS);
    for (value, sample) in values.iter_mut().zip(looks) {
        *value = look(sample);
        count += 1;
    }
    let values = &mut values[..count];
    values.sort_unstable();
    values.get(count / share).copied().unwrap_or(0)
}

fn before(now: Uptime, ms: u32) -> Uptime {
    let span = Duration::from_millis(u64::from(ms));
    Uptime::from_micros(now.since(Uptime::ZERO).saturating_sub(span).as_micros() as u64)
}
