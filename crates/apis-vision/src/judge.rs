//! What becomes of one track after a frame: counted as a flight, ruled out, or a verdict.

use core::time::Duration;

use apis_units::Uptime;

use crate::bees::BeeLengths;
use crate::body::{Body, millis};
use crate::evidence::{Evidence, TermCode};
use crate::fixed::root;
use crate::history::{SAMPLES_MAX, Sample};
use crate::motion::{self, HOVER_MS_MIN};
use crate::places::{ONE_BODY_MS, Places};
use crate::seen::{Judgement, NearMiss, Phase, RuledOut, Verdict};
use crate::tracks::Moment;
use crate::verdict::{
    Known, STATION_RADIUS_MAX, Weighed, behaves_like_bees, is_bee, is_rather_bee, is_standing,
    looks_like_bees, may_be_hornet, weigh, weigh_nearly,
};

/// Way after which something counts as a flight, 1/256 of its length.
const FLIGHT_TRAVEL_MIN: i32 = 6 * 256;

/// How long a body must look like a hovering hornet, frame by frame, before that is decided, in
/// milliseconds.
///
/// Bees that meet or slow down look like one for a frame or two.
const DECIDE_MS: u64 = 200;

/// How long a verdict's body may stand before it is no hovering one any more, in milliseconds.
const STAND_MS_MAX: u64 = 10_000;

/// How long a verdict's body may loiter as bees do, in milliseconds: the hornet darted off, and its
/// name stayed with one of them.
const LOITER_MS_MAX: u64 = 300;

/// Judges one track.
///
/// A verdict stays, unless the body stands for long or the track has gone over to a bee. Returns
/// what was nearly a verdict.
#[inline(never)]
pub(crate) fn judge(
    body: &mut Body,
    bees: &mut BeeLengths,
    places: &mut Places,
    moment: &Moment,
) -> Option<NearMiss> {
    match body.phase {
        Phase::Tentative { .. } | Phase::Coasting { .. } => return None,
        Phase::Confirmed => {}
    }
    match body.judgement {
        Judgement::Verdict(_) => {
            let known = know(body, bees, places, moment);
            if let Some(named) = recant(body, &known, moment.now) {
                body.judgement = Judgement::RuledOut(named);
                return None;
            }
            doubt(body, &known, moment);
            settle(body, &known);
            if known.stay.ms >= HOVER_MS_MIN && known.stay.radius <= STATION_RADIUS_MAX {
                body.hornet_at = Some(body.place());
            }
            return None;
        }
        Judgement::Open | Judgement::RuledOut(_) => {}
    }
    count_flight(body, bees);
    let known = know(body, bees, places, moment);
    stays(body, &known, places, moment);
    body.may_be_hornet = may_be_hornet(&known);
    let is_cut = moment.cuts(body.bounds16);
    let (weighed, near) = if is_cut { (Weighed::Open, None) } else { weigh_nearly(&known) };
    doubt(body, &known, moment);
    let hornet_since = body.hornet_since.take();
    body.judgement = match weighed {
        Weighed::Open => Judgement::Open,
        Weighed::RuledOut(named) => Judgement::RuledOut(named),
        Weighed::Hornet(evidence) => {
            let since = *body.hornet_since.insert(hornet_since.unwrap_or(moment.now));
            if millis(moment.now.since(since)) < DECIDE_MS {
                Judgement::Open
            } else {
                let hover_since = before(moment.now, known.stay.ms);
                Judgement::Verdict(Verdict { decided_at: moment.now, hover_since, evidence })
            }
        }
    };
    if let (Judgement::Verdict(_), Some(length16)) = (body.judgement, body.counted16) {
        bees.remove(length16);
        body.counted16 = None;
    }
    nearly(body, &known, near, moment.now)
}

/// What was nearly a verdict: for as long as a verdict takes, frame by frame, short of one by
/// little or not at all.
fn nearly(body: &mut Body, known: &Known, near: Option<Evidence>, now: Uptime) -> Option<NearMiss> {
    let since = body.near_since.take();
    let evidence = match body.judgement {
        Judgement::Verdict(_) => return None,
        Judgement::Open | Judgement::RuledOut(_) => near?,
    };
    let since = *body.near_since.insert(since.unwrap_or(now));
    let hover_since = before(now, known.stay.ms);
    let is_long = millis(now.since(since)) >= DECIDE_MS;
    is_long.then_some(NearMiss { track: body.id, hover_since, evidence })
}

/// Keeps whether a verdict's body is on its way: from its flight on, until it hovers as a hornet
/// does.
fn settle(body: &mut Body, known: &Known) {
    if motion::is_flight(&body.history, body.length16) {
        body.is_on_its_way = true;
    } else if body.is_on_its_way {
        body.is_on_its_way = match weigh(known) {
            Weighed::Hornet(_) => false,
            Weighed::Open | Weighed::RuledOut(_) => true,
        };
    }
}

/// Fastest that a bee walks, 1/256 of its length per second.
///
/// Bees on foot go at a length a second or less; those that loiter in the air swing at three to five.
const WALK_SPEED_MAX: i32 = 288;

/// Counts a body that stays on its feet, for a while, as one of those that stay there.
fn stays(body: &mut Body, known: &Known, places: &mut Places, moment: &Moment) {
    let is_afoot = known.stay.ms >= HOVER_MS_MIN && known.stay.speed <= WALK_SPEED_MAX;
    if !is_afoot || body.stayed_ms >= ONE_BODY_MS {
        return;
    }
    body.stayed_ms += moment.elapsed_ms;
    places.take(moment.place_of(body), moment.elapsed_ms);
}

/// Keeps the time of a stay in which the body did not look like a hornet.
fn doubt(body: &mut Body, known: &Known, moment: &Moment) {
    if known.stay.ms < HOVER_MS_MIN {
        body.doubted_ms = 0;
    } else if looks_like_bees(known) {
        body.doubted_ms += u64::from(moment.elapsed_ms);
    }
}

/// Shortest bee that is counted, 1/16 pixel: beside the shortest hornet it has five; less is noise.
const FLIGHT_LENGTH16_MIN: i32 = 5 * 16;

/// Most that an outline may be longer than an insect's and be counted, 1/256: rain falls in streaks.
const FLIGHT_STRETCH_MAX: i32 = 384;

/// Counts a body that flies through, once, and afresh while its length becomes clearer.
fn count_flight(body: &mut Body, bees: &mut BeeLengths) {
    let Some(flight16) = body.flight.length16() else { return };
    let is_counted = body.counted16.is_some();
    let is_through = body.travel() >= FLIGHT_TRAVEL_MIN && body.texture <= FLIGHT_TEXTURE_MAX;
    if flight16 < FLIGHT_LENGTH16_MIN || FLIGHT_STRETCH_MAX < median(body, |sample| sample.stretch)
    {
        return;
    }
    let is_known = body.flight.is_steady() && (is_counted || is_through);
    if body.counted16 != Some(flight16) && is_known {
        if let Some(before) = body.counted16.replace(flight16) {
            bees.remove(before);
        }
        bees.add(flight16);
    }
}

/// What shines through of the background, of something that hides it, 1/256.
const FLIGHT_TEXTURE_MAX: i32 = 64;

/// What a verdict's body has turned out to be, if not a hornet.
fn recant(body: &mut Body, known: &Known, now: Uptime) -> Option<RuledOut> {
    let is_on_its_way = motion::is_flight(&body.history, body.length16);
    if is_bee(known) || is_on_its_way && (is_rather_bee(known) || has_shrunk(body, known)) {
        return Some(RuledOut::TooSmall);
    }
    if behaves_like_bees(known) {
        let since = *body.loitered_since.get_or_insert(now);
        if LOITER_MS_MAX <= millis(now.since(since)) {
            return Some(RuledOut::Loitering);
        }
    } else {
        body.loitered_since = None;
    }
    if !is_standing(&known.stay) {
        body.stood_since = None;
        return None;
    }
    let since = *body.stood_since.get_or_insert(now);
    (millis(now.since(since)) >= STAND_MS_MAX).then_some(RuledOut::Static)
}

/// Whether a verdict's body is shorter by a quarter than it was at its verdict: another one's.
fn has_shrunk(body: &Body, known: &Known) -> bool {
    match body.judgement {
        Judgement::Verdict(verdict) => {
            let then16 = verdict.evidence.value(TermCode::LengthPx16).unwrap_or(0);
            known.length16 * 4 < then16 * 3
        }
        Judgement::Open | Judgement::RuledOut(_) => false,
    }
}

fn know(body: &Body, bees: &BeeLengths, places: &Places, moment: &Moment) -> Known {
    let stay = motion::measure(&body.history, body.length16);
    // A bee that flies past makes a body longer for a while; one that was measured alone, on its
    // way, is known better.
    let length_share = if body.flight.length16().is_some() { 2 } else { 4 };
    Known {
        stay,
        length16: quantile(body, length_share, |sample| sample.length16),
        darkness: median(body, |sample| sample.darkness),
        flicker: median(body, |sample| sample.flicker),
        texture: median(body, |sample| sample.texture),
        evenness: median(body, |sample| sample.evenness),
        stretch: median(body, |sample| sample.stretch),
        sharpness: median(body, |sample| sample.sharpness),
        length_spread: length_spread(body),
        doubted_ms: body.doubted_ms.min(i32::MAX as u64) as i32,
        place_share: places.share(moment.place_of(body)),
        origin: body.origin,
        flight16: body.flight.length16(),
        travel: body.travel(),
        has_others_flight: body.flight.is_others,
        bees: bees.model(),
        width_px: moment.width_px,
    }
}

/// Time over which looks are taken, in milliseconds: the second that makes a hover.
const LOOK_MS: u32 = 1_000;

/// Standard deviation of the newest lengths, 1/256 of their mean.
fn length_spread(body: &Body) -> i32 {
    let newest_ms = body.history.newest_first().next().map_or(0, |sample| sample.at_ms);
    let looks = body.history.newest_first().take_while(|one| newest_ms - one.at_ms <= LOOK_MS);
    let lengths = looks.map(|sample| i64::from(sample.length16));
    let (count, sum) = lengths.clone().fold((0, 0), |(count, sum), one| (count + 1, sum + one));
    let mean = sum / i64::max(count, 1);
    let square: i64 = lengths.map(|one| (one - mean) * (one - mean)).sum();
    let spread = i64::from(root((square / count.max(1)) as u64));
    (spread * 256 / mean.max(1)).min(65_535) as i32
}

/// The median of one look over the newest samples.
fn median(body: &Body, look: impl Fn(&Sample) -> i32) -> i32 {
    quantile(body, 2, look)
}

/// The value that one in `share` of the newest looks stays under.
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

#[cfg(test)]
mod tests;
