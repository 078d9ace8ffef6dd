//! How much likelier each measure is for a hovering hornet than for what else stays before a hive,
//! in 1/1,000 nat.

use crate::bees::VAGUE_SPREAD;
use crate::fixed::log2_256;
use crate::motion::{HOVER_MS_MIN, Stay};
use crate::verdict::{Known, Origin};

/// How much longer than a bee a hornet looks: 0.75 of a doubling, in 1/256.
///
/// 27.5 mm against 13.5 mm is a whole doubling; with wings and views measured at two hives it
/// was 0.57 and 0.74.
const HORNET_LOG_ABOVE: i32 = 192;

/// Spread of that, in 1/256 of a doubling.
const HORNET_LOG_SPREAD: i32 = 77;

/// Flights from which on the bees' length is known.
pub(crate) const FLIGHTS_MIN: u32 = 6;

/// Limits of the weight of size.
const SIZE_MNAT: (i32, i32) = (-6_000, 6_000);

/// The weight of the length on its way and of the length now, whichever speaks less for a hornet.
///
/// Two bees that met on their way look long there, two that meet here look long here; a hornet is
/// long wherever it is.
pub(crate) fn size_weight_both(known: &Known) -> i32 {
    size_weight(known).min(size_weight(&Known { flight16: None, ..*known }))
}

/// Share of a length's weight that counts against bees, 1/256.
///
/// A body's length here and the bees' on their way err together: what is seen in part, from ahead or
/// near the lens does so for seconds, so that two lengths say half of what clean ones would.
const LENGTH_SHARE: i32 = 115;

/// Most that a length speaks for a hornet while the bees' lengths are all over the place.
const VAGUE_MNAT_MAX: i32 = 3_000;

/// How much longer than a bee the longest hornet looks: 1.25 doublings, in 1/256.
///
/// At most hives a bee looks half as long as a hornet, at none less than 0.4.
const LONGEST_LOG_ABOVE: i32 = 320;

/// What the length counts against bees: -4 nats for each doubling beyond the longest hornet.
pub(crate) fn length_weight(known: &Known) -> i32 {
    let Some(bees) = known.bees.filter(|bees| bees.flights >= FLIGHTS_MIN) else {
        return size_weight_both(known) * LENGTH_SHARE / 256;
    };
    let most = if bees.log_spread >= VAGUE_SPREAD { VAGUE_MNAT_MAX } else { SIZE_MNAT.1 };
    let above = log2_256(known.length16.max(1) as u32) - bees.log_length;
    let beyond = (above - LONGEST_LOG_ABOVE).clamp(0, 256);
    size_weight_both(known).min(most) * LENGTH_SHARE / 256 - beyond * 4_000 / 256
}

/// Nothing for a length that keeps within an eighth, -0.85 nat for each eighth beyond: against bees.
///
/// A hornet is seen whole. Bees that come and go in one outline, and what is seen in pieces, change
/// their length from frame to frame.
pub(crate) fn length_spread_weight(length_spread: i32) -> i32 {
    ((32 - length_spread) * 850 / 32).clamp(-3_400, 0)
}

/// The weight of the length on its way if it was seen to fly, else of the length now.
pub(crate) fn size_weight(known: &Known) -> i32 {
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

/// Weight of a length that no bee has at any distance a unit is mounted at: 11 to one.
const BEYOND_BEES_MNAT: i32 = 2_400;

/// What a length says when no bee was seen yet.
///
/// Hornets of 12 to 70 pixels and bees of half that are all equally likely at VGA; only what is
/// longer than the longest bee tells anything.
fn size_weight_unscaled(length16: i32, width_px: u16) -> i32 {
    let longest_bee16 = i32::from(width_px) * 16 * 35 / 640;
    if length16 > longest_bee16 { BEYOND_BEES_MNAT } else { 0 }
}

/// From something that hides no light (-3 nat) to a body that hides a third of it (+1 nat).
///
/// Before a shaded wall an insect in the sun is the lighter one, which is rarer.
pub(crate) fn darkness_weight(darkness: i32) -> i32 {
    let lighter = if darkness < 0 { 500 } else { 0 };
    ((darkness.abs() - 26) * 1_000 / 60).clamp(-3_000, 1_000) - lighter
}

/// Nothing when three quarters of the difference point one way, -1.5 nat when nearly a half does.
///
/// A brown hornet before sunlit and shaded grass is lighter here and darker there as well.
pub(crate) fn evenness_weight(evenness: i32) -> i32 {
    ((evenness - 128) * 1_000 / 64).clamp(-1_500, 300)
}

/// Nothing up to an outline half as long again as an insect's, -2 nat at twice.
pub(crate) fn shape_weight(stretch: i32) -> i32 {
    ((384 - stretch) * 2_000 / 128).clamp(-2_000, 300)
}

/// Two nats for a second within a body length; less when wider, more with time.
pub(crate) fn hover_weight(stay: &Stay) -> i32 {
    let tight = (2_500 - (stay.radius - 128).max(0) * 1_000 / 128).clamp(0, 2_000);
    let longer_ms = i32::try_from(stay.ms.saturating_sub(HOVER_MS_MIN)).unwrap_or(i32::MAX);
    tight + longer_ms.min(1_500)
}

/// Drifting and correcting speaks for hovering; a movement that comes back, or leaps of several
/// lengths a second within one place, for something that swings or is put together by chance.
///
/// Real hovers drift at a third of to nearly two lengths a second.
pub(crate) fn drift_weight(stay: &Stay) -> i32 {
    let drifts = ((stay.speed - 64) * 1_000 / 64).clamp(-2_000, 500);
    let leaps = ((stay.speed - 640) * 1_000 / 256).clamp(0, 3_000);
    let swings = (stay.periodicity - 128).max(0) * 2_000 / 72;
    drifts - leaps - swings
}

/// Nothing between 0.4 and 1.25 lengths a second, -1.5 nat for each quarter of one below, -1.75 for
/// each half of one above: against bees.
///
/// Hornets keep their station by drifting and correcting at that pace; bees rest for a while, or
/// swing at three to five lengths a second.
pub(crate) fn pace_weight(stay: &Stay) -> i32 {
    let rests = (stay.speed - 110) * 1_500 / 64;
    let swings = (320 - stay.speed) * 1_750 / 128;
    rests.min(swings).clamp(-4_000, 0)
}

/// Nothing up to a radius of a fifth of its length, -0.7 nat for each eighth beyond: against bees.
///
/// Of drawn hornets that hover, 90 in 100 keep within a third for the second that decides; those
/// cut out of real footage do too, or come to within a moment later. The common outline of bees
/// that walk on the board swings as they come and go.
pub(crate) fn station_weight(stay: &Stay) -> i32 {
    ((48 - stay.radius) * 700 / 32).clamp(-4_000, 0)
}

/// Half a nat for each second beyond the one that makes a hover, two at most: for a hornet.
///
/// Bees that loiter in the air are on their way again by then.
pub(crate) fn steady_weight(stay: &Stay) -> i32 {
    let beyond_ms = i32::try_from(stay.ms.saturating_sub(HOVER_MS_MIN)).unwrap_or(i32::MAX);
    beyond_ms.min(2_000) * 450 / 1_000
}

/// What speaks against bees in how something swings, once it is known for a hornet: nothing up to two
/// lengths a second and a radius of a third of its length, -1 nat for each half of a length a second
/// and each eighth of a length beyond.
pub(crate) fn loiter_weight(stay: &Stay) -> i32 {
    let pace = ((512 - stay.speed) * 1_000 / 128).clamp(-4_000, 0);
    let reach = ((80 - stay.radius) * 1_000 / 32).clamp(-4_000, 0);
    pace + reach
}

/// -0.25 nat for each second: against bees.
///
/// A hornet is a hornet's length as soon as it has settled. Bees that gather on the board look like
/// bees for seconds, until there are enough of them.
pub(crate) fn doubt_weight(doubted_ms: i32) -> i32 {
    -doubted_ms.clamp(0, 3_000) / 4
}

/// -0.25 nat for each doubling up to one moment in sixteen for which something stays here, -1.4 for
/// each beyond: against bees.
///
/// That two bees are at one place at once goes with the square of how often one is.
pub(crate) fn place_weight(share: i32) -> i32 {
    let doublings = log2_256(share.max(1) as u32);
    let free = doublings.min(log2_256(SHARE_FREE));
    (-free * 250 / 256 - (doublings - free) * 1_400 / 256).clamp(-6_000, 0)
}

/// Share of the time for which anything stays at a place in the open air, 1/256.
const SHARE_FREE: u32 = 16;

/// Nothing for an outline up to a sixteenth longer than an insect's, -1.2 nat for each fifth beyond:
/// against bees.
///
/// Bees that walk side by side on the board, or one that another flies past, have a common outline
/// as long as a hornet's but thinner. A blade of grass is thinner still.
pub(crate) fn company_weight(stretch: i32) -> i32 {
    ((272 - stretch) * 1_200 / 48).clamp(-6_000, 0)
}

/// A drifting body with beating wings changes from frame to frame; light moves slowly.
///
/// Nothing at a tenth of its contrast, the least that a body shows at 30 frames a second while it
/// drifts by half a length a second.
pub(crate) fn flicker_weight(flicker: i32) -> i32 {
    ((flicker - 26) * 1_000 / 13).clamp(-2_000, 500)
}

/// Nothing at a tenth of its contrast, 1.25 nats for each quarter beyond, up to twice: against bees.
///
/// Beating wings and a body that never rests change it from frame to frame; a bee on its feet has
/// its wings folded. Where wings are too fast for the exposure nothing is held against it.
pub(crate) fn beat_weight(flicker: i32) -> i32 {
    ((flicker - 26) * 1_250 / 64).clamp(0, 2_600)
}

/// Nothing for an outline that rises within two cells, -1 nat for each quarter as soft again: against
/// bees.
///
/// The lens is focused on the hive; a bee near it looks as long as a hornet there, and soft.
pub(crate) fn focus_weight(sharpness: i32) -> i32 {
    ((sharpness - 250) * 1_000 / 64).clamp(-3_000, 0)
}

/// A body hides what lies beneath, a change of light lets it shine through.
///
/// Nothing at a correlation of 0.4, which blurred wings reach; -3 nat at 0.75.
pub(crate) fn texture_weight(texture: i32) -> i32 {
    ((40 - texture) * 1_000 / 32).clamp(-4_000, 500)
}

/// Something that was seen to fly in is an insect; what stays where it began is mostly none.
///
/// What was there when the eyes began may be anything, several bees on the board before all: it
/// stays in doubt until it is seen to fly.
pub(crate) fn origin_weight(known: &Known) -> i32 {
    match (known.flight16, known.origin) {
        (Some(_), _) => 2_000,
        (None, Origin::AtTheRim) => 500,
        (None, Origin::BeforeTheStart) => -3_000,
        (None, Origin::Within) => -2_000,
    }
}

/// Nothing for one that flew here over five of its lengths or more, -0.25 nat for each length less,
/// -1 nat for one that was not seen to fly: against bees.
///
/// A hornet comes from outside the picture; the common outline of bees that gather wanders by a few
/// lengths. One that was lost for a moment flew here before.
pub(crate) fn way_weight(known: &Known) -> i32 {
    if known.has_others_flight {
        return 0;
    }
    let unseen = if known.flight16.is_none() { 1_000 } else { 0 };
    ((5 * 256 - known.travel) * -250 / 256).clamp(-1_250, 0) - unseen
}
