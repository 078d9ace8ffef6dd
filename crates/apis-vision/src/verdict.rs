//! Judges what is known of a track: by name where something can be named, else by the sum of the
//! weights, a log-likelihood ratio in whole numbers.

use crate::bees::BeeModel;
use crate::evidence::{Evidence, TermCode};
use crate::fixed::antilog;
use crate::motion::{HOVER_MS_MIN, Stay};
use crate::seen::RuledOut;
use crate::weights::{
    FLIGHTS_MIN, beat_weight, company_weight, darkness_weight, doubt_weight, drift_weight,
    evenness_weight, flicker_weight, focus_weight, hover_weight, length_spread_weight,
    length_weight, loiter_weight, origin_weight, pace_weight, place_weight, shape_weight,
    size_weight, size_weight_both, station_weight, steady_weight, texture_weight, way_weight,
};

/// Weight that tells a hornet from bees that do the same: e^1.7 = 5.5 to one.
///
/// Over drawn scenes of other seeds than those that the eyes are scored on, half a nat more loses
/// one hover in ten and halves what is false.
const BEE_MNAT_MIN: i32 = 1_700;

/// Length at which a body is no hornet any more, in 1/2 of a bee's: a hornet is twice as long, and
/// one that hovers at two thirds of the way from lens to hive looks three times as long.
const BEE_HALVES_MAX: i32 = 7;

/// Widest place that a hovering hornet keeps to for a second, 1/256 of its length.
///
/// Settled hornets, real and drawn, kept within 0.1 to 0.4 of their length; bees that loiter and
/// hornets that slow down on their way swing wider.
pub(crate) const STATION_RADIUS_MAX: i32 = 112;

/// Weight of the length seen now at which a body is a bee, whatever it was on its way: 20 to one.
const BEE_NOW_MNAT_MAX: i32 = -3_000;

/// The same for one that is on its way: e to one.
const RATHER_BEE_MNAT_MAX: i32 = -1_000;

/// Sum of the other weights that tells a hovering insect from light, leaves and noise: 55 to one.
const THING_MNAT_MIN: i32 = 4_000;

/// How far below its bounds a sum of weights is a near miss: e to one, less than what the least
/// certain of the weights may be off by.
const NEAR_MISS_MNAT: i32 = 1_000;

/// Shortest hornet that can be told, 1/16 pixel of the frame.
const LENGTH16_MIN: i32 = 10 * 16;

/// Longest hornet, as a share of the frame's width: one eighth, 80 pixels at VGA.
///
/// The longest that a unit is mounted for is 70 pixels.
const WIDTH_SHARE_MAX: i32 = 8;

/// Speed under which a thing stands, 1/256 of its length per second.
///
/// Hovering hornets drift at 18 to 45 pixels a second, a third of their length or more.
const STAND_SPEED_MAX: i32 = 32;

/// Share of movement that comes back after a period from which on a thing swings, 1/256.
const SWAY_PERIODICITY_MIN: i32 = 200;

/// Texture shining through from which on only the light changed, 1/256: a correlation of 0.7.
const LIGHT_TEXTURE_MIN: i32 = 128;

/// What is known of one track when it is judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    pub stay: Stay,
    /// Usual length, 1/16 pixel.
    pub length16: i32,
    /// Usual share of the light taken away, 1/256.
    pub darkness: i32,
    /// Usual change inside the body, 1/256.
    pub flicker: i32,
    /// How much of the background shines through, 1/256.
    pub texture: i32,
    /// How far all of it is darker, or all of it lighter, 1/256.
    pub evenness: i32,
    /// Longer axis against the length, 1/256.
    pub stretch: i32,
    /// How steeply its outline rises, 1/256 of its contrast over two cells.
    pub sharpness: i32,
    /// How far the length changes from frame to frame, 1/256 of it.
    pub length_spread: i32,
    /// For how long of its stay it did not look like a hornet, milliseconds.
    pub doubted_ms: i32,
    /// Length while it flew in, 1/16 pixel, if it was seen to.
    pub flight16: Option<i32>,
    /// How many things stay where it is at any moment, 1/256.
    pub place_share: i32,
    /// How it came into view.
    pub origin: Origin,
    /// Farthest it has been from here, 1/256 of its length.
    pub travel: i32,
    /// Whether it took over the flight of a hornet that was lost here.
    pub has_others_flight: bool,
    /// What the bees look like, once any flew.
    pub bees: Option<BeeModel>,
    /// The frame's width, pixels.
    pub width_px: u16,
}

/// How a track came into view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It was there when the eyes began: nobody knows.
    BeforeTheStart,
    /// At the rim of the frame.
    AtTheRim,
    /// Somewhere within.
    Within,
}

/// What the weighing says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "it lives for one call: a box would allocate, in the path of every frame"
)]
pub(crate) enum Weighed {
    /// Does not stay, or not for long enough, or there is too little for a verdict.
    Open,
    RuledOut(RuledOut),
    Hornet(Evidence),
}

/// Judges one track.
pub(crate) fn weigh(known: &Known) -> Weighed {
    weigh_nearly(known).0
}

/// Judges one track; beside it the evidence, if it is a hornet or short of one by little.
pub(crate) fn weigh_nearly(known: &Known) -> (Weighed, Option<Evidence>) {
    if known.stay.ms < HOVER_MS_MIN {
        return (Weighed::Open, None);
    }
    if let Some(named) = name(known) {
        return (Weighed::RuledOut(named), None);
    }
    if known.stay.radius > STATION_RADIUS_MAX {
        return (Weighed::Open, None);
    }
    let evidence = evidence(known);
    let value = |code| evidence.value(code).unwrap_or(i32::MIN / 2);
    let against_bees = [
        TermCode::SizeWeight,
        TermCode::PaceWeight,
        TermCode::CompanyWeight,
        TermCode::StationWeight,
        TermCode::DoubtWeight,
        TermCode::LengthSpreadWeight,
        TermCode::BeatWeight,
        TermCode::FocusWeight,
        TermCode::WayWeight,
        TermCode::PlaceWeight,
    ];
    let bee_mnat: i32 = against_bees.map(value).iter().sum();
    let short_mnat = (BEE_MNAT_MIN - bee_mnat).max(THING_MNAT_MIN - value(TermCode::Total));
    if short_mnat <= 0 {
        (Weighed::Hornet(evidence), Some(evidence))
    } else {
        (Weighed::Open, (short_mnat <= NEAR_MISS_MNAT).then_some(evidence))
    }
}

/// Whether a body is longer than a hornet can look beside this hive's bees.
fn is_beyond_hornets(known: &Known) -> bool {
    let bees = known.bees.filter(|bees| bees.flights >= FLIGHTS_MIN);
    bees.is_some_and(|bees| known.length16 * 2 > antilog(bees.log_length) * BEE_HALVES_MAX)
}

/// Weight of size above which a body is kept out of the background: not clearly a bee.
const MAYBE_MNAT_MIN: i32 = -1_000;

/// Whether a body may be longer than a bee, as far as is known.
pub(crate) fn may_be_hornet(known: &Known) -> bool {
    known.bees.is_none_or(|bees| bees.flights < FLIGHTS_MIN) || size_weight(known) > MAYBE_MNAT_MIN
}

/// Weight of how a body stays at which it is a bee: e² to one.
const LOITER_MNAT_MAX: i32 = -2_000;

/// Whether a body that stays does so as bees do, whatever it was on its way.
pub(crate) fn behaves_like_bees(known: &Known) -> bool {
    let stay = &known.stay;
    HOVER_MS_MIN <= stay.ms
        && size_weight_now(known).is_some_and(|size| size + loiter_weight(stay) < LOITER_MNAT_MAX)
}

/// Whether length and outline are those of bees rather than a hornet's.
pub(crate) fn looks_like_bees(known: &Known) -> bool {
    size_weight_both(known) + company_weight(known.stretch) < 0
}

/// Whether what is seen of a body now is clearly a bee's length, e³ to one.
pub(crate) fn is_bee(known: &Known) -> bool {
    size_weight_now(known).is_some_and(|mnat| mnat < BEE_NOW_MNAT_MAX)
}

/// Whether what is seen of a body now is a bee's length rather than a hornet's, e to one: enough
/// for one that flies off with a hornet's name while the hornet stays.
pub(crate) fn is_rather_bee(known: &Known) -> bool {
    size_weight_now(known).is_some_and(|mnat| mnat < RATHER_BEE_MNAT_MAX)
}

/// The weight of the length now, once the bees' length is known.
fn size_weight_now(known: &Known) -> Option<i32> {
    known.bees.filter(|bees| bees.flights >= FLIGHTS_MIN)?;
    Some(size_weight(&Known { flight16: None, ..*known }))
}

/// Whether a stay has lasted for long enough to tell, without movement.
pub(crate) fn is_standing(stay: &Stay) -> bool {
    stay.ms >= HOVER_MS_MIN && stay.speed < STAND_SPEED_MAX
}

/// What a thing that stays is, if not a hornet, where that can be said.
fn name(known: &Known) -> Option<RuledOut> {
    if known.texture >= LIGHT_TEXTURE_MIN {
        Some(RuledOut::SunFleck)
    } else if known.length16 < LENGTH16_MIN {
        Some(RuledOut::TooSmall)
    } else if known.length16 > i32::from(known.width_px) * 16 / WIDTH_SHARE_MAX
        || is_beyond_hornets(known)
    {
        Some(RuledOut::TooLarge)
    } else if is_standing(&known.stay) {
        Some(RuledOut::Static)
    } else if known.stay.periodicity >= SWAY_PERIODICITY_MIN {
        Some(RuledOut::Swaying)
    } else {
        None
    }
}

fn evidence(known: &Known) -> Evidence {
    let stay = &known.stay;
    let bee_length16 = known.bees.map_or(0, |bees| antilog(bees.log_length));
    let weights = [
        darkness_weight(known.darkness),
        hover_weight(stay),
        drift_weight(stay),
        flicker_weight(known.flicker),
        origin_weight(known),
        texture_weight(known.texture),
        evenness_weight(known.evenness),
        shape_weight(known.stretch),
    ];
    let [darkness, hover, drift, flicker, origin, texture, evenness, shape] = weights;
    let mut evidence = Evidence::empty();
    evidence.push(TermCode::Total, weights.iter().sum());
    evidence.push(TermCode::SizeWeight, length_weight(known));
    evidence.push(TermCode::LengthPx16, known.length16);
    evidence.push(TermCode::BeeLengthPx16, bee_length16);
    let length_spread = length_spread_weight(known.length_spread);
    evidence.push(TermCode::LengthSpreadWeight, length_spread);
    evidence.push(TermCode::LengthSpread, known.length_spread);
    evidence.push(TermCode::DarknessWeight, darkness);
    evidence.push(TermCode::Darkness, known.darkness);
    evidence.push(TermCode::EvennessWeight, evenness);
    evidence.push(TermCode::Evenness, known.evenness);
    evidence.push(TermCode::HoverWeight, hover);
    evidence.push(TermCode::HoverRadius, stay.radius);
    evidence.push(TermCode::HoverMs, i32::try_from(stay.ms).unwrap_or(i32::MAX));
    evidence.push(TermCode::StationWeight, station_weight(stay) + steady_weight(stay));
    evidence.push(TermCode::DoubtWeight, doubt_weight(known.doubted_ms));
    evidence.push(TermCode::DoubtedMs, known.doubted_ms);
    evidence.push(TermCode::DriftWeight, drift);
    evidence.push(TermCode::DriftSpeed, stay.speed);
    evidence.push(TermCode::Periodicity, stay.periodicity);
    evidence.push(TermCode::PaceWeight, pace_weight(stay));
    evidence.push(TermCode::FlickerWeight, flicker);
    evidence.push(TermCode::Flicker, known.flicker);
    evidence.push(TermCode::BeatWeight, beat_weight(known.flicker));
    evidence.push(TermCode::OriginWeight, origin);
    evidence.push(TermCode::OriginTravel, known.travel);
    evidence.push(TermCode::WayWeight, way_weight(known));
    evidence.push(TermCode::TextureWeight, texture);
    evidence.push(TermCode::Texture, known.texture);
    evidence.push(TermCode::ShapeWeight, shape);
    evidence.push(TermCode::Stretch, known.stretch);
    evidence.push(TermCode::CompanyWeight, company_weight(known.stretch));
    evidence.push(TermCode::FocusWeight, focus_weight(known.sharpness));
    evidence.push(TermCode::Sharpness, known.sharpness);
    evidence.push(TermCode::PlaceWeight, place_weight(known.place_share));
    evidence.push(TermCode::PlaceShare, known.place_share);
    evidence
}

#[cfg(test)]
mod tests;
