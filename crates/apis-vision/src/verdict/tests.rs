//! Verdicts on what is known of one track.

use super::*;
use crate::fixed::log2_256;

fn bees() -> BeeModel {
    BeeModel { log_length: log2_256(14 * 16), log_spread: 64, flights: 50 }
}

/// A hornet of 28 px that flew in and hovers for a second among bees of 14 px.
fn hornet() -> Known {
    Known {
        stay: Stay { ms: 1_050, radius: 70, speed: 250, periodicity: 60 },
        length16: 28 * 16,
        darkness: 100,
        flicker: 120,
        texture: 4,
        evenness: 220,
        stretch: 280,
        length_spread: 12,
        sharpness: 330,
        doubted_ms: 0,
        flight16: Some(28 * 16),
        place_share: 0,
        origin: Origin::AtTheRim,
        travel: 2_000,
        has_others_flight: false,
        bees: Some(bees()),
        width_px: 640,
    }
}

fn is_hornet(known: Known) -> bool {
    matches!(weigh(&known), Weighed::Hornet(_))
}

#[test]
fn a_hornet_that_flew_in_is_known_after_a_second() {
    assert!(is_hornet(hornet()));
    let mut early = hornet();
    early.stay.ms = 990;
    assert_eq!(weigh(&early), Weighed::Open);
}

#[test]
fn a_bee_that_hovers_as_well_is_none() {
    for px in [12, 14, 16, 18] {
        let (length16, flight16) = (px * 16, Some(px * 16));
        assert!(!is_hornet(Known { length16, flight16, ..hornet() }), "{px}");
    }
    // It was a hornet on its way, but what hovers now is a bee.
    assert!(!is_hornet(Known { length16: 14 * 16, ..hornet() }));
}

#[test]
fn a_hornet_is_known_at_any_scale() {
    for px in [12, 20, 36, 60, 70] {
        let bees = BeeModel { log_length: log2_256(px * 8), ..bees() };
        let length16 = px as i32 * 16;
        let known = Known { length16, flight16: Some(length16), bees: Some(bees), ..hornet() };
        assert!(is_hornet(known), "{px}");
    }
}

#[test]
fn without_bees_only_what_is_longer_than_any_bee_is_a_hornet() {
    assert!(!is_hornet(Known { bees: None, ..hornet() }));
    let (length16, flight16) = (40 * 16, Some(40 * 16));
    assert!(is_hornet(Known { bees: None, length16, flight16, ..hornet() }));
}

#[test]
fn what_is_no_hornet_is_ruled_out_by_name() {
    let named = |change: fn(&mut Known)| {
        let mut known = hornet();
        change(&mut known);
        weigh(&known)
    };
    use RuledOut::{Static, SunFleck, Swaying, TooLarge, TooSmall};
    assert_eq!(named(|known| known.stay.speed = 5), Weighed::RuledOut(Static));
    assert_eq!(named(|known| known.stay.periodicity = 240), Weighed::RuledOut(Swaying));
    assert_eq!(named(|known| known.texture = 180), Weighed::RuledOut(SunFleck));
    assert_eq!(named(|known| known.length16 = 8 * 16), Weighed::RuledOut(TooSmall));
    assert_eq!(named(|known| known.length16 = 90 * 16), Weighed::RuledOut(TooLarge));
}

#[test]
fn what_began_where_it_is_needs_longer() {
    let mut born = Known { origin: Origin::Within, flight16: None, ..hornet() };
    assert_eq!(weigh(&born), Weighed::Open);
    born.stay.ms = 3_000;
    assert!(is_hornet(born));
}

#[test]
fn what_was_there_from_the_start_stays_in_doubt_until_it_flies() {
    let mut there = Known { origin: Origin::BeforeTheStart, flight16: None, ..hornet() };
    there.stay.ms = 10_000;
    assert_eq!(weigh(&there), Weighed::Open);
    there.flight16 = hornet().flight16;
    assert!(is_hornet(there));
}

#[test]
fn two_bees_side_by_side_are_no_hornet() {
    // Half as long again as a bee, which a hornet may be as well, but thinner.
    let length16 = 22 * 16;
    let pair = Known { length16, flight16: Some(length16), ..hornet() };
    assert!(is_hornet(Known { stretch: 270, ..pair }));
    assert_eq!(weigh(&Known { stretch: 400, ..pair }), Weighed::Open);
    // Unseen in flight it has to be clearly longer.
    let walking = Known { flight16: None, stretch: 270, ..pair };
    assert_eq!(weigh(&walking), Weighed::Open);
}

#[test]
fn what_is_far_longer_than_a_hornet_beside_these_bees_is_named() {
    let length16 = hornet().length16 * 2;
    let near = Known { length16, flight16: Some(length16), ..hornet() };
    assert_eq!(weigh(&near), Weighed::RuledOut(RuledOut::TooLarge));
    // Without bees to measure against nobody can say.
    assert!(!matches!(weigh(&Known { bees: None, ..near }), Weighed::RuledOut(_)));
}

#[test]
fn a_blade_of_grass_is_no_hornet() {
    assert_eq!(weigh(&Known { stretch: 560, ..hornet() }), Weighed::Open);
}

#[test]
fn bees_that_met_on_their_way_or_meet_here_are_no_hornet() {
    assert!(!is_hornet(Known { length16: 17 * 16, ..hornet() }));
    assert!(!is_hornet(Known { flight16: Some(17 * 16), ..hornet() }));
}

#[test]
fn what_loiters_with_wide_swings_is_no_hornet() {
    let length16 = 24 * 16;
    let mut drone = Known { length16, flight16: Some(length16), ..hornet() };
    assert!(is_hornet(drone));
    drone.stay.speed = 900;
    assert_eq!(weigh(&drone), Weighed::Open);
    let mut wide = hornet();
    wide.stay.radius = 300;
    assert_eq!(weigh(&wide), Weighed::Open);
}

#[test]
fn the_evidence_adds_up_and_names_every_term_once() {
    let Weighed::Hornet(evidence) = weigh(&hornet()) else { panic!("no verdict") };
    let weights = [
        TermCode::DarknessWeight,
        TermCode::EvennessWeight,
        TermCode::HoverWeight,
        TermCode::DriftWeight,
        TermCode::FlickerWeight,
        TermCode::OriginWeight,
        TermCode::TextureWeight,
        TermCode::ShapeWeight,
    ];
    let sum: i32 = weights.iter().map(|&code| evidence.value(code).unwrap()).sum();
    assert_eq!(evidence.value(TermCode::Total), Some(sum));
    let mut codes: std::vec::Vec<u16> =
        evidence.terms().iter().map(|term| term.code.number()).collect();
    let count = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), count);
    assert!((13..=15).contains(&(evidence.value(TermCode::BeeLengthPx16).unwrap() / 16)));
}

/// Three bees on the board that look like one body as long as a hornet.
fn gathered() -> Known {
    let length16 = 22 * 16;
    Known { length16, flight16: Some(length16), ..hornet() }
}

#[test]
fn bees_that_gather_are_told_by_what_one_hornet_does_not_do() {
    let steady = |radius| Stay { radius, ..hornet().stay };
    let settled = Known { stay: steady(70), flicker: 90, ..gathered() };
    assert!(is_hornet(settled), "as far as length and outline go");
    let comes_and_goes = Known { length_spread: 100, ..settled };
    assert_eq!(weigh(&comes_and_goes), Weighed::Open);
    let was_shorter_for_long = Known { doubted_ms: 4_000, ..settled };
    assert_eq!(weigh(&was_shorter_for_long), Weighed::Open);
    let came_from_near_by = Known { travel: 700, ..settled };
    assert_eq!(weigh(&came_from_near_by), Weighed::Open);
    assert!(is_hornet(Known { has_others_flight: true, ..came_from_near_by }), "it was lost here");
    let swings = Known { stay: steady(170), ..settled };
    assert_eq!(weigh(&swings), Weighed::Open);
    // Nothing of it alone is held against what is twice as long as a bee.
    assert!(is_hornet(Known { length_spread: 40, ..hornet() }));
    assert!(is_hornet(Known { doubted_ms: 1_400, ..hornet() }));
}

#[test]
fn what_is_a_bees_length_or_thin_looks_like_bees() {
    assert!(!looks_like_bees(&hornet()) && !looks_like_bees(&gathered()));
    assert!(looks_like_bees(&Known { length16: 16 * 16, ..hornet() }));
    assert!(looks_like_bees(&Known { stretch: 500, ..gathered() }));
}

#[test]
fn where_bees_walk_more_is_asked_of_a_hornet() {
    // 23 px among bees of 14: enough in the open air, too little where two bees may have met.
    let (length16, flight16) = (23 * 16, Some(23 * 16));
    let stay = Stay { radius: 60, ..hornet().stay };
    let small = |place_share| Known { length16, flight16, place_share, stay, ..hornet() };
    assert!(is_hornet(small(0)));
    assert!(!is_hornet(small(64)));
    let large = Known { length16: 30 * 16, flight16: Some(30 * 16), ..small(16) };
    assert!(is_hornet(large), "one that is much longer is known there as well");
}

#[test]
fn a_small_hornet_is_known_once_it_kept_its_station_for_long() {
    let (length16, flight16) = (19 * 16, Some(19 * 16));
    let stays = |ms| Stay { ms, radius: 60, ..hornet().stay };
    let after = |ms| Known { length16, flight16, stay: stays(ms), ..hornet() };
    assert!(!is_hornet(after(1_100)));
    assert!(is_hornet(after(3_500)));
    // What walks keeps still for as long.
    assert!(!is_hornet(Known { place_share: 64, ..after(3_500) }));
}

#[test]
fn what_is_short_of_a_hornet_by_a_nat_at_most_is_nearly_one() {
    let near = |length16: i32| {
        let stay = Stay { radius: 60, ..hornet().stay };
        let (weighed, near) =
            weigh_nearly(&Known { length16, flight16: Some(length16), stay, ..hornet() });
        (matches!(weighed, Weighed::Hornet(_)), near.is_some())
    };
    let found: std::vec::Vec<_> = (14 * 16..29 * 16).map(near).collect();
    let first = |wanted| found.iter().position(|one| *one == wanted).unwrap();
    // From a bee's length to a hornet's: none, nearly one, one.
    assert!(
        first((false, false)) < first((false, true)) && first((false, true)) < first((true, true))
    );
    assert!(found.iter().all(|one| *one != (true, false)));
    // What has a name is nothing else by little.
    let still = Stay { speed: 5, ..hornet().stay };
    assert!(weigh_nearly(&Known { stay: still, ..hornet() }).1.is_none());
}

#[test]
fn a_bee_near_the_lens_is_told_by_its_soft_outline() {
    let small = Known { length16: 24 * 16, flight16: Some(24 * 16), ..hornet() };
    assert!(is_hornet(small));
    assert!(!is_hornet(Known { sharpness: 110, ..small }));
}

#[test]
fn what_moves_and_beats_its_wings_needs_no_great_length_and_what_rests_does() {
    let as_bees_go = Known { length16: 18 * 16, flight16: Some(18 * 16), ..hornet() };
    assert!(is_hornet(Known { flicker: 200, ..as_bees_go }));
    assert!(!is_hornet(Known { flicker: 30, ..as_bees_go }));
    let rests = Stay { speed: 60, ..hornet().stay };
    assert!(!is_hornet(Known { flicker: 200, stay: rests, ..as_bees_go }));
    // Wings too fast for the exposure are not held against one that is long enough.
    assert!(is_hornet(Known { flicker: 30, ..hornet() }));
}

#[test]
fn a_length_far_beyond_a_hornets_speaks_less_for_one() {
    let known = |px: i32| Known { length16: px * 16, flight16: Some(px * 16), ..hornet() };
    assert!(length_weight(&known(30)) > length_weight(&known(44)));
    let vague = |px| Known { bees: Some(BeeModel { log_spread: 96, ..bees() }), ..known(px) };
    assert!(length_weight(&vague(30)) < length_weight(&known(30)));
}
