//! What a scene promises: the same for the same seed, honest hovers, visits apart.

use super::picture::{Picture, PictureSize};
use super::settings::{Errand, Hornets};
use super::settings::{Family, SceneSettings};
use super::stage::Scene;
use super::truth::{Standing, Stays};
use clap::ValueEnum;

fn settings(family: Family, seed: u64) -> SceneSettings {
    SceneSettings {
        family,
        seed,
        size: PictureSize { width: 320, height: 240 },
        hornet_px: None,
        hornets: Hornets::Auto,
        bees: None,
        varied: false,
        length_us: 40_000_000,
    }
}

/// Digest of pixels and truth: FNV-1a, 64 bits.
fn digest(settings: SceneSettings, at_ms: &[u64]) -> u64 {
    let mut scene = Scene::new(settings.clone());
    let mut picture = Picture::new(settings.size);
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    for at_ms in at_ms {
        let truth = scene.draw(at_ms * 1_000, &mut picture);
        let line = truth.to_json().to_string();
        for byte in picture.bytes().iter().chain(line.as_bytes()) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }
    hash
}

#[test]
fn a_seed_gives_the_same_pixels_and_the_same_truth_in_every_family() {
    for family in Family::value_variants() {
        let once = digest(settings(*family, 7), &[0, 80, 4_500]);
        assert_eq!(once, digest(settings(*family, 7), &[0, 80, 4_500]), "{family:?}");
    }
    let other = digest(settings(Family::Garden, 8), &[0, 80, 4_500]);
    assert_ne!(digest(settings(Family::Garden, 7), &[0, 80, 4_500]), other);
}

#[test]
fn a_frame_does_not_depend_on_which_frames_came_before_it() {
    let draw = |at_ms: &[u64]| {
        let settings = settings(Family::Garden, 3);
        let mut scene = Scene::new(settings.clone());
        let mut picture = Picture::new(settings.size);
        for at_ms in at_ms {
            scene.draw(at_ms * 1_000, &mut picture);
        }
        picture
    };
    assert!(draw(&[100, 200, 300, 5_000]) == draw(&[5_000]));
}

fn stays(settings: SceneSettings, frame_ms: u64) -> Vec<super::truth::Stay> {
    let mut scene = Scene::new(settings.clone());
    let mut stays = Stays::default();
    for at_us in (0..settings.length_us).step_by(frame_ms as usize * 1_000) {
        stays.add(&scene.truth(at_us));
    }
    stays.all().to_vec()
}

#[test]
fn planned_hovers_happen_when_and_as_long_as_planned() {
    for seed in 1..12 {
        let mut settings = settings(Family::Garden, seed);
        settings.hornets = "hover@4+3,pass@10,hover@16+2.5".parse().unwrap();
        settings.length_us = 22_000_000;
        let stays = stays(settings, 100);
        let standings: Vec<Standing> = stays.iter().map(|stay| stay.standing()).collect();
        assert_eq!(standings, [Standing::True, Standing::None, Standing::True], "seed {seed}");
        for (stay, (begin_us, long_us)) in [(stays[0], (4e6, 3e6)), (stays[2], (16e6, 2.5e6))] {
            let (from, _) = stay.hover_us.unwrap();
            assert!((from as f64 - begin_us).abs() < 7e5, "seed {seed}: hover from {from} µs");
            assert!((stay.hovered_us() as f64 - long_us).abs() < 2e5, "seed {seed}: {stay:?}");
        }
    }
}

#[test]
fn a_hovering_hornet_drifts_but_stays_within_about_its_length() {
    for seed in 1..8 {
        let mut settings = settings(Family::Garden, seed);
        settings.hornets = Hornets::Planned(vec![super::settings::HornetPlan {
            at_us: 0,
            errand: Errand::Hover { for_us: 20_000_000 },
        }]);
        let mut scene = Scene::new(settings.clone());
        let places: Vec<(f32, f32, f32)> = (1..150_u64)
            .map(|frame| scene.truth(frame * 100_000))
            .map(|truth| (truth.hornets[0].px.0, truth.hornets[0].px.1, truth.hornets[0].length_px))
            .collect();
        let path: f32 =
            places.windows(2).map(|two| (two[1].0 - two[0].0).hypot(two[1].1 - two[0].1)).sum();
        assert!(path / 15.0 > 0.4 * places[0].2, "seed {seed}: it stands like a picture");
        for second in places.windows(10) {
            let centre = second
                .iter()
                .fold((0.0, 0.0), |sum, at| (sum.0 + at.0 / 10.0, sum.1 + at.1 / 10.0));
            for at in second {
                let far = (at.0 - centre.0).hypot(at.1 - centre.1);
                assert!(far < 1.0 * at.2, "seed {seed}: {far} px from its mean place");
            }
        }
    }
}

#[test]
fn stays_with_a_hover_are_parted_by_more_than_the_gap_of_a_visit() {
    for seed in 1..10 {
        let hovers: Vec<_> = stays(settings(Family::Garden, seed), 200)
            .into_iter()
            .filter(|stay| stay.standing() != Standing::None)
            .collect();
        assert!(hovers.iter().any(|stay| stay.standing() == Standing::True), "seed {seed}");
        for two in hovers.windows(2) {
            let apart_us = two[1].seen_from_us - two[0].seen_to_us;
            assert!(apart_us > 5_500_000, "seed {seed}: {apart_us} µs apart");
        }
    }
}

#[test]
fn a_passing_hornet_is_gone_within_seconds_and_never_stops() {
    for seed in 1..40 {
        let mut settings = settings(Family::Garden, seed);
        settings.hornets = "pass@2".parse().unwrap();
        settings.length_us = 9_000_000;
        let stays = stays(settings, 50);
        assert_eq!(stays.len(), 1, "seed {seed}");
        let seen_us = stays[0].seen_to_us - stays[0].seen_from_us;
        assert!((300_000..4_000_000).contains(&seen_us), "seed {seed}: seen for {seen_us} µs");
    }
}
