//! Weighs what is known of a track: a log-likelihood ratio in whole numbers, term by term.
//!
//! Each weight asks how much likelier a measure is for a hovering hornet than for the other
//! things that stay before a hive, in 1/1,000 nat. What can be named is ruled out by name first.

use crate::bees::BeeModel;
use crate::evidence::{Evidence, TermCode};
use crate::fixed::log2_256;
use crate::motion::{HOVER_MS_MIN, Stay};
use crate::seen::RuledOut;

/// Weight of size that tells a hornet from a bee that does the same: e^2.4 = 11 to one.
///
/// At real hives the median hornet is 1.5 times as long as the median bee, which weighs little
/// more; asking for more would leave every second hornet alone.
const BEE_MNAT_MIN: i32 = 2_400;

/// The same for something that nobody saw fly: e⁴ = 55 to one.
///
/// Two bees that walk side by side on the board are half as long again as one, for minutes.
const BEES_MNAT_MIN: i32 = 4_000;

/// Length at which a body is no hornet any more, in 1/2 of a bee's: a hornet is twice as long, and
/// one that hovers at two thirds of the way from lens to hive looks three times as long.
const BEE_HALVES_MAX: i32 = 7;

/// Widest place that a hovering hornet keeps to for a second, 1/256 of its length.
///
/// Settled hornets, real and drawn, kept within 0.1 to 0.5 of their length; bees that loiter and
/// hornets that slow down on their way swing wider.
pub(crate) const STATION_RADIUS_MAX: i32 = 192;

/// Weight of the length seen now at which a body is a bee, whatever it was on its way: 20 to one.
const BEE_NOW_MNAT_MAX: i32 = -3_000;

/// The same for one that is on its way: e to one.
const RATHER_BEE_MNAT_MAX: i32 = -1_000;

/// Sum of the other weights that tells a hovering insect from light, leaves and noise: 55 to one.
const THING_MNAT_MIN: i32 = 4_000;

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
    /// Time between two looks, over which it changed, milliseconds.
    pub look_ms: i32,
    /// How much of the background shines through, 1/256.
    pub texture: i32,
    /// How far all of it is darker, or all of it lighter, 1/256.
    pub evenness: i32,
    /// Longer axis against the length, 1/256.
    pub stretch: i32,
    /// Length while it flew in, 1/16 pixel, if it was seen to.
    pub flight16: Option<i32>,
    /// How it came into view.
    pub origin: Origin,
    /// Farthest it has been from here, 1/256 of its length.
    pub travel: i32,
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
    if known.stay.ms < HOVER_MS_MIN {
        return Weighed::Open;
    }
    if let Some(named) = name(known) {
        return Weighed::RuledOut(named);
    }
    if known.stay.radius > STATION_RADIUS_MAX {
        return Weighed::Open;
    }
    let evidence = evidence(known);
    let value = |code| evidence.value(code).unwrap_or(i32::MIN / 2);
    let bee_mnat_min = if known.flight16.is_some() { BEE_MNAT_MIN } else { BEES_MNAT_MIN };
    let against_bees = [
        TermCode::SizeWeight,
        TermCode::PaceWeight,
        TermCode::CompanyWeight,
        TermCode::WingsWeight,
    ];
    let bee_mnat: i32 = against_bees.map(value).iter().sum();
    let is_insect = value(TermCode::Total) >= THING_MNAT_MIN;
    if bee_mnat >= bee_mnat_min && is_insect { Weighed::Hornet(evidence) } else { Weighed::Open }
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
    let size = size_weight_both(known);
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
    evidence.push(TermCode::SizeWeight, size);
    evidence.push(TermCode::LengthPx16, known.length16);
    evidence.push(TermCode::BeeLengthPx16, bee_length16);
    evidence.push(TermCode::DarknessWeight, darkness);
    evidence.push(TermCode::Darkness, known.darkness);
    evidence.push(TermCode::EvennessWeight, evenness);
    evidence.push(TermCode::Evenness, known.evenness);
    evidence.push(TermCode::HoverWeight, hover);
    evidence.push(TermCode::HoverRadius, stay.radius);
    evidence.push(TermCode::HoverMs, i32::try_from(stay.ms).unwrap_or(i32::MAX));
    evidence.push(TermCode::DriftWeight, drift);
    evidence.push(TermCode::DriftSpeed, stay.speed);
    evidence.push(TermCode::Periodicity, stay.periodicity);
    evidence.push(TermCode::PaceWeight, pace_weight(stay));
    evidence.push(TermCode::FlickerWeight, flicker);
    evidence.push(TermCode::Flicker, known.flicker);
    evidence.push(TermCode::WingsWeight, wings_weight(known));
    evidence.push(TermCode::LookMs, known.look_ms);
    evidence.push(TermCode::OriginWeight, origin);
    evidence.push(TermCode::OriginTravel, known.travel);
    evidence.push(TermCode::TextureWeight, texture);
    evidence.push(TermCode::Texture, known.texture);
    evidence.push(TermCode::ShapeWeight, shape);
    evidence.push(TermCode::Stretch, known.stretch);
    evidence.push(TermCode::CompanyWeight, company_weight(known.stretch));
    evidence
}

/// How much longer than a bee a hornet looks: 0.75 of a doubling, in 1/256.
///
/// 27.5 mm against 13.5 mm is a whole doubling; with wings and views measured at two hives it
/// was 0.57 and 0.74.
const HORNET_LOG_ABOVE: i32 = 192;

/// Spread of that, in 1/256 of a doubling.
const HORNET_LOG_SPREAD: i32 = 77;

/// Flights from which on the bees' length is known.
const FLIGHTS_MIN: u32 = 6;

/// Limits of the weight of size.
const SIZE_MNAT: (i32, i32) = (-6_000, 6_000);

/// The weight of the length on its way and of the length now, whichever speaks less for a hornet.
///
/// Two bees that met on their way look long there, two that meet here look long here; a hornet is
/// long wherever it is.
fn size_weight_both(known: &Known) -> i32 {
    size_weight(known).min(size_weight(&Known { flight16: None, ..*known }))
}

/// The weight of the length on its way if it was seen to fly, else of the length now.
fn size_weight(known: &Known) -> i32 {
    let Some(bees) = known.bees.filter(|bees| bees.flights >= FLIGHTS_MIN) else {
        return size_weight_unscaled(known.length16, known.width_px);
    };
    let flights = i32::try_from(bees.flights).unwrap_or(i32::MAX);
    // The bees' length was measured on their way, alone; so is this one's, if it was seen to fly.
    let length16 = known.flight16.unwrap_or(known.length16);
    let above = log2_256(length16.max(1) as u32) - bees.log_length;
    // A median of few flights is itself uncertain by half a doubling over their root.
    let median_square = 128 * 128 / flights.max(1);
    let bee_square = bees.log_spread * bees.log_spread + median_square;
    let hornet_square = HORNET_LOG_SPREAD * HORNET_LOG_SPREAD + median_square;
    let from_hornet = (above - HORNET_LOG_ABOVE).min(0);
    // ln(σ_bee / σ_hornet) in 1/1,000: half the logarithm of the squares' ratio.
    let width = (log2_256(bee_square as u32) - log2_256(hornet_square as u32)) * 693 / 512;
    let learned =
        half_square(above.max(0), bee_square) - half_square(from_hornet, hornet_square) + width;
    learned.clamp(SIZE_MNAT.0, SIZE_MNAT.1)
}

/// (`distance`² / `square`) / 2, in 1/1,000.
fn half_square(distance: i32, square: i32) -> i32 {
    let value = i64::from(distance) * i64::from(distance) * 500 / i64::from(square.max(1));
    value.min(1_000_000) as i32
}

/// What a length says when no bee was seen yet.
///
/// Hornets of 12 to 70 pixels and bees of half that are all equally likely at VGA; only what is
/// longer than the longest bee tells anything.
fn size_weight_unscaled(length16: i32, width_px: u16) -> i32 {
    let longest_bee16 = i32::from(width_px) * 16 * 35 / 640;
    if length16 > longest_bee16 { BEE_MNAT_MIN } else { 0 }
}

/// From something that hides no light (-3 nat) to a body that hides a third of it (+1 nat).
///
/// Before a shaded wall an insect in the sun is the lighter one, which is rarer.
fn darkness_weight(darkness: i32) -> i32 {
    let lighter = if darkness < 0 { 500 } else { 0 };
    ((darkness.abs() - 26) * 1_000 / 60).clamp(-3_000, 1_000) - lighter
}

/// Nothing when three quarters of the difference point one way, -1.5 nat when nearly a half does.
///
/// A brown hornet before sunlit and shaded grass is lighter here and darker there as well.
fn evenness_weight(evenness: i32) -> i32 {
    ((evenness - 128) * 1_000 / 64).clamp(-1_500, 300)
}

/// Nothing up to an outline half as long again as an insect's, -2 nat at twice.
fn shape_weight(stretch: i32) -> i32 {
    ((384 - stretch) * 2_000 / 128).clamp(-2_000, 300)
}

/// Two nats for a second within a body length; less when wider, more with time.
fn hover_weight(stay: &Stay) -> i32 {
    let tight = (2_500 - (stay.radius - 128).max(0) * 1_000 / 128).clamp(0, 2_000);
    let longer_ms = i32::try_from(stay.ms.saturating_sub(HOVER_MS_MIN)).unwrap_or(i32::MAX);
    tight + longer_ms.min(1_500)
}

/// Drifting and correcting speaks for hovering; a movement that comes back, or leaps of several
/// lengths a second within one place, for something that swings or is put together by chance.
///
/// Real hovers drift at a third of to nearly two lengths a second.
fn drift_weight(stay: &Stay) -> i32 {
    let drifts = ((stay.speed - 64) * 1_000 / 64).clamp(-2_000, 500);
    let leaps = ((stay.speed - 640) * 1_000 / 256).clamp(0, 3_000);
    let swings = (stay.periodicity - 128).max(0) * 2_000 / 72;
    drifts - leaps - swings
}

/// Nothing up to two lengths a second, -1 nat for each half of one beyond: against bees.
///
/// Hornets keep their station at a third of to nearly two lengths a second; bees that loiter before
/// the hive, and the common outline of several, swing at three to five.
fn pace_weight(stay: &Stay) -> i32 {
    ((512 - stay.speed) * 1_000 / 128).clamp(-4_000, 0)
}

/// Nothing for an outline up to an eighth longer than an insect's, -1 nat for each fifth beyond:
/// against bees.
///
/// Bees that walk side by side on the board, or one that another flies past, have a common outline
/// as long as a hornet's but thinner. A blade of grass is thinner still.
fn company_weight(stretch: i32) -> i32 {
    ((288 - stretch) * 1_000 / 48).clamp(-6_000, 0)
}

/// A drifting body with beating wings changes from frame to frame; light moves slowly.
///
/// Nothing at a tenth of its contrast, the least that a body shows at 30 frames a second while it
/// drifts by half a length a second.
fn flicker_weight(flicker: i32) -> i32 {
    ((flicker - 26) * 1_000 / 13).clamp(-2_000, 500)
}

/// Nothing down to the change that one hovering hornet in fifty stays under, -1 nat for each
/// eighth below: against bees that walk.
///
/// Bees on the board that look like one long body have folded wings and mostly change less. Beating
/// wings change as much within a moment as within a second, drifting does not. Of drawn hornets that
/// hover, 98 in 100 change by 119/256 of their contrast or more when looked at every 100 ms, by 49
/// or more every 33 ms; such bees by 80 to 134 every 100 ms, so that some still pass. Real hornets,
/// cut out and moved, change by 66 or more every 33 ms; every 100 ms none were measured.
fn wings_weight(known: &Known) -> i32 {
    let usual = 21 + known.look_ms.clamp(0, 100);
    ((known.flicker - usual) * 8_000 / usual).clamp(-4_000, 0)
}

/// A body hides what lies beneath, a change of light lets it shine through.
///
/// Nothing at a correlation of 0.4, which blurred wings reach; -3 nat at 0.75.
fn texture_weight(texture: i32) -> i32 {
    ((40 - texture) * 1_000 / 32).clamp(-4_000, 500)
}

/// Something that was seen to fly in is an insect; what stays where it began is mostly none.
///
/// What was there when the eyes began may be anything, several bees on the board before all: it
/// stays in doubt until it is seen to fly.
fn origin_weight(known: &Known) -> i32 {
    match (known.flight16, known.origin) {
        (Some(_), _) => 2_000,
        (None, Origin::AtTheRim) => 500,
        (None, Origin::BeforeTheStart) => -3_000,
        (None, Origin::Within) => -2_000,
    }
}

/// The length of which `log` is the logarithm to base 2 in 1/256.
fn antilog(log: i32) -> i32 {
    let (whole, part) = (log.max(0) >> 8, log.max(0) & 255);
    // Chord and parabola, as in the logarithm; good to a percent.
    let part = part - part * (256 - part) / 256 * 22 / 64;
    (1 << whole.min(20)) * (256 + part) / 256
}

#[cfg(test)]
mod tests;
